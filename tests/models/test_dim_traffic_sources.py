"""Specification of dim_traffic_sources and int_campaign_platforms: channel and platform of a visit."""

from __future__ import annotations

from tests.models.specify import check

RULES = """
    | rule_order | traffic_source  | channel_group  | is_paid | is_direct | platform |
    | 1          | google / cpc    | Paid Search    | true    | false     | Adwords  |
    | 2          | * / cpc         | Paid Other     | true    | false     | NULL     |
    | 3          | google / *      | Organic Search | false   | false     | NULL     |
    | 4          | (direct)*(none) | Direct         | false   | true      | NULL     |
    | 5          | Email           | Email          | false   | false     | Email    |
"""


def sources(visits: str, expect: str, rules: str = RULES, users: str = "", spend: str = "") -> None:
    tables = {
        "rule_channel_groups": rules,
        "fct_sessions": f"| session_id | traffic_source |\n{visits}",
        "stg_users": users,
        "stg_marketing_spend": spend,
    }
    check("dim_traffic_sources", tables, expect)


def test_the_first_rule_that_fits_counts() -> None:
    sources(
        "| A | google / cpc |\n| B | bing / cpc |\n| C | google / organic |",
        """
        | traffic_source   | rule_order | channel_group  | is_paid | platform |
        | google / cpc     | 1          | Paid Search    | true    | Adwords  |
        | bing / cpc       | 2          | Paid Other     | true    | NULL     |
        | google / organic | 3          | Organic Search | false   | NULL     |
        """,
    )


def test_case_and_blanks_around_do_not_matter_but_every_spelling_keeps_its_row() -> None:
    sources(
        "| A | Google / CPC |\n| B | google / cpc |\n| C | EMAIL |",
        """
        | traffic_source | channel_group | sessions |
        | Google / CPC   | Paid Search   | 1        |
        | google / cpc   | Paid Search   | 1        |
        | EMAIL          | Email         | 1        |
        """,
    )


def test_a_word_must_be_met_as_a_whole_and_the_two_sides_of_a_star_may_not_overlap() -> None:
    sources(
        """
        | A | e-mail            |
        | B | Email list        |
        | C | (direct) / (none) |
        | D | (direct)(none)    |
        | E | (direct)none)     |
        """,
        """
        | traffic_source    | channel_group | is_direct | has_rule |
        | e-mail            | Unassigned    | false     | false    |
        | Email list        | Unassigned    | false     | false    |
        | (direct) / (none) | Direct        | true      | true     |
        | (direct)(none)    | Direct        | true      | true     |
        | (direct)none)     | Unassigned    | false     | false    |
        """,
    )


def test_visits_and_sign_ups_are_counted_and_those_without_a_source_are_kept() -> None:
    sources(
        "| A | Email |\n| B | Email |\n| C | NULL |\n| D | (not set) |",
        """
        | traffic_source | sessions | sign_ups | channel_group |
        | Email          | 2        | 1        | Email         |
        | (not set)      | 2        | 1        | Unassigned    |
        | Search         | 0        | 1        | Unassigned    |
        """,
        users="""
            | user_id | created_at | traffic_source |
            | ann     | 2024-01-01 | Email          |
            | bob     | 2024-01-01 | Search         |
            | cat     | 2024-01-01 | NULL           |
            | dan     | 2024-02-01 | Later          |
        """,
    )


def test_the_platform_is_written_as_in_the_ad_spend() -> None:
    sources(
        "| A | google / cpc |\n| B | Email |",
        """
        | traffic_source | platform |
        | google / cpc   | ADWORDS  |
        | Email          | Email    |
        """,
        spend="| date | platform | spend |\n| 2024-01-01 | ADWORDS | 1 |\n| 2024-02-01 | EMAIL | 1 |",
    )


def test_a_campaign_has_a_platform_where_its_spend_is_on_one() -> None:
    check(
        "int_campaign_platforms",
        {
            "stg_marketing_spend": """
                | date       | campaign_id | platform | spend |
                | 2024-01-01 | spring      | Adwords  | 1     |
                | 2024-01-02 | spring      | Adwords  | 1     |
                | 2024-01-01 | summer      | Adwords  | 1     |
                | 2024-01-01 | summer      | Facebook | 1     |
                | 2024-01-01 | autumn      | NULL     | 1     |
                | 2024-01-01 | NULL        | Adwords  | 1     |
                | 2024-02-01 | spring      | Facebook | 1     |
                | 2024-02-01 | winter      | Adwords  | 1     |
            """
        },
        """
        | campaign_id | platforms | platform |
        | spring      | 1         | Adwords  |
        | summer      | 2         | NULL     |
        | autumn      | 0         | NULL     |
        """,
    )
