"""`shopbook load`: a shop's files into its raw tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis_lib.errors import ParameterError
from analysis_lib.progress import Progress
from analysis_lib.settings import Settings
from analysis_lib.sources.load import load as load_files
from analysis_lib.sources.place import source_folder
from analysis_lib.warehouse.duckdb import DuckDBWarehouse


def load(
    settings: Settings,
    progress: Progress,
    source: str,
    paths: Sequence[Path],
    shop: str = "",
    tables: Sequence[str] | None = None,
    max_rejected_share: float = 0.5,
) -> list[str]:
    """Load files into a shop, by default the one named as its source; the lines of the summary.

    Raises
    ------
    MissingInputError
        For a source that does not exist, or a path that is not there.
    ParameterError
        When `max_rejected_share` is not a share.
    ShopbookError
        Whatever is wrong with the files; the warehouse is then as it was.
    """
    source_folder(source, settings.sources)
    if not 0 <= max_rejected_share <= 1:
        raise ParameterError(
            f"--max-rejected-share was given {max_rejected_share}, but it takes a share from 0 to 1."
        )
    name = shop or source
    with DuckDBWarehouse(settings, name) as warehouse, progress.stage("load") as step:
        summary = load_files(
            warehouse,
            source,
            paths,
            tables,
            step,
            root=settings.root,
            own_sources=settings.sources,
            temp_dir=settings.temp_dir,
            max_rejected_share=max_rejected_share,
        )
    return [f"shop {name}:", *summary.lines(), f"seconds: {progress.summary()}"]
