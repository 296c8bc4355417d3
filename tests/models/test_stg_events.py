"""Specification of theLook's stg_events: its pages and visitors in the words of the contract."""

from __future__ import annotations

from tests.models.specify import check


def test_each_page_of_thelook_becomes_a_step_of_the_contract() -> None:
    check(
        "stg_events",
        {
            "raw_events": """
            | id | event_type | uri         | is_duplicate |
            |  1 | home       | /           | false        |
            |  2 | department | /department | false        |
            |  3 | category   | /category   | false        |
            |  4 | brand      | /brand      | false        |
            |  5 | product    | /product/77 | false        |
            |  6 | cart       | /cart       | false        |
            |  7 | checkout   | /checkout   | false        |
            |  8 | purchase   | /purchase   | false        |
            |  9 | cancel     | /cancel     | false        |
            | 10 | search     | /search     | false        |
            | 11 | sign_up    | /sign_up    | false        |
            """
        },
        expect="""
            | event_id | event_order | event_type   | product_id |
            |  1       |  1          | page_view    | NULL       |
            |  2       |  2          | page_view    | NULL       |
            |  3       |  3          | page_view    | NULL       |
            |  4       |  4          | page_view    | NULL       |
            |  5       |  5          | product_view | 77         |
            |  6       |  6          | add_to_cart  | NULL       |
            |  7       |  7          | checkout     | NULL       |
            |  8       |  8          | purchase     | NULL       |
            |  9       |  9          | cancel       | NULL       |
            | 10       | 10          | search       | NULL       |
            | 11       | 11          | sign_up      | NULL       |
        """,
    )


def test_event_types_are_read_whatever_their_case_and_unknown_ones_are_other() -> None:
    check(
        "stg_events",
        {
            "raw_events": """
            | id | event_type | is_duplicate |
            |  1 | Home       | false        |
            |  2 | PURCHASE   | false        |
            |  3 | wishlist   | false        |
            |  4 | NULL       | false        |
            """
        },
        expect="""
            | event_id | event_type |
            | 1        | page_view  |
            | 2        | purchase   |
            | 3        | other      |
            | 4        | other      |
        """,
    )


def test_the_product_stands_in_the_address_and_nowhere_else() -> None:
    check(
        "stg_events",
        {
            "raw_events": """
            | id | event_type | uri                  | is_duplicate |
            |  1 | product    | /product/12          | false        |
            |  2 | product    | /product/12?size=m   | false        |
            |  3 | product    | /product/            | false        |
            |  4 | product    | /product/hat         | false        |
            |  5 | product    | /sale/product/12     | false        |
            |  6 | product    | NULL                 | false        |
            """
        },
        expect="""
            | event_id | product_id | uri                |
            | 1        | 12         | /product/12        |
            | 2        | 12         | /product/12?size=m |
            | 3        | NULL       | /product/          |
            | 4        | NULL       | /product/hat       |
            | 5        | NULL       | /sale/product/12   |
            | 6        | NULL       | NULL               |
        """,
    )


def test_a_known_user_is_the_visitor_and_an_anonymous_one_is_known_by_the_session_key() -> None:
    check(
        "stg_events",
        {
            "raw_events": """
            | id | user_id | session_id | event_type | is_duplicate |
            |  1 | 7       | abc        | home       | false        |
            |  2 | NULL    | abc        | home       | false        |
            """
        },
        expect="""
            | event_id | user_id | visitor_id | source_session_id |
            | 1        | 7       | u:7        | abc               |
            | 2        | NULL    | s:abc      | abc               |
        """,
    )


def test_anonymous_events_without_a_session_key_are_visitors_of_their_own() -> None:
    check(
        "stg_events",
        {
            "raw_events": """
            | id | user_id | session_id | event_type | is_duplicate |
            |  1 | NULL    | NULL       | home       | false        |
            |  2 | NULL    | NULL       | home       | false        |
            |  3 | 7       | NULL       | home       | false        |
            """
        },
        expect="""
            | event_id | visitor_id | source_session_id |
            | 1        | s:1        | NULL              |
            | 2        | s:2        | NULL              |
            | 3        | u:7        | NULL              |
        """,
    )
