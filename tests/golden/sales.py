"""Overview: sales, profit and visits of the three windows, from order lines, ad spend and events."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from . import wording
from .book import Book, Row
from .wording import Figure, Number, Unknown

# A sale stands on the day of its order, what came back on the day of the return, and takes its cost along.
_PROFIT = """
with booked as (
    select
        gross, discount, case when is_cancelled then paid else 0 end as cancelled, 0 as returned,
        case when is_cancelled then 0 else cost end as cost,
        number_of_customer
    from lines
    where day between $first and $last
    union all
    select 0, 0, 0, paid, -cost, number_of_customer
    from lines
    where return_day between $first and $last
)
select
    coalesce(sum(gross), 0) as gross_sales,
    coalesce(sum(discount), 0) as discounts,
    coalesce(sum(cancelled), 0) as cancellations,
    coalesce(sum(returned), 0) as returns,
    coalesce(sum(cost), 0) as cost_of_goods,
    coalesce(sum(gross - discount - cancelled - returned), 0) as net_revenue,
    coalesce(sum(gross - discount - cancelled - returned) filter (number_of_customer > 1), 0)
        as returning_revenue,
    (select count(*) from orders where is_counted and day between $first and $last) as orders,
    (
        select count(*) from orders
        where is_counted and number_of_customer = 1 and day between $first and $last
    ) as new_orders,
    (
        select case when count(*) > 0 then coalesce(sum(spend) filter (date between $first and $last), 0) end
        from stg_marketing_spend
        where date <= $as_of
    ) as ad_spend
from booked
"""
_VISITS = """
with windowed as (select * from sessions where day between $first and $last),
visitors as (
    select visitor, bool_or(has_view) as viewed, bool_or(has_view) and bool_or(has_purchase) as bought
    from windowed
    group by visitor
)
select
    (select count(*) from windowed) as sessions,
    count(*) filter (viewed) as viewers,
    count(*) filter (bought) as buyers
from visitors
"""


def share(part: Any, whole: Any) -> Fraction | None:
    """A ratio without loss; None where there is nothing to divide by, or nothing is known."""
    return None if part is None or not whole else Fraction(part) / Fraction(whole)


def profit(book: Book) -> list[Row]:
    """The profit and loss of the three windows, by name."""
    found = book.three(_PROFIT)
    for row in found:
        row["gross_profit"] = row["net_revenue"] - row["cost_of_goods"]
        row["contribution"] = None if row["ad_spend"] is None else row["gross_profit"] - row["ad_spend"]
        row["average_order_value"] = share(row["net_revenue"], row["orders"])
        row["roas"] = share(row["net_revenue"], row["ad_spend"])
        row["gross_margin"] = share(row["gross_profit"], row["net_revenue"])
        part = share(row["returning_revenue"], row["net_revenue"])
        row["returning_revenue_share"] = part if part is not None and 0 <= part <= 1 else None
    return found


def first_day(book: Book) -> Any:
    """The first day of the books: the earliest order, session or spend."""
    return book.value(
        """
        select min(day) from (
            select min(day) as day from orders
            union all select min(date) from stg_marketing_spend where date <= $as_of
        )
        """
    )


def visits(book: Book) -> list[Row]:
    """Sessions, visitors who viewed a product, and those of them who bought, in the three windows."""
    return book.three(_VISITS)


def compared(book: Book, rows: list[Row], name: str, since: Any) -> tuple[Any, Any, Any]:
    """The value of a column now, in the window before and 52 weeks before, or why not."""
    now, previous, year_before = (row[name] for row in rows)
    return (
        now,
        book.reaches(since, book.previous, previous),
        book.reaches(since, book.year_before, year_before),
    )


def too_few(least: int) -> str:
    """What stands in the place of a rate on few units; definitions, section 1: min_sample."""
    return f"too few to show a rate (n < {least})"


def rate_with_counts(
    book: Book, rows: list[Row], part: str, whole: str, since: Any, nobody: str = "not available then"
) -> Figure:
    """A rate with its counts and interval, and those of the earlier windows; the counts alone on few."""
    least = book["min_sample"]
    said, found = [], []
    windows = (book.current, book.previous, book.year_before)
    for row, days in zip(rows, windows, strict=True):
        counts = f"{wording.count(row[part])} of {wording.count(row[whole])}"
        is_now, is_enough = days is book.current, row[whole] >= least
        reached = row[whole] if is_now else book.reaches(since, days, row[whole])
        if isinstance(reached, Unknown):
            found.append(reached)
        elif is_now and row[whole]:
            limits = wording.interval(*wording.wilson(row[part], row[whole]))
            said += [counts, f"95 % interval {limits}" if is_enough else too_few(least)]
            found.append(share(row[part], row[whole]) if is_enough else None)
        elif not row[whole]:
            found.append(None if is_now else Unknown(nobody))
        elif is_enough:
            found.append(share(row[part], row[whole]))
        else:
            found.append(Unknown(f"then {counts}: {too_few(least)}"))
    now, previous, year_before = found
    if now is not None and not isinstance(previous, Unknown):
        earlier = zip(rows[1:], (previous, year_before), strict=True)
        said += [f"(n = {wording.count(row[whole])})" for row, then in earlier if isinstance(then, Fraction)]
    return Figure("rate", now, previous, year_before, tuple(said))


def sessions(book: Book) -> Figure:
    """Sessions by the day on which they started."""
    rows = visits(book)
    return Figure("count", *compared(book, rows, "sessions", first_session_day(book)))


def first_session_day(book: Book) -> Any:
    """The day of the first session."""
    return book.value("select min(day) from sessions")


def conversion(book: Book) -> Figure:
    """Visitors who viewed a product and bought, of those who viewed one."""
    since = first_session_day(book)
    return rate_with_counts(book, visits(book), "buyers", "viewers", since, "no viewers then")


def contribution(book: Book, said: Callable[[Row], tuple[str, ...]]) -> Figure:
    """Gross profit less ad spend."""
    rows = profit(book)
    return Figure("money", *compared(book, rows, "contribution", first_day(book)), said(rows[0]))


def _returning(book: Book, rows: list[Row], since: Any, *said: str) -> Figure:
    """The returning customers' share of net revenue; a rate on few orders is not shown."""
    least = book["min_sample"]
    now, *earlier = compared(book, rows, "returning_revenue_share", since)
    for place, row in enumerate(rows[1:]):
        if not isinstance(earlier[place], Unknown) and row["orders"] < least:
            noun = "order" if row["orders"] == 1 else "orders"
            earlier[place] = Unknown(f"then of {wording.count(row['orders'])} {noun}: {too_few(least)}")
    if now is None:
        return Figure("rate", None)
    if rows[0]["orders"] < least:
        return Figure("rate", None, said=(*said, too_few(least)))
    return Figure("rate", now, *earlier, said)


def overview(book: Book) -> dict[str, Figure]:
    """The headline figures of the overview, by metric."""
    rows, since = profit(book), first_day(book)
    currency = book["currency"]

    def figure(name: str, kind: str, *said: str) -> Figure:
        return Figure(kind, *compared(book, rows, name, since), said)

    def money(value: Number) -> str:
        return wording.money(value, currency)

    now = rows[0]
    returning = f"{wording.count(now['orders'] - now['new_orders'])} of {wording.count(now['orders'])}"
    figures = {
        "net_revenue": figure("net_revenue", "money"),
        "orders": figure("orders", "count"),
        "average_order_value": figure("average_order_value", "money"),
        "sessions": sessions(book),
        "conversion_rate": conversion(book),
        "returning_revenue_share": _returning(book, rows, since, money(now["returning_revenue"]), returning),
    }
    margin = wording.percent(now["gross_margin"]) if now["gross_margin"] is not None else ""
    if now["ad_spend"] is None:
        figures["gross_profit"] = figure("gross_profit", "money", margin)
        figures["roas"] = Figure("ratio", None)
        return figures
    figures["contribution"] = figure(
        "contribution", "money", f"gross profit {money(now['gross_profit'])}", f"{margin} of net revenue"
    )
    figures["roas"] = figure("roas", "ratio")
    return figures
