"""Specification of fct_segment_migration: where the buyers of each earlier segment stand now."""

from __future__ import annotations

from tests.models.specify import check, rows_of, sideways

SCORES = sideways(
    """
    | user_id       | a         | b         | c       | d             | a         | b         | c         |
    | snapshot      | current   | current   | current | current       | previous  | previous  | previous  |
    | segment       | Champions | At Risk   | Lost    | New Customers | Champions | Champions | Champions |
    | segment_order | 1         | 7         | 10      | 4             | 1         | 1         | 1         |
    | orders        | 5         | 3         | 2       | 1             | 4         | 3         | 2         |
    | net_revenue   | 50        | 30        | 15      | 9             | 40        | 30        | 20        |
    """
)


def test_buyers_are_counted_by_segment_before_and_now_with_their_share_of_the_earlier_one() -> None:
    check(
        "fct_segment_migration",
        {"int_rfm_scores": SCORES},
        sideways(
            """
            | previous_segment       | Champions | Champions | Champions | (not yet a buyer) |
            | segment                | Champions | At Risk   | Lost      | New Customers     |
            | previous_segment_order | 1         | 1         | 1         | 0                 |
            | segment_order          | 1         | 7         | 10        | 4                 |
            | customers              | 1         | 1         | 1         | 1                 |
            | previous_customers     | 3         | 3         | 3         | 1                 |
            | share_of_previous      | 0.3333333 | 0.3333333 | 0.3333333 | 1                 |
            | orders                 | 5         | 3         | 2         | 1                 |
            | net_revenue            | 50        | 30        | 15        | 9                 |
            | previous_net_revenue   | 40        | 30        | 20        | 0                 |
            """
        ),
    )


def test_a_first_window_has_new_buyers_only() -> None:
    result = check(
        "fct_segment_migration",
        {
            "int_rfm_scores": """
            | snapshot | user_id | segment | segment_order | orders | net_revenue |
            | current  | a       | Lost    | 10            | 1      | 5           |
            | current  | b       | Lost    | 10            | 1      | 5           |
            """
        },
    )
    assert rows_of(result, "previous_segment", "segment", "customers", "share_of_previous") == [
        ("(not yet a buyer)", "Lost", 2, 1.0)
    ]


def test_a_later_return_and_order_move_buyers_now_and_not_before() -> None:
    # On 1 March a was the better buyer; then a sends all back and b buys twice.
    orders = """
    | order_id | user_id | is_counted | order_date | net_revenue |
    | 1        | a       | true       | 2024-02-20 | 0           |
    | 2        | a       | true       | 2024-02-25 | 0           |
    | 3        | b       | true       | 2024-02-01 | 20          |
    | 4        | b       | true       | 2024-03-10 | 20          |
    | 5        | b       | true       | 2024-03-30 | 20          |
    """
    lines = """
    | order_item_id | order_id | return_date | returns |
    | 1             | 1        | 2024-03-05  | 40      |
    | 2             | 2        | 2024-03-05  | 40      |
    """
    result = check(
        "fct_segment_migration", {"int_orders": orders, "int_order_lines": lines}, as_of="2024-03-31"
    )
    assert rows_of(result, "previous_segment", "segment", "net_revenue", "previous_net_revenue") == [
        ("Champions", "Lost", 0, 80),
        ("Lost", "Champions", 60, 20),
    ]
