"""The books of a shop, kept a second time: lines, orders, events and sessions from the staging tables alone.

Plain DuckDB over the rows as they were staged, written from docs/definitions.md (sections 2, 3 and 6), not
from the models. Every page's headline numbers are recomputed from these tables.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from .wording import Compared, Unknown

# Definitions, section 1: what holds where the run says nothing else.
DEFAULTS: dict[str, Any] = {
    "window_days": 30,
    "timezone": "UTC",
    "currency": "USD",
    "session_gap_minutes": 30,
    "attribution_lookback_days": 30,
    "churn_after_days": 90,
    "velocity_days": 30,
    "lead_time_days": 14,
    "review_period_days": 30,
    "service_level": 0.95,
    "min_sample": 30,
    "propensity_horizon_days": 30,
    "min_pair_orders": 5,
}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
Row = dict[str, Any]

_ORDERS = """
create temp table orders as
with lone_lines as (
    select
        order_id,
        min(user_id) as user_id,
        min(created_at) as created_at,
        case
            when bool_and(status = 'cancelled') then 'cancelled'
            when bool_and(status = 'returned') then 'returned'
            else 'processing'
        end as status
    from stg_order_items
    where order_id not in (select order_id from stg_orders)
    group by order_id
),
every_order as (
    select order_id, user_id, visitor_id, status, created_at, delivered_at, returned_at from stg_orders
    union all
    select order_id, user_id, 'u:' || user_id, status, created_at, null, null from lone_lines
),
dated as (select *, day_of(created_at) as day from every_order)
select
    *,
    status != 'cancelled' as is_counted,
    case
        when status != 'cancelled' and visitor_id is not null then
            row_number() over (
                partition by visitor_id, status != 'cancelled' order by created_at, order_id
            )
    end as number_of_customer
from dated
where day <= $as_of
"""
_LINES = """
create temp table lines as
with joined as (
    select
        items.order_item_id,
        items.order_id,
        items.product_id,
        items.quantity,
        orders.user_id,
        orders.visitor_id,
        orders.day,
        orders.number_of_customer,
        coalesce(items.created_at, orders.created_at) as placed_at,
        coalesce(items.status, orders.status) as status,
        coalesce(items.status = 'cancelled', false) or orders.status = 'cancelled' as is_cancelled,
        orders.delivered_at,
        greatest(
            orders.day,
            day_of(coalesce(
                items.returned_at, orders.returned_at, orders.delivered_at, orders.created_at
            ))
        ) as came_back_on,
        items.list_price * items.quantity as gross,
        items.discount * items.quantity as discount,
        coalesce(items.unit_cost, 0) * items.quantity as cost
    from stg_order_items as items
    join orders using (order_id)
),
returned as (
    select *, not is_cancelled and status = 'returned' and came_back_on <= $as_of as is_returned
    from joined
)
select
    * exclude (came_back_on),
    case when is_returned then came_back_on end as return_day,
    not is_cancelled and (
        is_returned
        or case
            when delivered_at is null then status in ('complete', 'returned')
            else day_of(delivered_at) <= $as_of
        end
    ) as is_delivered,
    gross - discount as paid,
    case when is_cancelled or is_returned then 0 else gross - discount end as kept,
    case when is_cancelled or is_returned then 0 else cost end as kept_cost
from returned
"""
_EVENTS = """
create temp table events as
with counted as (select * from stg_events where day_of(event_time) <= $as_of),
named as (
    select
        *,
        first_value(user_id ignore nulls) over (
            partition by coalesce(source_session_id, 'alone ' || event_id)
            order by event_time, event_order, event_id
            rows between current row and unbounded following
        ) as known_user
    from counted
),
visitors as (select *, coalesce('u:' || known_user, visitor_id) as visitor from named),
gaps as (
    select
        *,
        event_time - lag(event_time) over the_visitor as pause,
        row_number() over the_visitor as position
    from visitors
    window the_visitor as (partition by visitor order by event_time, event_order, event_id)
)
select
    visitor,
    known_user as user_id,
    event_time,
    position,
    event_type,
    product_id,
    traffic_source,
    campaign_id,
    device,
    country,
    sum((pause is null or pause > to_minutes($session_gap_minutes))::int) over (
        partition by visitor order by position
    ) as session_number
from gaps
"""
_SESSIONS = """
create temp table sessions as
select
    visitor,
    session_number,
    any_value(events.user_id) as user_id,
    min(min(event_time)) over (partition by visitor) as first_visit,
    min(event_time) as started_at,
    day_of(min(event_time)) as day,
    first(events.traffic_source order by position) as traffic_source,
    first(campaign_id order by position) as campaign_id,
    first(device order by position) as device,
    coalesce(first(events.country order by position), any_value(stg_users.country)) as country,
    bool_or(event_type = 'product_view') as has_view,
    bool_or(event_type = 'purchase') as has_purchase
from events
left join stg_users on stg_users.user_id = events.user_id
group by visitor, session_number
"""
# Cart events that name no product take the product viewed last in the session (section 6).
_TOUCHED = """
create temp table touched as
with carried as (
    select
        *,
        last_value(case when event_type = 'product_view' then product_id end ignore nulls) over (
            partition by visitor, session_number order by position
            rows between unbounded preceding and current row
        ) as viewed_last
    from events
)
select
    visitor,
    session_number,
    user_id,
    event_time,
    position,
    event_type,
    coalesce(product_id, viewed_last) as product_id
from carried
where event_type in ('product_view', 'add_to_cart') and coalesce(product_id, viewed_last) is not null
"""


@dataclass(frozen=True)
class Days:
    """Whole days, both ends included."""

    first: dt.date
    last: dt.date

    def before(self, days: int) -> Days:
        """As many days, so many days earlier."""
        return Days(self.first - dt.timedelta(days), self.last - dt.timedelta(days))

    @property
    def text(self) -> str:
        """1–30 Jun 2026, 2 Jun–1 Jul 2025, 20 Dec 2025–18 Jan 2026."""
        first, last = self.first, self.last
        if first == last:
            return written(last)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{written(last)}"
        shown = written(first)
        return f"{shown.removesuffix(f' {last.year}')}–{written(last)}"


def written(day: dt.date) -> str:
    """30 Jun 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


class Book:
    """A shop's rows and the parameters of a run; temporary tables `orders lines events sessions touched`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, **given: Any) -> None:
        self.connection = connection
        self.parameters = {**DEFAULTS, **given}
        zone = self.parameters["timezone"]
        connection.execute(
            f"create or replace temp macro day_of(instant) as (instant at time zone '{zone}')::date"
        )
        self.as_of: dt.date = given.get("as_of") or self._newest_day()
        self.parameters["as_of"] = self.as_of
        for statement in (_ORDERS, _LINES, _EVENTS, _SESSIONS, _TOUCHED):
            self.run(statement)
        length = self.parameters["window_days"]
        self.current = Days(self.as_of - dt.timedelta(length - 1), self.as_of)
        self.previous = self.current.before(length)
        self.year_before = self.current.before(364)

    def __getitem__(self, name: str) -> Any:
        """A parameter of the run."""
        return self.parameters[name]

    def _newest_day(self) -> dt.date:
        query = """
            select max(day_of(instant)) from (
                select event_time as instant from stg_events
                union all select created_at from stg_orders
                union all select created_at from stg_order_items
            )
        """
        found: dt.date = self.connection.execute(query).fetchall()[0][0]
        return found

    def run(self, statement: str, **values: Any) -> duckdb.DuckDBPyConnection:
        """Run a statement; `$name` stands for a value given here or a parameter of the run."""
        everything = {**self.parameters, **values}
        needed = {name: value for name, value in everything.items() if f"${name}" in statement}
        return self.connection.execute(statement, needed)

    def rows(self, query: str, **values: Any) -> list[Row]:
        """The rows of a query."""
        done = self.run(query, **values)
        names = [column[0] for column in done.description or ()]
        return [dict(zip(names, row, strict=True)) for row in done.fetchall()]

    def row(self, query: str, **values: Any) -> Row:
        """The one row of a query."""
        found = self.rows(query, **values)
        assert len(found) == 1, query
        return found[0]

    def value(self, query: str, **values: Any) -> Any:
        """The one value of a query."""
        (found,) = self.row(query, **values).values()
        return found

    def three(self, query: str, **values: Any) -> list[Row]:
        """The row of a query over `$first` to `$last`: in the window, the one before, 52 weeks before."""
        return [
            self.row(query, first=days.first, last=days.last, **values)
            for days in (self.current, self.previous, self.year_before)
        ]

    def reaches(self, first_day: dt.date | None, days: Days, value: Any) -> Compared:
        """The value of an earlier window, or why it cannot be compared with."""
        if first_day is None:
            return Unknown("no data")
        if first_day > days.first:
            return Unknown(f"no data before {written(first_day)}")
        return Unknown("not available then") if value is None else value


@contextmanager
def open_book(warehouse: Path, shop: str, **given: Any) -> Iterator[Book]:
    """The book of a shop in a warehouse that is only read."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        connection.execute(f'use warehouse."{shop}"')
        yield Book(connection, **given)
