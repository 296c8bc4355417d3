"""Which products are looked at and not bought, and which come back: rates with intervals and tests."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import products_data, products_tests
from analysis_lib.pages.products import short
from analysis_lib.pages.products_data import Products, rows_of
from analysis_lib.pages.products_tests import Comparisons
from analysis_lib.pages.segments import Comparison
from analysis_lib.reporting import numbers, rate_charts
from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.rate_charts import Estimate
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day
from analysis_lib.statistics.proportions import wilson_interval

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

_PRODUCTS, _CATEGORIES, _ROWS = 8, 10, 12
_COLUMNS = {
    "purchases": ("purchasing_viewing_sessions", "viewing_sessions", "views_rank"),
    "returns": ("returned_units", "delivered_units", "delivered_rank"),
}


def views_to_purchases(book: Shop) -> Html:
    """The purchase rate of what is viewed most, and the products with the most missing purchases."""
    found = products_data.read(book)
    if not found.has_views:
        return empty(f"No product was viewed up to {day(book.data_through)}.")
    overall = found.totals["product_view_to_purchase_rate"]
    chart = _chart(
        book,
        "purchases",
        "views-to-purchases",
        "Purchases of a product in the sessions that view it",
        overall,
        "viewings",
    )
    return join([chart, _missing(book, found, overall)])


def returns(book: Shop) -> Html:
    """The return rate of what is delivered most, and the products whose returns are worth most."""
    found = products_data.read(book)
    if not found.total("delivered_units"):
        return empty(f"Nothing was delivered up to {day(book.data_through)}.")
    chart = _chart(
        book,
        "returns",
        "returns",
        "Returned part of the delivered units",
        found.totals["product_return_rate"],
        "units",
    )
    return join([chart, _returned(book, found)])


def _chart(book: Shop, question: str, name: str, title: str, overall: float | None, units: str) -> Html:
    found, tests = products_data.read(book), products_tests.compare(book)
    least = book.parameters.min_sample
    groups = (
        ("Most viewed" if question == "purchases" else "Most delivered", "product", _PRODUCTS),
        ("Category", "category", _CATEGORIES),
    )
    rows = []
    for group, level, most in groups:
        for row in _rows(found, tests, question, level, most):
            rows.append(_estimate(row, group, level, question, tests, least))
    standing_out = [row.label for row in rows if row.stands_out]
    outcome = (
        f"Clearly different from the rest: {', '.join(standing_out)}."
        if standing_out
        else "None differs clearly from the rest."
    )
    words = Words(
        f"{title} with 95 % intervals, up to {day(book.data_through)}",
        f"{outcome} Orange diamonds: different from all other products or categories (p < 0.05 after Holm). "
        f"Hollow, with the count alone: too few {units} to show a rate (n < {least}).",
        f"Dot chart. {title}. {outcome} " + "; ".join(f"{row.label} {row.text}" for row in rows) + ".",
    )
    return rate_charts.estimates(
        name,
        rows,
        overall,
        f"all {numbers.percent(overall)}",
        functools.partial(numbers.percent, decimals=0),
        words,
    ).html


def _rows(
    found: Products, tests: Comparisons, question: str, level: str, most: int
) -> list[Mapping[str, Any]]:
    """The rows with the most trials, and of the others those that a test tells apart."""
    trials, rank = _COLUMNS[question][1:]
    if level == "product":
        ordered = rows_of(found.products.sort_values(rank).head(products_tests.MOST))
        key = "product_id"
    else:
        ordered = rows_of(found.groups.sort_values(trials, ascending=False, kind="stable"))
        key = "category"
        most = most if len(ordered) > 1 else 0
    ordered = [row for row in ordered if row[trials]]
    clear = {name for name, _ in tests.found(question, level)[:4]} if most else set()
    return [row for place, row in enumerate(ordered) if place < most or str(row[key]) in clear]


def _estimate(
    row: Mapping[str, Any], group: str, level: str, question: str, tests: Comparisons, least: int
) -> Estimate:
    successes, trials = (int(row[name]) for name in _COLUMNS[question][:2])
    name = str(row["product_id"] if level == "product" else row["category"])
    compared = tests.of(question, level, name)
    interval = wilson_interval(successes, trials)
    assert interval is not None  # rows without trials are left out
    label = short(str(row["product"]) if level == "product" else name)
    return Estimate(
        group,
        label,
        successes / trials,
        interval.low,
        interval.high,
        numbers.rate_with_counts(successes, trials, least),
        compared is not None and compared.is_found,
        not numbers.is_reliable(trials, least),
    )


def _missing(book: Shop, found: Products, overall: float | None) -> Html:
    rows = _with_intervals(found.products, "purchases", products_tests.compare(book))
    rows = rows[rows["viewing_sessions"] > 0].sort_values(
        ["missing_purchases", "product_id"], ascending=[False, True]
    )
    shown = rows[rows["missing_purchases"] > 0].head(_ROWS)
    least = book.parameters.min_sample

    def few(row: Any) -> bool:
        return not numbers.is_reliable(row.viewing_sessions, least)

    def carted(row: Any) -> str:
        return numbers.rate_or_count(row.carting_viewing_sessions, row.viewing_sessions, least)

    def bought(row: Any) -> str:
        limits = (row.rate_low, row.rate_high)
        return numbers.rate_or_count(row.purchasing_viewing_sessions, row.viewing_sessions, least, limits)

    return table(
        shown,
        [
            Column("product", "Product"),
            Column("viewing_sessions", "Viewing sessions", numbers.count),
            Column("view_to_cart_rate", "View → cart", carted, True, few),
            Column("view_to_purchase_rate", "View → purchase (95 %)", bought, True, few),
            Column("missing_purchases", "Missing purchases", numbers.count),
            Column("against_rest", "Against the rest", str),
        ],
        "looked-at-not-bought",
        "Looked at, not bought",
        f"the products with the most missing purchases: at {numbers.percent(overall)}, the rate of all "
        "products, "
        "there would be so many more",
        [
            _how_tested("views", "sessions of one viewer count once"),
            f"Italic: the counts of fewer than {least} sessions, {numbers.too_few(least)}.",
        ],
        "Every product is bought as often when viewed as all of them together.",
        download=_offered(rows, "purchases"),
        download_label="Views and purchases by product",
    )


def _returned(book: Shop, found: Products) -> Html:
    rows = _with_intervals(found.products, "returns", products_tests.compare(book))
    rows = rows[rows["delivered_units"] > 0].sort_values(["returns", "product_id"], ascending=[False, True])
    shown = rows[rows["returned_units"] > 0].head(_ROWS)
    least = book.parameters.min_sample

    def few(row: Any) -> bool:
        return not numbers.is_reliable(row.delivered_units, least)

    def came_back(row: Any) -> str:
        limits = (row.rate_low, row.rate_high)
        return numbers.rate_or_count(row.returned_units, row.delivered_units, least, limits)

    return table(
        shown,
        [
            Column("product", "Product"),
            Column("delivered_units", "Delivered", numbers.count),
            Column("returned_units", "Returned", numbers.count),
            Column("return_rate", "Return rate (95 %)", came_back, True, few),
            Column(
                "returns",
                "Returned value",
                functools.partial(numbers.money, currency=book.parameters.currency, decimals=0),
            ),
            Column("against_rest", "Against the rest", str),
        ],
        "most-returned",
        "What comes back",
        "the products whose returned units were worth most, at sale price",
        [
            _how_tested("deliveries", "units of one order count once"),
            f"Italic: the counts, {numbers.too_few(least)}.",
        ],
        "Nothing came back.",
        download=_offered(rows, "returns"),
        download_label="Deliveries and returns by product",
    )


def _how_tested(what: str, how: str) -> str:
    return (
        "Against the rest: in points, where an exact test with Holm's correction tells the product apart "
        f"({how}); "
        f"– where it does not, or where the product is not among the {products_tests.MOST} with the most "
        f"{what}."
    )


def _with_intervals(products: pd.DataFrame, question: str, tests: Comparisons) -> pd.DataFrame:
    successes, trials, _ = _COLUMNS[question]
    rows = products.copy()
    pairs = list(zip(rows[successes].astype(int), rows[trials].astype(int), strict=True))
    intervals = [wilson_interval(x, n) for x, n in pairs]
    rows["rate_low"] = [one.low if one else None for one in intervals]
    rows["rate_high"] = [one.high if one else None for one in intervals]
    compared = [tests.of(question, "product", str(name)) for name in rows["product_id"]]
    rows["p_value_after_holm"] = [one.p_value if one else None for one in compared]
    rows["rate"] = [x / n if n else None for x, n in pairs]
    rows["against_rest"] = [_against_rest(one) for one in compared]
    return rows


def _offered(rows: pd.DataFrame, question: str) -> pd.DataFrame:
    successes, trials, _ = _COLUMNS[question]
    extra = ["view_to_cart_rate", "missing_purchases"] if question == "purchases" else ["returns"]
    names = ["product_id", "product", "category", trials, successes, "rate", "rate_low", "rate_high", *extra]
    return rows[[*names, "p_value_after_holm"]]


def _against_rest(compared: Comparison | None) -> str:
    if compared is None or not compared.is_found or compared.rate is None or compared.other_rate is None:
        return numbers.NOT_AVAILABLE
    return numbers.points(compared.rate - compared.other_rate)
