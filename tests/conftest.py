"""Fixtures that tests of several folders share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.demo_site import KEPT, DemoSite, published_demo
from tests.shared_by_workers import folder_of_the_run
from tests.translations import KEPT_THERE


def pytest_configure() -> None:
    """Whatever the tests start translates no query that was translated before."""
    os.environ.update(KEPT_THERE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; in a file and among the others the order stays."""
    listed = (Path(__file__).parent / "heavy_first.txt").read_text(encoding="utf-8").splitlines()
    heavy = [line for line in listed if not line.startswith("#")]
    items.sort(key=lambda item: heavy.index(name) if (name := _file(item)) in heavy else len(heavy))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> DemoSite:
    """The demo shop as `make report` publishes it, one for all workers of the run; only to be looked at."""
    if KEPT in os.environ:
        return published_demo(Path(os.environ[KEPT]))
    return published_demo(folder_of_the_run(tmp_path_factory) / "demo_site")
