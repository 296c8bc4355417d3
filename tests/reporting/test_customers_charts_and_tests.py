"""What the customers page brought: heat maps, pairs, stratified and clustered tests."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import stats

from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.heatmap import heatmap
from analysis_lib.reporting.paired import Pair, pairs
from analysis_lib.statistics.stratified import Stratum, clustered_proportions_p_value, van_elteren


def test_a_heatmap_writes_what_is_known_and_hatches_what_is_not() -> None:
    words = Words("Title", "Reading.", "Alt.")
    made = heatmap("h", ["a", "b"], ["1", "2"], [[0.0, 1.0], [0.5, None]], lambda v: f"v{v:.1f}", words)
    assert re.findall(r">(v[\d.]+)</text>", made.svg) == ["v0.0", "v1.0", "v0.5"]
    assert "url(#h-" in made.svg, "the hatching is a pattern with the chart's own name"
    blank = heatmap("h", ["a"], ["1"], [[None]], str, words, missing_is_unknown=False)
    assert "pattern" not in blank.svg
    assert (
        made.svg
        == heatmap("h", ["a", "b"], ["1", "2"], [[0.0, 1.0], [0.5, None]], lambda v: f"v{v:.1f}", words).svg
    ), "the same bytes every time"


def test_pairs_carry_their_texts() -> None:
    made = pairs("p", [Pair("A", 0.1, 0.3, "10 % · 30 %")], ("one", "other"), str, Words("T", "R", "Alt."))
    assert "10 % · 30 %" in made.svg
    assert "○ one" in made.svg


def test_van_elteren_with_one_stratum_is_the_rank_sum_test() -> None:
    random = np.random.default_rng(3)
    first, second = random.integers(0, 9, 20).astype(float), random.integers(2, 12, 30).astype(float)
    ranks = stats.rankdata(np.concatenate([first, second]))
    found = van_elteren([Stratum(20, 50, ranks[:20].sum(), (ranks**2).sum())])
    expected = stats.mannwhitneyu(first, second, use_continuity=False, method="asymptotic")
    assert found is not None
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.z < 0
    assert van_elteren([Stratum(5, 5, 15.0, 55.0)]) is None
    assert van_elteren([]) is None


def test_clusters_alike_are_the_pooled_test() -> None:
    even = [(15, 100), (15, 100), (15, 100)]
    odd = [(25, 100), (25, 100), (25, 100)]
    p = clustered_proportions_p_value(even, odd)
    z = -0.1 / np.sqrt(0.2 * 0.8 * 2 / 300)
    assert p == pytest.approx(2 * stats.t.sf(abs(z), 4))
    uneven = [(5, 100), (30, 100), (10, 100)]
    wide = clustered_proportions_p_value(uneven, odd)
    assert wide is not None
    assert p is not None
    assert wide > p, "months that differ among themselves make a difference less sure"
    assert clustered_proportions_p_value([(1, 2)], [(1, 2)]) is None
    assert clustered_proportions_p_value([(0, 9)], [(0, 9), (0, 9)]) == 1.0
