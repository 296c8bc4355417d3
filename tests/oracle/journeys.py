"""Journeys to the first purchase: one row a visitor, Kaplan–Meier curves, and quartiles by cohort."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import CensoredData, ecdf

from .staging import Staged

DAY, MINUTE, SECOND = pd.Timedelta(days=1), pd.Timedelta(minutes=1), pd.Timedelta(seconds=1)
ALL, NOT_SET = "(all)", "(not set)"
LAST_DAY = 90
HORIZONS = [1, 7, 30, 90]
QUARTILES = {"p25": 0.25, "median": 0.5, "p75": 0.75}
MEASURES = ["sessions_before", "days_to_purchase", "minutes_on_site_before", "median_session_duration_before"]


def fct_first_purchase_journeys(staged: Staged, sessions: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """One row a visitor with a session: the way to the first counted order, or so far."""
    sessions = sessions.sort_values(["visitor_id", "started_at"])
    first = sessions.drop_duplicates("visitor_id").set_index("visitor_id")
    rows = pd.DataFrame(
        {
            "user_id": first["user_id"],
            "cohort_date": first["session_date"],
            "first_session_at": first["started_at"],
            "first_traffic_source": first["traffic_source"],
        }
    )
    counted = orders[orders["is_counted"]].sort_values(["created_at", "order_id"])
    bought = counted.drop_duplicates("visitor_id").set_index("visitor_id").reindex(rows.index)
    rows["converted"] = bought["order_id"].notna().astype("int64")
    rows["first_order_id"] = bought["order_id"]
    rows["purchased_at"] = bought["created_at"]
    rows["converting_session_id"] = bought["session_id"]
    rows["converting_traffic_source"] = rows["converting_session_id"].map(
        sessions.set_index("session_id")["traffic_source"]
    )

    own = sessions[["visitor_id", "session_id", "started_at", "ended_at"]].join(
        rows[["converting_session_id", "purchased_at"]], on="visitor_id"
    )
    own["is_converting"] = own["session_id"] == own["converting_session_id"]
    begun = own.loc[own["is_converting"]].set_index("visitor_id")["started_at"]
    own = own.join(begun.rename("converting_start"), on="visitor_id")
    own["is_before"] = own["converting_start"].isna() | (own["started_at"] < own["converting_start"])
    own["until"] = own["ended_at"]
    cut = own["is_converting"] & (own["purchased_at"] < own["ended_at"])
    own.loc[cut, "until"] = own.loc[cut, ["purchased_at", "started_at"]].max(axis=1)
    on_way = own[own["is_before"] | own["is_converting"]]
    length = on_way["until"] - on_way["started_at"]
    rows["sessions_before"] = own.groupby("visitor_id")["is_before"].sum()
    rows["minutes_on_site_before"] = (length / MINUTE).groupby(on_way["visitor_id"]).sum()
    rows["median_session_duration_before"] = (length / SECOND).groupby(on_way["visitor_id"]).median()

    day_after = (staged.as_of + DAY).tz_localize(staged.parameters["timezone"])
    waited = (rows["purchased_at"] - rows["first_session_at"]) / DAY
    rows["days_to_purchase"] = waited.clip(lower=0)
    so_far = (day_after - rows["first_session_at"]) / DAY
    rows["observed_days"] = rows["days_to_purchase"].fillna(so_far)
    return rows.reset_index()


def _cohorts(journeys: pd.DataFrame) -> pd.DataFrame:
    """Each journey once in each cohort that it is of: its month and the whole shop, its source and all."""
    journeys = journeys.assign(cohort_month=journeys["cohort_date"].dt.to_period("M").dt.start_time)
    sources = [journeys["first_traffic_source"].fillna(NOT_SET), pd.Series(ALL, index=journeys.index)]
    parts = [
        of_kind.assign(cohort_kind=kind, traffic_source=source)
        for kind, of_kind in {"month": journeys, "all": journeys.assign(cohort_month=pd.NaT)}.items()
        for source in sources
    ]
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(cohort=rows["cohort_month"].dt.strftime("%Y-%m").fillna(ALL))


def _by_cohort(journeys: pd.DataFrame) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    by = ["cohort_kind", "cohort_month", "cohort", "traffic_source"]
    for key, of_cohort in _cohorts(journeys).groupby(by, dropna=False):
        yield dict(zip(by, key, strict=True)), of_cohort


def _converted_share(journeys: pd.DataFrame, days: np.ndarray) -> pd.DataFrame:
    """1 - Kaplan–Meier; missing where nobody was observed that long.

    Its interval on the log-log scale is missing too where nobody or everybody has bought.
    """
    observed, has_bought = journeys["observed_days"].to_numpy(), journeys["converted"].to_numpy() == 1
    survival = ecdf(CensoredData(uncensored=observed[has_bought], right=observed[~has_bought])).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interval = survival.confidence_interval(method="log-log")
    at_risk = (observed[:, None] >= days).sum(axis=0)
    is_known = (at_risk > 0) | has_bought.all()
    share = np.where(is_known, 1 - survival.evaluate(days), np.nan)
    is_between = is_known & (share > 0) & (share < 1)
    return pd.DataFrame(
        {
            "day": days,
            "at_risk": at_risk,
            "buyers": (observed[has_bought][:, None] <= days).sum(axis=0),
            "converted_share": share,
            "lower": np.where(is_between, 1 - interval.high.evaluate(days), np.nan),
            "upper": np.where(is_between, 1 - interval.low.evaluate(days), np.nan),
        }
    )


def fct_first_purchase_curves(journeys: pd.DataFrame) -> pd.DataFrame:
    """One row a cohort and day since the first session."""
    parts = []
    for cohort, of_cohort in _by_cohort(journeys):
        curve = _converted_share(of_cohort, np.arange(LAST_DAY + 1))
        parts.append(curve.assign(visitors=len(of_cohort), **cohort))
    return pd.concat(parts, ignore_index=True)


def fct_first_purchase_cohorts(journeys: pd.DataFrame) -> pd.DataFrame:
    """One row a cohort: quartiles over its buyers, and what share bought within some days."""
    rows = []
    for cohort, of_cohort in _by_cohort(journeys):
        buyers = of_cohort[of_cohort["converted"] == 1]
        row = {**cohort, "visitors": len(of_cohort), "buyers": len(buyers)}
        for measure in MEASURES:
            for name, share in QUARTILES.items():
                row[f"{name}_{measure}"] = buyers[measure].quantile(share)
        curve = _converted_share(of_cohort, np.array(HORIZONS)).set_index("day")
        for day in HORIZONS:
            share = f"converted_share_{day}d"
            row[share] = curve.at[day, "converted_share"]
            row[f"{share}_lower"], row[f"{share}_upper"] = curve.loc[day, ["lower", "upper"]]
        rows.append(row)
    return pd.DataFrame(rows)
