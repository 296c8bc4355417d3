"""Which products and categories differ from the rest in purchases, returns or orders, by more than chance?

Every comparison of the page stands under one correction (Holm). What is compared is chosen by how much there
is of it (views, deliveries, orders), never by its outcome. Fisher's exact test, because a product is a small
part of the shop. Sessions of one viewer, and units of one order, are no independent trials: a rate is tested
as if each viewer had come once, and each order had held one unit.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import products_data
from analysis_lib.pages.products_data import Products, rows_of
from analysis_lib.pages.segments import Comparison
from analysis_lib.reporting import findings

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

MOST = 50  # products a question; more comparisons would find less
# Question: successes, trials, independent units and what they are counted in, rank that chooses the products.
_RATES = {
    "purchases": (
        "purchasing_viewing_sessions",
        "viewing_sessions",
        "viewers",
        "viewing_sessions",
        "views_rank",
    ),
    "returns": ("returned_units", "delivered_units", "orders", "units", "delivered_rank"),
}
Key = tuple[str, str, str]  # question, "product" or "category", product id or category


@dataclass(frozen=True)
class Comparisons:
    """The comparisons by (question, `product` or `category`, its id or name).

    `moves` holds a product's orders among all orders of the window, against those of the window before.
    """

    rates: Mapping[Key, Comparison]
    moves: Mapping[str, Comparison]

    def of(self, question: str, level: str, name: str) -> Comparison | None:
        """The comparison of one product or category; None where it was not tested."""
        return self.rates.get((question, level, name))

    def found(self, question: str, level: str) -> list[tuple[str, Comparison]]:
        """Those that differ, the one with the largest consequence first."""
        some = [
            (name, compared)
            for (asked, where, name), compared in self.rates.items()
            if (asked, where) == (question, level) and compared.is_found
        ]
        return sorted(some, key=lambda one: (-abs(one[1].missing), one[0]))


@functools.lru_cache(maxsize=4)
def compare(book: Shop) -> Comparisons:
    """All comparisons of the page, with p-values after Holm."""
    return compared(products_data.read(book), book.parameters.min_sample)


def compared(found: Products, min_sample: int) -> Comparisons:
    """As :func:`compare`, from the rows."""
    rates: dict[Key, tuple[Comparison, float | None]] = {}
    for question, (*_, rank) in _RATES.items():
        for row in rows_of(found.products[found.products[rank] <= MOST]):
            rates[question, "product", str(row["product_id"])] = _rate(
                question, row, found.totals, min_sample
            )
        groups = rows_of(found.groups)
        for row in groups if len(groups) > 1 else ():
            rates[question, "category", str(row["category"])] = _rate(
                question, row, _sums(groups), min_sample
            )
    moves = {
        str(row["product_id"]): _move(row, found.window_orders, min_sample)
        for row in rows_of(found.movers[found.movers["orders_rank"] <= MOST])
    }
    adjusted = findings.adjusted([p for _, p in (*rates.values(), *moves.values())])
    made = [
        dataclasses.replace(one, p_value=p)
        for (one, _), p in zip((*rates.values(), *moves.values()), adjusted, strict=True)
    ]
    return Comparisons(
        dict(zip(rates, made[: len(rates)], strict=True)), dict(zip(moves, made[len(rates) :], strict=True))
    )


def _sums(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    columns = {name for parts in _RATES.values() for name in parts[:4]}
    return {name: float(sum(row[name] for row in rows)) for name in columns}


def _rate(
    question: str, row: Mapping[str, Any], totals: Mapping[str, float | None], min_sample: int
) -> tuple[Comparison, float | None]:
    successes, trials, units, counted_in, _ = _RATES[question]
    mine = [int(row[name]) for name in (successes, trials, units, counted_in)]
    rest = [int(totals[name] or 0) - own for name, own in zip(_RATES[question][:4], mine, strict=True)]
    comparison = Comparison(mine[0], mine[1], rest[0], rest[1])
    if min(mine[1], rest[1]) < min_sample or rest[0] < 0:
        return comparison, None
    return comparison, fisher(*_independent(*mine), *_independent(*rest))


def _independent(successes: int, trials: int, units: int, counted_in: int) -> tuple[int, int]:
    """The counts as if only so many trials had been independent as there are units.

    Examples
    --------
    >>> _independent(60, 1200, 1000, 1200)
    (50, 1000)
    """
    share = min(1.0, units / counted_in) if counted_in else 1.0
    return round(successes * share), max(round(trials * share), round(successes * share))


def _move(
    row: Mapping[str, Any], orders: tuple[int, int], min_sample: int
) -> tuple[Comparison, float | None]:
    comparison = Comparison(int(row["orders"]), orders[0], int(row["orders_before"]), orders[1])
    if min(orders) < min_sample:
        return comparison, None
    return comparison, fisher(comparison.successes, orders[0], comparison.other_successes, orders[1])


def fisher(successes: int, trials: int, other_successes: int, other_trials: int) -> float:
    """Two-sided p-value of Fisher's exact test of two proportions.

    Examples
    --------
    >>> round(fisher(8, 10, 1, 6), 4)
    0.035
    """
    from scipy.stats import fisher_exact  # a second to import, so only where it is used

    table = [[successes, trials - successes], [other_successes, other_trials - other_successes]]
    return float(fisher_exact(table).pvalue)
