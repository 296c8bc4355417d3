"""`fct_funnel_daily` and `fct_funnel_segments` from `fct_sessions`."""

from __future__ import annotations

import pandas as pd

from .staging import Staged, ratio

STEPS = ["view", "cart", "checkout", "purchase"]
NOT_SET = "(not set)"


def fct_funnel_daily(staged: Staged, sessions: pd.DataFrame) -> pd.DataFrame:
    """One row a calendar day from the first session to as_of."""
    counted = _counts(sessions, ["session_date"])
    if not len(sessions):
        return counted
    days = pd.date_range(sessions["session_date"].min(), staged.as_of, name="session_date", unit="us")
    counts = counted.set_index("session_date").reindex(days)
    is_count = [name for name in counts if name.endswith(("sessions", "visitors", "who_purchased"))]
    without_checkout = counted["checkout_sessions"].isna().all()
    for name in is_count:
        if not ("checkout" in name and without_checkout):
            counts[name] = counts[name].fillna(0)
    return _with_rates(counts.reset_index())


def fct_funnel_segments(staged: Staged, sessions: pd.DataFrame) -> pd.DataFrame:
    """One row a period, dimension and segment that has sessions."""
    days = pd.Timedelta(days=staged.parameters["window_days"])
    date, as_of = sessions["session_date"], staged.as_of
    periods = {
        "window": sessions[date > as_of - days],
        "previous_window": sessions[(date > as_of - 2 * days) & (date <= as_of - days)],
        "all_time": sessions,
    }
    parts = []
    for period, of_period in periods.items():
        segments = {
            "all": pd.Series("all", index=of_period.index),
            "device": of_period["device"].fillna(NOT_SET),
            "country": of_period["country"].fillna(NOT_SET),
            "traffic_source": of_period["traffic_source"].fillna(NOT_SET),
            "visitor_type": of_period["is_first_session"].map({True: "new", False: "returning"}),
        }
        for dimension, segment in segments.items():
            counts = _counts(of_period.assign(segment=segment), ["segment"])
            counts.insert(0, "dimension", dimension)
            counts.insert(0, "period", period)
            parts.append(counts)
    return _with_rates(pd.concat(parts, ignore_index=True))


def _counts(sessions: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The counts of each group; the checkout's are missing when the shop has no checkout events."""
    names = {f"reached_{step}": step for step in STEPS}
    names |= {f"ordered_{step}": f"ordered_{step}" for step in STEPS}
    flags = sessions[[*by, "visitor_id", *names]].copy()
    flags[list(names)] = flags[list(names)].fillna(False).astype(bool)
    by_visitor = flags.groupby([*by, "visitor_id"])[list(names)].any()
    by_visitor["both"] = by_visitor["reached_view"] & by_visitor["reached_purchase"]

    of_sessions = flags.groupby(by)[list(names)].sum()
    of_visitors = by_visitor.groupby(by).sum()
    counts = pd.DataFrame({"sessions": flags.groupby(by).size(), "visitors": by_visitor.groupby(by).size()})
    for flag, name in names.items():
        counts[f"{name}_sessions"] = of_sessions[flag]
        counts[f"{name}_visitors"] = of_visitors[flag]
    if not sessions["reached_checkout"].notna().any():
        counts[[name for name in counts if "checkout" in name]] = pd.NA
    counts["viewers_who_purchased"] = of_visitors["both"]
    medians = sessions.groupby(by)[["seconds_view_to_cart", "seconds_cart_to_purchase"]].median()
    return counts.join(medians.add_prefix("median_")).reset_index()


def _with_rates(counts: pd.DataFrame) -> pd.DataFrame:
    rates = {
        "conversion_rate": ("viewers_who_purchased", "view_visitors"),
        "any_order_conversion_rate": ("purchase_visitors", "view_visitors"),
        "session_conversion_rate": ("purchase_sessions", "sessions"),
        "visit_to_view_rate": ("ordered_view_sessions", "sessions"),
        "view_to_cart_rate": ("ordered_cart_sessions", "ordered_view_sessions"),
        "cart_to_purchase_rate": ("ordered_purchase_sessions", "ordered_cart_sessions"),
    }
    for rate, (numerator, denominator) in rates.items():
        counts[rate] = ratio(counts[numerator], counts[denominator])
    counts["visit_drop_off_rate"] = 1 - counts["visit_to_view_rate"]
    counts["view_drop_off_rate"] = 1 - counts["view_to_cart_rate"]
    counts["cart_drop_off_rate"] = 1 - counts["cart_to_purchase_rate"]
    return counts
