"""Kaplan and Meier's estimate against the literature, its definition and SciPy."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.statistics.survival import kaplan_meier

# Remission in weeks of 21 patients under 6-mercaptopurine: Freireich et al. (1963), Blood 21, 699-716;
# the estimate as printed by Kalbfleisch and Prentice (2002), table 1.1 and section 1.4.
REMISSION = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_the_estimate_of_the_literature() -> None:
    curve = kaplan_meier(REMISSION, [bool(each) for each in RELAPSED])
    assert curve is not None
    steps = {
        time: (left, round(share, 4))
        for time, left, happened, share in zip(
            curve.times, curve.at_risk, curve.events, curve.survival, strict=True
        )
        if happened
    }
    assert steps == {
        6: (21, 0.8571),
        7: (17, 0.8067),
        10: (15, 0.7529),
        13: (12, 0.6902),
        16: (11, 0.6275),
        22: (7, 0.5378),
        23: (6, 0.4482),
    }


durations = st.lists(
    st.tuples(st.integers(0, 20).map(lambda tenths: tenths / 10), st.booleans()), min_size=1, max_size=40
)


@given(durations)
def test_the_share_is_the_product_over_the_events_and_the_interval_greenwoods(
    watched: list[tuple[float, bool]],
) -> None:
    curve = kaplan_meier([time for time, _ in watched], [happened for _, happened in watched])
    assert curve is not None
    survival, variance = 1.0, 0.0
    for position, time in enumerate(sorted({time for time, _ in watched})):
        at_risk = sum(other >= time for other, _ in watched)
        events = sum(other == time and happened for other, happened in watched)
        survival *= 1 - events / at_risk
        variance += events / at_risk / (at_risk - events) if at_risk > events else math.inf
        assert curve.times[position] == time
        assert (curve.at_risk[position], curve.events[position]) == (at_risk, events)
        assert curve.survival[position] == pytest.approx(survival)
        assert curve.share_with_event(time) == pytest.approx(1 - survival)
        interval = curve.intervals[position]
        if 0 < survival < 1:
            error = 1.959963984540054 * math.sqrt(variance) / math.log(survival)
            assert interval is not None
            assert interval.low == pytest.approx(survival ** math.exp(-error))
            assert interval.high == pytest.approx(survival ** math.exp(error))
        else:
            assert interval is None


def test_before_the_first_step_nothing_has_happened_and_after_the_last_nothing_is_known() -> None:
    curve = kaplan_meier([2, 3, 5], [True, False, False])
    assert curve is not None
    assert [curve.share_with_event(time) for time in (0, 5, 5.1)] == [0.0, pytest.approx(1 / 3), None]
    assert curve.interval_of_share(1) is None
    assert curve.interval_of_share(5) == curve.interval_of_share(2)
    assert curve.interval_of_share(5.1) is None


def test_when_it_happened_to_everybody_the_share_is_1_for_good() -> None:
    curve = kaplan_meier([2, 2], [True, True])
    assert curve is not None
    assert [curve.share_with_event(time) for time in (1, 2, 99)] == [0.0, 1.0, 1.0]
    assert curve.interval_of_share(99) is None


def test_when_the_last_one_watched_has_the_event_others_may_still_be_without_it() -> None:
    curve = kaplan_meier([2, 3], [False, True])
    assert curve is not None
    assert [curve.share_with_event(time) for time in (2, 3, 4)] == [0.0, 1.0, None]


def test_the_interval_holds_the_share_and_widens_with_the_confidence() -> None:
    narrow, wide = (
        kaplan_meier(REMISSION, [bool(each) for each in RELAPSED], confidence) for confidence in (0.8, 0.99)
    )
    assert narrow is not None
    assert wide is not None
    inner, outer, share = narrow.interval_of_share(10), wide.interval_of_share(10), wide.share_with_event(10)
    assert inner is not None
    assert outer is not None
    assert share is not None
    assert outer.low < inner.low < share < inner.high < outer.high


def test_nobody_watched_has_no_curve() -> None:
    assert kaplan_meier([], []) is None


@pytest.mark.parametrize(
    ("times", "events", "message"),
    [
        ([1, 2], [True], "2 durations and 1 events"),
        ([-1], [True], "0 or more"),
        ([math.nan], [True], "0 or more"),
        ([math.inf], [False], "0 or more"),
    ],
)
def test_what_is_no_duration_is_refused(times: list[float], events: list[bool], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kaplan_meier(times, events)
