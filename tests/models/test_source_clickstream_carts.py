"""Specification of the order lines of clickstream: what a purchase names, else what was in the cart."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.googlesql.cases import Rows
from tests.models.catalogue import project
from tests.models.specify import check, rows_of

START = dt.datetime(2024, 1, 10, 10, tzinfo=dt.UTC)


def clicks(text: str) -> dict[str, str]:
    """Clicks in the order in which they are written, a minute apart unless they say when; none of a crawler."""
    head, *rows = [line.strip() for line in text.strip().splitlines()]
    timed = "event_time" in head
    names = "" if timed else " event_time |"
    full = [f"{head} is_duplicate | load_row_number |{names}"]
    for number, row in enumerate(rows, start=1):
        at = "" if timed else f" {(START + dt.timedelta(minutes=number)):%Y-%m-%d %H:%M:%S} |"
        full.append(f"{row} false | {number} |{at}")
    return {"raw_events": "\n".join(full)}


def lines_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    found = check("stg_purchase_lines", clicks(text), source="clickstream")
    return rows_of(found, *(columns or ("event_id", "product_id", "quantity", "unit_price")))


def test_an_order_is_what_was_added_less_what_was_removed_at_the_newest_price_seen() -> None:
    assert lines_of("""
        | id | type         | session_id | product_id | quantity | price |
        | 1  | product_view | A          | a          |          | 4     |
        | 2  | cart_add     | A          | a          | 3        |       |
        | 3  | product_view | A          | a          |          | 5     |
        | 4  | cart_remove  | A          | a          |          |       |
        | 5  | cart_add     | A          | b          |          | 9     |
        | 6  | cart_add     | A          | c          |          | 1     |
        | 7  | cart_remove  | A          | c          |          | 1     |
        | 8  | order        | A          |            |          |       |
    """) == [("8", "a", 2, 5), ("8", "b", 1, 9)]


def test_a_purchase_empties_the_cart_and_so_does_clearing_it() -> None:
    assert lines_of("""
        | id | type       | session_id | product_id | price |
        | 1  | cart_add   | A          | a          | 4     |
        | 2  | order      | A          |            |       |
        | 3  | cart_add   | A          | b          | 5     |
        | 4  | cart_clear | A          |            |       |
        | 5  | cart_add   | A          | c          | 6     |
        | 6  | order      | A          |            |       |
    """) == [("2", "a", 1, 4), ("6", "c", 1, 6)]


def test_what_is_removed_before_it_was_added_leaves_no_debt() -> None:
    assert lines_of("""
        | id | type        | session_id | product_id | price | quantity |
        | 1  | cart_remove | A          | a          | 4     | 5        |
        | 2  | cart_add    | A          | a          | 4     | 2        |
        | 3  | order       | A          |            |       |          |
    """) == [("3", "a", 2, 4)]


def test_the_products_that_a_purchase_names_count_and_not_the_cart() -> None:
    assert lines_of(
        """
        | id | type     | session_id | product_id | price | quantity | amount |
        | 1  | cart_add | A          | a          | 4     | 5        |        |
        | 2  | order    | A          | b          |       | 2        | 14     |
        | 3  | cart_add | A          | a          | 4     |          |        |
        | 4  | order    | A          | b          | 3     |          |        |
        """,
        *("event_id", "origin", "product_id", "quantity", "unit_price"),
    ) == [("2", "named", "b", 2, 7), ("4", "named", "b", 1, 3)]


def test_a_cart_that_was_filled_before_signing_in_is_bought_after_it() -> None:
    assert lines_of("""
        | id | type     | session_id | customer_id | product_id | price |
        | 1  | cart_add | A          |             | a          | 4     |
        | 2  | order    | A          | 7           |            |       |
        | 3  | cart_add | B          | 7           | b          | 4     |
    """) == [("2", "a", 1, 4)]


def test_a_cart_lasts_as_long_as_the_shops_session_and_without_one_as_the_visit() -> None:
    text = """
        | id | type     | {key} | product_id | price | event_time          |
        | 1  | cart_add | A          | a          | 4     | 2024-01-10 10:00:00 |
        | 2  | cart_add | A          | b          | 5     | 2024-01-10 12:00:00 |
        | 3  | order    | A          |            |       | 2024-01-10 12:30:00 |
    """
    assert lines_of(text.format(key="session_id")) == [("3", "a", 1, 4), ("3", "b", 1, 5)]
    assert lines_of(text.format(key="cookie_id")) == [("3", "b", 1, 5)]


def test_a_line_without_a_price_takes_the_newest_that_anyone_saw_before_else_the_rest_of_the_amount() -> None:
    assert lines_of("""
        | id | type         | session_id | product_id | quantity | price | amount |
        | 1  | product_view | Z          | a          |          | 3     |        |
        | 2  | cart_add     | A          | a          | 2        |       |        |
        | 3  | cart_add     | A          | b          | 4        |       |        |
        | 4  | order        | A          |            |          |       | 8      |
        | 5  | product_view | Z          | b          |          | 9     |        |
        | 6  | cart_add     | B          | c          |          |       |        |
        | 7  | order        | B          |            |          |       |        |
    """) == [("4", "a", 2, 3), ("4", "b", 4, Decimal("0.5")), ("7", "c", 1, 0)]


def test_a_price_is_that_of_the_own_session_before_that_of_anyone_else_also_from_before_an_earlier_order() -> (
    None
):
    assert lines_of("""
        | id | type         | session_id | product_id | price |
        | 1  | cart_add     | A          | a          | 4     |
        | 2  | order        | A          |            |       |
        | 3  | product_view | B          | a          | 9     |
        | 4  | cart_add     | A          | a          |       |
        | 5  | order        | A          |            |       |
        | 6  | cart_add     | B          | a          |       |
        | 7  | order        | B          |            |       |
    """) == [("2", "a", 1, 4), ("5", "a", 1, 4), ("7", "a", 1, 9)]


def test_a_purchase_is_compared_with_the_amount_that_it_states() -> None:
    assert lines_of(
        """
        | id | type     | session_id | product_id | quantity | price | amount |
        | 1  | cart_add | A          | a          | 2        | 5     |        |
        | 2  | order    | A          |            |          |       | 12     |
        | 3  | cart_add | A          | b          | 2        |       |        |
        | 4  | order    | A          |            |          |       | 12     |
        """,
        *("event_id", "stated_amount", "lines_amount"),
    ) == [("2", 12, 10), ("4", 12, 12)]


# Orders


def test_an_order_number_is_one_order_and_its_purchase_sent_again_counts_once() -> None:
    tables = clicks("""
        | id | type     | session_id | product_id | price | order_id | amount |
        | 1  | cart_add | A          | a          | 4     |          |        |
        | 2  | order    | A          |            |       | O1       | 4      |
        | 3  | order    | A          |            |       | O1       | 4      |
        | 4  | order    | A          | b          | 5     | O2       |        |
        | 5  | order    | A          | c          | 6     | O2       |        |
        | 6  | order    | A          | b          | 5     | O2       |        |
    """)
    lines = check("stg_order_items", tables, source="clickstream")
    assert rows_of(lines, "order_id", "product_id", "sale_price") == [
        ("t:O1", "a", 4),
        ("t:O2", "b", 5),
        ("t:O2", "c", 6),
    ]
    assert rows_of(check("stg_orders", tables, source="clickstream"), "order_id") == [("t:O1",), ("t:O2",)]


def test_purchases_without_a_number_are_one_order_a_visitor_and_session() -> None:
    tables = clicks("""
        | id | type  | customer_id | product_id | price | event_time          |
        | 1  | order | 7           | a          | 4     | 2024-01-10 10:00:00 |
        | 2  | order | 7           | a          | 4     | 2024-01-10 10:20:00 |
        | 3  | order | 7           | a          | 4     | 2024-01-10 12:00:00 |
    """)
    assert len(check("stg_orders", tables, source="clickstream").rows) == 2
    assert len(check("stg_order_items", tables, source="clickstream").rows) == 3


def test_a_purchase_of_nothing_known_is_a_line_of_its_amount_and_without_one_only_where_it_is_alone() -> None:
    tables = clicks("""
        | id | type     | session_id | product_id | price | amount |
        | 1  | order    | A          |            |       | 20     |
        | 2  | order    | B          |            |       |        |
        | 3  | order    | C          | a          | 4     |        |
        | 4  | order    | C          |            |       |        |
    """)
    lines = check("stg_order_items", tables, source="clickstream")
    assert rows_of(lines, "order_item_id", "product_id", "quantity", "sale_price") == [
        ("1-0", None, 1, 20),
        ("2-0", None, 1, 0),
        ("3-0", "a", 1, 4),
    ]


# Carts counted again, click by click

KINDS = ["add_to_cart", "remove_from_cart", "product_view", "purchase", "clear"]
moves = st.tuples(
    st.sampled_from("AB"),
    st.sampled_from(KINDS),
    st.sampled_from("xyz"),
    st.one_of(st.none(), st.integers(0, 3)),
    st.one_of(st.none(), st.integers(1, 9)),
)


def counted_again(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Carts kept by hand: a purchase buys what its session's cart holds, and the cart is empty after it."""
    carts: dict[str, dict[str, int]] = {}
    seen: dict[tuple[str, str], int] = {}
    anyone: dict[str, int] = {}
    bought = []
    for number, (session, kind, product, quantity, price) in enumerate(rows):
        cart = carts.setdefault(session, {})
        if kind in ("purchase", "clear"):
            if kind == "purchase":
                bought += [
                    (str(number), each, units, seen.get((session, each), anyone.get(each, 0)))
                    for each, units in cart.items()
                    if units
                ]
            cart.clear()
            continue
        units = 1 if quantity is None else quantity
        if kind == "add_to_cart":
            cart[product] = cart.get(product, 0) + units
        if kind == "remove_from_cart":
            cart[product] = max(cart.get(product, 0) - units, 0)
        if price is not None:
            seen[session, product] = anyone[product] = price
    return pd.DataFrame(bought, columns=["event_id", "product_id", "quantity", "price"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(moves, min_size=12, max_size=40))
def test_carts_are_those_that_are_counted_click_by_click_and_never_below_nothing(
    rows: list[tuple[Any, ...]],
) -> None:
    types = project("clickstream").schema("stg_clicks")
    table = []
    for number, (session, kind, product, quantity, price) in enumerate(rows):
        names_product = kind not in ("purchase", "clear")
        row = {
            "event_id": str(number),
            "visitor_id": f"s:{session}",
            "session_key": session,
            "event_time": START + dt.timedelta(seconds=number),
            "event_order": 0,
            "event_type": "remove_from_cart" if kind == "clear" else kind,
            "is_cart_emptied": kind == "clear",
            "product_id": product if names_product else None,
            "quantity": quantity if names_product else None,
            "unit_price": Decimal(price) if names_product and price is not None else None,
            "is_crawler": False,
        }
        table.append(tuple(row.get(name) for name in types))
    given_tables = {"stg_clicks": Rows(types, table)}
    found = check("stg_purchase_lines", given_tables, source="clickstream", oracle=False)
    lines = rows_of(found, "event_id", "product_id", "quantity", "unit_price")
    expected = counted_again(rows)
    assert lines == sorted(expected.itertuples(index=False, name=None))
    assert all(quantity > 0 for _, _, quantity, _ in lines)


@pytest.mark.parametrize("origin", ["cart", "named"])
def test_the_value_of_an_order_is_the_sum_of_its_lines(origin: str) -> None:
    product = "a" if origin == "named" else ""
    tables = clicks(f"""
        | id | type     | session_id | product_id | quantity | price | amount |
        | 1  | cart_add | A          | a          | 3        |       |        |
        | 2  | order    | A          | {product}  | 3        |       | 10     |
    """)
    [(quantity, price)] = rows_of(
        check("stg_order_items", tables, source="clickstream"), "quantity", "sale_price"
    )
    assert abs(quantity * price - 10) < Decimal("0.00000001")
