"""A shop of a source from its files, loaded and built as `shopbook load` and `shopbook report` do it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pytest

from analysis_lib.models import read_project
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.shop import Shop, open_shop
from analysis_lib.sources.load import load
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.translations import TRANSLATIONS


class Loader:
    """Makes shops, each in a warehouse of its own, and closes them at the end."""

    def __init__(self, folders: pytest.TempPathFactory, stack: ExitStack) -> None:
        self._folders, self._stack = folders, stack

    def __call__(self, source: str, files: Sequence[Path], **parameters: object) -> Shop:
        """A shop with all of its models, opened as a notebook opens it."""
        book = open_shop(settings=self._load(source, files), **parameters)
        self._stack.callback(book.close)
        return book

    def staged(self, source: str, files: Sequence[Path]) -> dict[str, pd.DataFrame]:
        """The rows of the staging models alone, ordered."""
        project = read_project(source)
        with DuckDBWarehouse(self._load(source, files), source) as warehouse:
            Runner(warehouse, project, make_parameters({})).build([model.name for model in project.staging()])
            return {
                model.name: _ordered(warehouse.query(f"select * from {model.name}"))
                for model in project.staging()
            }

    def _load(self, source: str, files: Sequence[Path]) -> Settings:
        folder = self._folders.mktemp(source)
        settings = Settings(
            root=folder,
            warehouse=folder / "warehouse.duckdb",
            site=folder / "_site",
            build_dir=folder / "_build",
            temp_dir=folder / "tmp",
            translations=TRANSLATIONS,
            memory_limit="2GB",
            threads=1,
        )
        with DuckDBWarehouse(settings, source) as warehouse:
            load(warehouse, source, files, root=folder)
        return settings


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(list(rows.columns), kind="stable").reset_index(drop=True)


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loader]:
    """Loads files of a source and builds all of its models."""
    with ExitStack() as stack:
        yield Loader(tmp_path_factory, stack)
