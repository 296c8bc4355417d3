"""The rules of channel groups: what the file that comes with the project covers, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_lib.contracts import read_contract
from analysis_lib.errors import RuleError
from analysis_lib.rules import channel_groups
from analysis_lib.rules.channel_groups import CHANNEL_GROUPS, pattern
from analysis_lib.rules.read import RuleRow, read_rules

FOLDER = Path(channel_groups.__file__).parent
CONTRACT = read_contract(FOLDER / "channel_groups.yml")
HEADER = "rule_order,traffic_source,channel_group,is_paid,is_direct,platform"


def read(tmp_path: Path, *lines: str) -> list[RuleRow]:
    """The rules of a file with these lines under the header."""
    path = tmp_path / "channel_groups.csv"
    path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    return read_rules(path, CONTRACT)


def rule_of(source: str) -> dict[str, object]:
    """The first rule of the project that fits a source."""
    rows = read_rules(FOLDER / "channel_groups.csv", CONTRACT)
    return next(
        (row.values for row in rows if pattern(row.values["traffic_source"]).covers(pattern(source))), {}
    )


# The file that comes with the project


@pytest.mark.parametrize(
    ("source", "group", "platform"),
    [
        # theLook: words of its events, of its sign-ups, of its ad spend
        ("Adwords", "Paid Search", "Adwords"),
        ("Facebook", "Paid Social", "Facebook"),
        ("YouTube", "Paid Video", "YouTube"),
        ("Email", "Email", "Email"),
        ("Organic", "Organic Search", None),
        ("Search", "Paid Search", "Adwords"),
        ("Display", "Display", "Display"),
        # Google Analytics 4: source / medium, and its own markers
        ("google / organic", "Organic Search", None),
        ("bing / organic", "Organic Search", None),
        ("<Other> / organic", "Organic Search", None),
        ("google / cpc", "Paid Search", "Adwords"),
        ("bing / cpc", "Paid Search", "Microsoft Ads"),
        ("somewhere / cpc", "Paid Search", None),
        ("instagram / paid_social", "Paid Social", "Facebook"),
        ("somewhere / paid_social", "Paid Social", None),
        ("facebook.com / referral", "Organic Social", None),
        ("m.youtube.com / referral", "Organic Video", None),
        ("shop.googlemerchandisestore.com / referral", "Referral", None),
        ("newsletter / email", "Email", None),
        ("partner / affiliate", "Affiliates", None),
        ("dv360 / display", "Display", None),
        ("google / cross-network", "Cross-network", None),
        ("(not set)", "Unassigned", None),
        ("(data deleted)", "Unassigned", None),
        ("<Other>", "Unassigned", None),
        ("<Other> / <Other>", "Unassigned", None),
        # direct visits
        ("(direct)", "Direct", None),
        ("direct", "Direct", None),
        ("(none)", "Direct", None),
        ("(direct) / (none)", "Direct", None),
    ],
)
def test_the_usual_sources_have_a_rule(source: str, group: str, platform: str | None) -> None:
    rule = rule_of(source)
    assert (rule.get("channel_group"), rule.get("platform")) == (group, platform)
    assert rule_of(source.upper()) == rule


def test_a_source_that_nobody_knows_has_none() -> None:
    assert rule_of("word of mouth") == {}


def test_every_default_channel_group_can_be_met() -> None:
    rows = read_rules(FOLDER / "channel_groups.csv", CONTRACT)
    assert {row.values["channel_group"] for row in rows} == set(CHANNEL_GROUPS)


# What is refused, by file and line


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["1,Email,E-Mail,false,false,"],
            "channel_groups.csv, line 2: there is no channel group 'E-Mail'. Did you mean \"Email\"?",
        ),
        (
            ["1,Email,Email,false,false,", "2,EMAIL,Email,true,false,"],
            "channel_groups.csv, line 3: the rule for 'EMAIL' is never reached, because 'Email' of line 2 "
            "fits the same and comes first.",
        ),
        (
            ["1,* / cpc,Paid Search,true,false,", "2,google / cpc,Paid Search,true,false,Adwords"],
            "channel_groups.csv, line 3: the rule for 'google / cpc' is never reached, because '* / cpc' of "
            "line 2 fits the same and comes first. Take one of the two out, or put the narrower one first.",
        ),
        (
            ["1,* / paid*,Paid Other,true,false,"],
            "channel_groups.csv, line 2: traffic_source '* / paid*' has 2 stars, but one is allowed.",
        ),
        (["1,*,Referral,false,false,"], "channel_groups.csv, line 2: traffic_source '*' fits every source."),
        (
            ["2,Email,Email,false,false,", "2,SMS,SMS,false,false,"],
            "channel_groups.csv, line 3: rule_order is 2, but line 2 before it has 2.",
        ),
        (["0,Email,Email,false,false,"], "channel_groups.csv, line 2: rule_order is 0, but it starts at 1."),
        (
            ["1,(direct),Direct,false,false,"],
            "channel_groups.csv, line 2: is_direct is false for the channel group Direct.",
        ),
        (
            ["1,Email,Email,false,true,"],
            "channel_groups.csv, line 2: is_direct is true for the channel group Email.",
        ),
        (
            ["1,Adwords,Paid Search,false,false,"],
            "channel_groups.csv, line 2: is_paid is false for the channel group Paid Search.",
        ),
        (
            ["1,Organic,Organic Search,true,false,"],
            "channel_groups.csv, line 2: is_paid is true for the channel group Organic Search.",
        ),
        (["1,,Email,false,false,"], "channel_groups.csv, line 2: traffic_source is empty."),
        (
            ["1,Email,Email,maybe,false,"],
            "channel_groups.csv, line 2: is_paid is 'maybe', but it takes true or false.",
        ),
    ],
)
def test_a_rule_that_cannot_stand_is_refused(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(RuleError) as raised:
        read(tmp_path, *lines)
    assert str(raised.value).startswith(message)
    assert raised.value.exit_code == 23


@pytest.mark.parametrize("paid", ["true", "false"])
def test_mail_may_be_paid_for_or_not(tmp_path: Path, paid: str) -> None:
    [rule] = read(tmp_path, f"1,Email,Email,{paid},false,Email")
    assert rule.values["is_paid"] == (paid == "true")


def test_a_narrower_rule_may_stand_before_a_wider_one(tmp_path: Path) -> None:
    lines = ["1,google / cpc,Paid Search,true,false,Adwords", "2,* / cpc,Paid Other,true,false,"]
    assert [rule.line for rule in read(tmp_path, *lines)] == [2, 3]


@pytest.mark.parametrize(
    ("wider", "narrower", "covers"),
    [
        ("a*", "a", True),
        ("*a", "ba", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("a*c", "a*bc", True),
        ("a*bc", "a*c", False),
        ("*ab", "a*b", False),
        ("a", "a*", False),
    ],
)
def test_a_pattern_covers_another_when_all_that_fits_the_one_fits_the_other(
    wider: str, narrower: str, covers: bool
) -> None:
    assert pattern(wider).covers(pattern(narrower)) == covers
