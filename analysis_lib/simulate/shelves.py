"""The shop's shelves (a category of a department) and who is interested in which, when."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis_lib.simulate.arrays import Array, cumulative_rows
from analysis_lib.simulate.behaviour import CATEGORY_AFFINITIES, DEPARTMENTS
from analysis_lib.simulate.vocabulary import CATEGORIES, SEASONS

_OWN_DEPARTMENT = 0.88  # how much of a shopper's interest goes to the own department


class Shelf(NamedTuple):
    """One category of one department."""

    category: int
    department: int


SHELVES = tuple(
    Shelf(number, department)
    for number, category in enumerate(CATEGORIES)
    for department, name in enumerate(DEPARTMENTS)
    if name[0] in category.departments
)


def shelf_categories() -> Array:
    """The category number of each shelf."""
    return np.array([shelf.category for shelf in SHELVES])


def shelf_departments() -> Array:
    """The department number of each shelf."""
    return np.array([shelf.department for shelf in SHELVES])


def interest_of_shoppers() -> Array:
    """Share of visits that a shelf gets: month × department of the shopper × shelf."""
    categories, departments = shelf_categories(), shelf_departments()
    season = np.array([SEASONS[row.season] for row in CATEGORIES]).T
    demand = np.array([row.demand for row in CATEGORIES])
    weights = (season * demand)[:, categories]
    found = np.zeros((12, len(DEPARTMENTS), len(SHELVES)))
    for shopper in range(len(DEPARTMENTS)):
        for department in range(len(DEPARTMENTS)):
            part = np.where(departments == department, weights, 0.0)
            share = _OWN_DEPARTMENT if department == shopper else 1 - _OWN_DEPARTMENT
            found[:, shopper] += share * part / part.sum(axis=1, keepdims=True)
    return found


def cart_factors(interest: Array) -> Array:
    """What the shelf multiplies the cart step by; averages to one for each month and shopper."""
    factor = np.array([row.cart_factor for row in CATEGORIES])[shelf_categories()]
    return np.asarray(factor / (interest * factor).sum(axis=2, keepdims=True))


def further_shelf(interest: Array) -> Array:
    """Running shares of the shelf of a further order line: (department × first shelf) × shelf."""
    names = [row.name for row in CATEGORIES]
    lift = np.ones((len(CATEGORIES), len(CATEGORIES)))
    for one, other, times in CATEGORY_AFFINITIES:
        lift[names.index(one), names.index(other)] = times
        lift[names.index(other), names.index(one)] = times
    categories = shelf_categories()
    weights = interest[:, None, :] * lift[np.ix_(categories, categories)][None]
    return cumulative_rows(weights.reshape(-1, len(SHELVES)))
