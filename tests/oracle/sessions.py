"""Sessions from events: stitching, the gap rule, and `fct_sessions`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .staging import Staged, money

COUNTS = {
    "page_views": "page_view",
    "searches": "search",
    "product_views": "product_view",
    "clicks": "click",
    "add_to_carts": "add_to_cart",
    "removes_from_cart": "remove_from_cart",
    "checkouts": "checkout",
    "purchases": "purchase",
    "cancels": "cancel",
}
FIRST_OF_SESSION = ["source_session_id", "traffic_source", "referrer", "campaign_id", "device", "browser"]
STEPS = {"view": "product_view", "cart": "add_to_cart", "checkout": "checkout", "purchase": "purchase"}


def session_events(staged: Staged, events: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every event that counts, in order, with its final user, visitor and `session` (a running number)."""
    if events is None:
        events = staged.events
    events = events[staged.day(events["event_time"]) <= staged.as_of].copy()
    events = _stitched(events)
    events = events.sort_values(["visitor_id", "event_time", "event_order"], ignore_index=True)
    gap = events["event_time"].diff()
    longest = pd.Timedelta(minutes=staged.parameters["session_gap_minutes"])
    starts = (events["visitor_id"] != events["visitor_id"].shift()) | (gap > longest)
    events["session"] = starts.cumsum() - 1
    return events


def _stitched(events: pd.DataFrame) -> pd.DataFrame:
    """In one source session an anonymous event belongs to the user of the next known event."""
    events = events.sort_values(["source_session_id", "event_time", "event_order"])
    next_user = events.groupby("source_session_id", sort=False)["user_id"].bfill()
    events["user_id"] = events["user_id"].fillna(next_user)
    events["visitor_id"] = ("u:" + events["user_id"]).fillna(events["visitor_id"])
    return events


def session_starts(events: pd.DataFrame) -> pd.DataFrame:
    """One row a session, indexed by `session`: its key, whose it is, when it began and ended."""
    by_session = events.groupby("session")
    starts = by_session.agg(
        visitor_id=("visitor_id", "first"),
        user_id=("user_id", "first"),
        started_at=("event_time", "min"),
        ended_at=("event_time", "max"),
    )
    micros = starts["started_at"].astype("int64").astype("string")
    starts.insert(0, "session_id", starts["visitor_id"].astype("string") + "@" + micros)
    return starts


def fct_sessions(staged: Staged, events: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """The mart; `events` from session_events, `orders` is int_orders with amounts in 1e-9 units."""
    sessions = session_starts(events)
    first = events.drop_duplicates("session", keep="first").set_index("session")
    last = events.drop_duplicates("session", keep="last").set_index("session")

    sessions["session_date"] = staged.day(sessions["started_at"])
    length = sessions["ended_at"] - sessions["started_at"]
    sessions["duration_seconds"] = length / pd.Timedelta(seconds=1)
    sessions["events"] = events.groupby("session").size()
    for column, event_type in COUNTS.items():
        of_type = events[events["event_type"] == event_type]
        sessions[column] = of_type.groupby("session").size().reindex(sessions.index, fill_value=0)
    views = events[events["event_type"] == "product_view"]
    products_viewed = views.groupby("session")["product_id"].nunique()
    sessions["products_viewed"] = products_viewed.reindex(sessions.index, fill_value=0)

    for column in FIRST_OF_SESSION:
        sessions[column] = first[column]
    sessions["landing_uri"] = first["uri"]
    sessions["exit_uri"] = last["uri"]
    country_of_user = staged.users.set_index("user_id")["country"]
    sessions["country"] = first["country"].fillna(sessions["user_id"].map(country_of_user).astype("str"))

    local_start = sessions["started_at"].dt.tz_convert(staged.parameters["timezone"])
    sessions["started_hour"] = local_start.dt.hour
    sessions["started_weekday"] = local_start.dt.day_of_week + 1
    sessions["is_bounce"] = sessions["events"] == 1
    sessions["is_first_session"] = ~sessions["visitor_id"].duplicated()  # in order of visitor and start

    sessions = sessions.join(_steps(events, sessions.index))

    counted = orders[orders["is_counted"]]
    sessions["orders"] = (
        sessions["session_id"].map(counted.groupby("session_id").size()).fillna(0).astype(int)
    )
    revenue = orders.groupby("session_id")["net_revenue"].sum()
    sessions["net_revenue"] = money(sessions["session_id"].map(revenue).fillna(0).astype("int64"))
    if not staged.has_orders:
        sessions[["orders", "net_revenue"]] = None
    return sessions.reset_index(drop=True)


def _steps(events: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """The funnel steps of each session: reached in any order, and each after the one before."""
    has_checkout = (events["event_type"] == "checkout").any()
    steps = pd.DataFrame(index=index)
    for step, event_type in STEPS.items():
        reached = events.loc[events["event_type"] == event_type, "session"].unique()
        steps[f"reached_{step}"] = pd.Series(index.isin(reached), index=index, dtype="boolean")

    # The events are in order, so the row number says what comes after what.
    row = pd.Series(events.index, index=events.index)
    previous = pd.Series(-1, index=index)  # the row of the step before; -1: any row is after it
    times = {}
    for step, event_type in STEPS.items():
        if step == "checkout" and not has_checkout:
            steps["reached_checkout"] = pd.array([pd.NA] * len(index), dtype="boolean")
            steps["ordered_checkout"] = pd.array([pd.NA] * len(index), dtype="boolean")
            continue
        after = row > events["session"].map(previous)  # a missing step before: never after it
        candidates = events[(events["event_type"] == event_type) & after]
        previous = (
            candidates.drop_duplicates("session")
            .pipe(lambda found: pd.Series(found.index, index=found["session"]))
            .reindex(index)
        )
        steps[f"ordered_{step}"] = pd.Series(previous.notna(), dtype="boolean")
        times[step] = previous.map(events["event_time"]).astype("datetime64[us, UTC]")
    second = pd.Timedelta(seconds=1)
    steps["seconds_view_to_cart"] = (times["cart"] - times["view"]) / second
    steps["seconds_cart_to_purchase"] = (times["purchase"] - times["cart"]) / second
    times.setdefault("checkout", pd.Series(pd.NaT, index=index, dtype=times["cart"].dtype))
    steps["seconds_cart_to_checkout"] = (times["checkout"] - times["cart"]) / second
    steps["seconds_checkout_to_purchase"] = (times["purchase"] - times["checkout"]) / second

    for step in ["cart", "checkout", "purchase"]:
        steps[f"{step}_step_at"] = times[step]
    for step in STEPS:
        of_step = events[events["event_type"] == STEPS[step]].drop_duplicates("session")
        times_of_step = of_step.set_index("session")["event_time"].reindex(index)
        steps[f"first_{step}_at"] = times_of_step.astype("datetime64[us, UTC]")
    after = pd.Series(np.nan, index=index)
    views = events[events["event_type"] == "product_view"].drop_duplicates("session")
    after[views["session"]] = views.index
    for step in ["cart", "checkout", "purchase"]:
        if step == "checkout" and not has_checkout:
            steps["journey_checkout_at"] = pd.NaT
            continue
        after = next_of_visitor(events, after, step)
        steps[f"journey_{step}_at"] = after.map(events["event_time"]).astype("datetime64[us, UTC]")

    steps["funnel_stage"] = "visit"
    for step in STEPS:
        steps.loc[steps[f"ordered_{step}"].fillna(False), "funnel_stage"] = step
    return steps


def next_of_visitor(events: pd.DataFrame, after: pd.Series, step: str) -> pd.Series:
    """The row of the visitor's first event of a step after each of the given rows; missing without one.

    The events must be in order of visitor and time, so that a later row of the same visitor is a later event.
    """
    rows = events.index[events["event_type"] == STEPS[step]].to_numpy()
    known = after.dropna().astype("int64")
    place = np.searchsorted(rows, known.to_numpy(), side="right")
    is_there = place < len(rows)
    known, found = known[is_there], rows[place[is_there]]
    visitors = events["visitor_id"].to_numpy()
    is_own = visitors[known.to_numpy()] == visitors[found]
    return pd.Series(found[is_own], index=known.index[is_own]).reindex(after.index)
