"""One GoogleSQL engine a session; every process of a parallel run has its own."""

from __future__ import annotations

import pytest

from tests.googlesql.cases import engine
from tests.googlesql.engine import GoogleSql


@pytest.fixture(scope="session")
def googlesql() -> GoogleSql:
    """Google's analyser and reference engine."""
    return engine()
