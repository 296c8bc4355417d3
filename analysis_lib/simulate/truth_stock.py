"""Stock in truth.json: on hand, sales of the last days, stock-outs, states."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis_lib.simulate.accounts import dollars
from analysis_lib.simulate.arrays import Array
from analysis_lib.simulate.world import World

VELOCITY_DAYS = 30
_STATUSES = ("out_of_stock", "dead", "critical", "low", "normal", "healthy", "overstocked")


def stock(world: World) -> dict[str, Any]:
    """The stock on the last day; lists run in order of the product id."""
    made, accounts, catalogue = world.stock, world.accounts, world.catalogue
    size = catalogue.size
    recent = ~accounts.is_cancelled & (accounts.day >= world.period.days - VELOCITY_DAYS)
    sold = np.bincount(made.lines.product[recent], accounts.units[recent], size).astype(np.int64)
    ever = np.bincount(
        made.lines.product[~accounts.is_cancelled], accounts.units[~accounts.is_cancelled], size
    )
    order = np.argsort(catalogue.product_id)
    return {
        "velocity_days": VELOCITY_DAYS,
        "units_received": int(made.received.sum()),
        "units_sold": int(ever.sum()),
        "units_on_hand": int(made.on_hand.sum()),
        "stock_value": dollars(int((made.on_hand * catalogue.cost).sum())),
        "lines_substituted": int((made.wanted != made.lines.product).sum()),
        "products_out_at_end": int((made.on_hand == 0).sum()),
        "stock_out_episodes": int(made.out_episodes.sum()),
        "stock_out_days": int(made.out_days.sum()),
        "products_by_status": _by_status(made.on_hand, sold),
        "product_id": catalogue.product_id[order].tolist(),
        "on_hand": made.on_hand[order].tolist(),
        "units_sold_last_30_days": sold[order].tolist(),
        "units_sold_ever": ever[order].astype(np.int64).tolist(),
        "stock_out_days_by_product": made.out_days[order].tolist(),
    }


def _by_status(on_hand: Array, sold: Array) -> dict[str, int]:
    """Products by the status of the definitions, first match from the top."""
    # on hand ÷ (sold ÷ 30) < 7 days is on_hand · 30 < 7 · sold: whole numbers, no rounding.
    scaled, found = on_hand * VELOCITY_DAYS, {}
    left = np.ones(len(on_hand), dtype=bool)
    for name, mask in zip(
        _STATUSES,
        (
            on_hand == 0,
            sold == 0,
            scaled < 7 * sold,
            scaled < 14 * sold,
            scaled < 30 * sold,
            scaled <= 180 * sold,
            np.ones(len(on_hand), dtype=bool),
        ),
        strict=True,
    ):
        found[name] = int((left & mask).sum())
        left &= ~mask
    return found
