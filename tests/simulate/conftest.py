"""Shops that the tests of this folder share; none of them changes one."""

from __future__ import annotations

import pytest

from tests.simulate.shops import SimulatedShop, make


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> SimulatedShop:
    """A shop of moderate size: 12,000 visitors in ten months with the year's end."""
    return make(tmp_path_factory.mktemp("simulated") / "shop", 12_000, 10, 11)


@pytest.fixture(scope="session")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> SimulatedShop:
    """A shop for what does not need numbers: 400 visitors in three months."""
    return make(tmp_path_factory.mktemp("simulated") / "small", 400, 3, 5)
