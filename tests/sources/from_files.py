"""The numbers of a window, computed with pandas from the files alone: no code of the library is used."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

GAP = pd.Timedelta(minutes=30)


def with_sessions(events: pd.DataFrame) -> pd.DataFrame:
    """Events in order with `session`, cut where a visitor pauses for more than half an hour.

    Needs the columns `visitor`, `time` and `place`, which orders what happened at one time.
    """
    ordered = events.sort_values(["visitor", "time", "place"], kind="stable").reset_index(drop=True)
    pause = ordered.groupby("visitor")["time"].diff()
    ordered["session"] = (pause.isna() | (pause > GAP)).cumsum()
    ordered["session_start"] = ordered.groupby("session")["time"].transform("min")
    return ordered


def window(events: pd.DataFrame, days: int = 30) -> tuple[dt.date, dt.date]:
    """First and last day of the window that ends with the newest event."""
    last = events["time"].max().date()
    return last - dt.timedelta(days=days - 1), last


def between(times: pd.Series, days: tuple[dt.date, dt.date]) -> pd.Series:
    """Which times are on these days, in UTC."""
    return times.dt.date.between(*days)


def numbers(events: pd.DataFrame, lines: pd.DataFrame) -> dict[str, Any]:
    """Net revenue, orders, sessions and conversion of the window.

    `events` have a `session` and a `type`; `lines` an `order`, the `time` of the order, and an `amount`.
    """
    days = window(events)
    visits = events[between(events["session_start"], days)]
    placed = lines.groupby("order").agg(time=("time", "min"), amount=("amount", "sum"))
    placed = placed[between(placed["time"], days)]
    viewers = set(visits.loc[visits["type"] == "view", "visitor"])
    buyers = set(visits.loc[visits["type"] == "purchase", "visitor"])
    return {
        "net_revenue": round(float(placed["amount"].sum()), 2),
        "orders": len(placed),
        "sessions": visits["session"].nunique(),
        "conversion": len(viewers & buyers) / len(viewers),
    }
