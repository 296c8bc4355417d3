"""How numbers are written: the rules with a right answer, and what must never be printed."""

from __future__ import annotations

import math
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.reporting import numbers
from analysis_lib.reporting.changes import change

S = numbers.NO_BREAK
MISSING = [None, float("nan"), float("inf"), pd.NA, pd.NaT, "text"]


@pytest.mark.parametrize("value", MISSING)
def test_what_is_missing_is_a_dash_in_every_format(value: object) -> None:
    written = [
        numbers.count(value),
        numbers.money(value, "USD"),
        numbers.compact_money(value, "USD"),
        numbers.compact_count(value),
        numbers.percent(value),
        numbers.points(value),
        numbers.signed(value),
        numbers.signed_money(value, "USD"),
        numbers.signed_percent(value),
        numbers.ratio(value),
        numbers.duration(value),
        numbers.days(value),
        numbers.rate(value, 10, 30),
        numbers.rate(1, value, 30),
    ]
    assert set(written) == {"–"}


@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [
        (1234567.5, "USD", "$1,234,568"),
        (999.5, "USD", "$999.50"),
        (999.995, "USD", "$1,000.00"),
        (1000, "USD", "$1,000"),
        (0, "USD", "$0"),
        (-0.001, "USD", "$0.00"),
        (-45.5, "GBP", "−£45.50"),
        (Decimal("12.345"), "EUR", "€12.35"),
        (1234, "JPY", "¥1,234"),
        (50.4, "JPY", "¥50"),
        (12.5, "SEK", f"SEK{S}12.50"),
    ],
)
def test_money_has_its_currency_and_sensible_cents(value: float, currency: str, written: str) -> None:
    assert numbers.money(value, currency) == written


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0.1234, f"12.3{S}%"),
        (0.0123, f"1.2{S}%"),
        (0.00123, f"0.12{S}%"),
        (0.000001, f"under{S}0.01{S}%"),
        (0.9996, f"over{S}99.9{S}%"),
        (0, f"0{S}%"),
        (1, f"100{S}%"),
        (-0.05, f"−5.0{S}%"),
        (1.234, f"123.4{S}%"),
        (0.125, f"12.5{S}%"),
        (0.02675, f"2.7{S}%"),
    ],
)
def test_a_share_is_a_percentage_with_sensible_decimals(share: float, written: str) -> None:
    assert numbers.percent(share) == written


@given(st.floats(min_value=1e-12, max_value=1 - 1e-12, exclude_min=True, exclude_max=True))
def test_a_share_that_is_neither_none_nor_all_never_reads_so(share: float) -> None:
    written = numbers.percent(share)
    assert written not in (f"0{S}%", f"0.0{S}%", f"0.00{S}%", f"100{S}%", f"100.0{S}%")


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(1, 100))
def test_a_rate_never_stands_without_its_count(successes: int, trials: int, min_sample: int) -> None:
    successes = min(successes, trials)
    written = numbers.rate(successes, trials, min_sample)
    if not trials:
        assert written == "–"
    elif trials < min_sample:
        assert written == f"{successes:,} of {trials:,}: too few to show a rate (n < {min_sample})"
        assert "%" not in written, "never a bare 100 %"
    else:
        assert written.endswith(f"(n = {trials:,})")


@given(
    st.floats(allow_nan=False, allow_infinity=False, width=32), st.sampled_from(["USD", "EUR", "JPY", "CHF"])
)
def test_an_amount_always_reads_back_as_itself(value: float, currency: str) -> None:
    written = numbers.money(value, currency, decimals=2)
    digits = "".join(sign for sign in written.replace("−", "-") if sign in "-0123456789.")
    assert math.isclose(float(digits), value, rel_tol=1e-6, abs_tol=0.0051)


def test_durations_take_the_unit_that_a_reader_would() -> None:
    seconds = [0, 59, 60, 3599, 3600, 90_000, 1_000_000]
    assert [numbers.duration(value) for value in seconds] == [
        f"0{S}s",
        f"59{S}s",
        f"1.0{S}min",
        f"60.0{S}min",
        f"1.0{S}h",
        f"1.0{S}days",
        f"11.6{S}days",
    ]


# The rules of report-anchors.md, section 7, row by row.


def test_from_nothing_to_something_is_new_with_the_absolute_change() -> None:
    assert change(120, 0, "count").text == "new: +120"
    assert change(99.5, 0, "money", "EUR").text == "new: +€99.50"
    for never in ("100", "∞", "0" + S + "%"):
        assert never not in change(12, 0, "money").text.replace("$12", "")


def test_without_a_comparison_there_is_a_dash_and_the_reason() -> None:
    made = change(120, None, "money", why_missing="no data before 3 Jan 2026")
    assert made.text == "– (no data before 3 Jan 2026)"
    assert not made.is_known
    assert change(None, 5, "count").text == "–"


def test_a_rate_that_changes_does_so_in_points_from_where_it_was() -> None:
    assert change(0.4, 0.2, "rate").text == f"+20.0{S}points (from 20.0{S}%)"
    assert change(0.02, 0.0204, "rate").text == f"−0.04{S}points (from 2.0{S}%)"
    assert change(0.2, 0, "rate").text == f"+20.0{S}points (from 0{S}%)"


def test_an_amount_that_changes_does_so_in_percent() -> None:
    assert change(112, 100, "money").text == f"+12.0{S}%"
    assert change(88, 100, "count").text == f"−12.0{S}%"
    assert change(0, 100, "money").text == f"−100{S}%"


def test_nothing_changed_has_a_word_and_no_sign() -> None:
    for kind in ("money", "count", "rate", "ratio", "days", "duration"):
        made = change(5, 5, kind)  # type: ignore[arg-type]
        assert (made.text, made.direction, made.tone) == ("unchanged", "unchanged", "neutral")
    assert change(0, 0, "money").text == "unchanged"


def test_a_tiny_change_is_not_called_no_change() -> None:
    assert change(100_010, 100_000, "count").text == f"+10 (under 0.1{S}%)"
    assert change(0.300001, 0.3, "rate").text == f"under{S}0.01{S}points (from 30.0{S}%)"


def test_from_a_loss_there_is_no_percentage() -> None:
    assert change(50, -100, "money").text == "+$150.00 (from −$100.00)"
    assert change(-50, 100, "money").text == "−$150.00 (from $100.00)"
    assert change(-5, 0, "money").text == "−$5.00 (from $0)"


def test_many_times_as_much_is_said_with_its_origin() -> None:
    assert change(524, 10, "count").text == "52 times as much (from 10)"


@pytest.mark.parametrize(
    ("good", "current", "tone"),
    [
        ("up", 2, "good"),
        ("up", 0.5, "bad"),
        ("down", 2, "bad"),
        ("down", 0.5, "good"),
        ("neither", 2, "neutral"),
    ],
)
def test_what_is_good_news_depends_on_the_metric(good: str, current: float, tone: str) -> None:
    assert change(current, 1, "count", good=good).tone == tone  # type: ignore[arg-type]


def test_direction_is_told_by_sign_and_arrow_not_by_colour_alone() -> None:
    assert change(112, 100, "money").label == f"▲ +12.0{S}%"
    assert change(88, 100, "money").label == f"▼ −12.0{S}%"
    assert change(100, 100, "money").label == "unchanged"


@given(
    st.one_of(st.none(), st.floats(-1e9, 1e9)),
    st.one_of(st.none(), st.floats(-1e9, 1e9)),
    st.sampled_from(["money", "count", "rate", "ratio", "days", "duration"]),
)
def test_no_change_reads_as_a_number_that_it_is_not(now: float | None, then: float | None, kind: str) -> None:
    made = change(now, then, kind)  # type: ignore[arg-type]
    assert "nan" not in made.text.lower()
    assert "inf" not in made.text.lower()
    assert made.is_known == (now is not None and then is not None)
    if made.is_known and then == 0:
        assert "%" not in made.brief
    if made.direction == "up":
        assert not made.brief.startswith("−")
    if made.direction == "down":
        assert not made.brief.startswith("+")
