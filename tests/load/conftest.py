"""Fixtures of the loader's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.load.shop import Shop

_SHARED = Path(os.environ.get("SHOPBOOK_SHARED", Path(__file__).parents[3] / "shared")) / "data"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty shop."""
    return Shop(tmp_path / "files")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real test data."""
    if not _SHARED.is_dir():
        pytest.skip("the folder ../shared/data is not there")
    return _SHARED
