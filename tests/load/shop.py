"""A shop in memory for the tests: text in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from analysis_lib.sources.definition import read_source
from analysis_lib.sources.load import load
from analysis_lib.sources.summary import FileOutcome, LoadSummary

# The shortest file of each table that has all required columns, with one row that has no fault.
ROWS = {
    "users": {
        "id": "7", "country": "Japan", "traffic_source": "Search", "created_at": "2024-01-02 03:04:05 UTC",
    },
    "orders": {
        "order_id": "5", "user_id": "7", "status": "Shipped", "created_at": "2024-03-01 10:00:00 UTC",
        "returned_at": "", "shipped_at": "2024-03-02 10:00:00 UTC", "delivered_at": "",
    },
    "order_items": {
        "id": "50", "order_id": "5", "user_id": "7", "product_id": "3", "inventory_item_id": "90",
        "status": "Shipped", "created_at": "2024-03-01 10:00:00 UTC",
        "shipped_at": "2024-03-02 10:00:00 UTC", "delivered_at": "", "returned_at": "", "sale_price": "9.5",
    },
    "products": {
        "id": "3", "cost": "4.5", "category": "Socks", "name": "Wool sock", "brand": "Warm",
        "retail_price": "9.5", "department": "Women",
    },
    "events": {
        "id": "100", "user_id": "7", "session_id": "s1", "created_at": "2024-03-01 09:59:00 UTC",
        "city": "Kyoto", "state": "Kansai", "browser": "Firefox", "traffic_source": "Email",
        "uri": "/product/3", "event_type": "product",
    },
    "inventory_items": {
        "id": "90", "product_id": "3", "created_at": "2024-02-01 00:00:00 UTC", "sold_at": "", "cost": "4.5",
    },
    "distribution_centers": {"id": "1", "name": "Memphis TN", "latitude": "35.1", "longitude": "-89.9"},
    "marketing_spend": {
        "date": "2024-03-01", "campaign_id": "c1", "platform": "Adwords", "spend": "12.34",
        "clicks": "5", "impressions": "100",
    },
}  # fmt: skip


def rows_of(table: str, *changes: dict[str, str]) -> list[dict[str, str]]:
    """Rows without a fault except for the changes; the keys are changed by the caller."""
    return [ROWS[table] | change for change in changes]


def csv_text(table: str, *changes: dict[str, str], delimiter: str = ",", end: str = "\n") -> str:
    """The text of a file: one line for each change to the row without a fault."""
    rows = rows_of(table, *changes)
    header: list[str] = list(dict.fromkeys(name for row in rows or [ROWS[table]] for name in row))
    lines = [delimiter.join(header)] + [delimiter.join(row.get(name, "") for name in header) for row in rows]
    return end.join(lines) + end


class Shop:
    """A DuckDB in memory whose current schema is a shop's, and a folder for its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect()
        self.connection.execute("create schema demo")
        self.connection.execute("set schema = 'demo'")
        self.connection.execute("set TimeZone = 'UTC'")

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file into the shop's folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def parquet(self, name: str, select: str) -> Path:
        """Write the rows of a query as Parquet."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection.execute(f"copy ({select}) to '{path}' (format parquet)")
        return path

    def load(
        self, *paths: Path, tables: Sequence[str] | None = None, source: str = "thelook", **options: Any
    ) -> LoadSummary:
        """Load these paths, or the shop's folder."""
        return load(self.connection, source, paths or [self.folder], tables, root=self.folder, **options)

    def load_text(self, name: str, content: str | bytes, **options: Any) -> FileOutcome:
        """Write one file, load it, and tell what became of it."""
        path = self.write(name, content)
        return next(file for file in self.load(path, **options).files if file.path == name)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.connection.execute(sql).fetchall()

    def values(self, table: str, *columns: str) -> list[Any]:
        """One value, or a tuple of values, of each row of a raw table in the order of the file."""
        rows = self.query(
            f"select {', '.join(columns)} from raw_{table} order by load_file_id, load_row_number"
        )
        return [row[0] for row in rows] if len(columns) == 1 else rows

    def rejects(self, *columns: str) -> list[Any]:
        """The rejected rows in the order of the files."""
        names = columns or ("row_number", "reason")
        rows = self.query(f"select {', '.join(names)} from rejected_rows order by file_id, row_number")
        return [row[0] for row in rows] if len(names) == 1 else rows

    def counts(self, table: str) -> tuple[int, ...]:
        """Rows read, staged, rejected, duplicates dropped, of which conflicting."""
        columns = "* exclude (table_name, identical_rows)"
        return self.query(f"select {columns} from load_counts where table_name = '{table}'")[0]

    def tables(self) -> set[str]:
        """What the schema holds."""
        return {row[0] for row in self.query("select table_name from information_schema.tables")}

    def content(self, table: str) -> list[tuple[Any, ...]]:
        """The staged rows of a table without where they came from, in an order of their own."""
        columns = ", ".join(read_source("thelook").tables[table].columns)
        return sorted(self.query(f"select {columns} from raw_{table} where not is_duplicate"), key=repr)


def assert_row_equation(shop: Shop, tables: Iterable[str]) -> None:
    """Rows read = rows staged + rejected + duplicates dropped, from the tables themselves."""
    for table in tables:
        read, staged, rejected, dropped, _ = shop.counts(table)
        raw = f"raw_{table}"
        assert read == staged + rejected + dropped
        assert shop.query(f"select count(*) from {raw} where not is_duplicate") == [(staged,)]
        assert shop.query(f"select count(*) from {raw} where is_duplicate") == [(dropped,)]
        where = f"where table_name = '{table}'"
        assert shop.query(f"select count(*) from rejected_rows {where}") == [(rejected,)]
        assert shop.query(f"select sum(rows_read) from load_ledger {where}") == [(read,)]
