"""The examples of the purchase-probability model, pair by pair from events and order lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .session_products import product_events
from .shop_tables import ShopTables

KEY = ["user_id", "product_id"]
BANDS = ["sessions", "interest_days", "active_days", "orders", "popularity", "purchase_rate"]
CELL = ["reason", *(f"{name}_band" for name in BANDS)]
INTEREST_STARTS = [0, 7, 30]
ACTIVE_STARTS = [0, 3, 7, 14, 30, 60, 90]
PRIOR_VIEWERS = 10
CUT_OFFS = 7  # one to score, one held out, five to learn from
ONE_DAY = pd.Timedelta(days=1)


@dataclass
class History:
    """Sessions with products by the day on which they count, and order lines by the day of the order."""

    interests: pd.DataFrame
    lines: pd.DataFrame
    as_of: pd.Timestamp
    horizon: pd.Timedelta


def history(shop: ShopTables) -> History:
    """What is known of the users of a shop, day by day.

    A session with a product counts from the day of its first view or cart on; where any event of the session
    became the user's only by an event of a later day, from that later day on.
    """
    staged = shop.staged
    raw = staged.events[staged.day(staged.events["event_time"]) <= staged.as_of]
    raw = raw.sort_values(["source_session_id", "event_time", "event_order"])
    of_known = raw["event_time"].where(raw["user_id"].notna())
    known_at = of_known.groupby(raw["source_session_id"]).bfill().set_axis(raw["event_id"])
    events = shop.events[shop.events["user_id"].notna()]
    known_day = staged.day(events["event_id"].map(known_at).fillna(events["event_time"]))
    late = known_day[known_day > staged.day(events["event_time"])]
    named_day = late.groupby(events["session_id"]).max()

    seen = product_events(events)
    seen = seen.assign(event_day=staged.day(seen["event_time"]))
    seen["carted_day"] = seen["event_day"].where(seen["event_type"] == "add_to_cart")
    interests = seen.groupby(["session_id", *KEY], as_index=False)[["event_day", "carted_day"]].min()
    named = named_day.reindex(interests["session_id"]).set_axis(interests.index)
    interests["day"] = interests[["event_day"]].assign(named=named).max(axis=1)
    lines = shop.lines[shop.lines["user_id"].notna() & shop.lines["product_id"].notna()]
    days = staged.parameters["propensity_horizon_days"]
    return History(interests, lines, staged.as_of, days * ONE_DAY)


def pairs_at(known: History, horizons_before: int) -> pd.DataFrame:
    """Every pair of interest that was not bought by the cut-off, with its bands and its outcome."""
    cut = known.as_of - horizons_before * known.horizon
    seen = known.interests[known.interests["day"] <= cut]
    placed = known.lines[known.lines["order_date"] <= cut]
    cancelled = placed[placed["is_cancelled"]]
    if seen.empty and cancelled.empty:
        return pd.DataFrame(columns=[*KEY, *CELL, "product_buyers", "is_bought", "cut_date"])

    looked = seen.groupby(KEY)
    pairs = pd.DataFrame({"sessions": looked.size(), "seen": looked["day"].max()})
    pairs["carted"] = looked["carted_day"].min() <= cut
    in_vain = cancelled.groupby(KEY)["order_date"].max()
    pairs = pairs.reindex(pairs.index.union(in_vain.index))
    pairs["ordered"] = in_vain
    bought = pairs_of(placed[~placed["is_cancelled"]])
    pairs = pairs[np.array([pair not in bought for pair in pairs.index], dtype=bool)]

    found = pd.DataFrame(index=pairs.index)
    found["reason"] = np.where(pairs["carted"].fillna(False).astype(bool), "carted", "viewed")
    found.loc[pairs["ordered"].notna(), "reason"] = "cancelled"
    found["sessions_band"] = pairs["sessions"].fillna(0).clip(upper=3).astype("int64")
    last_interest = pairs[["seen", "ordered"]].max(axis=1)
    found["interest_days_band"] = start_of_band((cut - last_interest).dt.days, INTEREST_STARTS)

    users = found.index.get_level_values("user_id")
    ordered = placed[["user_id", "order_date"]].rename(columns={"order_date": "day"})
    active = pd.concat([seen[["user_id", "day"]], ordered])
    last_active = active.groupby("user_id")["day"].max().reindex(users)
    found["active_days_band"] = start_of_band((cut - last_active).dt.days, ACTIVE_STARTS)
    orders = placed.groupby("user_id")["order_id"].nunique().reindex(users).fillna(0)
    found["orders_band"] = orders.clip(upper=2).astype("int64").to_numpy()

    items = found.index.get_level_values("product_id")
    recent = placed[placed["order_date"] > cut - 3 * known.horizon]
    of_product = product_bands(items.unique(), seen, placed, recent)
    for name in ("popularity_band", "purchase_rate_band", "product_buyers"):
        found[name] = of_product[name].reindex(items).to_numpy()
    if horizons_before:
        date = known.lines["order_date"]
        after = known.lines[(date > cut) & (date <= cut + known.horizon) & ~known.lines["is_cancelled"]]
        soon = pairs_of(after)
        found["is_bought"] = [pair in soon for pair in found.index]
    else:
        found["is_bought"] = None
    found["cut_date"] = cut
    return found.reset_index()


def pairs_of(lines: pd.DataFrame) -> set[tuple[str, str]]:
    """The users and products of order lines."""
    return set(zip(lines["user_id"], lines["product_id"], strict=True))


def product_bands(
    products: pd.Index, seen: pd.DataFrame, placed: pd.DataFrame, recent: pd.DataFrame
) -> pd.DataFrame:
    """How popular each product was at the cut-off, and how often those who looked at it bought it."""

    def users(rows: pd.DataFrame) -> pd.Series:
        return rows.groupby("product_id")["user_id"].nunique().reindex(products).fillna(0)

    buyers, viewers = users(placed), users(seen)
    average = buyers.sum() / viewers.sum() if viewers.sum() else 0.0
    rate = (buyers + PRIOR_VIEWERS * average) / (viewers + PRIOR_VIEWERS)
    return pd.DataFrame(
        {
            "popularity_band": parts(users(recent), 6),
            "purchase_rate_band": parts(rate, 3),
            "product_buyers": buyers.astype("int64"),
        }
    )


def parts(values: pd.Series, number: int) -> pd.Series:
    """Equal parts by percent rank from 0, the last the largest; equal values share one."""
    below = values.rank(method="min") - 1
    share = below / max(len(values) - 1, 1)
    return np.floor(number * share).clip(upper=number - 1).astype("int64")


def start_of_band(values: pd.Series, starts: list[int]) -> np.ndarray:
    """The largest start that is not above the value."""
    return np.array(starts)[np.searchsorted(starts, values.to_numpy(), side="right") - 1]


def auc(score: np.ndarray, is_bought: np.ndarray) -> float:
    """The share of pairs of a buyer and a non-buyer that are ranked right; a tie is half right."""
    order = pd.Series(score).rank(method="average").to_numpy()
    hits = int(is_bought.sum())
    misses = len(is_bought) - hits
    return float((order[is_bought].sum() - hits * (hits + 1) / 2) / (hits * misses))


def top_decile_lift(score: np.ndarray, is_bought: np.ndarray) -> float:
    """How many times more are bought in the best tenth than in all; ties share what reaches into it."""
    tenth = len(score) / 10
    grouped = pd.DataFrame({"score": score, "bought": is_bought}).groupby("score")["bought"]
    by_score = grouped.agg(["size", "sum"]).sort_index(ascending=False)
    before = by_score["size"].cumsum() - by_score["size"]
    inside = (tenth - before).clip(lower=0, upper=by_score["size"])
    hits = (by_score["sum"] * inside / by_score["size"]).sum()
    return float(hits / tenth / is_bought.mean())


def int_propensity_pairs(shop: ShopTables) -> pd.DataFrame:
    """The model: the cut-offs that are scored, held out and learned from."""
    known = history(shop)
    names = {0: "score", 1: "test"}
    parts = [pairs_at(known, back).assign(split=names.get(back, "train")) for back in range(CUT_OFFS)]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def log_odds(pairs: pd.DataFrame, fit: pd.DataFrame) -> np.ndarray:
    """What the coefficients of int_propensity_fit say of each pair."""
    coefficient = fit.set_index(["feature", "level"])["coefficient"]
    odds = np.full(len(pairs), coefficient[("(intercept)", "(all)")])
    for name in CELL:
        levels = pairs[name].astype(str)
        odds += levels.map(lambda level, of=name: coefficient.get((of, level), 0.0)).to_numpy()
    return odds.round(9)  # equal sums in another order are ties


def probabilities(pairs: pd.DataFrame, fit: pd.DataFrame) -> np.ndarray:
    """The calibrated probability of each pair."""
    whole = fit.set_index("feature")["coefficient"]
    odds = whole["(calibration intercept)"] + whole["(calibration slope)"] * log_odds(pairs, fit)
    return 1 / (1 + np.exp(-odds))


def hold_out_quality(shop: ShopTables, fit: pd.DataFrame) -> pd.DataFrame:
    """The figures of the hold-out by metric, from every pair of it: the model's and the baseline's."""
    known = history(shop)
    held_out = pairs_at(known, 1)
    learned = pd.concat([pairs_at(known, back) for back in range(2, CUT_OFFS)])
    is_bought = held_out["is_bought"].to_numpy(dtype=bool)
    average = learned["is_bought"].astype(bool).mean()
    odds, chance = log_odds(held_out, fit), probabilities(held_out, fit)
    popularity = held_out["product_buyers"].to_numpy()
    figures = {
        "auc": (auc(odds, is_bought), auc(popularity, is_bought)),
        "top_decile_lift": (top_decile_lift(odds, is_bought), top_decile_lift(popularity, is_bought)),
        "brier_score": (np.mean((chance - is_bought) ** 2), np.mean((average - is_bought) ** 2)),
        "calibration_ratio": (is_bought.sum() / chance.sum(), is_bought.mean() / average),
        "purchase_rate": (is_bought.mean(), average),
    }
    return pd.DataFrame.from_dict(figures, orient="index", columns=["value", "baseline_value"]).assign(
        sample_size=len(held_out)
    )
