"""Small random shops for hypothesis: few users, products and times, so that everything collides.

Users come back and buy again, products have categories, visits come from channels and campaigns. Times lie
on a grid of 30 minutes with jitters of a microsecond and a second, so that gaps of exactly the session gap,
just above it and ties are common, and days meet in every time zone.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from .raw_files import Rows

FIRST_DAY = dt.datetime(2024, 3, 25)
DAYS = 12
KINDS = ["home", "product/1", "product/2", "product/3", "cart", "checkout", "purchase", "cancel"]
STATUSES = ["Processing", "Shipped", "Complete", "Cancelled", "Returned"]
SOURCES = ["Email", "Facebook", "(direct)", None]
CATEGORIES = {1: "Jeans", 2: "Socks", 3: "Jeans"}  # product 4 is not in the catalogue

JITTERS = [dt.timedelta(0), dt.timedelta(microseconds=1), dt.timedelta(seconds=1)]
moments = st.builds(
    lambda day, slot, jitter: FIRST_DAY + dt.timedelta(days=day, minutes=30 * slot) + jitter,
    st.integers(0, DAYS - 1),
    st.sampled_from([0, 1, 2, 20, 21, 22, 44, 45, 46, 47]),
    st.sampled_from(JITTERS),
)
shifts = st.sampled_from(
    [dt.timedelta(days=-2), dt.timedelta(0), dt.timedelta(0, 0, 1), dt.timedelta(days=3)]
)
cents = st.integers(0, 5000).map(lambda amount: amount / 100)

events = st.lists(
    st.fixed_dictionaries(
        {
            "user_id": st.sampled_from([None, None, 1, 2, 3]),
            "session_id": st.sampled_from(["a", "b", "c"]),
            "created_at": moments,
            "event_type": st.sampled_from(KINDS),
            "traffic_source": st.sampled_from(SOURCES),
            "campaign_id": st.sampled_from([None, "c", "x"]),
            "device": st.sampled_from(["mobile", "desktop", None]),
            "country": st.sampled_from(["Peru", None]),
        }
    ),
    min_size=1,
    max_size=60,
)
lines = st.lists(
    st.fixed_dictionaries(
        {
            "product_id": st.integers(1, 4),
            "inventory_item_id": st.sampled_from([None, 1, 2]),
            "status": st.sampled_from([None, None, *STATUSES]),
            "placed": shifts,
            "returned": st.one_of(st.none(), shifts),
            "sale_price": cents,
            "discount": st.sampled_from([None, 0.0, 1.25]),
            "quantity": st.sampled_from([None, 1, 3]),
        }
    ),
    min_size=1,
    max_size=3,
)
orders = st.lists(
    st.fixed_dictionaries(
        {
            "user_id": st.integers(1, 4),
            "created_at": moments,
            "status": st.sampled_from(STATUSES),
            "delivered": st.one_of(st.none(), shifts),
            "returned": st.one_of(st.none(), shifts),
            "lines": lines,
            "is_missing": st.sampled_from([False] * 5 + [True]),  # its lines are there without it
        }
    ),
    max_size=12,
)
stock = st.lists(
    st.fixed_dictionaries(
        {
            "product_id": st.integers(1, 4),
            "created_at": st.one_of(moments, st.just(FIRST_DAY - dt.timedelta(days=91))),
            "sold_at": st.one_of(st.none(), moments),
            "cost": cents,
        }
    ),
    max_size=6,
)
spend = st.dictionaries(
    st.tuples(
        st.integers(-2, DAYS + 2), st.sampled_from(["c", "y"]), st.sampled_from(["Adwords", "facebook"])
    ),
    cents,
    max_size=6,
)


@st.composite
def shops(draw: st.DrawFn) -> Rows:
    """The rows of theLook's tables of one small shop."""
    rows: Rows = {"events": [], "orders": [], "order_items": []}
    for number, event in enumerate(draw(events), 1):
        kind = event.pop("event_type")
        named = {"event_type": kind.split("/")[0], "uri": f"/{kind}", "browser": "Chrome"}
        rows["events"].append({"id": number, "sequence_number": 1, **event, **named})
    for number, order in enumerate(draw(orders), 1):
        _add_order(rows, number, order)
    rows["products"] = [
        {"id": number, "name": f"Product {number}", "cost": number / 3, "retail_price": 20.0}
        | {"category": CATEGORIES[number], "department": "Women" if number < 3 else "Men"}
        for number in (1, 2, 3)
    ]
    rows["users"] = [
        {"id": number, "created_at": FIRST_DAY, "traffic_source": None if number == 2 else "Search"}
        for number in (1, 2, 3, 5)
    ]
    rows["inventory_items"] = [{"id": number, **item} for number, item in enumerate(draw(stock), 1)]
    rows["marketing_spend"] = [
        {"date": (FIRST_DAY + dt.timedelta(days=day)).date(), "campaign_id": campaign}
        | {"platform": platform, "spend": amount, "clicks": day % 3, "impressions": 10}
        for (day, campaign, platform), amount in sorted(draw(spend).items())
    ]
    return rows


def _add_order(rows: Rows, number: int, order: dict[str, Any]) -> None:
    def after(moment: dt.datetime, shift: dt.timedelta | None) -> dt.datetime | None:
        return None if shift is None else moment + shift

    at = order["created_at"]
    row = {
        "order_id": number,
        "user_id": order["user_id"],
        "status": order["status"],
        "created_at": at,
        "delivered_at": after(at, order["delivered"]),
        "returned_at": after(at, order["returned"]),
        "num_of_item": len(order["lines"]),
    }
    if not order["is_missing"]:
        rows["orders"].append(row)
    for line in order["lines"]:
        own = {name: value for name, value in line.items() if name not in ("placed", "returned")}
        rows["order_items"].append(
            {
                **own,
                "id": len(rows["order_items"]) + 1,
                "order_id": number,
                "user_id": order["user_id"],
                "status": line["status"] or order["status"],
                "created_at": after(at, line["placed"]),
                "returned_at": after(at, line["returned"]),
            }
        )
