"""Specification of fct_attribution: which visits earned each order, and how much."""

from __future__ import annotations

import pytest

from tests.models.specify import check

ORDER = """
| order_id | user_id | visitor_id | is_counted | order_number | created_at       | order_date | net_revenue |
| 1        | ann     | u:ann      | true       | 1            | 2024-01-31 12:00 | 2024-01-31 | 100         |
"""
NO_TOUCH = "| session_id | visitor_id | started_at | traffic_source |"
MODELS = ("last_touch", "last_non_direct", "first_touch", "linear", "position_based", "time_decay")


def sessions(*rows: tuple[str, str, str]) -> str:
    """Sessions of Ann: key, start, traffic source."""
    lines = [f"| {key} | u:ann | {start} | {source} |" for key, start, source in rows]
    return "\n".join([NO_TOUCH, *lines])


def attribution(visits: str, expect: str, orders: str = ORDER, spend: str = "", **parameters: object) -> None:
    tables = {"int_orders": orders, "fct_sessions": visits, "stg_marketing_spend": spend}
    check("fct_attribution", tables, expect, **parameters)


def everywhere(row: str) -> str:
    """The row for each of the six models."""
    return "\n".join(f"| {model} {row.strip()}" for model in MODELS)


def of_both(*rows: str) -> str:
    """The rows for each of the models that give every touch a share."""
    return "\n".join(f"| {model} {row}" for model in MODELS[3:] for row in rows)


# Credit by each model


def test_one_touch_earns_the_whole_order_in_every_model() -> None:
    attribution(
        sessions(("A", "2024-01-30 12:00", "Email")),
        f"""
        | attribution_model | session_id | credit | credited_orders | credited_revenue | days_before_order |
        {everywhere("| A | 1 | 1 | 100 | 1 |")}
        """,
    )


def test_two_touches() -> None:
    # Seven days apart: by time decay the older one weighs half as much.
    attribution(
        sessions(("A", "2024-01-24 12:00", "Email"), ("B", "2024-01-31 12:00", "Adwords")),
        """
        | attribution_model | touch_number | session_id | traffic_source | credit      | credited_revenue |
        | last_touch        | 2            | B          | Adwords        | 1           | 100              |
        | last_non_direct   | 2            | B          | Adwords        | 1           | 100              |
        | first_touch       | 1            | A          | Email          | 1           | 100              |
        | linear            | 1            | A          | Email          | 0.5         | 50               |
        | linear            | 2            | B          | Adwords        | 0.5         | 50               |
        | position_based    | 1            | A          | Email          | 0.5         | 50               |
        | position_based    | 2            | B          | Adwords        | 0.5         | 50               |
        | time_decay        | 1            | A          | Email          | 0.333333333 | 33.33            |
        | time_decay        | 2            | B          | Adwords        | 0.666666667 | 66.67            |
        """,
    )


def test_three_touches() -> None:
    attribution(
        sessions(
            ("A", "2024-01-17 12:00", "Email"),
            ("B", "2024-01-24 12:00", "Facebook"),
            ("C", "2024-01-31 12:00", "Adwords"),
        ),
        """
        | attribution_model | session_id | credit      | credited_revenue |
        | last_touch        | C          | 1           | 100              |
        | last_non_direct   | C          | 1           | 100              |
        | first_touch       | A          | 1           | 100              |
        | linear            | A          | 0.333333333 | 33.33            |
        | linear            | B          | 0.333333333 | 33.34            |
        | linear            | C          | 0.333333333 | 33.33            |
        | position_based    | A          | 0.4         | 40               |
        | position_based    | B          | 0.2         | 20               |
        | position_based    | C          | 0.4         | 40               |
        | time_decay        | A          | 0.142857143 | 14.29            |
        | time_decay        | B          | 0.285714286 | 28.57            |
        | time_decay        | C          | 0.571428571 | 57.14            |
        """,
    )


def test_five_touches_share_the_middle_fifth_by_position() -> None:
    visits = sessions(*((key, f"2024-01-0{day} 12:00", "Email") for day, key in enumerate("ABCDE", 2)))
    tables = {"int_orders": ORDER, "fct_sessions": visits}
    rows = check("fct_attribution", tables)
    places = [rows.columns.index(name) for name in ("attribution_model", "touch_number", "credit")]
    found = sorted(tuple(row[place] for place in places) for row in rows.rows)
    credits = [round(credit, 12) for model, _, credit in found if model == "position_based"]
    assert credits == [0.4, 0.066666666667, 0.066666666667, 0.066666666667, 0.4]


def test_touches_are_numbered_from_the_first_whether_they_earn_credit_or_not() -> None:
    attribution(
        sessions(("B", "2024-01-29 12:00", "Email"), ("A", "2024-01-30 12:00", "(direct)")),
        f"""
        | attribution_model | touch_number | session_id |
        | last_touch        | 2            | A          |
        | last_non_direct   | 1            | B          |
        | first_touch       | 1            | B          |
        {of_both("| 1 | B |", "| 2 | A |")}
        """,
    )


@pytest.mark.parametrize("source", ["(direct)", "Direct", "(none)", "(direct) / (none)"])
def test_last_non_direct_passes_over_direct_visits_in_whatever_words(source: str) -> None:
    tables = {
        "int_orders": ORDER,
        "fct_sessions": sessions(
            ("A", "2024-01-28 12:00", "Facebook"),
            ("B", "2024-01-29 12:00", "Email"),
            ("C", "2024-01-30 12:00", source),
            ("D", "2024-01-31 11:00", source),
        ),
    }
    rows = check("fct_attribution", tables)
    model, session = rows.columns.index("attribution_model"), rows.columns.index("session_id")
    earned = {row[model]: row[session] for row in rows.rows if row[model] in MODELS[:3]}
    assert earned == {"last_touch": "D", "last_non_direct": "B", "first_touch": "A"}


def test_direct_visits_alone_still_earn_by_last_non_direct() -> None:
    attribution(
        sessions(("A", "2024-01-29 12:00", "(direct)"), ("B", "2024-01-30 12:00", "(direct)")),
        f"""
        | attribution_model | session_id |
        | last_touch        | B          |
        | last_non_direct   | B          |
        | first_touch       | A          |
        {of_both("| A |", "| B |")}
        """,
    )


def test_time_decay_leaves_out_a_touch_that_is_a_year_older_than_the_last() -> None:
    # 2^-52 of the last touch's weight is less than a float can add to it.
    attribution(
        sessions(("A", "2023-02-01 12:00", "Email"), ("B", "2024-01-31 12:00", "Adwords")),
        """
        | attribution_model | session_id | credit | credited_revenue |
        | last_touch        | B          | 1      | 100              |
        | last_non_direct   | B          | 1      | 100              |
        | first_touch       | A          | 1      | 100              |
        | linear            | A          | 0.5    | 50               |
        | linear            | B          | 0.5    | 50               |
        | position_based    | A          | 0.5    | 50               |
        | position_based    | B          | 0.5    | 50               |
        | time_decay        | B          | 1      | 100              |
        """,
        attribution_lookback_days=365,
    )


# What a touch is


@pytest.mark.parametrize(
    ("start", "is_touch"),
    [
        ("2024-01-31 12:00:00", True),
        ("2024-01-31 12:00:00.000001", False),
        ("2024-01-01 12:00:00", True),
        ("2024-01-01 11:59:59.999999", False),
    ],
)
def test_the_look_back_ends_at_the_order_and_is_counted_to_the_microsecond(
    start: str, is_touch: bool
) -> None:
    source = "Email" if is_touch else "(unattributed)"
    attribution(
        sessions(("A", start, "Email")),
        f"""
        | attribution_model | traffic_source | credit | credited_revenue |
        {everywhere(f"| {source} | 1 | 100 |")}
        """,
        attribution_lookback_days=30,
    )


def test_the_look_back_is_a_parameter() -> None:
    attribution(
        sessions(("A", "2024-01-29 12:00", "Email"), ("B", "2024-01-30 12:00", "Adwords")),
        f"""
        | attribution_model | touch_number | session_id |
        {everywhere("| 1 | B |")}
        """,
        attribution_lookback_days=1,
    )


def test_a_visit_without_a_traffic_source_is_no_touch() -> None:
    attribution(
        sessions(("A", "2024-01-29 12:00", "Email"), ("B", "2024-01-30 12:00", "NULL")),
        f"""
        | attribution_model | touch_number | session_id |
        {everywhere("| 1 | A |")}
        """,
    )


def test_visits_of_somebody_else_are_no_touches() -> None:
    attribution(
        f"{NO_TOUCH}\n| A | u:bob | 2024-01-30 12:00 | Email |\n| B | s:1 | 2024-01-30 12:00 | Email |",
        f"""
        | attribution_model | touch_number | traffic_source |
        {everywhere("| 0 | (unattributed) |")}
        """,
    )


def test_the_same_visit_is_a_touch_of_every_order_after_it() -> None:
    attribution(
        sessions(("A", "2024-01-30 12:00", "Email")),
        "\n".join(
            [
                "| attribution_model | order_id | is_new_customer | credited_revenue |",
                everywhere("| 1 | true | 100 |"),
                everywhere("| 2 | false | 7 |"),
            ]
        ),
        orders=ORDER + "| 2 | ann | u:ann | true | 2 | 2024-01-31 13:00 | 2024-01-31 | 7 |",
    )


# Orders


def test_an_order_without_a_touch_is_unattributed_in_every_model() -> None:
    attribution(
        "",
        f"""
        | attribution_model | touch_number | traffic_source | channel_group | credit | credited_revenue |
        {everywhere("| 0 | (unattributed) | (unattributed) | 1 | 100 |")}
        """,
    )


def test_an_order_without_a_touch_names_no_visit_campaign_or_platform() -> None:
    attribution(
        "",
        f"""
        | attribution_model | session_id | touch_at | campaign_id | platform | days_before_order |
        {everywhere("| NULL | NULL | NULL | NULL | NULL |")}
        """,
    )


def test_a_late_order_finds_its_visit_too_old_and_is_unattributed() -> None:
    attribution(
        sessions(("A", "2023-11-30 12:00", "Email")),
        f"""
        | attribution_model | traffic_source | credited_revenue |
        {everywhere("| (unattributed) | 100 |")}
        """,
    )


def test_the_order_of_a_guest_nobody_saw_is_unattributed() -> None:
    attribution(
        sessions(("A", "2024-01-30 12:00", "Email")),
        f"""
        | attribution_model | user_id | traffic_source |
        {everywhere("| NULL | (unattributed) |")}
        """,
        orders=ORDER.replace("ann     | u:ann", "NULL    | NULL "),
    )


def test_a_cancelled_order_is_not_attributed() -> None:
    attribution(
        sessions(("A", "2024-01-30 12:00", "Email")),
        "| order_id | credit |",
        orders=ORDER.replace("| true       | 1 ", "| false      | NULL ").replace("| 100 ", "| 0 "),
    )


def test_an_order_that_was_returned_is_attributed_with_no_revenue() -> None:
    attribution(
        sessions(("A", "2024-01-29 12:00", "Email"), ("B", "2024-01-30 12:00", "Email")),
        "\n".join(
            [
                "| attribution_model | touch_number | credit | credited_revenue |",
                "| last_touch | 2 | 1 | 0 |\n| last_non_direct | 2 | 1 | 0 |\n| first_touch | 1 | 1 | 0 |",
                *(f"| {model} | {number} | 0.5 | 0 |" for model in MODELS[3:5] for number in (1, 2)),
                "| time_decay | 1 | 0.47526495118 | 0 |\n| time_decay | 2 | 0.52473504882 | 0 |",
            ]
        ),
        orders=ORDER.replace("| 100 ", "| 0 "),
    )


# Cents


@pytest.mark.parametrize(
    ("revenue", "parts"),
    [
        ("100", ["33.33", "33.34", "33.33"]),
        ("0.01", ["0", "0.01", "0"]),
        ("0.02", ["0.01", "0", "0.01"]),
        ("0.05", ["0.02", "0.01", "0.02"]),
        ("99999.99", ["33333.33", "33333.33", "33333.33"]),
        ("10.000000001", ["3.33", "3.34", "3.330000001"]),
    ],
)
def test_revenue_is_split_to_the_cent_and_the_last_touch_takes_the_rest(
    revenue: str, parts: list[str]
) -> None:
    visits = sessions(
        *((key, f"2024-01-{day} 12:00", "Email") for day, key in ((28, "A"), (29, "B"), (30, "C")))
    )
    rows = check(
        "fct_attribution", {"int_orders": ORDER.replace("| 100 ", f"| {revenue} "), "fct_sessions": visits}
    )
    model, touch, money = (
        rows.columns.index(name) for name in ("attribution_model", "touch_number", "credited_revenue")
    )
    linear = sorted((row[touch], row[money]) for row in rows.rows if row[model] == "linear")
    assert [str(amount.normalize() + 0) for _, amount in linear] == parts


def test_an_order_of_less_than_a_cent_gives_nobody_a_negative_part() -> None:
    # 5/6 of 0.006 is half a cent, which rounds to more than the whole.
    visits = sessions(*((key, f"2024-01-{day} 12:00", "Email") for day, key in enumerate("ABCDEF", 20)))
    rows = check(
        "fct_attribution", {"int_orders": ORDER.replace("| 100 ", "| 0.006 "), "fct_sessions": visits}
    )
    money = rows.columns.index("credited_revenue")
    assert min(row[money] for row in rows.rows) >= 0


# What the touch was


def test_the_channel_group_comes_from_the_rules_in_any_case_of_letters() -> None:
    attribution(
        sessions(
            ("A", "2024-01-27 12:00", "ADWORDS"),
            ("B", "2024-01-28 12:00", "blog.example / referral"),
            ("C", "2024-01-29 12:00", "Organic"),
            ("D", "2024-01-30 12:00", "word of mouth"),
        ),
        "\n".join(
            [
                "| attribution_model | traffic_source | channel_group | platform |",
                *(f"| {model} | word of mouth | Unassigned | NULL |" for model in MODELS[:2]),
                "| first_touch | ADWORDS | Paid Search | Adwords |",
                *(
                    f"| {model} | {row} |"
                    for model in MODELS[3:]
                    for row in (
                        "ADWORDS | Paid Search | Adwords",
                        "blog.example / referral | Referral | NULL",
                        "Organic | Organic Search | NULL",
                        "word of mouth | Unassigned | NULL",
                    )
                ),
            ]
        ),
    )


@pytest.mark.parametrize(
    ("spend", "platform"),
    [
        ("", "Facebook"),
        ("| 2024-01-01 | spring | TikTok | 1 |", "TikTok"),
        ("| 2024-01-01 | spring | TikTok | 1 |\n| 2024-01-01 | spring | Bing | 1 |", "Facebook"),
        ("| 2024-01-01 | other | facebook | 1 |", "facebook"),
        ("| 2024-02-01 | spring | TikTok | 1 |", "Facebook"),
    ],
)
def test_the_platform_is_that_of_the_campaign_and_otherwise_that_of_the_source(
    spend: str, platform: str
) -> None:
    attribution(
        """
        | session_id | visitor_id | started_at       | traffic_source | campaign_id |
        | A          | u:ann      | 2024-01-30 12:00 | Facebook       | spring      |
        """,
        f"""
        | attribution_model | campaign_id | platform |
        {everywhere(f"| spring | {platform} |")}
        """,
        spend=f"| date | campaign_id | platform | spend |\n{spend}" if spend else "",
    )
