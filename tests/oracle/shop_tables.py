"""What every mart of this folder starts from, computed once for a shop: events, sessions, lines, orders."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from . import orders, sessions
from .staging import Staged


@dataclass
class ShopTables:
    """The intermediate tables of one shop; amounts in 1e-9 units, session ids `visitor@microseconds`.

    `events` are in order of visitor, time and source order, with `session_id` and `event_number` (position
    among the visitor's events); `sessions` is one row a session with what its first event says.
    """

    staged: Staged
    events: pd.DataFrame
    sessions: pd.DataFrame
    lines: pd.DataFrame
    orders: pd.DataFrame


def shop_tables(staged: Staged) -> ShopTables:
    """The tables of `staged`; a shop without events has empty events and sessions."""
    events = sessions.session_events(staged)
    starts = sessions.session_starts(events)
    events["session_id"] = events["session"].map(starts["session_id"]).astype("str")
    events["event_number"] = events.groupby("visitor_id").cumcount() + 1
    lines = orders.order_lines(staged, events, starts)
    of_orders = orders.orders_of(staged, lines, events, starts)
    first = events.drop_duplicates("session").set_index("session")
    by_session = starts.join(first[["traffic_source", "campaign_id"]])
    by_session["session_date"] = staged.day(by_session["started_at"])
    return ShopTables(staged, events, by_session.reset_index(drop=True), lines, of_orders)
