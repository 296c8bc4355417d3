"""`fct_daily_traffic` by its slow literal definition: each day computed again as it was known at its end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .orders import sessions_at
from .sessions import session_events, session_starts
from .staging import Staged, money, ratio

GRAIN = ["traffic_date", "traffic_source"]
NOT_SET, NO_SESSION = "(not set)", "(no session)"
COPIED_EVENTS = 1_500_000  # at a time
AS_KNOWN_THAT_DAY = ["user_id", "visitor_id", "source_session_id"]  # each day has its own of them


def fct_daily_traffic(staged: Staged, orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """One row a day and traffic source with a session, a counted order or a return; amounts in 1e-9 units."""
    placed = _placed(orders, lines)
    sessions, sources = [], []
    for events, of_events in _people(staged, placed):
        events, asked = _copies(staged, events, of_events)
        of_copies, source_of_order = _known_that_day(staged, events, asked)
        sessions.append(of_copies)
        sources.append(source_of_order)
    by_order = pd.concat(sources) if sources else pd.Series(dtype="str")
    by_order = by_order.reindex(orders["order_id"]).fillna(NO_SESSION)

    rows = _of_sessions(pd.concat(sessions))
    booked = _booked(staged, orders, lines, by_order)
    rows = rows.join(booked, how="outer")
    counts = [name for name in rows if name.endswith(("sessions", "visitors")) or name == "bounces"]
    for name in counts:
        rows[name] = rows[name].fillna(0).astype("int64")
    rows["bounce_rate"] = ratio(rows["bounces"], rows["sessions"])
    rows["add_to_cart_rate"] = ratio(rows["cart_sessions"], rows["sessions"])
    rows["purchase_rate"] = ratio(rows["purchase_sessions"], rows["sessions"])
    if staged.has_orders:
        amounts = rows["net_revenue"].fillna(0)
        rows["orders"] = rows["orders"].fillna(0).astype("int64")
        rows["revenue_per_session"] = ratio(amounts, rows["sessions"]) / 1e9
        rows["net_revenue"] = money(amounts.astype("int64"))
    else:
        rows[["orders", "net_revenue", "revenue_per_session"]] = None
    return rows.reset_index()


def _placed(orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Who placed each order, and when: with its first line, or when it was made."""
    first = lines.sort_values(["placed_at", "order_item_id"]).drop_duplicates("order_id")
    placed = orders.set_index("order_id")[["user_id", "created_at", "order_date"]]
    first = first.set_index("order_id").reindex(placed.index)
    placed["user_id"] = first["user_id"].astype("str").fillna(placed["user_id"].astype("str"))
    placed["placed_at"] = first["placed_at"].fillna(placed["created_at"])
    return placed.reset_index()


def _people(staged: Staged, placed: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Events and orders in parts that have nothing to do with each other, with the `person` of each.

    Events that share a user, a visitor or a source session are of one person: no other's sessions depend
    on them.
    """
    events = staged.events[staged.day(staged.events["event_time"]) <= staged.as_of]
    keys = [
        events["visitor_id"],
        ("k:" + events["source_session_id"]).fillna("e:" + events["event_id"]),
        "u:" + placed["user_id"].dropna(),
    ]
    codes, names = pd.factorize(pd.concat(keys))
    of_visitor, of_key = codes[: len(events)], codes[len(events) : 2 * len(events)]
    edges = coo_array((np.ones(len(events)), (of_visitor, of_key)), shape=(len(names), len(names)))
    _, label = connected_components(edges, directed=False)
    events = events.assign(person=label[of_visitor], event_date=staged.day(events["event_time"]))
    users = "u:" + placed["user_id"]
    placed = placed.assign(person=users.map(pd.Series(label, index=names)))
    placed = placed[placed["person"].isin(events["person"])]

    days = events.groupby("person")["event_date"].nunique()
    days = days.add(placed.groupby("person").size(), fill_value=0)
    copies = (events.groupby("person").size() * days).cumsum()
    for _, people in copies.groupby((copies // COPIED_EVENTS).astype("int64")):
        yield events[events["person"].isin(people.index)], placed[placed["person"].isin(people.index)]


def _copies(staged: Staged, events: pd.DataFrame, placed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """For each day on which a person did something: all their events up to its end, as people of that day.

    Keys of people and source sessions are prefixed with the day, so that days know nothing of each other.
    """
    days = pd.concat(
        [
            events[["person", "event_date"]],
            placed[["person", "order_date"]].set_axis(["person", "event_date"], axis=1),
        ]
    ).drop_duplicates()
    copied = events.merge(days.rename(columns={"event_date": "known_on"}), on="person")
    copied = copied[copied["event_date"] <= copied["known_on"]]
    for frame, day in ((copied, "known_on"), (placed := placed.copy(), "order_date")):
        prefix = frame[day].dt.strftime("%Y-%m-%d ")
        for name in AS_KNOWN_THAT_DAY:
            if name == "visitor_id" and name in frame:
                frame[name] = frame[name].str[:2] + prefix + frame[name].str[2:]
            elif name in frame:
                frame[name] = prefix + frame[name]
    return copied, placed


def _known_that_day(
    staged: Staged, copied: pd.DataFrame, placed: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Series]:
    """The sessions that started on the day of their copy, and the traffic source of each order."""
    events = session_events(staged, copied)
    sessions = session_starts(events)
    by_session = events.groupby("session")
    sessions["known_on"] = by_session["known_on"].first()
    first = events.drop_duplicates("session").set_index("session")
    sessions["traffic_source"] = first["traffic_source"].fillna(NOT_SET)
    sessions["events"] = by_session.size()
    sessions["is_first"] = ~sessions["visitor_id"].duplicated()
    for step, kind in {"view": "product_view", "cart": "add_to_cart", "purchase": "purchase"}.items():
        sessions[step] = sessions.index.isin(events.loc[events["event_type"] == kind, "session"])

    found = sessions_at(staged, placed, events, sessions)
    source = found.map(sessions.set_index("session_id")["traffic_source"])
    source = source.set_axis(placed["order_id"]).dropna()
    started = staged.day(sessions["started_at"])
    return sessions[started == sessions["known_on"]], source


def _of_sessions(sessions: pd.DataFrame) -> pd.DataFrame:
    length = (sessions["ended_at"] - sessions["started_at"]) / pd.Timedelta(seconds=1)
    groups = sessions.assign(length=length, bounce=sessions["events"] == 1).groupby(
        ["known_on", "traffic_source"]
    )
    rows = groups.agg(
        sessions=("session_id", "size"),
        visitors=("visitor_id", "nunique"),
        new_visitors=("is_first", "sum"),
        bounces=("bounce", "sum"),
        view_sessions=("view", "sum"),
        cart_sessions=("cart", "sum"),
        purchase_sessions=("purchase", "sum"),
        mean_duration_seconds=("length", "mean"),
        median_duration_seconds=("length", "median"),
    )
    return rows.rename_axis(GRAIN)


def _booked(
    staged: Staged, orders: pd.DataFrame, lines: pd.DataFrame, source_of_order: pd.Series
) -> pd.DataFrame:
    """Orders and net revenue by day and source: sales on the order's day, returns on their own."""
    of_order = orders[orders["is_counted"]]
    of_order = of_order.assign(traffic_source=of_order["order_id"].map(source_of_order))
    orders_of_day = of_order.groupby(["order_date", "traffic_source"])["is_counted"].sum()
    of_line = lines[lines["order_id"].isin(of_order["order_id"])]  # those of other orders are worth nothing
    of_line = of_line.assign(traffic_source=of_line["order_id"].map(source_of_order))
    of_line["sold"] = of_line["gross_sales"] - of_line["discounts"] - of_line["cancellations"]
    sold = of_line.groupby(["order_date", "traffic_source"])["sold"].sum()
    returned = of_line[of_line["is_returned"]].groupby(["return_date", "traffic_source"])["returns"].sum()
    parts = [part.rename_axis(GRAIN) for part in (orders_of_day, sold, -returned)]
    booked = pd.concat(parts, axis=1, keys=["orders", "sold", "returned"])
    return pd.DataFrame(
        {"orders": booked["orders"], "net_revenue": booked["sold"].fillna(0) + booked["returned"].fillna(0)}
    )
