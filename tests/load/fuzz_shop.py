"""A shop for thousands of tiny loads, and how it is compared with what the independent reader says."""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml
from hypothesis import HealthCheck, settings

from analysis_lib.errors import ShopbookError
from analysis_lib.sources.load import load
from tests.load.independent.tables import Expected, Kind, Reading, kinds_of
from tests.load.shop import Shop

OWN = Path(__file__).parent / "sources"
_EXAMPLES = int(os.environ.get("SHOPBOOK_EXAMPLES", "0"))


def cases(number: int) -> settings:
    """Settings for so many cases, the same in every run; `SHOPBOOK_EXAMPLES=20000` tries as many new ones."""
    return settings(
        max_examples=_EXAMPLES or number,
        derandomize=not _EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@cache
def kinds(source: str, table: str) -> dict[str, Kind]:
    """The columns of a table, read from source.yml as YAML alone."""
    packaged = Path(__file__).parents[2] / "analysis_lib" / "sources"
    folder = OWN if (OWN / source).is_dir() else packaged
    document = yaml.safe_load((folder / source / "source.yml").read_text(encoding="utf-8"))
    return kinds_of(document["tables"][table])


class FuzzShop(Shop):
    """A shop in a schema of its own; the engine is started once for all of them."""

    _numbers: Iterator[int] = itertools.count()
    _engine: duckdb.DuckDBPyConnection | None = None

    def __init__(self, folder: Path, source: str = "oddments") -> None:
        self.folder, self.source = folder, source
        self.schema = f"s{next(self._numbers)}"
        folder.mkdir(parents=True, exist_ok=True)
        if FuzzShop._engine is None:
            FuzzShop._engine = duckdb.connect()
            FuzzShop._engine.execute("set threads = 1; set TimeZone = 'UTC'")
        self.connection = FuzzShop._engine
        self.connection.execute(f"create schema {self.schema}; set schema = '{self.schema}'")

    def close(self) -> None:
        """Drop the schema."""
        self.connection.execute(f"set schema = 'main'; drop schema {self.schema} cascade")

    def __enter__(self) -> FuzzShop:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take(self, *paths: Path, **options: Any) -> str:
        """Load files; the sentence of the error, after which everything must be as before, or nothing."""
        before = self.state()
        options = {"max_rejected_share": 1.0} | options
        try:
            load(
                self.connection, self.source, paths or [self.folder],
                root=self.folder, own_sources=OWN, temp_dir=self.folder, **options,
            )  # fmt: skip
        except ShopbookError as error:
            assert_is_sentence(str(error))
            assert self.state() == before
            assert sorted(path for path in self.folder.iterdir() if path.name.startswith("shopbook_")) == []
            return str(error)
        return ""

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        names = self.query(
            f"select table_name from duckdb_tables() where schema_name = '{self.schema}' order by 1"
        )
        return {name: self.query(f"from {name} order by all") for (name,) in names}

    def outcome(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, without the clock and without the name under which content came."""
        left_out = {
            "load_ledger": "loaded_at, path, file_name",
            "rejected_rows": "file_name",
            "load_repeats": "path, file_name",
            "load_decisions": "file_name",
        }
        return {
            name: self.query(f"select * exclude ({left_out[name]}) from {name} order by all")
            if name in left_out
            else rows
            for name, rows in self.state().items()
        }


def assert_is_sentence(said: str) -> None:
    """An error is a sentence for an analyst and no message of the machine."""
    assert said[:1].isupper() or said[:1].isdigit() or "." in said.split()[0], said
    assert said.rstrip().endswith((".", "?", "!")), said
    for word in ("Traceback", "duckdb.", "Error:", "LINE 1", "INTERNAL", "  File "):
        assert word not in said, said


def assert_holds(shop: Shop, table: str, kind: Mapping[str, Kind], readings: Mapping[str, Reading]) -> None:
    """Each file's rows are those of its reading, value by value; the key is the file's name."""
    columns = ", ".join(f'"{name}"' for name in kind)
    files = dict(shop.query(f"select path, file_id from load_ledger where table_name = '{table}'"))
    assert set(files) == set(readings)
    for name, reading in readings.items():
        kept = shop.query(
            f"select load_row_number, {columns} from raw_{table} where load_file_id = {files[name]}"
        )
        assert {row[0]: row[1:] for row in kept} == reading.kept
        assert len(kept) == len(reading.kept)
        rejected = shop.query(
            f"select row_number, row_as_read, reason from rejected_rows where file_id = {files[name]}"
        )
        assert len(rejected) == len(reading.rejected)
        for number, row, _ in rejected:
            read = reading.rejected[number]
            assert (row if isinstance(read, str) else as_read(row)) == read
        assert all(reason for _, _, reason in rejected)


def as_read(row: str) -> dict[str, str]:
    """A rejected row's values by column, as the independent reader gives them."""
    return {name: value or "" for name, value in json.loads(row).items()}


def assert_counts(shop: Shop, table: str, kind: Mapping[str, Kind], expected: Expected) -> None:
    """The row equation and the rows that count are those of the independent reader."""
    assert shop.counts(table) == expected.counts
    read, staged, rejected, dropped, _ = expected.counts
    assert read == staged + rejected + dropped
    columns = ", ".join(f'"{name}"' for name in kind)
    rows = shop.query(f"select {columns} from raw_{table} where not is_duplicate")
    assert Counter(rows) == Counter(expected.staged)
    query = f"select identical_rows from load_counts where table_name = '{table}'"
    assert shop.query(query) == [(expected.identical,)]
