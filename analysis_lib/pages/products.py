"""Products: which earn, which are looked at but not bought, which come back?

Each function is one section of `notebooks/products.ipynb`; rates with tests are in `products_rates.py`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import periods, products_data, products_findings, products_tests
from analysis_lib.pages.products_data import NOT_SET, Products, rows_of
from analysis_lib.reporting import charts, findings, numbers, scatter
from analysis_lib.reporting.cards import Card, card, grid
from analysis_lib.reporting.charts import Bar, Words
from analysis_lib.reporting.figure import GOOD, PREVIOUS, WARN
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.method import method
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.scatter import Axis, Point
from analysis_lib.reporting.stamp import stamp
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_NEWEST = "select max(order_date) as last_day from int_order_lines"
_POINTS = 300  # of the scatter: more would be one blot
_NAMED = 6
_MOVERS = 6  # in each direction
_CATEGORY_ROWS = 20  # of a level
_LEVELS = {0: "Department", 1: "Category", 2: "Second level", 3: "Third level", 4: "Fourth level"}


def nothing(book: Shop) -> str:
    """Said where there is neither a view nor a sale."""
    return f"No product was viewed or sold up to {day(book.data_through)}."


def no_sales(book: Shop) -> str:
    """Said where nothing was sold."""
    return f"No product was sold up to {day(book.data_through)}."


def short(name: str, most: int = 30) -> str:
    """A product's name for a chart: of a long one the first word, mostly the brand, and the last ones.

    Examples
    --------
    >>> short("Wool Coat"), short("Kilnmark Women's Tailored Merino Wool Coat in Olive")
    ('Wool Coat', 'Kilnmark … Wool Coat in Olive')
    """
    if len(name) <= most:
        return name
    first, *words = name.split()
    last = ""
    while words and len(f"{first} … {words[-1]} {last}".rstrip()) <= most:
        last = f"{words.pop()} {last}".rstrip()
    return f"{first} … {last}" if last else f"{name[: most - 1]}…"


def status(book: Shop) -> Html:
    """The stamp, with a banner where the newest order is old."""
    return stamp(book, {"order": periods.as_date(periods.records(book, _NEWEST)[0]["last_day"])})


def headline(book: Shop) -> Html:
    """The KPI cards, over all time up to the last day."""
    found = products_data.read(book)
    if not found.has_sales and not found.has_views:
        return empty(nothing(book))
    return grid([_card(book, found, name) for name in products_data.METRICS])


def _card(book: Shop, found: Products, name: str) -> Card:
    value: float | None = found.totals[name]
    least = book.parameters.min_sample
    if name == "product_net_revenue":
        since = f"since {day(found.first_day)}" if found.first_day else "nothing was sold"
        note = f"all orders {since}" if found.first_day else since
    elif name == "products_sold":
        note = f"of {numbers.plural(found.total('products'), 'product')}"
    elif name == "product_gross_margin":
        why = "no net revenue" if found.has_costs else "the shop states no costs"
        note = "" if value is not None else why
    elif name == "product_return_rate":
        note = _of(found.total("returned_units"), found.total("delivered_units"), "delivered unit", least)
    elif name == "product_view_to_purchase_rate":
        views = found.total("viewing_sessions")
        note = _of(found.total("purchasing_viewing_sessions"), views, "viewing", least)
    else:
        note = _of(None, found.total("viewing_sessions"), "viewing", least)
    trials = {
        "product_return_rate": "delivered_units",
        "product_view_to_cart_rate": "viewing_sessions",
        "product_view_to_purchase_rate": "viewing_sessions",
    }
    if name in trials and not numbers.is_reliable(found.total(trials[name]), least):
        value = None
    return card(metric(name), value, book.parameters.currency, note=note)


def _of(successes: float | None, trials: float, noun: str, least: int) -> str:
    if not trials:
        return f"no {noun}"
    number = numbers.plural(trials, noun)
    few = "" if numbers.is_reliable(trials, least) else f": {numbers.too_few(least)}"
    return f"{'' if successes is None else numbers.count(successes) + ' '}of {number}{few}"


def key_findings(book: Shop) -> Html:
    """Three to five sentences, or that nothing was viewed or sold."""
    return findings.show(products_findings.write(book), nothing(book))


def margin_against_revenue(book: Shop) -> Html:
    """Gross margin against net revenue, a point a product; the largest are named."""
    found = products_data.read(book)
    rows = rows_of(found.products[found.products["margin_rate"].notna()].head(_POINTS))
    if not rows and not found.has_costs:
        return empty("No order line has a cost, so that gross profit and margin are not known.")
    if not rows:
        return empty(no_sales(book))
    currency = book.parameters.currency
    lost = {
        str(row["product_id"])
        for row in sorted(rows, key=lambda row: float(row["gross_profit"]))[:2]
        if float(row["gross_profit"]) < 0
    }
    points = [
        Point(
            float(row["net_revenue"]),
            float(row["margin_rate"]),
            short(str(row["product"])) if place < _NAMED or str(row["product_id"]) in lost else "",
            float(row["margin_rate"]) < 0,
        )
        for place, row in enumerate(rows)
    ]
    overall = found.totals["product_gross_margin"]
    top = rows[0]
    below = sum(point.is_warning for point in points)
    what = (
        f"{numbers.plural(below, 'product')} below cost (red diamonds)." if below else "None lies below cost."
    )
    shown = numbers.plural(len(rows), "product")
    part = f" The {shown} with the most net revenue." if found.total("products_sold") > len(rows) else ""
    words = Words(
        f"Gross margin against net revenue in {currency} by product, up to {day(book.data_through)}",
        f"A point is a product; the further to the right, the more it sells.{part} {what}",
        f"Scatter chart of gross margin against net revenue of {shown}. Largest: "
        + "; ".join(
            f"{row['product']} {numbers.money(row['net_revenue'], currency, 0)} at "
            f"{numbers.percent(row['margin_rate'])}"
            for row in rows[:_NAMED]
        )
        + f". All products: {numbers.percent(overall)}. {what} Largest share: "
        f"{numbers.percent(top['revenue_share'])}.",
    )
    return scatter.scatter(
        "margin-against-revenue",
        points,
        (
            Axis(f"Net revenue ({currency})", functools.partial(numbers.compact_money, currency=currency)),
            Axis("Gross margin", functools.partial(numbers.percent, decimals=0)),
        ),
        overall,
        f"all {numbers.percent(overall)}",
        words,
    ).html


def categories(book: Shop) -> Html:
    """Departments and categories, level by level."""
    found = products_data.read(book)
    money = functools.partial(numbers.money, currency=book.parameters.currency, decimals=0)
    least = book.parameters.min_sample
    rows = found.categories
    levels = [level for level in _LEVELS if len(_of_level(rows, level)) > 1 or (level == 1 and len(rows))]
    shown = rows[rows["category_level"].isin(levels)].copy()
    shown["level"] = [_LEVELS[level] for level in shown["category_level"]]
    shown = shown.groupby("category_level", sort=True).head(_CATEGORY_ROWS)
    cut = [_LEVELS[level] for level in levels if (rows["category_level"] == level).sum() > _CATEGORY_ROWS]
    notes = [
        "View → purchase: sessions that viewed a product of the category and ordered one of it. Returns: of "
        "the "
        f"delivered units. Italic: the counts of fewer than {least} sessions or units, too few to show a "
        "rate.",
    ]
    if cut:
        notes.append(
            f"The {_CATEGORY_ROWS} with the most net revenue of: {', '.join(cut)}; all in the download."
        )
    return table(
        shown,
        [
            Column("category_path", "Category"),
            Column("products_sold", "Products sold", numbers.count),
            Column("net_revenue", "Net revenue", money),
            Column("revenue_share", "Share", numbers.percent),
            Column("margin_rate", "Margin", numbers.percent),
            *_rates(least),
        ],
        "categories",
        f"Departments and categories, up to {day(book.data_through)}",
        f"in {book.parameters.currency}; each level adds up to the shop",
        notes,
        nothing(book),
        download=rows,
        download_label="All categories, level by level",
        group="level",
    )


def _of_level(rows: Any, level: int) -> Any:
    return rows[(rows["category_level"] == level) & (rows["category_path"] != NOT_SET)]


def movers(book: Shop) -> Html:
    """The products that gained and lost most sales against the window before."""
    found = products_data.read(book)
    windows = periods.run_windows(book)
    if not sum(found.window_orders):
        return empty(f"No orders on {windows.previous.text} or {windows.current.text}.")
    if found.first_day is None or found.first_day > windows.previous.first:
        since = day(found.first_day) if found.first_day else ""
        return empty(
            f"There is nothing to compare with: the orders begin on {since}, and the window before is "
            f"{windows.previous.text}."
        )
    rows = found.movers.copy()
    moves = products_tests.compare(book).moves
    rows["is_clear"] = [
        bool(moves[key].is_found) if (key := str(name)) in moves else False for name in rows["product_id"]
    ]
    changes = rows["sales_change"].astype(float)
    up, down = rows[changes > 0].head(_MOVERS), rows[changes < 0].iloc[::-1].head(_MOVERS).iloc[::-1]
    shown = [*rows_of(up), *rows_of(down)]
    if not shown:
        return empty(
            f"Every product sold for as much on {windows.current.text} as on {windows.previous.text}."
        )
    currency = book.parameters.currency
    bars = [_mover(row, currency) for row in shown]
    clear = [bar.label for bar, row in zip(bars, shown, strict=True) if row["is_clear"]]
    outcome = (
        f"Clearly changed: {', '.join(clear)}."
        if clear
        else "None of these changes is clearly more than chance."
    )
    words = Words(
        f"Change in sales before returns in {currency} by product, {windows.current.text} against "
        f"{windows.previous.text}",
        f"{outcome} Coloured: the product's share of the orders changed (p < 0.05 after Holm); grey: it may "
        "be chance.",
        f"Bar chart of the products that gained and lost most. {outcome} "
        + "; ".join(
            f"{row['product']}: {numbers.signed_money(row['sales_change'], currency, 0)}" for row in shown
        )
        + ".",
    )
    from analysis_lib.reporting import downloads

    offered = downloads.offer(
        rows.drop(columns="orders_rank"), "movers", "Sales of the two windows by product"
    )
    return join([charts.bars("movers", bars, words).without_values, offered])


def _mover(row: Any, currency: str) -> Bar:
    change = float(row["sales_change"])
    orders = f"{numbers.count(row['orders_before'])} → {numbers.plural(row['orders'], 'order')}"
    color = PREVIOUS if not row["is_clear"] else GOOD if change > 0 else WARN
    return Bar(
        short(str(row["product"])), change, f"{numbers.signed_money(change, currency, 0)} · {orders}", color
    )


def top_products(book: Shop, most: int = 25) -> Html:
    """The products with the most net revenue; the first thousands of them in the download."""
    found = products_data.read(book)
    rows = found.products[found.products["revenue_rank"] <= products_data.LISTED]
    shown = rows[rows["units"] > 0].head(most)
    currency, least = book.parameters.currency, book.parameters.min_sample
    money = functools.partial(numbers.money, currency=currency, decimals=0)
    whole = found.total("product_net_revenue")
    part = float(shown["net_revenue"].astype(float).sum())
    share = f", together {numbers.percent(part / whole)} of net revenue" if whole else ""
    is_all = len(rows) == found.total("products")
    return table(
        shown,
        [
            Column("product", "Product"),
            Column("category", "Category"),
            Column("net_revenue", "Net revenue", money),
            Column("gross_profit", "Gross profit", money),
            Column("margin_rate", "Margin", numbers.percent),
            Column("units", "Units", numbers.count),
            Column("viewing_sessions", "Viewing sessions", numbers.count),
            *_rates(least),
        ],
        "top-products",
        f"Products with the most net revenue, up to {day(book.data_through)}",
        f"{numbers.count(len(shown))} of {numbers.plural(found.total('products'), 'product')}{share}",
        [f"Italic: the counts of fewer than {least} sessions or units, too few to show a rate."],
        no_sales(book),
        download=rows.drop(columns=["views_rank", "delivered_rank"]),
        download_label="All products" if is_all else f"The first {numbers.plural(len(rows), 'product')}",
    )


def _rates(least: int) -> list[Column]:
    """The two rates of a product or category; on few sessions or units, their counts."""

    def bought(row: Any) -> str:
        return numbers.rate_or_count(row.purchasing_viewing_sessions, row.viewing_sessions, least)

    def returned(row: Any) -> str:
        return numbers.rate_or_count(row.returned_units, row.delivered_units, least)

    return [
        Column(
            "view_to_purchase_rate", "View → purchase", bought, True, lambda row: row.viewing_sessions < least
        ),
        Column("return_rate", "Returns", returned, True, lambda row: row.delivered_units < least),
    ]


def how_computed(book: Shop) -> Html:
    """Definitions of the page's metrics and the SQL behind them."""
    return method(book, products_data.METRICS, ["fct_category_performance", "int_order_lines"])
