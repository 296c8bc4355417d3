"""One transaction in which a load takes place on BigQuery: all of it, or nothing.

What is new stands in tables `…__next` by then. The transaction first looks whether everything is as it was
left: the ledger as it was read, and each of these tables as it was sent, row for row by its checksum. So two
loads at once cannot mix, and what is sent again after a broken connection is not done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from analysis_lib.errors import ShopbookError
from analysis_lib.sources.bigquery.duplicates import Counted, mark
from analysis_lib.sources.definition import Table
from analysis_lib.sources.ledger import raw_name
from analysis_lib.warehouse import checksums
from analysis_lib.warehouse.base import NEXT_SUFFIX
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.bigquery_values import bound

Sum = tuple[int, int]


@dataclass(frozen=True)
class State:
    """Number of rows and checksum of the tables that say what was loaded."""

    sums: Mapping[str, Sum]


@dataclass
class Change:
    """What a load changes.

    `gone` are the files whose rows are taken out, by table; `read` all that were read, `renamed` the files
    that others brought now, with their name. `staged` are the tables that were sent, with what they hold,
    `columns` what these have. `in_place` where the tables are views, which hold no rows of their own; then
    `rejects` are the statements that write down what is rejected.
    """

    before: State
    after: State
    gone: dict[str, list[int]] = field(default_factory=dict)
    read: list[int] = field(default_factory=list)
    renamed: dict[int, str] = field(default_factory=dict)
    counted: list[tuple[Table, Counted]] = field(default_factory=list)
    staged: dict[str, Sum] = field(default_factory=dict)
    columns: dict[str, Mapping[str, str]] = field(default_factory=dict)
    in_place: bool = False
    rejects: list[str] = field(default_factory=list)

    def stage(self, name: str, columns: Mapping[str, str], held: Sum) -> None:
        """Note a table that was sent."""
        self.staged[name], self.columns[name] = held, columns


def carry_out(
    cloud: BigQueryWarehouse,
    change: Change,
    there: Mapping[str, Mapping[str, str]],
    now: Callable[[], State],
) -> None:
    """Do what a load changes, in one transaction.

    Parameters
    ----------
    there
        The columns of the tables that are changed.
    now
        Reads the state that is there.

    Raises
    ------
    ShopbookError
        It did not take place, and nothing was changed.
    """
    columns = {**there, **change.columns}
    statements = [
        *(_is(name, columns[name], held) for name, held in change.before.sums.items()),
        *(_is(name, columns[name], held) for name, held in change.staged.items()),
        *_rows(change, columns),
        *_rejects(change, columns),
        *(_replace(name, columns[name + NEXT_SUFFIX]) for name in (*change.after.sums, "load_counts")),
    ]
    script = ";\n".join(["begin transaction", *statements, "commit transaction"]) + ";"
    try:
        cloud.jobs.execute(script)
    except ShopbookError:
        # The connection may have broken after the transaction took place: then it is not there to be done.
        if now() != change.after:
            raise


def _is(name: str, columns: Mapping[str, str], held: Sum) -> str:
    query = checksums.googlesql(name, columns)
    said = f"another load changed {name} meanwhile; nothing was changed by this one"
    # A query, because transactions take queries and DML: ASSERT is not among their statements.
    return (
        f"select if(n = {held[0]} and hashes = {held[1]}, 0, error('{said}')) as same from ({query}) as held"
    )


def _listed(columns: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f"{prefix}`{name}`" for name in columns)


def _numbers(files: Collection[int]) -> str:
    return ", ".join(str(file) for file in sorted(files))


def _replace(name: str, columns: Mapping[str, str]) -> str:
    listed = _listed(columns)
    return (
        f"delete from `{name}` where true;\n"
        f"insert into `{name}` ({listed}) select {listed} from `{name}{NEXT_SUFFIX}`"
    )


def _rows(change: Change, columns: Mapping[str, Mapping[str, str]]) -> Iterable[str]:
    if change.in_place:
        return
    for name, files in change.gone.items():
        yield f"delete from `{raw_name(name)}` where load_file_id in ({_numbers(files)})"
    for table, counted in change.counted:
        raw = raw_name(table.name)
        new = raw + NEXT_SUFFIX
        if new in change.staged:
            listed = _listed(columns[new])
            yield f"insert into `{raw}` ({listed}) select {listed} from `{new}`"
        yield from mark(table, counted)


def _rejects(change: Change, columns: Mapping[str, Mapping[str, str]]) -> Iterable[str]:
    files = {*change.read, *(file for gone in change.gone.values() for file in gone)}
    if files:
        yield f"delete from `rejected_rows` where file_id in ({_numbers(files)})"
    for file, name in change.renamed.items():
        yield bound("update `rejected_rows` set file_name = ? where file_id = ?", [name, file])
    new = f"rejected_rows{NEXT_SUFFIX}"
    if new in change.staged:
        listed = _listed(columns[new])
        yield f"insert into `rejected_rows` ({listed}) select {listed} from `{new}`"
    yield from change.rejects
