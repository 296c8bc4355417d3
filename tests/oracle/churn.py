"""`fct_churn`: of the buyers whose first order is old enough, who has not come back."""

from __future__ import annotations

import pandas as pd
from scipy.stats import binomtest

from .staging import Staged, ratio


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share; missing for no trials."""
    if not trials:
        return float("nan"), float("nan")
    interval = binomtest(int(successes), int(trials)).proportion_ci(0.95, "wilson")
    return float(interval.low), float(interval.high)


def fct_churn(staged: Staged, orders: pd.DataFrame) -> pd.DataFrame:
    """One row for all buyers and one a month of first counted orders."""
    counted = orders[orders["is_counted"] & orders["visitor_id"].notna()]
    dates = counted.groupby("visitor_id")["order_date"].agg(["min", "max"])
    long_ago = staged.as_of - pd.Timedelta(days=staged.parameters["churn_after_days"])
    buyers = pd.DataFrame(
        {
            "cohort_month": dates["min"].dt.to_period("M").dt.start_time,
            "eligible": dates["min"] <= long_ago,
            "churned": (dates["min"] <= long_ago) & (dates["max"] <= long_ago),
        }
    )
    overall = buyers.assign(cohort_kind="overall", cohort_month=pd.NaT)
    both = pd.concat([overall, buyers.assign(cohort_kind="first_order_month")])
    both["cohort"] = both["cohort_month"].dt.strftime("%Y-%m").fillna("(all)")
    rows = both.groupby(["cohort", "cohort_kind", "cohort_month"], dropna=False).agg(
        buyers=("eligible", "size"), eligible=("eligible", "sum"), churned=("churned", "sum")
    )
    rows["retained"] = rows["eligible"] - rows["churned"]
    rows["churn_rate"] = ratio(rows["churned"], rows["eligible"])
    bounds = [wilson(n, of) for n, of in zip(rows["churned"], rows["eligible"], strict=True)]
    rows["churn_rate_lower"], rows["churn_rate_upper"] = zip(*bounds, strict=True) if bounds else ([], [])
    return rows.reset_index()
