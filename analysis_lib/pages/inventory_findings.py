"""The sentences of the inventory page, each with its money.

They count all products, not a sample, and apply the written rules of status and reorder with their
thresholds (docs/findings.md). A sentence by which something should be done is a claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from analysis_lib.pages import stock
from analysis_lib.pages.periods import records
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.findings import Finding

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

# What a product that runs out stops earning a day: units a day at the price it was sold for.
_AT_RISK = """
select
    count(*) as products,
    countif(stock.status = 'out_of_stock') as out_of_stock,
    sum(stock.average_daily_sales * coalesce(sales.average_sale_price, 0)) as daily_sales,
from fct_inventory_forecast as stock
left join fct_product_performance as sales on stock.product_id = sales.product_id
where stock.average_daily_sales > 0 and stock.days_of_stock < @lead_time_days
"""
_IDLE_CATEGORIES = """
select coalesce(category, '(not set)') as category, sum(stock_value) as stock_value,
from fct_inventory_forecast
where status in ('dead', 'overstocked')
group by category
order by stock_value desc, category
"""


def write(book: Shop) -> list[Finding]:
    """Three to five findings; empty when nothing was ever stocked."""
    totals = stock.totals(book)
    if not totals["products"]:
        return []
    idle = findings.see(
        _idle(book, totals), "products", "which of these products are looked at, and not bought"
    )
    made = [_running_out(book), _reorder(book, totals), idle, _old(book, totals), _best(book)]
    return [finding for finding in made if finding is not None]


def _running_out(book: Shop) -> Finding:
    row = records(book, _AT_RISK)[0]
    products, lead = int(row["products"]), numbers.days(book.parameters.lead_time_days)
    if not products:
        return Finding(
            "Nothing that sells runs out before a reorder would arrive.",
            f"Every product that sold in the last {book.parameters.velocity_days} days lasts at least "
            f"{lead}, the lead time.",
            "good",
        )
    daily = numbers.money(row["daily_sales"], book.parameters.currency, 0)
    gone = int(row["out_of_stock"])
    already = (
        f" {numbers.count(gone)} of them {'is' if gone == 1 else 'are'} out of stock already." if gone else ""
    )
    return Finding(
        f"{numbers.plural(products, 'product')} that sell{'s' if products == 1 else ''} run"
        f"{'s' if products == 1 else ''} out within the lead time of {lead}.",
        f"Together they sold {daily} a day over the last {book.parameters.velocity_days} days.{already}",
        "bad",
        is_claim=True,
    )


def _reorder(book: Shop, totals: Mapping[str, float | None]) -> Finding | None:
    units = totals["reorder_quantity"]
    if not units:
        return Finding(
            "Nothing needs to be reordered.", "All stock lasts through the next review and delivery."
        )
    rows = stock.reorder(book)
    currency = book.parameters.currency
    unknown = int(rows["reorder_value"].isna().sum())
    missing = f" Without {numbers.plural(unknown, 'product')} whose cost is not known." if unknown else ""
    parameters = book.parameters
    return Finding(
        f"{numbers.plural(len(rows), 'product')} should be reordered: {numbers.plural(units, 'unit')} for "
        f"{numbers.money(totals['reorder_value'], currency, 0)}.",
        f"To last {numbers.days(parameters.lead_time_days)} of lead time and "
        f"{numbers.days(parameters.review_period_days)} to the next review, with safety stock for a service "
        f"level of {numbers.percent(parameters.service_level, 0)}.{missing}",
        is_claim=True,
    )


def _idle(book: Shop, totals: Mapping[str, float | None]) -> Finding | None:
    value, whole = totals["idle_stock_value"], totals["stock_value"]
    if not value or not whole:
        return None
    currency = book.parameters.currency
    found = stock.by_status(book)
    parts = [
        f"{numbers.plural(row['products'], 'product')} {words} "
        f"({numbers.money(row['stock_value'], currency, 0)})"
        for status, words in (("dead", "had no sale in 30 days"), ("overstocked", "would last over 180 days"))
        if (row := found.get(status))
    ]
    top = records(book, _IDLE_CATEGORIES)[0]
    return Finding(
        f"{numbers.money(value, currency, 0)} of stock counts as dead or overstocked, "
        f"{numbers.percent(value / whole)} of the stock value.",
        f"{' and '.join(parts)}. The category with most of it is {top['category']}: "
        f"{numbers.money(top['stock_value'], currency, 0)}. What sells once a month may have no "
        "sale in 30 days by chance.",
    )


def _old(book: Shop, totals: Mapping[str, float | None]) -> Finding | None:
    value, whole = totals["old_stock_value"], totals["stock_value"]
    if not value or not whole:
        return None
    units = stock.by_age(book)["units_over_180"]
    return Finding(
        f"{numbers.money(value, book.parameters.currency, 0)} of stock is older than 180 days, "
        f"{numbers.percent(value / whole)} of its value.",
        f"{numbers.plural(units, 'unit')} came in before that.",
    )


def _best(book: Shop) -> Finding | None:
    """The products that bring most of the revenue, and how many of them are missing."""
    rows = {row["abc_class"]: row for row in stock.by_class(book).to_dict("records")}
    best = rows.get("A")
    if not best or not best["products"]:
        return None
    gone = int(best["out_of_stock"])
    total = numbers.plural(int(best["products"]), "product")
    what = f"Class A: {total} that bring the first 80 % of net revenue."
    low = _low(int(best["running_low"]))
    if not gone:
        return Finding("No product of class A is out of stock.", f"{what} {low}".strip(), "good")
    return Finding(
        f"{numbers.plural(gone, 'product')} of class A {'is' if gone == 1 else 'are'} out of stock.",
        f"{what} {low}".strip(),
        "bad",
        is_claim=True,
    )


def _low(running_low: int) -> str:
    verb = "lasts" if running_low == 1 else "last"
    return f"{numbers.plural(running_low, 'product')} of it {verb} less than 14 days." if running_low else ""
