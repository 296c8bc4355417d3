"""`fct_cohort_retention`: who came back, by days, weeks and months since the first time."""

from __future__ import annotations

import pandas as pd

from .staging import Staged, money, ratio

FREQUENCY = {"day": "D", "week": "W-SUN", "month": "M"}
LAST_NUMBER = {"day": 30, "week": 52, "month": None}


def fct_cohort_retention(staged: Staged, sessions: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """The mart; amounts of `orders` in 1e-9 units. Kinds without a visitor have no rows."""
    seen = sessions[["visitor_id", "user_id", "session_date"]].rename(columns={"session_date": "date"})
    known = seen[seen["user_id"].notna()]
    bought = orders[orders["is_counted"] & orders["visitor_id"].notna()]
    bought = bought[["visitor_id", "order_date"]].rename(columns={"order_date": "date"})
    kinds = {
        "first_activity_day": (seen, "day"),
        "first_activity_week": (seen, "week"),
        "user_activity_day": (known, "day"),
        "user_activity_week": (known, "week"),
        "first_order_month": (bought, "month"),
    }
    parts = []
    for kind, (visits, unit) in kinds.items():
        if len(visits):
            cohorts = _cohorts(staged, visits, orders, unit)
            cohorts.insert(0, "cohort_kind", kind)
            parts.append(cohorts)
    return pd.concat(parts, ignore_index=True)


def _cohorts(staged: Staged, visits: pd.DataFrame, orders: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Every cohort with every period up to the cap, or up to the newest period of the oldest cohort."""

    def period(dates: pd.Series) -> pd.Series:
        return dates.dt.to_period(FREQUENCY[unit])

    visits = visits.assign(period=period(visits["date"]))
    cohort = visits.groupby("visitor_id")["period"].min()
    now = pd.Period(staged.as_of, FREQUENCY[unit])

    def since(frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with each visitor's cohort and the number of the period; others are left out."""
        frame = frame[frame["visitor_id"].isin(cohort.index)].copy()
        frame["cohort"] = frame["visitor_id"].map(cohort)
        steps = frame["period"].astype("int64") - frame["cohort"].astype("int64")
        frame["number"] = steps
        return frame

    came = since(visits).groupby(["cohort", "number"])["visitor_id"].nunique()
    placed = since(orders.assign(period=period(orders["order_date"])))
    by_cell = placed.groupby(["cohort", "number"])
    counted = by_cell["is_counted"].sum()
    revenue = by_cell["net_revenue"].sum()

    numbers = int(now.ordinal - cohort.min().ordinal)
    if LAST_NUMBER[unit] is not None:
        numbers = min(numbers, LAST_NUMBER[unit])
    cells = []
    for first, members in cohort.groupby(cohort):
        money_so_far, money_at_first = 0, None
        for number in range(numbers + 1):
            of_cell = first + number
            is_over = of_cell.end_time.normalize() <= staged.as_of
            cell = {
                "cohort_period": first.start_time,
                "period_number": number,
                "cohort_size": len(members),
                "is_observable": is_over,
                "active": None,
                "orders": None,
                "net_revenue": None,
                "cumulative": None,
                "first_revenue": None,
            }
            if is_over:
                cell["active"] = came.get((first, number), 0)
                cell["orders"] = counted.get((first, number), 0)
                cell["net_revenue"] = int(revenue.get((first, number), 0))
                money_so_far += cell["net_revenue"]
                cell["cumulative"] = money_so_far
                if number == 0:
                    money_at_first = cell["net_revenue"]
                cell["first_revenue"] = money_at_first
            elif number == 0:
                cell["active"] = len(members)
            cells.append(cell)
    rows = pd.DataFrame(cells)
    for name in ["active", "orders", "net_revenue", "cumulative", "first_revenue"]:
        rows[name] = rows[name].astype("Int64")
    rows["retention_rate"] = ratio(rows["active"], rows["cohort_size"])
    rows["revenue_retention"] = ratio(rows["net_revenue"], rows["first_revenue"])
    rows["cumulative_net_revenue_per_customer"] = ratio(rows["cumulative"], rows["cohort_size"]) / 1e9
    if not staged.has_orders:
        rows[["orders", "net_revenue", "revenue_retention"]] = None
        rows["cumulative_net_revenue_per_customer"] = None
    rows["net_revenue"] = money(rows["net_revenue"])
    return rows.drop(columns=["cumulative", "first_revenue"])
