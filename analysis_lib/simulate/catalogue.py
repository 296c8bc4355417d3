"""The shop's products: shelves, prices, popularity, stock policies and planted product pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_lib.simulate.arrays import Array, cumulative_rows, ranges
from analysis_lib.simulate.behaviour import DEPARTMENTS
from analysis_lib.simulate.shelves import (
    SHELVES,
    cart_factors,
    further_shelf,
    interest_of_shoppers,
    shelf_categories,
    shelf_departments,
)
from analysis_lib.simulate.vocabulary import BRANDS, CATEGORIES, COLOURS, CUTS, MATERIALS, NOUNS

# The last one is that of the shop without effects: every evening what was sold comes in again.
POLICIES = ("normal", "thin", "over", "dead", "steady")
_POLICY_SHARES = (0.67, 0.20, 0.07, 0.06)
_RANK_EXPONENT, _BEST_SELLER = 0.35, 3.0
_CHARM = np.array([0, 50, 90, 95, 99])


@dataclass(frozen=True)
class Catalogue:
    """Products in the order of their shelf; every array has one entry a product unless said otherwise.

    `product_id` is the id in the files. `shelf_start` and `shelf_end` bound the products of each shelf.
    `view_weights` and `buy_weights` are popularity; the second is zero for dead products. Prices and
    costs are in cents. `partner` is the position of the planted partner, or -1.
    `interest` and `cart_factor` are (month · 2 + department of the shopper) × shelf: running shares of
    visits, and what the shelf multiplies the cart step by. `extra_shelf` is (department of the shopper ·
    shelves + first shelf) × shelf: running shares of the shelf of a further order line.
    """

    product_id: Array
    name: tuple[str, ...]
    brand: Array
    shelf: Array
    price: Array
    cost: Array
    center: Array
    view_weights: Array
    buy_weights: Array
    policy: Array
    lead_days: Array
    partner: Array
    pairs: tuple[tuple[int, int], ...]
    shelf_start: Array
    shelf_end: Array
    interest: Array
    cart_factor: Array
    extra_shelf: Array

    @property
    def size(self) -> int:
        """How many products there are."""
        return len(self.product_id)

    @property
    def category(self) -> Array:
        """The category number of each product."""
        return shelf_categories()[self.shelf]

    def draw(self, rng: np.random.Generator, weights: Array, shelf: Array) -> Array:
        """A product of each shelf in `shelf`, by `weights` (one a product).

        Every shelf asked for must have a product of positive weight.
        """
        running = np.concatenate([[0.0], np.cumsum(weights)])
        low, high = running[self.shelf_start[shelf]], running[self.shelf_end[shelf]]
        found = np.searchsorted(running, low + rng.random(len(shelf)) * (high - low), side="right") - 1
        return np.asarray(np.clip(found, self.shelf_start[shelf], self.shelf_end[shelf] - 1))


def catalogue_size(visitors: int) -> int:
    """How many products a shop with so many visitors has: 320 for 20,000, from 60 to 5,000.

    Examples
    --------
    >>> [catalogue_size(visitors) for visitors in (1, 20_000, 1_000_000)]
    [60, 320, 4211]
    """
    return int(np.clip(round(320 * (visitors / 20_000) ** 0.6588), 60, 5000))


def make_catalogue(rng: np.random.Generator, visitors: int) -> Catalogue:
    """Draw the products of a shop.

    Examples
    --------
    >>> make_catalogue(np.random.default_rng(1), 200).size
    60
    """
    size = catalogue_size(visitors)
    interest = interest_of_shoppers()
    counts = _products_of_shelves(interest.mean(axis=(0, 1)), size)
    shelf = np.repeat(np.arange(len(SHELVES)), counts)
    rank = ranges(counts)[np.lexsort((rng.random(size), shelf))]  # 0 is the best seller of its shelf

    category = shelf_categories()[shelf]
    median = np.array([row.median_price for row in CATEGORIES])[category]
    raw = np.clip(median * np.exp(rng.normal(0, 0.32, size)), 4, 480)
    price = np.floor(raw).astype(np.int64) * 100 + rng.choice(_CHARM, size, p=[0.2, 0.2, 0.1, 0.2, 0.3])
    share = np.array([row.cost_share for row in CATEGORIES])[category] + rng.normal(0, 0.03, size)
    cost = np.round(price * np.clip(share, 0.25, 0.7)).astype(np.int64)

    weights = (rank + 1.0) ** -_RANK_EXPONENT * np.exp(rng.normal(0, 0.25, size))
    weights = np.where(rank == 0, weights * _BEST_SELLER, weights)
    policy = rng.choice(len(_POLICY_SHARES), size, p=_POLICY_SHARES)
    shelf_end = np.cumsum(counts)
    partner, pairs = _plant_pairs(rng, shelf, interest.mean(axis=(0, 1))[shelf] * weights)
    # No shelf is empty of things to buy, and planted pairs are bought.
    sells = (rank == 0) | (partner >= 0)
    is_dead = (policy == POLICIES.index("dead")) & ~sells
    policy = np.where(sells & (policy == POLICIES.index("dead")), POLICIES.index("thin"), policy)
    brand = rng.integers(0, len(BRANDS), size)
    return Catalogue(
        product_id=rng.permutation(size) + 1,
        name=_names(rng, shelf, brand),
        brand=brand,
        shelf=shelf,
        price=price,
        cost=cost,
        center=rng.integers(1, 11, size),
        view_weights=np.where(is_dead, weights * 0.15, weights),
        buy_weights=np.where(is_dead, 0.0, weights),
        policy=policy,
        lead_days=rng.integers(9, 36, len(BRANDS))[brand],
        partner=partner,
        pairs=pairs,
        shelf_start=shelf_end - counts,
        shelf_end=shelf_end,
        interest=cumulative_rows(interest.reshape(24, -1)),
        cart_factor=cart_factors(interest).reshape(24, -1),
        extra_shelf=further_shelf(interest.mean(axis=0)),
    )


def _products_of_shelves(demand: Array, size: int) -> Array:
    """How many products each shelf has: at least one, else by demand."""
    spare = size - len(SHELVES)
    exact = demand / demand.sum() * spare
    counts = np.floor(exact).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: spare - counts.sum()]] += 1
    return np.asarray(counts + 1)


def _plant_pairs(
    rng: np.random.Generator, shelf: Array, demand: Array
) -> tuple[Array, tuple[tuple[int, int], ...]]:
    """Pairs of well-selling products of one department and different shelves; each product in one pair."""
    partner = np.full(len(shelf), -1)
    pairs: list[tuple[int, int]] = []
    wanted = int(np.clip(len(shelf) // 40, 2, 60))
    for department in range(len(DEPARTMENTS)):
        on_shelf = shelf_departments()[shelf] == department
        best = np.argsort(np.where(on_shelf, -demand, 0.0), kind="stable")[: 2 * wanted]
        best = rng.permutation(best)
        for one, other in zip(best[::2], best[1::2], strict=False):
            if shelf[one] != shelf[other] and len(pairs) < (department + 1) * wanted // 2:
                pairs.append((int(one), int(other)))
                partner[one], partner[other] = other, one
    return partner, tuple(pairs)


def _names(rng: np.random.Generator, shelf: Array, brand: Array) -> tuple[str, ...]:
    """Product names, none twice."""
    cuts, materials, colours = (words.split(",") for words in (CUTS, MATERIALS, COLOURS))
    seen: dict[str, int] = {}
    names = []
    draws = rng.integers(0, 1 << 30, (len(shelf), 4))
    for position, (noun, cut, material, colour) in enumerate(draws.tolist()):
        category, department = SHELVES[int(shelf[position])]
        nouns = NOUNS[CATEGORIES[category].name].split(",")
        words = (
            BRANDS[int(brand[position])],
            DEPARTMENTS[department] + "'s",
            cuts[cut % len(cuts)],
            materials[material % len(materials)],
            nouns[noun % len(nouns)],
            "in",
            colours[colour % len(colours)],
        )
        name = " ".join(words)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} No. {seen[name]}")
    return tuple(names)
