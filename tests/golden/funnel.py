"""Funnel: the steps of the sessions, one after the other, from the events by their position."""

from __future__ import annotations

from . import sales, wording
from .book import Book, Row
from .sales import compared, first_session_day, rate_with_counts
from .wording import Figure

# Each step is the first event of its kind after the step before, within the session.
_STEPS = """
create or replace temp table steps as
with views as (
    select visitor, session_number, min(position) as position
    from events where event_type = 'product_view' group by visitor, session_number
),
carts as (
    select visitor, session_number, min(events.position) as position
    from events join views using (visitor, session_number)
    where event_type = 'add_to_cart' and events.position > views.position
    group by visitor, session_number
),
checkouts as (
    select visitor, session_number, min(events.position) as position
    from events join carts using (visitor, session_number)
    where event_type = 'checkout' and events.position > carts.position
    group by visitor, session_number
),
last_steps as (
    select * from checkouts where (select bool_or(event_type = 'checkout') from events)
    union all
    select * from carts where not (select bool_or(event_type = 'checkout') from events)
),
purchases as (
    select visitor, session_number, min(events.position) as position
    from events join last_steps using (visitor, session_number)
    where event_type = 'purchase' and events.position > last_steps.position
    group by visitor, session_number
),
instants as (select visitor, position, event_time from events)
select
    sessions.*,
    views.position is not null as viewed,
    carts.position is not null as carted,
    purchases.position is not null as bought,
    epoch(cart_at.event_time - view_at.event_time) as view_to_cart,
    epoch(purchase_at.event_time - cart_at.event_time) as cart_to_purchase
from sessions
left join views using (visitor, session_number)
left join carts using (visitor, session_number)
left join purchases using (visitor, session_number)
left join instants as view_at on view_at.visitor = sessions.visitor and view_at.position = views.position
left join instants as cart_at on cart_at.visitor = sessions.visitor and cart_at.position = carts.position
left join instants as purchase_at
    on purchase_at.visitor = sessions.visitor and purchase_at.position = purchases.position
"""
_SUMS = """
select
    count(*) as sessions,
    count(*) filter (viewed) as viewed,
    count(*) filter (carted) as carted,
    count(*) filter (bought) as bought,
    count(*) filter (has_purchase) as purchased,
    median(view_to_cart) as view_to_cart,
    median(cart_to_purchase) filter (bought) as cart_to_purchase
from steps
where day between $first and $last
"""


def steps(book: Book) -> list[Row]:
    """Sessions that reached each step, and the median times between, in the three windows."""
    book.run(_STEPS)
    return book.three(_SUMS)


def funnel(book: Book) -> dict[str, Figure]:
    """The headline figures of the funnel page, by metric."""
    rows, since = steps(book), first_session_day(book)

    def rate(part: str, whole: str) -> Figure:
        return rate_with_counts(book, rows, part, whole, since)

    def time(name: str, part: str) -> Figure:
        now, previous, _ = compared(book, rows, name, since)
        number = wording.count(rows[0][part])
        return Figure("duration", now, previous, None, (f"over {number} session",))

    return {
        "sessions": sales.sessions(book),
        "conversion_rate": sales.conversion(book),
        "visit_to_view_rate": rate("viewed", "sessions"),
        "view_to_cart_rate": rate("carted", "viewed"),
        "cart_to_purchase_rate": rate("bought", "carted"),
        "session_conversion_rate": rate("purchased", "sessions"),
        "median_seconds_view_to_cart": time("view_to_cart", "carted"),
        "median_seconds_cart_to_purchase": time("cart_to_purchase", "bought"),
    }
