"""`fct_funnel_daily` and `fct_funnel_segments` from sessions and their events."""

from __future__ import annotations

import pandas as pd

from .session_products import product_events
from .sessions import next_of_visitor
from .shop_tables import ShopTables
from .staging import Staged, ratio

STEPS = ["view", "cart", "checkout", "purchase"]
NOT_SET, NO_BUYER = "(not set)", "(no buyer)"
TIMES = ["view_to_cart", "cart_to_purchase", "cart_to_checkout", "checkout_to_purchase"]
COUNTS = ("sessions", "visitors", "who_purchased")
DAY = pd.Timedelta(days=1)


def fct_funnel_daily(shop: ShopTables, sessions: pd.DataFrame) -> pd.DataFrame:
    """One row a calendar day from the first session to as_of."""
    staged = shop.staged
    counted = _counts(sessions, ["session_date"])
    views = _first_views(shop, sessions, ["session_date"])
    walks = _windowed(shop, views)
    walks = walks[walks["is_over"]]  # on the last day with a window, not that of a view after midnight
    counted = counted.merge(_windowed_counts(walks, ["session_date"], shop), how="left", on="session_date")
    if not len(sessions):
        return counted
    days = pd.date_range(sessions["session_date"].min(), staged.as_of, name="session_date", unit="us")
    counts = counted.set_index("session_date").reindex(days)
    is_count = [name for name in counts if name.endswith(COUNTS)]
    without_checkout = counted["checkout_sessions"].isna().all()
    for name in is_count:
        if not ("checkout" in name and without_checkout):
            counts[name] = counts[name].fillna(0)
    end_of_day = _end(staged, counts.index.to_series())
    windowed = [name for name in counts if name.startswith("windowed_")]
    counts.loc[end_of_day + _window(staged) > _end_of_data(staged), windowed] = pd.NA
    return _with_rates(counts.reset_index())


def fct_funnel_segments(shop: ShopTables, sessions: pd.DataFrame, segment_of_user: pd.Series) -> pd.DataFrame:
    """One row a period, dimension and segment that has sessions; `segment_of_user` is of every buyer."""
    staged = shop.staged
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
        if len(segment_of_user):
            found = of_period["user_id"].map(segment_of_user)
            segments["customer_segment"] = found.astype("str").fillna(NO_BUYER)
        for dimension, segment in segments.items():
            of_segments = of_period.assign(segment=segment)
            counts = _counts(of_segments, ["segment"])
            walks = _windowed(shop, _first_views(shop, of_segments, ["segment"]))
            walks = walks[walks["is_over"]]
            counts = counts.merge(_windowed_counts(walks, ["segment"], shop), how="left", on="segment")
            parts.append(_named(counts, period, dimension, shop))
        if len(shop.lines):
            parts.append(_named(_of_categories(shop, of_period), period, "category", shop))
    return _with_rates(pd.concat(parts, ignore_index=True))


def _named(counts: pd.DataFrame, period: str, dimension: str, shop: ShopTables) -> pd.DataFrame:
    windowed = [name for name in counts if name.startswith("windowed_")]
    known = [name for name in windowed if has_checkout(shop) or "checkout" not in name]
    counts[known] = counts[known].fillna(0)
    counts.insert(0, "dimension", dimension)
    counts.insert(0, "period", period)
    return counts


def has_checkout(shop: ShopTables) -> bool:
    """Whether the shop tracks checkouts."""
    return bool((shop.events["event_type"] == "checkout").any())


def _window(staged: Staged) -> pd.Timedelta:
    return staged.parameters["conversion_window_days"] * DAY


def _end(staged: Staged, days: pd.Series) -> pd.Series:
    """The instant at which each day is over."""
    return (days + DAY).dt.tz_localize(staged.parameters["timezone"]).dt.tz_convert("UTC")


def _end_of_data(staged: Staged) -> pd.Timestamp:
    return _end(staged, pd.Series([staged.as_of])).iloc[0]


def _first_views(shop: ShopTables, sessions: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The row of the first product view of each visitor in each group of sessions."""
    views = shop.events[shop.events["event_type"] == "product_view"]
    views = pd.DataFrame({"view": views.index, "session_id": views["session_id"]})
    views = views.merge(sessions[["session_id", "visitor_id", *by]], on="session_id")
    return views.groupby([*by, "visitor_id"], as_index=False)["view"].min()


def _windowed(shop: ShopTables, views: pd.DataFrame) -> pd.DataFrame:
    """Each view with the steps after it, each the first after the one before, inside the window.

    The rows of `shop.events` are in order of visitor and time, so that a row number says what comes after.
    """
    time = shop.events["event_time"].astype("datetime64[us, UTC]")
    until = views["view"].map(time) + _window(shop.staged)
    walks = views.assign(is_over=until <= _end_of_data(shop.staged))
    row = walks["view"]
    for step in STEPS[1:]:
        if step == "checkout" and not has_checkout(shop):
            continue
        row = next_of_visitor(shop.events, row, step)
        row = row[row.map(time) <= until.reindex(row.index)].reindex(walks.index)
        walks[step] = row.notna()
    return walks


def _windowed_counts(walks: pd.DataFrame, by: list[str], shop: ShopTables) -> pd.DataFrame:
    groups = walks.groupby(by)
    counts = pd.DataFrame({"windowed_view_visitors": groups.size()})
    for step in STEPS[1:]:
        counts[f"windowed_{step}_visitors"] = groups[step].sum() if step in walks else pd.NA
    return counts.reset_index()


def _of_categories(shop: ShopTables, sessions: pd.DataFrame) -> pd.DataFrame:
    """Sessions that viewed, carted or bought something of a category, each step with that category."""
    touched = _category_sessions(shop)
    own = sessions[["session_id", "visitor_id"]].merge(touched, on="session_id")
    return _counts(own, ["segment"])


def _category_sessions(shop: ShopTables) -> pd.DataFrame:
    """One row a session and category of `segment`, with the steps."""
    category = shop.staged.products.set_index("product_id")["category"]
    events = product_events(shop.events).copy()
    events["segment"] = events["product_id"].map(category).astype("str").fillna(NOT_SET)
    lines = shop.lines[~shop.lines["is_cancelled"] & shop.lines["session_id"].notna()]
    lines = lines.assign(segment=lines["product_id"].map(category).astype("str").fillna(NOT_SET))
    by = ["session_id", "segment"]
    is_view = events["event_type"] == "product_view"
    first_view = events[is_view].groupby(by)["event_number"].min()
    last_cart = events[~is_view].groupby(by)["event_number"].max()
    bought = lines.groupby(by).size()
    rows = pd.concat([first_view, last_cart, bought], axis=1, keys=STEPS[:2] + STEPS[3:])
    steps = pd.DataFrame(
        {
            "reached_view": rows["view"].notna(),
            "reached_cart": rows["cart"].notna(),
            "reached_checkout": None,
            "reached_purchase": rows["purchase"].notna(),
            "ordered_view": rows["view"].notna(),
            "ordered_cart": rows["cart"] > rows["view"],
            "ordered_checkout": None,
        }
    )
    steps["ordered_purchase"] = steps["ordered_cart"] & steps["reached_purchase"]
    steps[[f"seconds_{between}" for between in TIMES]] = float("nan")
    return steps.reset_index()


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
    medians = sessions.groupby(by)[[f"seconds_{between}" for between in TIMES]].median()
    return counts.join(medians.add_prefix("median_")).reset_index()


def _with_rates(counts: pd.DataFrame) -> pd.DataFrame:
    rates = {
        "conversion_rate": ("viewers_who_purchased", "view_visitors"),
        "any_order_conversion_rate": ("purchase_visitors", "view_visitors"),
        "session_conversion_rate": ("purchase_sessions", "sessions"),
        "visit_to_view_rate": ("ordered_view_sessions", "sessions"),
        "view_to_cart_rate": ("ordered_cart_sessions", "ordered_view_sessions"),
        "cart_to_checkout_rate": ("ordered_checkout_sessions", "ordered_cart_sessions"),
        "checkout_to_purchase_rate": ("ordered_purchase_sessions", "ordered_checkout_sessions"),
        "cart_to_purchase_rate": ("ordered_purchase_sessions", "ordered_cart_sessions"),
        "windowed_conversion_rate": ("windowed_purchase_visitors", "windowed_view_visitors"),
    }
    for rate, (numerator, denominator) in rates.items():
        counts[rate] = ratio(counts[numerator], counts[denominator])
    counts["visit_drop_off_rate"] = 1 - counts["visit_to_view_rate"]
    counts["view_drop_off_rate"] = 1 - counts["view_to_cart_rate"]
    counts["cart_drop_off_rate"] = 1 - counts["cart_to_purchase_rate"]
    for step in ["cart_to_checkout", "checkout_to_purchase"]:
        counts[f"{step}_drop_off_rate"] = 1 - counts[f"{step}_rate"]
    return counts
