"""Products and stock: viewings, sales, returns, what is on the shelf and what to order."""

from __future__ import annotations

import datetime as dt
import math
import statistics
from fractions import Fraction

from . import wording
from .book import Book, Row, written
from .sales import share, too_few
from .wording import Figure, Unknown

_SALES = """
select
    count(distinct product_id) filter (not is_cancelled and quantity > 0) as products_sold,
    coalesce(sum(kept), 0) as net_revenue,
    coalesce(sum(kept - kept_cost), 0) as gross_profit,
    coalesce(sum(quantity) filter (is_delivered), 0) as delivered,
    coalesce(sum(quantity) filter (is_returned), 0) as returned,
    (select min(day) from lines) as first_day
from lines
where product_id is not null
"""
# A viewing is a session and a product that it viewed; it bought if a line of the product was ordered there.
_VIEWINGS = """
with viewings as (
    select
        visitor, session_number, product_id,
        bool_or(event_type = 'product_view') as viewed,
        bool_or(event_type = 'add_to_cart') as carted
    from touched group by visitor, session_number, product_id
),
first_sessions as (select visitor, min(session_number) as first_number from sessions group by visitor),
placed as (
    select
        lines.product_id, lines.visitor_id as visitor,
        coalesce(begun.session_number, first_sessions.first_number) as session_number
    from lines
    asof left join sessions as begun
        on begun.visitor = lines.visitor_id and lines.placed_at >= begun.started_at
    left join first_sessions on first_sessions.visitor = lines.visitor_id
    where not is_cancelled
),
bought as (select distinct visitor, session_number, product_id from placed)
select
    count(*) as viewings,
    count(*) filter (carted) as carted,
    count(bought.product_id) as bought
from viewings left join bought using (visitor, session_number, product_id)
where viewed
"""


def _of(part: int | None, whole: int, noun: str, least: int) -> str:
    few = f": {too_few(least)}" if whole < least else ""
    number = f"of {wording.count(whole)} {noun if whole == 1 else noun + 's'}{few}"
    return number if part is None else f"{wording.count(part)} {number}"


def products(book: Book) -> dict[str, Figure]:
    """The headline figures of the products page, by metric."""
    sold, viewed, least = book.row(_SALES), book.row(_VIEWINGS), book["min_sample"]
    # Every product: of the catalogue, and those that only events, lines or stock name.
    listed = book.value(
        """
        select count(*) from (
            select product_id from stg_products
            union select product_id from lines union select product_id from touched
            union select product_id from stg_inventory_items where day_of(created_at) <= $as_of
        ) where product_id is not null
        """
    )
    viewings, delivered = viewed["viewings"], sold["delivered"]

    def rate(part: int, whole: int, noun: str, counted: bool = True) -> Figure:
        said = (_of(part if counted else None, whole, noun, least),)
        return Figure("rate", share(part, whole) if whole >= least else None, said=said)

    since = f"since {written(sold['first_day'])}" if sold["first_day"] else ""
    return {
        "product_net_revenue": Figure("money", sold["net_revenue"], said=(since,)),
        "product_gross_margin": Figure("rate", share(sold["gross_profit"], sold["net_revenue"])),
        "products_sold": Figure(
            "count", sold["products_sold"], said=(f"of {wording.count(listed)} product",)
        ),
        "product_view_to_cart_rate": rate(viewed["carted"], viewings, "viewing", counted=False),
        "product_view_to_purchase_rate": rate(viewed["bought"], viewings, "viewing"),
        "product_return_rate": rate(sold["returned"], delivered, "delivered unit"),
    }


_SHELF = """
select
    product_id,
    count(*) filter (is_here) as on_hand,
    coalesce(sum(cost) filter (is_here), 0) as value,
    count(*) filter (is_here and $as_of - came > 180) as old_units,
    avg(cost) as mean_item_cost
from (
    select
        product_id, cost, day_of(created_at) as came,
        not coalesce(day_of(sold_at) <= $as_of, false) as is_here
    from stg_inventory_items
    where day_of(created_at) <= $as_of
)
group by product_id
"""
_SOLD = """
select product_id, day, sum(quantity) as units
from lines where not is_cancelled and product_id is not null
group by product_id, day
"""
_THEN = """
select count(*) as units, coalesce(sum(cost), 0) as value
from stg_inventory_items
where day_of(created_at) <= $then and not coalesce(day_of(sold_at) <= $then, false)
"""


def shelves(book: Book) -> list[Row]:
    """Every product ever stocked, with its sales, how long it lasts, its status and what to order."""
    length = book["velocity_days"]
    since = book.as_of - dt.timedelta(length)
    sold: dict[str, dict[dt.date, int]] = {}
    for row in book.rows(_SOLD):
        sold.setdefault(row["product_id"], {})[row["day"]] = int(row["units"])
    costs = {row["product_id"]: row["cost"] for row in book.rows("select product_id, cost from stg_products")}
    z = statistics.NormalDist().inv_cdf(book["service_level"])
    covered = book["lead_time_days"] + book["review_period_days"]
    found = book.rows(_SHELF)
    for row in found:
        by_day = sold.get(row["product_id"], {})
        recent = [units for day, units in by_day.items() if day > since]
        daily = [*recent, *[0] * (length - len(recent))]
        spread = statistics.stdev(daily) if length > 1 else 0.0
        row["sales"] = Fraction(sum(daily), length)
        row["days"] = Fraction(row["on_hand"]) / row["sales"] if row["sales"] else None
        row["status"] = _status(row["on_hand"], row["days"], max(by_day, default=None), book.as_of)
        wanted = float(row["sales"] * covered) + z * spread * math.sqrt(covered) - row["on_hand"]
        row["reorder"] = max(0, math.ceil(wanted))
        cost = costs.get(row["product_id"])
        row["unit_cost"] = row["mean_item_cost"] if cost is None else cost
    return found


def _status(on_hand: int, days: Fraction | None, last_sold: dt.date | None, as_of: dt.date) -> str:
    if not on_hand:
        return "out_of_stock"
    if last_sold is None or (as_of - last_sold).days >= 30:
        return "dead"
    if days is None or days > 180:
        return "overstocked"
    limits = (("critical", 7), ("low", 14), ("normal", 30))
    return next((status for status, limit in limits if days < limit), "healthy")


def inventory(book: Book) -> dict[str, Figure]:
    """The headline figures of the inventory page, by metric."""
    rows = shelves(book)
    if not rows:
        return {}
    then = book.previous.last
    before = book.row(_THEN, then=then)
    value, units = sum(row["value"] for row in rows), sum(row["on_hand"] for row in rows)
    idle = sum(row["value"] for row in rows if row["status"] in ("dead", "overstocked"))
    old = sum(Fraction(row["value"]) * row["old_units"] / row["on_hand"] for row in rows if row["on_hand"])
    sales = sum(row["sales"] for row in rows)
    ordered = sum(row["reorder"] for row in rows)
    of_products = f"of {wording.count(len(rows))} product"
    at_sales = f"the last {wording.days(book['velocity_days'])}"

    def compared(now: object, name: str) -> Figure:
        nothing = Unknown("nothing in stock then")
        kind, said = ("money" if name == "value" else "count"), (f"on {written(then)}",)
        was = before[name] if before["units"] else nothing
        return Figure(kind, now, was, None, said if before["units"] else ())  # type: ignore[arg-type]

    def part(amount: object) -> tuple[str, ...]:
        whole = share(amount, value)
        return () if whole is None else (f"{wording.percent(whole)} of the stock value",)

    return {
        "stock_value": compared(value, "value"),
        "on_hand": compared(units, "units"),
        "stock_cover_days": Figure("days", share(units, sales), said=(at_sales,)),
        "products_running_low": Figure(
            "count", sum(row["status"] in ("critical", "low") for row in rows), said=(of_products,)
        ),
        "products_out_of_stock": Figure(
            "count", sum(row["status"] == "out_of_stock" for row in rows), said=(of_products,)
        ),
        "idle_stock_value": Figure("money", idle, said=part(idle)),
        "old_stock_value": Figure("money", old, said=part(old)),
        "reorder_value": Figure(
            "money",
            sum(row["reorder"] * row["unit_cost"] for row in rows if row["unit_cost"] is not None),
            said=(f"for {wording.count(ordered)} unit",),
        ),
    }
