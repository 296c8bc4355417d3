"""The sentences of the products page: what earns, what is looked at in vain, what comes back, what moved.

Sums are said as they are; a product or category is called better or worse only where a test says so
(products_tests.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import periods, products_data, products_tests
from analysis_lib.pages.products_data import NOT_SET, Products, rows_of
from analysis_lib.pages.products_tests import Comparisons
from analysis_lib.pages.segments import Comparison
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.findings import Finding

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_TESTS = "exact tests with Holm's correction"


def write(book: Shop) -> list[Finding]:
    """Three to five findings; empty where nothing was viewed or sold."""
    found, tests = products_data.read(book), products_tests.compare(book)
    currency = book.parameters.currency
    made = []
    if found.has_sales:
        made += [earning(found, currency), below_cost(found, currency)]
    if found.has_views:
        made.append(
            findings.see_claim(
                in_vain(found, tests), "funnel", "whether the whole shop loses there, and for whom"
            )
        )
    if found.total("delivered_units"):
        made.append(coming_back(found, tests, currency))
    if found.has_sales:
        made.append(findings.see_claim(moved(book, found, tests), "inventory", "whether the stock lasts"))
    return [finding for finding in made if finding is not None]


def earning(found: Products, currency: str) -> Finding | None:
    """How few products bring most of the revenue, and which one and which category most."""
    total = found.total("product_net_revenue")
    if total <= 0:
        return None
    first = int(found.products["is_in_first_80_percent"].sum())
    # More than the listed ones: their number is not known, and it would be no short list either.
    is_known = first < products_data.LISTED
    top = found.products.iloc[0]
    many = numbers.plural(first, "product")
    number = many if is_known else f"more than {many}"
    return Finding(
        f"80{numbers.NO_BREAK}% of net revenue comes from {number} of "
        f"{numbers.count(found.total('products'))}.",
        f"Most comes from {top['product']}: {numbers.money(top['net_revenue'], currency, 0)}, "
        f"{numbers.percent(top['revenue_share'])} of the {numbers.money(total, currency, 0)} of all."
        f"{_top_category(found, currency)}",
    )


def _top_category(found: Products, currency: str) -> str:
    named = _named(found, 1)
    if len(named) < 2:
        return ""
    best = max(named, key=lambda row: float(row["net_revenue"]))
    return (
        f" Among the categories it is {best['category_path']}: "
        f"{numbers.money(best['net_revenue'], currency, 0)}, {numbers.percent(best['revenue_share'])}."
    )


def _named(found: Products, level: int) -> list[Mapping[str, Any]]:
    return [
        row
        for row in rows_of(found.categories)
        if row["category_level"] == level and row["category_path"] != NOT_SET
    ]


def below_cost(found: Products, currency: str) -> Finding:
    """What was sold below cost: a count, so that no test is needed."""
    if not found.has_costs:
        return Finding("Which products were sold below cost is not known: the shop states no costs.")
    lost = found.products[found.products["gross_profit"].astype(float) < 0]
    margin = found.totals["product_gross_margin"]
    overall = f"The gross margin of all products is {numbers.percent(margin)}." if margin is not None else ""
    if lost.empty:
        listed = "" if found.total("products") <= products_data.LISTED else " among those that sell most"
        return Finding(f"No product{listed} was sold below cost over all its sales.", overall)
    worst = min(rows_of(lost), key=lambda row: float(row["gross_profit"]))
    together = -float(lost["gross_profit"].astype(float).sum())
    return Finding(
        f"{numbers.plural(len(lost), 'product')} cost more than {'it' if len(lost) == 1 else 'they'} "
        "brought: "
        f"{numbers.money(together, currency, 0)} in all.",
        f"Most was lost with {worst['product']}: "
        f"{numbers.money(-float(worst['gross_profit']), currency, 0)} on "
        f"{numbers.money(worst['net_revenue'], currency, 0)} of net revenue. {overall}".strip(),
        "bad",
    )


def in_vain(found: Products, tests: Comparisons) -> Finding:
    """The product, else the category, that is viewed and not bought, where a test tells it from the rest."""
    lower = _first(tests, "purchases", ("product", "category"), is_high=False)
    if lower is None:
        return _no_difference(tests, "purchases", "is bought clearly less often when viewed")
    level, name, compared = lower
    missing = numbers.plural(round(compared.missing), "purchase")
    return Finding(
        f"Looked at, not bought: {_title(found, level, name)} is ordered in "
        f"{numbers.percent(compared.rate)} of its "
        "viewings.",
        f"{_counts(compared)} viewings; for {_rest(level)} it is {numbers.percent(compared.other_rate)} "
        f"({_p(compared)}). At that rate there would be {missing} "
        f"more.{_more(tests, 'purchases', level, False)}",
        "bad",
        is_claim=True,
    )


def coming_back(found: Products, tests: Comparisons, currency: str) -> Finding:
    """The category, else the product, that comes back more often, where a test tells it from the rest."""
    higher = _first(tests, "returns", ("category", "product"), is_high=True)
    returned = numbers.rate(found.total("returned_units"), found.total("delivered_units"), 0)
    overall = (
        f"Of all delivered units {returned} came back, {numbers.money(found.total('returns'), currency, 0)}."
    )
    if higher is None:
        return _no_difference(tests, "returns", "comes back clearly more often", overall)
    level, name, compared = higher
    extra = numbers.plural(round(-compared.missing), "return")
    return Finding(
        f"Coming back: {numbers.percent(compared.rate)} of what was delivered of "
        f"{_title(found, level, name)}.",
        f"{_counts(compared)} units; for {_rest(level)} it is {numbers.percent(compared.other_rate)} "
        f"({_p(compared)}). That is {extra} more than at that rate.{_more(tests, 'returns', level, True)} "
        f"{overall}",
        "bad",
        is_claim=True,
    )


def moved(book: Shop, found: Products, tests: Comparisons) -> Finding | None:
    """The product whose share of the orders changed most, where a test says that it did."""
    windows = periods.run_windows(book)
    if found.first_day is None or found.first_day > windows.previous.first:
        return None
    changed = sorted(
        (one for one in tests.moves.items() if one[1].is_found),
        key=lambda one: (-abs(one[1].missing), one[0]),
    )
    tested = sum(one.p_value is not None for one in tests.moves.values())
    if not changed:
        if not tested:
            return Finding(f"Too few orders on {windows.current.text} to say which product moved.")
        return Finding(
            f"No product sold clearly more or less on {windows.current.text} than before.",
            f"None of the {numbers.plural(tested, 'product')} with the most orders changed its share of the "
            f"orders by more than chance explains ({_TESTS}).",
        )
    name, compared = changed[0]
    rose = (compared.rate or 0) > (compared.other_rate or 0)
    others = len(changed) - 1
    also = f" {numbers.plural(others, 'other product')} changed clearly too." if others else ""
    return Finding(
        f"{_title(found, 'product', name)} sold {'more' if rose else 'less'} on {windows.current.text}: in "
        f"{numbers.percent(compared.rate)} of the orders, before that in "
        f"{numbers.percent(compared.other_rate)}.",
        f"{_counts(compared)} orders against {numbers.count(compared.other_successes)} of "
        f"{numbers.count(compared.other_trials)} on {windows.previous.text} ({_p(compared)}).{also}",
        "good" if rose else "bad",
        is_claim=True,
    )


def _first(
    tests: Comparisons, question: str, levels: Sequence[str], is_high: bool
) -> tuple[str, str, Comparison] | None:
    """The comparison with the largest consequence on the first level that has one in that direction."""
    for level in levels:
        for name, compared in tests.found(question, level):
            if (compared.missing < 0) == is_high:
                return level, name, compared
    return None


def _no_difference(tests: Comparisons, question: str, what: str, more: str = "") -> Finding:
    number = sum(one.p_value is not None for (asked, _, _), one in tests.rates.items() if asked == question)
    if not number:
        return Finding(
            f"Too little was {'viewed' if question == 'purchases' else 'delivered'} to compare products.",
            more,
        )
    return Finding(
        f"No product or category {what} than the rest.",
        f"None of {numbers.count(number)} compared with the rest differs that way by more than chance "
        "explains "
        f"({_TESTS}). {more}".strip(),
    )


def _more(tests: Comparisons, question: str, level: str, is_high: bool) -> str:
    others = sum((one.missing < 0) == is_high for _, one in tests.found(question, level)) - 1
    if others < 1:
        return ""
    noun = (
        ("other product", "other products") if level == "product" else ("other category", "other categories")
    )
    return f" The same holds for {numbers.plural(others, *noun)}."


def _title(found: Products, level: str, name: str) -> str:
    if level != "product":
        return name
    rows = found.products[found.products["product_id"].astype(str) == name]
    if rows.empty:
        rows = found.movers[found.movers["product_id"].astype(str) == name]
    return str(rows.iloc[0]["product"])


def _rest(level: str) -> str:
    return "all other products" if level == "product" else "all other categories"


def _counts(compared: Comparison) -> str:
    return f"{numbers.count(compared.successes)} of {numbers.count(compared.trials)}"


def _p(compared: Comparison) -> str:
    assert compared.p_value is not None  # only those that were found are written
    return f"{numbers.p_value(compared.p_value)} after Holm"
