"""Customers: buyers, who comes back, who stopped, and what is expected of them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

from scipy.special import hyp2f1

from . import sales, wording
from .book import Book, Row, written
from .wording import Figure, Unknown

_BUYERS = """
create or replace temp table buyers as
select user_id, min(day) as first_day, max(day) as last_day, count(distinct day) as order_days
from orders
where is_counted and user_id is not null
group by user_id
"""
# An order day's revenue as known on a day: what came back later was still sold.
_HISTORY = """
with order_days as (
    select user_id, day, sum(coalesce(revenue, 0)) as revenue
    from orders
    left join (
        select order_id, sum(case when not is_cancelled and not coalesce(return_day <= $known_on, false)
            then paid else 0 end) as revenue
        from lines group by order_id
    ) using (order_id)
    where is_counted and user_id is not null and day > $after and day <= $until
    group by user_id, day
),
firsts as (select user_id, min(day) as first_day from orders where is_counted group by user_id)
select
    user_id,
    any_value(first_day) as first_day,
    max(day) as last_day,
    count(*) as order_days,
    count(*) filter (day > first_day and revenue > 0) as valued,
    coalesce(sum(revenue) filter (day > first_day and revenue > 0), 0) as value
from order_days join firsts using (user_id)
group by user_id
"""
ENOUGH_BUYERS = 100  # section 6: fewer are too little to fit
_LONG_AGO = dt.date(1900, 1, 1)
_WEEKS_OF_YEAR = 365 / 7


def history(book: Book, until: dt.date) -> list[Row]:
    """Repeat order days, their value, recency and age in weeks, of every buyer by a day."""
    rows = book.rows(_HISTORY, known_on=until, after=_LONG_AGO, until=until)
    for row in rows:
        row["repeats"] = row["order_days"] - 1
        row["recency"] = (row["last_day"] - row["first_day"]).days / 7
        row["age"] = (until - row["first_day"]).days / 7
    return rows


def expected_order_days(fit: Row, row: Row, weeks: float) -> float:
    """BG/NBD's conditional expectation (Fader, Hardie and Lee 2005, equation 10)."""
    r, alpha, a, b = (fit[name] for name in ("r", "alpha", "a", "b"))
    x, recency, age = row["repeats"], row["recency"], row["age"]
    z = weeks / (alpha + age + weeks)
    series = float(hyp2f1(r + x, b + x, a + b + x - 1, z))
    gone = a / (b + x - 1) * ((alpha + age) / (alpha + recency)) ** (r + x) if x else 0.0
    stays: float = 1 - ((alpha + age) / (alpha + age + weeks)) ** (r + x) * series
    return (a + b + x - 1) / (a - 1) * stays / (1 + gone)


def expected_value(fit: Row, row: Row) -> float:
    """Gamma–Gamma's value of an order day (Fader and Hardie 2013)."""
    p, q, v = (fit[name] for name in ("p", "q", "v"))
    spent: float = p * (v + float(row["value"])) / (p * row["valued"] + q - 1)
    return spent


def predicted_revenue(book: Book) -> float | None:
    """Net revenue expected of all buyers in the 365 days after the last day; None without a fit."""
    fit = book.row("select * from int_purchase_fit where fit = 'final'")
    if not (fit["is_fitted"] and fit["is_value_fitted"]):
        return None
    rows = history(book, book.as_of)
    values = (expected_order_days(fit, row, _WEEKS_OF_YEAR) * expected_value(fit, row) for row in rows)
    # The mart rounds what is expected of each buyer to the cent.
    return math.fsum(math.floor(value * 100 + 0.5) / 100 for value in values)


def hold_out(book: Book) -> tuple[float, float] | None:
    """Order days expected for each that came in the hold-out: by the model, and at the rate of before."""
    fits = book.rows("select * from int_purchase_fit where fit = 'calibration' and is_fitted")
    first = book.value("select min(day) from orders where is_counted and user_id is not null")
    days = min(180, (book.as_of - first).days // 3)
    if not fits or not days:
        return None
    end = book.as_of - dt.timedelta(days)
    known = history(book, end)
    users = {row["user_id"] for row in known}
    later = book.rows(_HISTORY, known_on=book.as_of, after=end, until=book.as_of)
    came = sum(row["order_days"] for row in later if row["user_id"] in users)
    model = sum(expected_order_days(fits[0], row, days / 7) for row in known)
    naive = sum(row["repeats"] / row["age"] * days / 7 for row in known if row["age"])
    return model / came, naive / came


def in_words(ratio: float) -> str:
    """9.8 % too many."""
    off = abs(ratio - 1)
    if off < 0.0005:
        return "just as many"
    return f"{wording.percent(off)} too {'many' if ratio > 1 else 'few'}"


def _share(part: int, whole: int, least: int, of: Callable[[str, str], str]) -> Figure:
    """A share with its counts and interval; the counts alone on few."""
    counts = of(wording.count(part), wording.count(whole))
    if whole < least:
        return Figure("rate", None, said=(counts, sales.too_few(least)))
    limits = wording.interval(*wording.wilson(part, whole))
    return Figure("rate", sales.share(part, whole), said=(counts, f"95 % interval {limits}"))


def customers(book: Book) -> dict[str, Figure]:
    """The headline figures of the customers page, by metric."""
    book.run(_BUYERS)
    earlier, least = book.previous.last, book["min_sample"]
    old_enough = book.as_of - dt.timedelta(book["churn_after_days"])
    found: dict[str, Any] = book.row(
        """
        select
            count(*) as buyers,
            count(*) filter (order_days > 1) as came_back,
            count(*) filter (first_day <= $earlier) as before,
            count(*) filter (first_day <= $old_enough) as eligible,
            count(*) filter (last_day <= $old_enough) as churned
        from buyers
        """,
        earlier=earlier,
        old_enough=old_enough,
    )
    if not found["buyers"]:
        return {}
    after = f"{book['churn_after_days']} days ago"
    rows, since = sales.profit(book), sales.first_day(book)
    before = found["before"] or Unknown(f"nobody had bought by {written(earlier)}")
    on = () if isinstance(before, Unknown) else (f"on {written(earlier)}",)
    figures = {
        "buyers": Figure("count", found["buyers"], before, None, on),
        "new_customers": Figure("count", *sales.compared(book, rows, "new_orders", since)),
        "repeat_share": _share(
            found["came_back"], found["buyers"], least, lambda part, whole: f"{part} of {whole}"
        ),
        "churn_rate": _share(
            found["churned"],
            found["eligible"],
            least,
            lambda part, whole: f"{part} of {whole} who bought {after}",
        )
        if found["eligible"]
        else Figure("rate", None, said=(after.removesuffix(" ago"),)),
        "average_order_value": Figure("money", *sales.compared(book, rows, "average_order_value", since)),
    }
    expected, ratios = predicted_revenue(book), hold_out(book)
    said: tuple[str, ...] = ()
    if expected is None and found["buyers"] < ENOUGH_BUYERS:
        said = (f"{found['buyers']} of the {ENOUGH_BUYERS} buyers that are needed",)
    elif ratios is not None:
        said = (in_words(ratios[0]), f"naive forecast: {in_words(ratios[1])}")
    figures["predicted_net_revenue_12m"] = Figure("money", expected, said=said)
    return figures
