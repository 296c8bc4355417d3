"""Journeys: from the first visit to the first order, from sessions and orders."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

from . import wording
from .book import Book
from .wording import Figure

# The first counted order of a visitor, in the latest session begun by its first line's time, else the first.
_JOURNEYS = """
create or replace temp table journeys as
with visitors as (
    select
        visitor, min(started_at) as first_visit, min(day) as day,
        arg_min(traffic_source, started_at) as first_source
    from sessions group by visitor
),
first_orders as (
    select visitor_id as visitor, order_id, created_at
    from orders where number_of_customer = 1
),
placed as (
    select order_id, arg_min(placed_at, (placed_at, order_item_id)) as placed_at from lines group by order_id
),
bought as (
    select visitor, created_at, coalesce(placed.placed_at, created_at) as placed_at
    from first_orders left join placed using (order_id)
)
select
    visitors.*,
    created_at as bought_at,
    created_at is not null as has_bought,
    greatest(0, (
        select count(*) - 1 from sessions
        where sessions.visitor = visitors.visitor and sessions.started_at <= bought.placed_at
    )) as sessions_before,
    greatest(0, epoch(created_at - first_visit)) as seconds_to_buy,
    epoch($end_of_data::timestamptz - first_visit) as seconds_watched
from visitors
left join bought using (visitor)
"""
_SECONDS_A_DAY = 86400


def _prepare(book: Book) -> None:
    end = book.value("select (($as_of::date + 1)::timestamp at time zone $timezone)")
    book.run(_JOURNEYS, end_of_data=end)


def sessions_text(value: float) -> str:
    """A number of sessions; halves between two buyers keep their decimal."""
    return wording.count(value, 0 if value == int(value) else 1)


def journeys(book: Book) -> dict[str, Figure]:
    """The headline figures of the journeys page, by metric."""
    _prepare(book)
    rows = book.three("select count(*) as visitors from journeys where day between $first and $last")
    first_day = book.value("select min(day) from journeys")
    new = Figure(
        "count",
        rows[0]["visitors"],
        book.reaches(first_day, book.previous, rows[1]["visitors"]),
        book.reaches(first_day, book.year_before, rows[2]["visitors"]),
    )
    whole = book.row(
        """
        select
            count(*) as visitors,
            count(*) filter (has_bought) as buyers,
            quantile_cont(sessions_before, [0.25, 0.5, 0.75]) filter (has_bought) as sessions,
            quantile_cont(seconds_to_buy, [0.25, 0.5, 0.75]) filter (has_bought) as seconds
        from journeys
        """
    )
    visitors, buyers = wording.count(whole["visitors"]), wording.count(whole["buyers"])
    figures = {
        "first_time_visitors": new,
        "visitors_who_bought": Figure(
            "count",
            whole["buyers"],
            said=(f"of {visitors}", wording.percent(whole["buyers"] / whole["visitors"])),
        ),
    }
    few = whole["buyers"] < book["min_sample"]
    warning = (f"too few to rely on (n < {book['min_sample']})",) if few else ()
    for name, column, write in (
        ("median_sessions_before", "sessions", sessions_text),
        ("median_time_to_purchase", "seconds", wording.duration),
    ):
        if not whole["buyers"]:
            figures[name] = Figure("count", None)
            continue
        low, middle, high = whole[column]
        half = f"middle half {write(low)} to {write(high)}"
        kind = "count" if column == "sessions" else "duration"
        figures[name] = Figure(kind, middle, said=(f"median of {buyers}", half, *warning))
    for days in (7, 30):
        figures[f"bought_within_{days}_days"] = _bought_within(book, days, visitors)
    return figures


def _bought_within(book: Book, days: int, visitors: str) -> Figure:
    """Kaplan and Meier's share of buyers by then, with Greenwood's interval on the log-log scale."""
    found = kaplan_meier(book, days)
    if found is None:
        return Figure("rate", None, said=(f"{days} days",))
    share, low, high = found
    said = [f"of {visitors}"]
    if low is not None and high is not None:
        said.append(f"95 % interval {wording.interval(low, high)}")
    return Figure("rate", share, said=tuple(said))


def kaplan_meier(
    book: Book, days: int, of: str = "true", **values: Any
) -> tuple[float, float | None, float | None] | None:
    """The share bought by `days` days with its interval; None where nobody was watched that long.

    `of` is a condition on the visitors.
    """
    limit = days * _SECONDS_A_DAY
    rows = book.rows(
        f"""
        select
            case when has_bought then seconds_to_buy else greatest(seconds_watched, 0) end as seconds,
            count(*) filter (has_bought) as bought,
            count(*) as left_then
        from journeys
        where {of}
        group by seconds
        order by seconds
        """,
        **values,
    )
    at_risk = sum(row["left_then"] for row in rows)
    if not any(row["seconds"] >= limit for row in rows):
        return None
    survival, greenwood = 1.0, 0.0
    for row in rows:
        if row["seconds"] > limit:
            break
        if row["bought"]:
            survival *= 1 - row["bought"] / at_risk
            if at_risk > row["bought"]:
                greenwood += row["bought"] / (at_risk * (at_risk - row["bought"]))
        at_risk -= row["left_then"]
    if not 0 < survival < 1:
        return 1 - survival, None, None
    z = NormalDist().inv_cdf(0.975) * math.sqrt(greenwood) / abs(math.log(survival))
    high, low = (1 - survival ** math.exp(sign * z) for sign in (1, -1))
    return 1 - survival, low, high
