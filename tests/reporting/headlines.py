"""The headline figures of every page, as the functions that make them."""

from __future__ import annotations

from collections.abc import Callable

from analysis_lib.pages import (
    cross_sell,
    customers,
    funnel,
    inventory,
    journeys,
    marketing,
    overview,
    products,
    quality,
)
from analysis_lib.reporting.html import Html
from analysis_lib.shop import Shop

HEADLINES: dict[str, Callable[[Shop], Html]] = {
    page.__name__.rsplit(".", 1)[-1]: page.headline
    for page in (overview, marketing, funnel, journeys, customers, products, cross_sell, inventory, quality)
}
