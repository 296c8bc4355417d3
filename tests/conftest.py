"""Fixtures that tests of several folders share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.demo_site import KEPT, DemoSite, published_demo
from tests.translations import KEPT_THERE


def pytest_configure() -> None:
    """Whatever the tests start translates no query that was translated before."""
    os.environ.update(KEPT_THERE)


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> DemoSite:
    """The demo shop as `make report` publishes it, one for all workers of the run; only to be looked at."""
    if KEPT in os.environ:
        return published_demo(Path(os.environ[KEPT]))
    base = tmp_path_factory.getbasetemp()
    # Under pytest-xdist each worker has a folder of its own in the run's.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return published_demo(shared / "demo_site")
