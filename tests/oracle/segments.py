"""RFM scores of buyers, the segments that rules make of them, and how customers moved between these."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .staging import Staged, money, ratio

RULES = Path(__file__).parents[2] / "analysis_lib" / "rules" / "rfm_segments.csv"
SCORES = ["recency", "frequency", "monetary"]
NOT_YET = "(not yet a buyer)"


def read_rules() -> pd.DataFrame:
    """The rule table in its order; the order of a segment is that of its first rule."""
    with RULES.open(encoding="utf-8", newline="") as file:
        rules = pd.DataFrame(list(csv.DictReader(file)))
    limits = [name for name in rules if name.endswith(("_min", "_max", "_order"))]
    rules[limits] = rules[limits].astype("int64")
    return rules.sort_values("rule_order", ignore_index=True)


def _score(values: pd.Series) -> pd.Series:
    """5 for the best fifth by percent rank, where a larger value is better; equal values share a score."""
    below = values.rank(method="min") - 1
    others = max(len(values) - 1, 1)
    return (below.astype("int64") * 5 // others + 1).clip(upper=5)


def _snapshot(staged: Staged, day: pd.Timestamp, orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Every buyer of `day` or before, as known that day: a return after it has not happened yet."""
    counted = orders[orders["is_counted"] & orders["user_id"].notna() & (orders["order_date"] <= day)]
    by_user = counted.groupby("user_id")
    buyers = pd.DataFrame(
        {
            "recency_days": (day - by_user["order_date"].max()).dt.days,
            "orders": by_user.size(),
        }
    )
    of_orders = lines[lines["order_date"] <= day]
    came_back_later = of_orders["is_returned"] & (of_orders["return_date"] > day)
    revenue = of_orders["net_revenue"] + of_orders["returns"].where(came_back_later, 0)
    owner = of_orders["order_id"].map(orders.set_index("order_id")["user_id"])
    revenue = revenue.groupby(owner).sum()
    buyers["net_revenue"] = revenue.reindex(buyers.index).fillna(0).astype("int64")
    buyers["recency_score"] = _score(-buyers["recency_days"])
    buyers["frequency_score"] = _score(buyers["orders"])
    buyers["monetary_score"] = _score(buyers["net_revenue"])
    return buyers.rename_axis("user_id").reset_index()


def int_rfm_scores(
    staged: Staged, orders: pd.DataFrame, lines: pd.DataFrame, rules: pd.DataFrame
) -> pd.DataFrame:
    """One row a snapshot and buyer; `net_revenue` in 1e-9 units."""
    window = pd.Timedelta(days=staged.parameters["window_days"])
    days = {"current": staged.as_of, "previous": staged.as_of - window}
    parts = [
        _snapshot(staged, day, orders, lines).assign(snapshot=name, snapshot_date=day)
        for name, day in days.items()
    ]
    scored = pd.concat(parts, ignore_index=True)
    places = {segment: place for place, segment in enumerate(rules["segment"].drop_duplicates(), 1)}
    found = {scores: _rule_of(scores, rules) for scores in set(_cells(scored))}
    scored["segment"] = [found[scores].segment for scores in _cells(scored)]
    scored["segment_order"] = scored["segment"].map(places).astype("int64")
    return scored


def _cells(scored: pd.DataFrame) -> list[tuple[int, int, int]]:
    return list(scored[[f"{of}_score" for of in SCORES]].itertuples(index=False, name=None))


def _rule_of(scores: tuple[int, int, int], rules: pd.DataFrame) -> Any:
    """The first rule that the scores meet."""
    for rule in rules.itertuples():
        limits = [(getattr(rule, f"{of}_min"), getattr(rule, f"{of}_max")) for of in SCORES]
        if all(low <= score <= high for score, (low, high) in zip(scores, limits, strict=True)):
            return rule
    raise AssertionError(f"no rule for {scores}")


def dim_customer_segments(
    staged: Staged, scores: pd.DataFrame, customers: pd.DataFrame, rules: pd.DataFrame
) -> pd.DataFrame:
    """One row a buyer; `monetary` in 1e-9 units until the mart is finished."""
    now = scores[scores["snapshot"] == "current"]
    rows = now.rename(columns={"orders": "frequency", "net_revenue": "monetary"})
    rows["action"] = [_rule_of(cell, rules).action for cell in _cells(rows)]
    digits = [rows[f"{of}_score"].astype("str") for of in SCORES]
    rows["rfm_score"] = digits[0] + digits[1] + digits[2]
    rows["average_order_value"] = ratio(rows["monetary"], rows["frequency"]) / 1e9
    rows["status"] = rows["user_id"].map(customers.set_index("user_id")["status"])
    return rows.drop(columns=["snapshot", "snapshot_date"]).reset_index(drop=True)


def fct_segment_summary(segments: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """All segments of the rule table, also those without a customer."""
    names = rules.drop_duplicates("segment").set_index("segment")
    by_segment = segments.groupby("segment")
    rows = pd.DataFrame(index=names.index)
    everybody = pd.Series(len(segments), index=rows.index)

    def count(values: pd.Series) -> pd.Series:
        return values.reindex(rows.index).fillna(0).astype("int64")

    rows["segment_order"] = np.arange(1, len(rows) + 1)
    rows["action"] = names["action"]
    rows["customers"] = count(by_segment.size())
    rows["customer_share"] = ratio(rows["customers"], everybody)
    rows["orders"] = count(by_segment["frequency"].sum())
    revenue = count(by_segment["monetary"].sum())
    rows["net_revenue"] = money(revenue)
    rows["revenue_share"] = ratio(revenue, 0 * everybody + revenue.sum())
    rows["average_order_value"] = ratio(revenue, rows["orders"]) / 1e9
    rows["mean_recency_days"] = by_segment["recency_days"].mean()
    rows["median_recency_days"] = by_segment["recency_days"].median()
    churned = segments[segments["status"] == "churned"]
    rows["churned_customers"] = count(churned.groupby("segment").size())
    rows["churned_share"] = ratio(rows["churned_customers"], rows["customers"])
    return rows.reset_index()


def fct_segment_migration(scores: pd.DataFrame) -> pd.DataFrame:
    """One row a pair of segments that occurs; `net_revenue` of `scores` in 1e-9 units."""
    now, before = (
        scores[scores["snapshot"] == snapshot].set_index("user_id") for snapshot in ("current", "previous")
    )
    moved = now.assign(
        previous_segment=before["segment"].reindex(now.index).astype("str").fillna(NOT_YET),
        previous_segment_order=before["segment_order"].reindex(now.index).fillna(0).astype("int64"),
        previous_net_revenue=before["net_revenue"].reindex(now.index).fillna(0).astype("int64"),
    )
    pairs = moved.groupby(["previous_segment", "segment", "previous_segment_order", "segment_order"])
    rows = pairs.agg(
        customers=("orders", "size"),
        orders=("orders", "sum"),
        net_revenue=("net_revenue", "sum"),
        previous_net_revenue=("previous_net_revenue", "sum"),
    ).reset_index()
    rows["previous_customers"] = rows.groupby("previous_segment")["customers"].transform("sum")
    rows["share_of_previous"] = ratio(rows["customers"], rows["previous_customers"])
    for name in ["net_revenue", "previous_net_revenue"]:
        rows[name] = money(rows[name])
    return rows
