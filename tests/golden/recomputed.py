"""Every page's headline figures, recomputed: the list that a new card must be added to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .book import Book
from .cross_sell import cross_sell
from .customers import customers
from .funnel import funnel
from .journeys import journeys
from .marketing import marketing
from .products import inventory, products
from .quality import quality
from .sales import overview
from .wording import Figure

# The id of the page in reports.yml: metric to figure.
FIGURES: Mapping[str, Callable[[Book], dict[str, Figure]]] = {
    "overview": overview,
    "marketing": marketing,
    "funnel": funnel,
    "journeys": journeys,
    "customers": customers,
    "products": products,
    "cross-sell": cross_sell,
    "inventory": inventory,
    "quality": quality,
}
