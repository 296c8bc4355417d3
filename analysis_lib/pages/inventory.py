"""The inventory: what runs out, what to reorder, and what ties up money?

Each function is one section of `notebooks/inventory.ipynb`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import inventory_findings, periods, stock
from analysis_lib.reporting import charts, findings, numbers
from analysis_lib.reporting.cards import Comparison, card, grid
from analysis_lib.reporting.charts import Bar, Words
from analysis_lib.reporting.figure import BAD, GOOD, MUTED, SERIES, WARN
from analysis_lib.reporting.html import Html, empty
from analysis_lib.reporting.method import method
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.stamp import stamp
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

NOTHING = "Nothing was ever stocked up to {}."
_NEWEST = "select max(last_sold_date) as last_day from fct_inventory_forecast"
_LABELS = {
    "out_of_stock": ("Out of stock", BAD),
    "critical": ("Critical, under 7 days", BAD),
    "low": ("Low, under 14 days", WARN),
    "normal": ("Normal, under 30 days", SERIES[0]),
    "healthy": ("Healthy, up to 180 days", GOOD),
    "overstocked": ("Overstocked, over 180 days", WARN),
    "dead": ("Dead, no sale in 30 days", MUTED),
}
_AGES = (
    ("0–30 days", "0_30"),
    ("31–90 days", "31_90"),
    ("91–180 days", "91_180"),
    ("over 180 days", "over_180"),
)


def _nothing(book: Shop) -> str:
    return NOTHING.format(day(book.data_through))


def status(book: Shop) -> Html:
    """The stamp, with a banner where the newest sale of a stocked product is old."""
    return stamp(book, {"sale": periods.as_date(periods.records(book, _NEWEST)[0]["last_day"])})


def headline(book: Shop) -> Html:
    """The KPI cards; value and units of the stock against the end of the window before."""
    found = stock.totals(book)
    if not found["products"]:
        return empty(_nothing(book))
    currency = book.parameters.currency
    before_date = periods.run_windows(book).previous.last
    then = stock.earlier(book, before_date)
    cards = []
    for name in stock.METRICS:
        if name == "reorder_quantity":
            continue
        compared = Comparison(then[name], day(before_date), "nothing in stock then") if name in then else None
        cards.append(card(metric(name), found[name], currency, compared, note=_note(book, name, found)))
    return grid(cards)


def _note(book: Shop, name: str, found: dict[str, float | None]) -> str:
    whole, value = found["stock_value"], found[name]
    if name in ("idle_stock_value", "old_stock_value") and whole and value is not None:
        return f"{numbers.percent(value / whole)} of the stock value"
    if name in ("products_running_low", "products_out_of_stock"):
        return f"of {numbers.plural(found['products'], 'product')} ever stocked"
    if name == "reorder_value":
        return f"for {numbers.plural(found['reorder_quantity'] or 0, 'unit')}"
    if name == "stock_cover_days":
        velocity = numbers.days(book.parameters.velocity_days)
        return (
            f"at the sales of the last {velocity}" if value is not None else f"no sale in the last {velocity}"
        )
    return ""


def key_findings(book: Shop) -> Html:
    """Three to five sentences with their money, or that nothing was stocked."""
    return findings.show(inventory_findings.write(book), _nothing(book))


def by_status(book: Shop) -> Html:
    """The value of the stock and the number of products, by status."""
    found = stock.by_status(book)
    if not found:
        return empty(_nothing(book))
    currency = book.parameters.currency
    rows = []
    for name in stock.STATUSES:
        row = found.get(name, {})
        label, color = _LABELS[name]
        value = float(row.get("stock_value") or 0)
        number = numbers.plural(row.get("products", 0), "product")
        rows.append(Bar(label, value, f"{numbers.money(value, currency, 0)} · {number}", color))
    products = sum(int(row["products"]) for row in found.values())
    largest = max(rows, key=lambda row: row.value)
    sentence = f"Largest: {largest.label.split(',')[0].lower()}, {largest.text}."
    lasts = f"how long the stock lasts at the sales of the last {numbers.days(book.parameters.velocity_days)}"
    words = Words(
        f"Stock value at cost in {currency} by status, {day(book.data_through)}",
        f"{numbers.plural(products, 'product')}; days: {lasts}.",
        f"Bar chart of stock value by status. {sentence} "
        + "; ".join(f"{row.label}: {row.text}" for row in rows)
        + ".",
    )
    return charts.bars("stock-by-status", rows, words).html


def reorder_list(book: Shop, most: int = 25) -> Html:
    """The most urgent products to reorder; all of them in the download."""
    rows = stock.reorder(book)
    currency = book.parameters.currency
    columns = [
        Column("product", "Product"),
        Column("abc_class", "Class"),
        Column("on_hand", "In stock", numbers.count),
        Column("average_daily_sales", "Sold a day", functools.partial(numbers.count, decimals=2)),
        Column("days_of_stock", "Days of stock", functools.partial(numbers.count, decimals=1)),
        Column("stock_out_date", "Runs out", _runs_out, from_row=True),
        Column("reorder_quantity", "Reorder", numbers.count),
        Column("reorder_value", "Value", functools.partial(numbers.money, currency=currency, decimals=0)),
    ]
    shown = rows.head(most)
    subtitle = (
        f"{numbers.count(len(shown))} of {numbers.plural(len(rows), 'product')}, the first to run out on top"
    )
    return table(
        shown,
        columns,
        "reorder-list" if most == 25 else f"reorder-list-{most}",
        "What to reorder",
        subtitle
        if len(rows) > len(shown)
        else f"{numbers.plural(len(rows), 'product')}, the first to run out on top",
        ["Stock that is ordered and not yet delivered is not known, so it is not taken off."],
        "Nothing needs to be reordered.",
        download=rows,
        download_label="All products to reorder",
    )


def _date(value: object) -> str:
    found = periods.as_date(value)
    return numbers.NOT_AVAILABLE if found is None else day(found).replace(" ", numbers.NO_BREAK)


def _runs_out(row: Any) -> str:
    return "is out" if row.on_hand == 0 else _date(row.stock_out_date)


def idle_list(book: Shop, most: int = 15) -> Html:
    """The dead and overstocked products that tie up most money; all of them in the download."""
    rows = stock.idle(book)
    currency = book.parameters.currency
    columns = [
        Column("product", "Product"),
        Column("category", "Category"),
        Column("status", "Status"),
        Column("on_hand", "In stock", numbers.count),
        Column("stock_value", "Stock value", functools.partial(numbers.money, currency=currency, decimals=0)),
        Column("days_of_stock", "Days of stock", numbers.count),
        Column("last_sold_date", "Last sold", _date),
    ]
    shown = rows.head(most)
    part = float(shown["stock_value"].sum()) if len(shown) else 0.0
    whole = float(rows["stock_value"].sum()) if len(rows) else 0.0
    share = f", {numbers.percent(part / whole)} of the money in all of them" if whole else ""
    return table(
        shown,
        columns,
        "idle-stock",
        "Stock that does not move",
        f"{numbers.count(len(shown))} of {numbers.plural(len(rows), 'product')}{share}",
        when_empty="No product in stock is dead or overstocked.",
        download=rows,
        download_label="All dead and overstocked products",
    )


def ageing(book: Shop) -> Html:
    """The value of the stock by how long it has been there."""
    found = stock.by_age(book)
    total = sum(found[f"value_{key}"] for _, key in _AGES)
    units = sum(found[f"units_{key}"] for _, key in _AGES)
    if not units:
        return empty(f"Nothing is in stock at the end of {day(book.data_through)}.")
    currency = book.parameters.currency
    rows = []
    for place, (label, key) in enumerate(_AGES):
        value = found[f"value_{key}"]
        share = f" ({numbers.percent(value / total)})" if total else ""
        text = f"{numbers.money(value, currency, 0)}{share} · {numbers.plural(found[f'units_{key}'], 'unit')}"
        rows.append(Bar(label, value, text, WARN if place == len(_AGES) - 1 else SERIES[0]))
    oldest = rows[-1]
    words = Words(
        f"Stock value at cost in {currency} by age, {day(book.data_through)}",
        f"Older than 180 days: {oldest.text}. Age is counted from the day on which an item came in.",
        "Bar chart of stock value by age. " + "; ".join(f"{row.label}: {row.text}" for row in rows) + ".",
    )
    return charts.bars("stock-by-age", rows, words).html


def by_class(book: Shop) -> Html:
    """Products, revenue and stock by ABC class."""
    currency = book.parameters.currency
    money = functools.partial(numbers.money, currency=currency, decimals=0)
    columns = [
        Column("abc_class", "Class"),
        Column("products", "Products", numbers.count),
        Column("net_revenue", "Net revenue", money),
        Column("on_hand", "Units in stock", numbers.count),
        Column("stock_value", "Stock value", money),
        Column("running_low", "Running low", numbers.count),
        Column("out_of_stock", "Out of stock", numbers.count),
        Column("idle_value", "Dead or overstocked", money),
    ]
    return table(
        stock.by_class(book),
        columns,
        "stock-by-class",
        "Stock by ABC class",
        "A: the products that bring the first 80 % of net revenue to date, B: up to 95 %, C: the rest; in "
        f"{currency}",
        when_empty=_nothing(book),
    )


def how_computed(book: Shop) -> Html:
    """Definitions of the page's metrics and the SQL behind them."""
    return method(book, stock.METRICS, ["fct_product_performance", "int_order_lines"])
