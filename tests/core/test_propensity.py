"""The purchase probability: learned and calibrated on counted cells, judged on a hold-out not seen before."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from analysis_lib.models import read_project
from analysis_lib.statistics import propensity
from analysis_lib.statistics.propensity import FEATURES, NotFittedError, learn
from analysis_lib.statistics.propensity_quality import auc, quality, shares_of_best, top_decile_lift

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
CUTS = {
    dt.date(2024, 1, 2): "train",
    dt.date(2024, 2, 1): "train",
    dt.date(2024, 3, 2): "train",
    dt.date(2024, 4, 1): "train",
    dt.date(2024, 5, 1): "train",
    dt.date(2024, 5, 31): "test",
    dt.date(2024, 6, 30): "score",
}
LEVELS = {
    "reason": ["viewed", "carted", "cancelled"],
    "sessions_band": [1, 2, 3],
    "interest_days_band": [0, 7, 30],
    "active_days_band": [0, 3, 7, 14, 30],
    "orders_band": [0, 1, 2],
    "popularity_band": [0, 1, 2, 3, 4, 5],
    "purchase_rate_band": [0, 1, 2],
}
EFFECTS = {
    "reason": [0.0, 1.0, -0.5],
    "sessions_band": [0.0, 0.4, 0.8],
    "interest_days_band": [0.6, 0.3, 0.0],
    "active_days_band": [1.2, 0.8, 0.4, 0.0, -1.5],
    "orders_band": [-0.6, 0.0, 0.6],
    "popularity_band": [-0.3, 0.0, 0.0, 0.1, 0.2, 0.8],
    "purchase_rate_band": [-0.2, 0.0, 0.3],
}


def shop(pairs: int = 20_000, base: float = -5.0, strength: float = 1.0, seed: int = 5) -> pd.DataFrame:
    """The cells of a shop whose users buy by the planted effects, the same at every cut-off."""
    rng = np.random.default_rng(seed)
    frames = []
    for cut_date, split in CUTS.items():
        drawn = {name: rng.integers(0, len(levels), pairs) for name, levels in LEVELS.items()}
        log_odds = base + strength * sum(np.array(EFFECTS[name])[codes] for name, codes in drawn.items())
        bought = rng.random(pairs) < 1 / (1 + np.exp(-log_odds))
        frame = pd.DataFrame({name: np.array(LEVELS[name])[codes] for name, codes in drawn.items()})
        frame = frame.assign(split=split, cut_date=cut_date, bought_pairs=bought.astype("int64"))
        frames.append(frame)
    every = pd.concat(frames).groupby(["split", "cut_date", *FEATURES], as_index=False)
    cells = every["bought_pairs"].agg(["size", "sum"])
    cells = cells.rename(columns={"size": "pairs", "sum": "bought_pairs"})
    cells["bought_pairs"] = cells["bought_pairs"].astype(float).mask(cells["split"] == "score")
    return cells.sort_values(list(cells.columns), ignore_index=True)


def popularity(cells: pd.DataFrame) -> pd.DataFrame:
    """The hold-out by the popularity band alone, as if it were the number of buyers."""
    test = cells[cells["split"] == "test"].groupby("popularity_band", as_index=False)
    return test[["pairs", "bought_pairs"]].sum().rename(columns={"popularity_band": "product_buyers"})


def run(cells: pd.DataFrame) -> Tables:
    """The three tables that Python makes of the cells: fit, scores, quality."""
    inputs = {"int_propensity_cells": cells, "int_propensity_popularity": popularity(cells)}
    inputs["int_propensity_fit"] = propensity.fit(inputs, {})
    return inputs["int_propensity_fit"], propensity.score(inputs, {}), quality(inputs, {})


def figures(table: pd.DataFrame) -> pd.DataFrame:
    """The figures over the whole hold-out, by metric."""
    return table[table["slice"] == "(all)"].set_index("metric")


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    return shop()


@pytest.fixture(scope="module")
def tables(cells: pd.DataFrame) -> Tables:
    return run(cells)


# What is learned


def test_planted_effects_are_found(tables: Tables) -> None:
    fit, _, _ = tables
    found = fit.set_index(["feature", "level"])["coefficient"]
    for feature, levels in LEVELS.items():
        learned = np.array([found[feature, str(level)] for level in levels])
        planted = np.array(EFFECTS[feature])
        error = (learned - learned.mean()) - (planted - planted.mean())
        assert np.abs(error).max() < 0.5, (feature, error)


def test_probabilities_come_true_in_the_hold_out(tables: Tables) -> None:
    found = figures(tables[2])["value"]
    assert found["calibration_ratio"] == pytest.approx(1, abs=0.15)
    assert found["calibration_slope"] == pytest.approx(1, abs=0.15)


def test_it_ranks_better_than_popularity_and_than_one_average_for_everybody(tables: Tables) -> None:
    found = figures(tables[2])
    for metric in ("auc", "top_decile_lift"):
        assert found.loc[metric, "value"] > found.loc[metric, "baseline_value"]
        assert found.loc[metric, "baseline_name"] == "popularity"
    assert found.loc["brier_score", "value"] < found.loc["brier_score", "baseline_value"]


def test_effects_that_change_from_one_cut_off_to_the_next_are_not_believed() -> None:
    steady, fickle = shop(pairs=4000), shop(pairs=4000)
    rng = np.random.default_rng(1)
    for cut_date in CUTS:
        rows = (fickle["cut_date"] == cut_date) & (fickle["split"] != "score")
        shuffled = rng.permutation(fickle.loc[rows, ["pairs", "bought_pairs"]].to_numpy())
        fickle.loc[rows, ["pairs", "bought_pairs"]] = shuffled
    train = [propensity.of_split(each, "train") for each in (steady, fickle)]
    believed, doubted = (learn(each) for each in train)
    assert believed.slope > 0.7
    assert doubted.slope < 0.3
    assert np.ptp(doubted.probability(train[1])) < 0.2 * np.ptp(believed.probability(train[0]))


def test_a_level_that_was_never_learned_counts_as_average(cells: pd.DataFrame) -> None:
    model = learn(propensity.of_split(cells, "train"))
    cell = cells.head(1).assign(reason="gift")
    others = [model.log_odds(cell.assign(reason=reason))[0] for reason in LEVELS["reason"]]
    assert min(others) < model.log_odds(cell)[0] < max(others)


def test_the_same_cells_give_the_same_bytes(cells: pd.DataFrame, tables: Tables) -> None:
    for one, other in zip(tables, run(cells.copy()), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_the_hold_out_and_what_is_scored_teach_nothing(cells: pd.DataFrame, tables: Tables) -> None:
    fit, scores, _ = tables
    changed = cells.copy()
    later = changed["split"] == "test"
    changed.loc[later, "bought_pairs"] = changed.loc[later, "pairs"] - changed.loc[later, "bought_pairs"]
    again, same, _ = run(changed)
    pd.testing.assert_frame_equal(again, fit)
    pd.testing.assert_frame_equal(same, scores)


# What comes back into the warehouse


def test_the_tables_have_the_columns_of_their_contracts(tables: Tables) -> None:
    models = read_project("thelook").models
    names = ("int_propensity_fit", "int_propensity_scores", "int_propensity_quality")
    for name, table in zip(names, tables, strict=True):
        contract = models[name].contract
        assert set(table.columns) == set(contract.columns)
        assert not table.duplicated(list(contract.grain)).any()


def test_every_cell_to_be_scored_has_a_probability(cells: pd.DataFrame, tables: Tables) -> None:
    _, scores, _ = tables
    wanted = propensity.of_split(cells, "score")
    pd.testing.assert_frame_equal(scores[[*FEATURES, "pairs"]], wanted[[*FEATURES, "pairs"]])
    assert scores["purchase_probability"].between(0, 1).all()
    assert (scores["purchase_probability"].round(9) == scores["purchase_probability"]).all()


def test_deciles_hold_all_purchases_and_fall(cells: pd.DataFrame, tables: Tables) -> None:
    table = tables[2]
    deciles = table[table["metric"] == "decile_purchase_rate"]
    test = propensity.of_split(cells, "test")
    rate = test["bought_pairs"].sum() / test["pairs"].sum()
    assert list(deciles["slice"]) == [f"decile {number:02d}" for number in range(1, 11)]
    assert deciles["baseline_value"].mean() == pytest.approx(rate)
    assert deciles["value"].is_monotonic_decreasing


def test_each_reason_has_its_own_calibration(tables: Tables) -> None:
    table = tables[2]
    rows = table[(table["metric"] == "calibration_ratio") & (table["slice"] != "(all)")]
    assert list(rows["slice"]) == ["reason cancelled", "reason carted", "reason viewed"]
    assert rows["sample_size"].sum() == figures(table).loc["auc", "sample_size"]


# Shops that cannot be learned from


def test_too_few_purchases_give_no_probability_and_say_why() -> None:
    small = shop(pairs=100)
    fit, scores, judged = run(small)
    assert fit["coefficient"].isna().all()
    assert scores["purchase_probability"].isna().all()
    assert judged["note"].str.contains("at least 30 purchases").all()
    assert figures(judged).drop("purchase_rate")["value"].isna().all()


def test_thirty_purchases_are_enough() -> None:
    train = propensity.of_split(shop(pairs=3000), "train")
    bought = train["bought_pairs"].cumsum()
    assert bought.iloc[-1] > 30
    learn(train.assign(bought_pairs=train["bought_pairs"].where(bought <= 30, 0)))
    with pytest.raises(NotFittedError, match=r"^29 of 15,000 pairs"):
        learn(train.assign(bought_pairs=train["bought_pairs"].where(bought <= 29, 0)))


def test_a_shop_where_every_pair_was_bought_teaches_nothing() -> None:
    train = propensity.of_split(shop(pairs=100), "train")
    with pytest.raises(NotFittedError):
        learn(train.assign(bought_pairs=train["pairs"]))


def test_a_shop_of_one_window_is_learned_without_a_split() -> None:
    train = propensity.of_split(shop(pairs=4000), "train")
    model = learn(train[train["cut_date"] == dt.date(2024, 5, 1)].reset_index(drop=True))
    assert (model.slope, model.shift) == (1.0, 0.0)


def test_a_hold_out_without_purchases_is_not_judged_but_probabilities_stand() -> None:
    cells = shop(pairs=3000)
    cells.loc[cells["split"] == "test", "bought_pairs"] = 0.0
    _, scores, judged = run(cells)
    assert scores["purchase_probability"].notna().all()
    assert judged["note"].str.startswith("not judged: 0 of 3,000 pairs").all()
    assert figures(judged).loc["purchase_rate", "value"] == 0


@pytest.mark.parametrize("splits", [[], ["score"], ["test", "score"], ["train"]])
def test_nothing_fails_where_splits_are_missing(cells: pd.DataFrame, splits: list[str]) -> None:
    fit, scores, judged = run(propensity.of_split(cells, *splits))
    assert {"(intercept)", "(calibration slope)", "(calibration intercept)"} <= set(fit["feature"])
    assert fit["note"].isna().all() == ("train" in splits)
    assert len(scores) == ("score" in splits) * (cells["split"] == "score").sum()
    assert figures(judged).loc["auc", "note"].startswith("not ")


# The measures, against the same figures pair by pair


@st.composite
def ranked(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Cells with a score, pairs and purchases."""
    rows = draw(
        st.lists(st.tuples(st.integers(0, 4), st.integers(1, 6), st.integers(0, 6)), min_size=1, max_size=8)
    )
    score, pairs, bought = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return score, pairs, np.minimum(pairs, bought)


@given(ranked())
@settings(deadline=None)
def test_the_auc_of_cells_is_that_of_their_pairs(
    case: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    score, pairs, bought = case
    by_pair = np.repeat(score, pairs.astype(int))
    outcome = np.concatenate(
        [np.arange(n) < k for n, k in zip(pairs.astype(int), bought.astype(int), strict=True)]
    )
    if outcome.all() or not outcome.any():
        assert np.isnan(auc(score, pairs, bought))
    else:
        assert auc(score, pairs, bought) == pytest.approx(roc_auc_score(outcome, by_pair))


@given(ranked(), st.permutations(range(8)))
@settings(deadline=None)
def test_lift_does_not_hang_on_the_order_of_equal_cells(
    case: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], order: list[int]
) -> None:
    score, pairs, bought = case
    # Cells of one score are one group, whichever comes first.
    merged = pd.DataFrame({"score": score, "pairs": pairs, "bought": bought}).groupby("score").sum()
    expected = top_decile_lift(
        merged.index.to_numpy(), merged["pairs"].to_numpy(), merged["bought"].to_numpy()
    )
    shuffled = [place for place in order if place < len(score)]
    found = top_decile_lift(score[shuffled], pairs[shuffled], bought[shuffled])
    assert found == pytest.approx(expected, nan_ok=True)


def test_lift_is_ten_when_the_best_tenth_buys_everything_and_one_by_chance() -> None:
    score = np.arange(10, dtype=float)
    pairs = np.full(10, 5.0)
    assert top_decile_lift(score, pairs, np.where(score == 9, 3.0, 0.0)) == 10
    assert top_decile_lift(np.zeros(10), pairs, np.where(score == 9, 3.0, 0.0)) == pytest.approx(1)


def test_shares_of_the_best_end_with_everything() -> None:
    pairs, amounts = np.array([3.0, 7.0]), np.array([2.0, 5.0])
    found = shares_of_best(np.array([1.0, 2.0]), pairs, amounts, np.array([0.0, 0.7, 1.0]))
    assert found.tolist() == [0, 5, 7]
