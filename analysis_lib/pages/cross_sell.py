"""Cross-sell: who wanted what and never bought it, and what goes together?

Each function is one section of `notebooks/cross_sell.ipynb`; pairs are in `cross_sell_pairs.py`, the
hold-out in
`cross_sell_quality.py`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from analysis_lib.pages import cross_sell_data, cross_sell_findings, periods
from analysis_lib.pages.cross_sell_data import CrossSell
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.cards import Card, card, grid
from analysis_lib.reporting.html import Html, empty
from analysis_lib.reporting.masking import mask
from analysis_lib.reporting.method import method
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.stamp import stamp
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_NEWEST = "select max(date(last_viewed_at, @timezone)) as last_day from fct_cross_sell_candidates"
NO_COSTS = "the shop states no costs"
_REASONS = {"viewed": "viewed", "carted": "put into the cart", "cancelled": "ordered, cancelled"}
_SCORES = {
    "ranking_auc": ("auc", "1 is perfect, 0.5 chance"),
    "ranking_top_decile_lift": ("top_decile_lift", "1 is chance"),
    "ranking_calibration_ratio": ("calibration_ratio", "1 is right"),
}


def nothing(book: Shop) -> str:
    """Said where there is no candidate."""
    return f"No known user wanted a product without buying it up to {day(book.data_through)}."


def status(book: Shop) -> Html:
    """The stamp, with a banner where the newest view is old."""
    return stamp(book, {"view": periods.as_date(periods.records(book, _NEWEST)[0]["last_day"])})


def headline(book: Shop) -> Html:
    """The KPI cards: candidates, users, expected margin, and how well the ranking did on the hold-out."""
    found = cross_sell_data.read(book)
    if not found.number:
        return empty(nothing(book))
    cards = [_card(book, found, name) for name in cross_sell_data.METRICS]
    return grid([*cards, *(_score(found, name) for name in cross_sell_data.SCORES)])


def _card(book: Shop, found: CrossSell, name: str) -> Card:
    value = found.totals[name]
    note = ""
    if name == "cross_sell_candidates":
        carted, stock = found.totals["carted"], found.totals["out_of_stock"]
        parts = [f"{numbers.count(carted)} of them in the cart once"] if carted else []
        parts += [f"{numbers.count(stock)}{'' if carted else ' of them'} out of stock"] if stock else []
        note = "; ".join(parts)
    elif name == "cross_sell_expected_margin":
        horizon = numbers.days(book.parameters.propensity_horizon_days)
        note = f"in the {horizon} after {day(book.data_through)}"
        if not found.has_probabilities:
            note = f"no probabilities: {found.why_not}"
        elif not found.has_margins:
            note = NO_COSTS
    return card(metric(name), value, book.parameters.currency, note=note)


def _score(found: CrossSell, name: str) -> Card:
    key, scale = _SCORES[name]
    row = found.score(key)
    if row is None or row["value"] is None:
        return card(metric(name), None, "", note=found.why_not or "not judged")
    is_ranking = row["baseline_name"] == "popularity"
    popularity = f"popularity: {numbers.count(row['baseline_value'], 2)}"
    notes = (popularity, scale) if is_ranking else (scale,)
    return card(metric(name), row["value"], "", note=notes)


def key_findings(book: Shop) -> Html:
    """Three to five sentences, or that there is no candidate and no pair."""
    return findings.show(
        cross_sell_findings.write(book), f"{nothing(book)} Nothing was bought together either."
    )


def wanted_products(book: Shop, most: int = 15) -> Html:
    """The products with the largest expected margin over all who wanted them."""
    found = cross_sell_data.read(book)
    rows = found.wanted
    money = functools.partial(numbers.money, currency=book.parameters.currency)
    shown = rows.head(most)
    ordered = "the largest expected margin on top"
    if not found.has_margins:
        ordered = "the likeliest to be bought on top" if found.has_probabilities else "the most wanted on top"
    margins = [
        Column("unit_margin", "Margin of one", money),
        Column("expected_margin", "Expected margin", money),
    ]
    return table(
        shown,
        [
            Column("product", "Product"),
            Column("users", "Users", numbers.count),
            Column("carted", "of them in cart", numbers.count),
            Column("expected_purchases", "Expected purchases", functools.partial(numbers.count, decimals=2)),
            *(margins if found.has_margins else []),
            Column("stock", "Stock", _unbroken),
        ],
        "wanted-products",
        f"Products that were wanted and not bought, up to {day(book.data_through)}",
        f"{numbers.count(len(shown))} of {_many(len(rows))}, {ordered}",
        _why(found),
        nothing(book),
        download=rows,
        download_label="Wanted products",
    )


def candidates(book: Shop, most: int = 20) -> Html:
    """The first candidates of all users; their keys are shortened, in the download as well."""
    found = cross_sell_data.read(book)
    rows = found.candidates.copy()
    rows["user"] = [mask(str(value)) for value in rows["user_id"]]
    rows = rows.drop(columns="user_id")
    money = functools.partial(numbers.money, currency=book.parameters.currency)
    shown = rows.head(most)
    margins = [Column("unit_margin", "Margin", money), Column("expected_margin", "Expected margin", money)]
    means = f"; expected margin = probability × margin of one unit, in {book.parameters.currency}"
    if not found.has_margins:
        means = ""
    return table(
        shown,
        [
            Column("place", "", numbers.count),
            Column("user", "User"),
            Column("product", "Product"),
            Column("reason", "Got as far as", lambda value: _REASONS[value]),
            Column("sessions", "Sessions", numbers.count),
            Column("last_viewed_date", "Last view", _date),
            Column("purchase_probability", "Probability", numbers.percent),
            *(margins if found.has_margins else []),
            Column("stock", "Stock", _unbroken),
        ],
        "candidates",
        f"{_which(found)}, {day(book.data_through)}",
        f"{numbers.count(len(shown))} of {numbers.plural(found.number, 'candidate')}{means}",
        ["Users by the end of their key; all of them are in fct_cross_sell_candidates.", *_why(found)],
        nothing(book),
        download=rows,
        download_label=f"The first {numbers.plural(len(rows), 'candidate')}",
    )


def _which(found: CrossSell) -> str:
    if not found.has_probabilities:
        return "Candidates"
    return f"Candidates {'with the largest expected margin' if found.has_margins else 'likeliest to buy'}"


def _many(number: int) -> str:
    listed = numbers.plural(number, "product")
    return listed if number < cross_sell_data.LISTED else f"{listed} and more"


def _why(found: CrossSell) -> list[str]:
    if not found.has_probabilities:
        return [f"Without probabilities: {found.why_not}."]
    return [] if found.has_margins else [f"Margins are not known: {NO_COSTS}."]


def _unbroken(text: str) -> str:
    return text.replace(" ", numbers.NO_BREAK)


def _date(value: object) -> str:
    found = periods.as_date(value)
    return numbers.NOT_AVAILABLE if found is None else _unbroken(day(found))


def how_computed(book: Shop) -> Html:
    """Definitions of the page's metrics and the SQL behind them."""
    models = ["fct_basket_affinity", "int_propensity_pairs"]
    return method(
        book,
        (*cross_sell_data.METRICS, *cross_sell_data.SCORES),
        [name for name in models if book.available(name)],
    )
