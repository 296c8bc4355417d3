"""Properties of fct_cohort_retention over generated shops, and every cell counted again one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.googlesql.cases import Rows
from tests.googlesql.engine import Result
from tests.models.catalogue import project
from tests.models.specify import check

AS_OF = dt.date(2024, 3, 10)
START = dt.date(2023, 12, 20)
VISITORS = ["u:ann", "u:bob", "u:cat", "s:x", "s:y"]
CAPS = {"day": 30, "week": 52, "month": 10_000}
KINDS = {
    "first_activity_day": "day",
    "first_activity_week": "week",
    "user_activity_day": "day",
    "user_activity_week": "week",
    "first_order_month": "month",
}
Dated = list[tuple[str, dt.date]]

days = st.integers(0, (AS_OF - START).days).map(lambda number: START + dt.timedelta(days=number))
dated = st.lists(st.tuples(st.sampled_from(VISITORS), days), max_size=25)
a_few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def retention(sessions: Dated, orders: Dated, as_of: dt.date = AS_OF) -> Result:
    """The mart; the revenue of an order is the number of its day in the year."""
    return check(
        "fct_cohort_retention",
        {
            "fct_sessions": table("fct_sessions", session_rows(sessions)),
            "int_orders": table("int_orders", order_rows(orders)),
            "stg_order_items": table("stg_order_items", [{"order_item_id": "1"}]),
        },
        oracle=False,
        as_of=as_of.isoformat(),
    )


def table(name: str, rows: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> Rows:
    types = project("thelook").schema(name)
    return Rows(types, [tuple(row.get(column) for column in types) for row in rows])


def session_rows(sessions: Dated) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for number, (visitor, date) in enumerate(sorted(sessions, key=lambda each: each[1])):
        yield {
            "session_id": str(number),
            "visitor_id": visitor,
            "user_id": visitor[2:] if visitor.startswith("u:") else None,
            "session_date": date,
            "is_first_session": visitor not in seen,
        }
        seen.add(visitor)


def order_rows(orders: Dated) -> Iterator[dict[str, Any]]:
    placed: dict[str, int] = {}
    for number, (visitor, date) in enumerate(sorted(orders, key=lambda each: each[1])):
        placed[visitor] = placed.get(visitor, 0) + 1
        yield {
            "order_id": str(number),
            "visitor_id": visitor,
            "is_counted": True,
            "order_number": placed[visitor],
            "order_date": date,
            "net_revenue": Decimal(date.timetuple().tm_yday),
        }


def period(date: dt.date, unit: str) -> int:
    """Days, weeks from Monday or months since year 1."""
    if unit == "month":
        return date.year * 12 + date.month
    return date.toordinal() if unit == "day" else (date.toordinal() - 1) // 7


def counted_one_by_one(sessions: Dated, orders: Dated) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """(kind, cohort, period) to (size, active, orders, revenue), for every period that is over."""
    cells = {}
    for kind, unit in KINDS.items():
        came = orders if unit == "month" else sessions
        came = [each for each in came if not kind.startswith("user") or each[0].startswith("u:")]
        cohort = {
            visitor: min(period(date, unit) for other, date in came if other == visitor)
            for visitor, _ in came
        }
        after_as_of = period(AS_OF + dt.timedelta(days=1), unit)
        for begun in set(cohort.values()):
            members = {visitor for visitor, first in cohort.items() if first == begun}
            for number in range(min(after_as_of - min(cohort.values()), CAPS[unit] + 1)):
                if begun + number >= after_as_of:
                    continue
                active = {who for who, day in came if who in members and period(day, unit) == begun + number}
                placed = [
                    day for who, day in orders if who in members and period(day, unit) == begun + number
                ]
                revenue = Decimal(sum(day.timetuple().tm_yday for day in placed))
                cells[kind, begun, number] = (len(members), len(active), len(placed), revenue)
    return cells


def observable(result: Result) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    names = "cohort_kind cohort_period period_number is_observable cohort_size active orders net_revenue"
    places = [result.columns.index(name) for name in names.split()]
    rows = [[row[place] for place in places] for row in result.rows]
    return {
        (kind, period(cohort, KINDS[kind]), number): tuple(values)
        for kind, cohort, number, is_observable, *values in rows
        if is_observable
    }


@a_few
@given(dated, dated)
def test_every_cell_is_what_one_counts_by_hand(sessions: Dated, orders: Dated) -> None:
    assert observable(retention(sessions, orders)) == counted_one_by_one(sessions, orders)


@a_few
@given(dated, dated, days)
def test_moving_as_of_forward_changes_no_cell_that_was_over(
    sessions: Dated, orders: Dated, as_of: dt.date
) -> None:
    known = [[each for each in table if each[1] <= as_of] for table in (sessions, orders)]
    before, after = observable(retention(known[0], known[1], as_of)), observable(retention(sessions, orders))
    assert {cell: after[cell] for cell in before} == before


@a_few
@given(dated, dated)
def test_sizes_add_up_to_all_visitors_and_retention_begins_at_1_and_stays_a_share(
    sessions: Dated, orders: Dated
) -> None:
    result = retention(sessions, orders)
    names = ("cohort_kind", "period_number", "cohort_size", "active", "retention_rate")
    places = [result.columns.index(name) for name in names]
    everybody = dict.fromkeys(KINDS, 0)
    for kind, number, size, active, rate in ([row[place] for place in places] for row in result.rows):
        if number == 0:
            everybody[kind] += size
            assert (active, rate) == (size, 1.0)
        assert active is None or 0 <= active <= size
        assert rate is None or rate == pytest.approx(active / size)
    seen, bought = ({visitor for visitor, _ in table} for table in (sessions, orders))
    users = {visitor for visitor in seen if visitor.startswith("u:")}
    sizes = [len(seen), len(seen), len(users), len(users), len(bought)]
    assert everybody == dict(zip(KINDS, sizes, strict=True))
