"""`shopbook simulate`: a demo shop as files, as a table of events in a database, or both."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from analysis_lib.errors import ParameterError
from analysis_lib.progress import Progress
from analysis_lib.simulate import simulate as simulate_shop
from analysis_lib.sources.postgres.address import Address, is_address, read_address
from analysis_lib.warehouse.connection import translated

DEFAULT_FOLDER = "data/demo"
DEFAULT_TABLE = "events_raw"
_MEMORY = "2GB"


@dataclass(frozen=True)
class Shop:
    """What is simulated: how many people and months, the seed, and whether anything differs but by chance."""

    visitors: int
    months: int
    seed: int
    has_effects: bool = True


def simulate(
    progress: Progress, shop: Shop, out: str = "", into: str = "", table: str = "", replace: bool = False
) -> list[str]:
    """Write a simulated shop; the lines of the summary.

    Parameters
    ----------
    progress
        Who is told how far it is.
    shop
        What is simulated.
    out
        The folder; without `into`, `data/demo` when not given.
    into
        A PostgreSQL database, which gets the events as a tracker writes them.
    table, replace
        Its table, and whether one with rows in it is replaced.

    Raises
    ------
    ParameterError
        An argument is out of range; the table has rows; flags do not go together.
    ShopbookError
        Whatever else is wrong with the folder or the database.
    """
    address = _address(into, table, replace)
    if not address:
        return _write(progress, shop, Path(out or DEFAULT_FOLDER))
    from analysis_lib.sources.postgres.fill import check_target

    check_target(address, table or DEFAULT_TABLE, replace)
    with tempfile.TemporaryDirectory(prefix="shopbook_simulate_") as work:
        folder = Path(out or f"{work}/shop")
        lines = _write(progress, shop, folder)
        written = _fill(progress, address, folder, table, replace, work)
    # Where the files were for a moment is of no interest.
    return [*(lines if out else lines[1:2]), written]


def _address(into: str, table: str, replace: bool) -> Address | None:
    if into and not is_address(into):
        raise ParameterError(f"--into was given {into!r}.", "It takes postgresql://host/database.")
    if not into and (table or replace):
        flag = "--table" if table else "--replace"
        raise ParameterError(f"{flag} is for a database.", "Give --into postgresql://host/database.")
    return read_address(into) if into else None


def _write(progress: Progress, shop: Shop, out: Path) -> list[str]:
    with progress.stage("simulate") as step:
        summary = simulate_shop(shop.visitors, shop.months, shop.seed, out, step, effects=shop.has_effects)
    return summary.lines()


def _engine(work: str) -> duckdb.DuckDBPyConnection:
    """DuckDB for sorting the events: what does not fit into memory goes to a folder of its own."""
    return duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": f"{work}/sorting"})


def _fill(progress: Progress, address: Address, folder: Path, table: str, replace: bool, work: str) -> str:
    # Only here, because pyarrow and the driver take a while to import.
    from analysis_lib.simulate.tracker import COLUMNS, TIME, tracker_events
    from analysis_lib.sources.postgres.fill import fill_table

    name = table or DEFAULT_TABLE
    with progress.stage("into the database"), translated("the simulated events"), _engine(work) as engine:
        rows = fill_table(address, name, COLUMNS, tracker_events(engine, folder), TIME, replace)
    return f"{rows:,} events were written into the table {name} of the database."
