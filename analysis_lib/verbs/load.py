"""`shopbook load`: a shop's files, or a table of its database, into its raw tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis_lib.errors import ParameterError
from analysis_lib.progress import Progress
from analysis_lib.settings import Settings
from analysis_lib.sources.load import load as load_files
from analysis_lib.sources.place import source_folder
from analysis_lib.verbs.load_database import NO_CHOICE, DatabaseChoice, wanted_database
from analysis_lib.warehouse.duckdb import DuckDBWarehouse


def load(
    settings: Settings,
    progress: Progress,
    source: str,
    places: Sequence[str | Path],
    shop: str = "",
    tables: Sequence[str] | None = None,
    max_rejected_share: float = 0.5,
    choice: DatabaseChoice = NO_CHOICE,
) -> list[str]:
    """Load files, or a table of a database, into a shop; the lines of the summary.

    The shop is by default the one named as its source. `choice` says what of a database is read.

    Raises
    ------
    MissingInputError
        For a source that does not exist, or a path that is not there.
    ParameterError
        When `max_rejected_share` is not a share, or flags do not go together.
    ShopbookError
        Whatever is wrong with the files; the warehouse is then as it was.
    """
    source_folder(source, settings.sources)
    if not 0 <= max_rejected_share <= 1:
        raise ParameterError(
            f"--max-rejected-share was given {max_rejected_share}, but it takes a share from 0 to 1."
        )
    name = shop or source
    database = wanted_database(places, choice, tables)
    with DuckDBWarehouse(settings, name) as warehouse, progress.stage("load") as step:
        if database:
            from analysis_lib.sources.postgres.load import load_from_postgres

            summary = load_from_postgres(
                warehouse,
                source,
                *database,
                step,
                own_sources=settings.sources,
                temp_dir=settings.temp_dir,
                max_rejected_share=max_rejected_share,
            )
        else:
            summary = load_files(
                warehouse,
                source,
                [Path(place) for place in places],
                tables,
                step,
                root=settings.root,
                own_sources=settings.sources,
                temp_dir=settings.temp_dir,
                max_rejected_share=max_rejected_share,
            )
    return [f"shop {name}:", *summary.lines(), f"seconds: {progress.summary()}"]
