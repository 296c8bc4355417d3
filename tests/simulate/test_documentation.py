"""docs/simulator.md describes every key of truth.json."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.simulate.shops import SimulatedShop

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"
# Below these, so many levels of keys are values of the data (a device, a month …), not names of the format.
VALUES = {
    **dict.fromkeys(("steps",), 3),
    **dict.fromkeys(("device_by_source", "device_on_return", "source_on_return", "by_device_and_source"), 2),
    **dict.fromkeys(("categories", "campaigns", "by_device", "by_source", "by_country", "by_month"), 1),
    **dict.fromkeys(("by_channel", "by_campaign", "pnl_by_month", "percent_by_category", "rows"), 1),
    **dict.fromkeys(("events_by_type", "products_by_status", "lifecycle", "status"), 1),
    **dict.fromkeys(("customer_conversion_by_main_device", "return_probability_after"), 1),
    **dict.fromkeys(("median_days_after", "sign_up_after"), 1),
}


def names(node: Any, values: int = 0) -> Iterator[str]:
    """Every key that is a name of the format."""
    if isinstance(node, list):
        for entry in node:
            yield from names(entry)
    elif isinstance(node, dict):
        for key, below in node.items():
            if values:
                yield from names(below, values - 1)
            else:
                yield key
                yield from names(below, VALUES.get(key, 0))


def test_every_key_is_described(small_shop: SimulatedShop) -> None:
    page = PAGE.read_text(encoding="utf-8")
    found = set(names(small_shop.truth))
    assert len(found) > 100
    undescribed = [key for key in sorted(found) if not re.search(rf"[`.]{key}[`.]", page)]
    assert undescribed == []
