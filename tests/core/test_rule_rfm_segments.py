"""The rules of the RFM segments: what they say, and which mistakes in them are named by row."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from analysis_lib.contracts import read_contract
from analysis_lib.errors import RuleError
from analysis_lib.rules.read import RuleRow, read_rules
from analysis_lib.rules.rfm_segments import SEGMENTS, validate

CSV = Path(read_rules.__code__.co_filename).with_name("rfm_segments.csv")
CONTRACT = read_contract(CSV.with_suffix(".yml"))
SCORES = ("recency", "frequency", "monetary")


def rules() -> list[RuleRow]:
    return read_rules(CSV, CONTRACT)


def segment_of(recency: int, frequency: int, monetary: int) -> str:
    cell = list(zip(SCORES, (recency, frequency, monetary), strict=True))
    met = [
        row.values["segment"]
        for row in rules()
        if all(row.values[f"{name}_min"] <= score <= row.values[f"{name}_max"] for name, score in cell)
    ]
    assert len(met) == 1
    return str(met[0])


def changed(line: int, **values: object) -> list[RuleRow]:
    """The rules with other values on one line."""
    return [RuleRow(row.line, row.values | (values if row.line == line else {})) for row in rules()]


# What they say


def test_every_one_of_the_125_cells_meets_exactly_one_rule_and_every_segment_has_cells() -> None:
    cells = [
        {
            row.line
            for row in rules()
            if all(
                row.values[f"{name}_min"] <= score <= row.values[f"{name}_max"]
                for name, score in zip(SCORES, cell, strict=True)
            )
        }
        for cell in itertools.product(range(1, 6), repeat=3)
    ]
    assert len(cells) == 125
    assert {len(met) for met in cells} == {1}
    assert set().union(*cells) == {row.line for row in rules()}, "every rule can be met"
    assert {row.values["segment"] for row in rules()} == set(SEGMENTS)


@pytest.mark.parametrize(
    ("cell", "segment"),
    [
        ((5, 5, 5), "Champions"),
        ((5, 5, 1), "Loyal Customers"),
        ((3, 5, 5), "Loyal Customers"),
        ((5, 2, 3), "Potential Loyalists"),
        ((5, 1, 5), "Potential Loyalists"),
        ((5, 1, 1), "New Customers"),
        ((4, 1, 1), "Promising"),
        ((3, 1, 1), "Needs Attention"),
        ((1, 5, 1), "At Risk"),
        ((1, 5, 5), "Cannot Lose Them"),
        ((2, 1, 1), "Hibernating"),
        ((1, 1, 1), "Lost"),
    ],
)
def test_5_is_best(cell: tuple[int, int, int], segment: str) -> None:
    assert segment_of(*cell) == segment


def test_who_bought_last_year_is_never_in_a_segment_of_the_active() -> None:
    active = {"Champions", "Loyal Customers", "Potential Loyalists", "New Customers", "Promising"}
    for frequency, monetary in itertools.product(range(1, 6), repeat=2):
        assert segment_of(1, frequency, monetary) not in active


# Which mistakes are named


def test_a_gap_is_named_by_its_scores() -> None:
    with pytest.raises(
        RuleError, match=r"no rule is there for the scores recency 3, frequency 1, monetary 1"
    ):
        validate(changed(9, monetary_min=2))


def test_an_overlap_is_named_by_both_lines() -> None:
    with pytest.raises(RuleError, match=r"line 3: the scores .*Loyal Customers.*line 2 \(Champions\)"):
        validate(changed(3, monetary_max=4))


def test_a_rule_that_no_customer_can_meet_is_named() -> None:
    with pytest.raises(RuleError, match=r"line 9: no customer can meet this rule, its frequency_min 4"):
        validate(changed(9, frequency_min=4))


def test_a_rule_that_others_cover_already_is_named_as_an_overlap() -> None:
    extra = RuleRow(16, rules()[-1].values | {"rule_order": 15})
    with pytest.raises(RuleError, match=r"line 16: the scores"):
        validate([*rules(), extra])


@pytest.mark.parametrize("value", [0, 6, -1])
def test_a_score_outside_1_to_5_is_named(value: int) -> None:
    with pytest.raises(RuleError, match=rf"line 2: monetary_max is {value}, but scores are 1 to 5"):
        validate(changed(2, monetary_max=value))


def test_an_unknown_segment_is_named_with_the_nearest_one() -> None:
    with pytest.raises(RuleError, match=r"line 2: there is no segment 'Champion'.*\"Champions\""):
        validate(changed(2, segment="Champion"))


def test_a_segment_that_no_rule_leads_to_is_named() -> None:
    lost, hibernating = rules()[-1], rules()[-2]
    merged = changed(lost.line, segment="Hibernating", action=hibernating.values["action"])
    with pytest.raises(RuleError, match="no rule leads to Lost"):
        validate(merged)


def test_two_rules_of_one_number_and_two_actions_of_one_segment_are_named() -> None:
    with pytest.raises(RuleError, match=r"line 3: the rule_order 1 is that of line 2 too"):
        validate(changed(3, rule_order=1))
    with pytest.raises(RuleError, match=r"line 4: Loyal Customers has another action than on line 3"):
        validate(changed(4, action="Wait"))
    with pytest.raises(RuleError, match=r"line 2: the rule_order is 0"):
        validate(changed(2, rule_order=0))


@pytest.mark.parametrize(
    ("find", "replace", "said"),
    [
        ("1,Champions,4", "1,Champions,four", "line 2: recency_min is 'four'.*whole number"),
        ("1,Champions,4", "1,Champions,", "line 2: recency_min is empty"),
        ("recency_min", "recency_low", "line 1"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(tmp_path: Path, find: str, replace: str, said: str) -> None:
    own = tmp_path / CSV.name
    own.write_text(CSV.read_text(encoding="utf-8").replace(find, replace, 1), encoding="utf-8")
    with pytest.raises(RuleError, match=said):
        read_rules(own, CONTRACT)
