"""The rows of the parts that changed, streamed into DuckDB and read from there part by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from analysis_lib.errors import BadDataError
from analysis_lib.sources.definition import Table
from analysis_lib.sources.plan import Planned
from analysis_lib.sources.postgres.months import UNDATED, WHOLE, Part, bounds, undated, within
from analysis_lib.sources.postgres.relation import Columns
from analysis_lib.sources.postgres.relation import Relation as Upstream
from analysis_lib.sources.postgres.snapshot import Snapshot
from analysis_lib.sources.read import Relation

_DATED, _UNDATED = "temp.load_pulled", "temp.load_pulled_undated"
_FEW_ROWS = 10


def drop_pulled(connection: duckdb.DuckDBPyConnection) -> None:
    """Take away what was streamed; nothing is there when the load was rolled back."""
    for table in (_DATED, _UNDATED):
        connection.execute(f"drop table if exists {table}")


@dataclass(frozen=True)
class Pull:
    """What all parts of one load share."""

    taken: Snapshot
    upstream: Upstream
    columns: Columns
    server: str
    rows: int

    def fetch(self, connection: duckdb.DuckDBPyConnection, parts: Sequence[Planned]) -> None:
        """Stream the rows of these parts into DuckDB; ServerError when the server goes away meanwhile.

        BadDataError when not as many rows come as the server counted in the same snapshot.
        """
        keys = {part.part.key: part.part for part in parts if isinstance(part, PulledPart)}
        without = {key for key in keys if key in (UNDATED, WHOLE)}
        months = keys.keys() - without
        if months:
            where = within(self.columns, months)
            self._pour(connection, _DATED, where, sum(keys[key].rows for key in months), as_text=False)
        if without:
            where = undated(self.columns) if self.columns.time >= 0 else "true"
            self._pour(connection, _UNDATED, where, sum(keys[key].rows for key in without), as_text=True)
        self.taken.close()

    def _pour(
        self, connection: duckdb.DuckDBPyConnection, table: str, where: str, rows: int, as_text: bool
    ) -> None:
        columns = range(len(self.columns.head.columns))
        selected = ", ".join(f"{self.columns.selected(i, as_text)} as c{i}" for i in columns)
        sql = f"select {selected} from {self.upstream.sql} where {where}"
        came = self.taken.pour(sql, self.upstream.name, connection, table)
        if came != rows:
            raise BadDataError(
                f"{self.upstream.name} gave {came:,} rows where it counted {rows:,}.",
                "A query must give the same rows each time it runs, without random() or clock_timestamp().",
            )


@dataclass(frozen=True)
class PulledPart(Planned):
    """A month of a table, or its rows without one, in the place of a file."""

    pull: Pull = field(kw_only=True)
    part: Part = field(kw_only=True)

    @classmethod
    def of(cls, pull: Pull, part: Part, table: Table, prefix: str) -> PulledPart:
        """The part as something to load."""
        columns = pull.columns
        head = replace(columns.head, path=Path(f"{pull.upstream.name} {part.key}"))
        if part.key in (UNDATED, WHOLE) and columns.time >= 0:
            types = list(head.types)
            types[columns.time] = "VARCHAR"
            head = replace(head, types=tuple(types))
        return cls(
            path=head.path,
            name=f"{prefix}{part.key}",
            table=table,
            recognised_by="its name",
            head=head,
            mapped=columns.mapped,
            sha256=part.sha256(columns),
            stamp=(part.bytes, 0),
            pull=pull,
            part=part,
        )

    def is_as_hashed(self) -> bool:
        """Always: hash and rows are of one snapshot."""
        return True

    def open(self, connection: duckdb.DuckDBPyConnection, work: Path) -> Relation:  # noqa: ARG002
        """The rows, numbered by time, then key, then all values: always in the same order."""
        columns = self.pull.columns
        order = _order(columns, self.table)
        is_dated = self.part.key not in (UNDATED, WHOLE)
        listed = ", ".join(f"c{i}" for i in range(len(self.head.columns)))
        where = "true"
        if is_dated:
            low, high = (f"timestamptz '{day} 00:00:00+00'" for day in bounds(self.part.key))
            where = f"c{columns.time} >= {low} and c{columns.time} < {high}"
        sql = (
            f"select row_number() over (order by {order}) as load_row_number, {listed} "
            f"from {_DATED if is_dated else _UNDATED} where {where}"
        )
        return Relation(
            self.head,
            sql,
            rows=self.part.rows,
            decisions=self._decisions(connection, sql),
            share_of=self._whole(),
            decimal_points=frozenset(columns.fractions),
        )

    def _whole(self) -> int:
        """Rows without a month are all rejected, and a month of a few strays says nothing of the format."""
        if self.part.key == UNDATED:
            return self.pull.rows
        return self.part.rows if self.pull.rows == self.part.rows else max(self.part.rows, _FEW_ROWS)

    def _decisions(self, connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, object]:
        columns = self.pull.columns
        decisions: dict[str, object] = {"format": "postgresql", "server": self.pull.server}
        if columns.time >= 0 and columns.kind != "timestamptz":
            decisions["without_zone"] = [columns.head.columns[columns.time]]
        if columns.fractions:
            counted = ", ".join(f"count(*) filter (c{i} = 'NaN')" for i in columns.fractions)
            found = connection.execute(f"select {counted} from ({sql})").fetchall()[0]
            names = [columns.head.columns[i] for i in columns.fractions]
            decisions["not_a_number"] = {
                name: count for name, count in zip(names, found, strict=True) if count
            }
        return decisions


def _order(columns: Columns, table: Table) -> str:
    keys = [columns.mapped.place[name] for name in table.key if name in columns.mapped.place]
    first = [i for i in (columns.time, *keys) if i >= 0]
    rest = [i for i in range(len(columns.head.columns)) if i not in first]
    return ", ".join(f"c{i}" for i in (*first, *rest))
