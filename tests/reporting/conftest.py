"""The shops that the pages are tried on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis_lib.shop import Shop
from tests.reporting import shops

SMALL = ("empty", "one order", "only visits", "only stock", "only spend", "all returned", "two months")


def _stories() -> dict[str, shops.Story]:
    day = shops.AS_OF
    returned = shops.Story().product().visit("1", day, *shops.BUYS).order("1", day, returned_on=day)
    return {
        "empty": shops.Story(),
        "one order": shops.one_order(),
        "only visits": shops.Story()
        .visit("1", day, "page_view")
        .visit("2", day, "page_view", "product_view"),
        "only stock": shops.Story().product().stock(5, day).stock(2, day, "p9", cost=None),
        "only spend": shops.Story().spend(day, "10.00"),
        "all returned": returned,
        "two months": shops.two_months(),
    }


@pytest.fixture(scope="session")
def small_shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Shop]]:
    """Shops by name: from an empty one to one with seventy days."""
    made = {
        name: shops.make_shop(tmp_path_factory.mktemp("shop"), story.rows)
        for name, story in _stories().items()
    }
    assert tuple(made) == SMALL
    yield made
    for shop in made.values():
        shop.close()


@pytest.fixture(params=SMALL)
def small_shop(request: pytest.FixtureRequest, small_shops: dict[str, Shop]) -> Shop:
    """Each of the small shops in turn."""
    return small_shops[request.param]


@pytest.fixture
def two_months(small_shops: dict[str, Shop]) -> Shop:
    """The shop with seventy days of visits and orders."""
    return small_shops["two months"]


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the publisher would name for downloads."""
    monkeypatch.setenv("SHOPBOOK_DOWNLOADS", str(tmp_path))
    monkeypatch.setenv("SHOPBOOK_DOWNLOADS_URL", "downloads/page")
    return tmp_path
