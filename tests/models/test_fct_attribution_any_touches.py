"""Properties of fct_attribution for any orders and visits: nothing is multiplied, lost or given twice."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.googlesql.cases import Rows
from tests.models.catalogue import project
from tests.models.specify import check

END = dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC)
MODELS = {"last_touch", "last_non_direct", "first_touch", "linear", "position_based", "time_decay"}
SOURCES = [None, "(direct)", "Email", "Adwords", "something else"]
MICROSECONDS = 50 * 86_400_000_000

moments = st.one_of(
    st.integers(-MICROSECONDS, 86_400_000_000),
    # the edges of the look-back, and equal times
    st.sampled_from([0, 1, -1, -30 * 86_400_000_000, -30 * 86_400_000_000 - 1]),
).map(lambda micros: END + dt.timedelta(microseconds=micros))
amounts = st.one_of(
    st.integers(0, 10_000_000).map(lambda cents: Decimal(cents) / 100),
    st.integers(0, 100).map(lambda tenths: Decimal(tenths) / 1000),
)
visitors = st.sampled_from(["u:ann", "u:bob"])


def rows(table: str, given_rows: list[dict[str, Any]]) -> Rows:
    """Rows of a model; columns that are left out are NULL."""
    types = project("thelook").schema(table)
    return Rows(types, [tuple(row.get(name) for name in types) for row in given_rows])


def sessions(found: list[tuple[str, dt.datetime, str | None]]) -> Rows:
    """A visitor has one session at a time."""
    starts = {(visitor, start): source for visitor, start, source in found}
    return rows(
        "fct_sessions",
        [
            {
                "session_id": f"{visitor}@{start.timestamp()}",
                "visitor_id": visitor,
                "started_at": start,
                "traffic_source": source,
            }
            for (visitor, start), source in starts.items()
        ],
    )


def orders(found: list[tuple[str, dt.datetime, Decimal, bool]]) -> Rows:
    return rows(
        "int_orders",
        [
            {
                "order_id": str(number),
                "visitor_id": visitor,
                "user_id": visitor.removeprefix("u:"),
                "created_at": moment,
                "order_date": moment.date(),
                "is_counted": is_counted,
                "order_number": 1 if is_counted else None,
                "net_revenue": revenue if is_counted else Decimal(0),
            }
            for number, (visitor, moment, revenue, is_counted) in enumerate(found)
        ],
    )


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(visitors, moments, st.sampled_from(SOURCES)), max_size=9),
    st.lists(st.tuples(visitors, moments, amounts, st.booleans()), min_size=1, max_size=4),
)
def test_credit_sums_to_one_and_credited_revenue_to_the_net_revenue_of_each_order(
    visits: list[tuple[str, dt.datetime, str | None]],
    placed: list[tuple[str, dt.datetime, Decimal, bool]],
) -> None:
    tables = {"fct_sessions": sessions(visits), "int_orders": orders(placed)}
    result = check("fct_attribution", tables, oracle=False, as_of="2024-02-02")
    credit: dict[tuple[str, str], list[float]] = defaultdict(list)
    revenue: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    touches = set()
    for values in result.rows:
        row = dict(zip(result.columns, values, strict=True))
        key = row["order_id"], row["attribution_model"]
        assert 0 < row["credit"] <= 1
        assert row["credited_revenue"] >= 0
        assert row["credited_orders"] == row["credit"]
        assert (*key, row["session_id"]) not in touches
        touches.add((*key, row["session_id"]))
        credit[key].append(row["credit"])
        revenue[key] += row["credited_revenue"]
    counted = {str(number): each[2] for number, each in enumerate(placed) if each[3]}
    assert credit.keys() == {(order, model) for order in counted for model in MODELS}
    assert all(math.isclose(math.fsum(shares), 1, abs_tol=1e-12) for shares in credit.values())
    assert dict(revenue) == {(order, model): counted[order] for order in counted for model in MODELS}
