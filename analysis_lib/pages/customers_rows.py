"""The buyers as sums: how many, how many came back, what they brought and what is expected of them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import periods
from analysis_lib.pages.periods import Totals, records
from analysis_lib.reporting.numbers import number_or_none
from analysis_lib.statistics.proportions import Interval, wilson_interval

if TYPE_CHECKING:
    import datetime as dt

    from analysis_lib.shop import Shop

WINDOW_METRICS = ("new_customers", "average_order_value")
# Who comes back orders on a second day: two orders of one day are one purchase, here as in the predictions.
CAME_BACK = "date(first_order_at, @timezone) < date(last_order_at, @timezone)"
_BUYERS = f"""
select
    count(*) as buyers,
    countif({CAME_BACK}) as came_back,
    countif(date(first_order_at, @timezone) <= @earlier_date) as buyers_before,
    sum(net_revenue) as net_revenue,
    sum(if({CAME_BACK}, net_revenue, cast(0 as numeric))) as came_back_net_revenue,
    sum(predicted_orders_12m) as predicted_orders_12m,
    sum(predicted_net_revenue_12m) as predicted_net_revenue_12m,
    max(date(last_order_at, @timezone)) as last_order_date,
from dim_customers
where orders > 0
"""
_CHURN = """
select
    eligible,
    churned,
    churn_rate,
    churn_rate_lower,
    churn_rate_upper,
from fct_churn
where cohort_kind = 'overall'
"""
_FIT = """
select
    is_fitted,
    reason,
    is_value_fitted,
    value_reason,
from int_purchase_fit
where fit = 'final'
"""


@dataclass(frozen=True)
class Buyers:
    """Everybody with a counted order by the last day.

    Amounts are None where not available; `earlier_date` is the last day of the window before.
    """

    buyers: int
    came_back: int
    buyers_before: int
    net_revenue: float | None
    came_back_net_revenue: float | None
    predicted_orders: float | None
    predicted_net_revenue: float | None
    last_order_date: dt.date | None
    earlier_date: dt.date

    @property
    def repeat_share(self) -> float | None:
        """Who came back on another day, of all buyers."""
        return self.came_back / self.buyers if self.buyers else None

    @property
    def repeat_interval(self) -> Interval | None:
        """The 95 % interval of the share."""
        return wilson_interval(self.came_back, self.buyers)

    @property
    def repeat_revenue_share(self) -> float | None:
        """The part of net revenue that those who came back brought; None where there is no revenue."""
        if not self.net_revenue or self.came_back_net_revenue is None:
            return None
        return self.came_back_net_revenue / self.net_revenue


@dataclass(frozen=True)
class Churn:
    """Who was judged and who churned, with the 95 % interval of the rate."""

    eligible: int
    churned: int
    rate: float | None
    interval: Interval | None


@functools.lru_cache(maxsize=4)
def buyers(book: Shop) -> Buyers:
    """The sums over all buyers."""
    earlier_date = periods.run_windows(book).previous.last
    row = records(book, _BUYERS, earlier_date=earlier_date)[0]
    return Buyers(
        int(row["buyers"]),
        int(row["came_back"]),
        int(row["buyers_before"]),
        number_or_none(row["net_revenue"]),
        number_or_none(row["came_back_net_revenue"]),
        number_or_none(row["predicted_orders_12m"]),
        number_or_none(row["predicted_net_revenue_12m"]),
        periods.as_date(row["last_order_date"]),
        earlier_date,
    )


@functools.lru_cache(maxsize=4)
def churn(book: Shop) -> Churn | None:
    """The churn of all buyers; None where the shop's source has no such model or nobody bought."""
    rows = records(book, _CHURN) if book.available("fct_churn") else []
    if not rows:
        return None
    row = rows[0]
    rate = number_or_none(row["churn_rate"])
    low, high = number_or_none(row["churn_rate_lower"]), number_or_none(row["churn_rate_upper"])
    interval = None if low is None or high is None else Interval(low, high)
    return Churn(int(row["eligible"]), int(row["churned"]), rate, interval)


@functools.lru_cache(maxsize=4)
def window(book: Shop) -> Totals | None:
    """New customers and average order value by window; None without a profit and loss."""
    if not book.available("fct_daily_pnl"):
        return None
    return periods.totals(book, "fct_daily_pnl", "calendar_date", WINDOW_METRICS)


def fit_notes(book: Shop) -> tuple[bool, list[str]]:
    """Whether the purchase models could be fitted, and what to know about them."""
    rows: list[dict[str, Any]] = records(book, _FIT) if book.available("int_purchase_fit") else []
    if not rows:
        return False, []
    row = rows[0]
    notes = [str(row[name]) for name in ("reason", "value_reason") if row[name]]
    return bool(row["is_fitted"] and row["is_value_fitted"]), list(dict.fromkeys(notes))
