"""Where the net revenue of a window comes from: which traffic source, and how many orders of what value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis_lib.pages.periods import WINDOWS_CTE, Totals, run_windows, window_parameters

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

NOT_SET = "(not set)"
NO_SESSION = "(no session)"

# The P&L's own rules, line by line: sold on the day of the order, returned on the day of the return. So the
# sources add up to the net revenue of the P&L, which revenue by session does not.
_BY_SOURCE = f"""
with {WINDOWS_CTE},
sold as (
    select
        windows.period,
        int_order_lines.session_id,
        sum(gross_sales - discounts - cancellations) as revenue,
    from windows
    inner join int_order_lines on int_order_lines.order_date between windows.first_date and windows.last_date
    group by windows.period, int_order_lines.session_id
),
returned as (
    select
        windows.period,
        int_order_lines.session_id,
        -sum(returns) as revenue,
    from windows
    inner join int_order_lines on int_order_lines.return_date between windows.first_date and windows.last_date
    where int_order_lines.is_returned
    group by windows.period, int_order_lines.session_id
),
ordered as (
    select windows.period, int_orders.session_id, count(*) as orders,
    from windows
    inner join int_orders on int_orders.order_date between windows.first_date and windows.last_date
    where int_orders.is_counted
    group by windows.period, int_orders.session_id
),
amounts as (
    select period, session_id, revenue, 0 as orders from sold
    union all
    select period, session_id, revenue, 0 as orders from returned
    union all
    select period, session_id, cast(0 as numeric) as revenue, orders from ordered
),
sources as (
    select session_id, session_date, coalesce(traffic_source, '{NOT_SET}') as traffic_source from fct_sessions
),
visits as (
    select windows.period, sources.traffic_source, count(*) as sessions,
    from windows
    inner join sources on sources.session_date between windows.first_date and windows.last_date
    group by windows.period, sources.traffic_source
),
earned as (
    select
        amounts.period,
        coalesce(sources.traffic_source, '{NO_SESSION}') as traffic_source,
        sum(amounts.revenue) as net_revenue,
        sum(amounts.orders) as orders,
    from amounts
    left join sources on amounts.session_id = sources.session_id
    group by amounts.period, traffic_source
),
both_sides as (
    select period, traffic_source, net_revenue, orders, 0 as sessions from earned
    union all
    select period, traffic_source, cast(0 as numeric) as net_revenue, 0 as orders, sessions from visits
)
select
    traffic_source,
    sum(if(period = 'current', sessions, 0)) as sessions,
    sum(if(period = 'previous', sessions, 0)) as previous_sessions,
    sum(if(period = 'current', orders, 0)) as orders,
    sum(if(period = 'previous', orders, 0)) as previous_orders,
    sum(if(period = 'current', net_revenue, cast(0 as numeric))) as net_revenue,
    sum(if(period = 'previous', net_revenue, cast(0 as numeric))) as previous_net_revenue,
from both_sides
where period in ('current', 'previous')
group by traffic_source
order by net_revenue desc, sessions desc, traffic_source
"""


def by_source(book: Shop) -> pd.DataFrame:
    """Sessions, orders and net revenue of the window and the one before, one row a traffic source.

    The traffic source is that of the session which an order belongs to. Net revenue adds up to the P&L's.
    """
    return book.sql(_BY_SOURCE, **window_parameters(run_windows(book)))


@dataclass(frozen=True)
class Factor:
    """One factor of net revenue and how much of its change it explains, in money."""

    label: str
    current: float
    previous: float
    contribution: float


def factors(profit: Totals, visits: Totals, period: str = "previous") -> list[Factor]:
    """Net revenue = sessions × orders per session × revenue per order: what each adds to the change.

    In a shop without visits the factors are two: orders and revenue per order.
    The contributions add up to the change exactly (logarithmic mean Divisia index). Empty where one of
    the values is missing, zero or negative, because then no such split exists. `period` is what the window is
    compared with.

    References
    ----------
    Ang, B. W. (2005), The LMDI approach to decomposition analysis, Energy Policy 33, 867–871.
    """
    values: dict[str, tuple[float, float]] = {}
    visited = [("sessions", visits)] if visits.values else []
    for name, source in (*visited, ("orders", profit), ("net_revenue", profit)):
        current, previous = source.value(name), source.value(name, period)
        if current is None or previous is None or current <= 0 or previous <= 0:
            return []
        values[name] = (current, previous)
    revenue, before = values["net_revenue"]
    weight = before if revenue == before else (revenue - before) / math.log(revenue / before)
    ratios = {"Orders": values["orders"]}
    if visited:
        per_session = _divided(values["orders"], values["sessions"])
        ratios = {"Sessions": values["sessions"], "Orders per session": per_session}
    ratios["Revenue per order"] = _divided(values["net_revenue"], values["orders"])
    return [
        Factor(label, current, previous, weight * math.log(current / previous))
        for label, (current, previous) in ratios.items()
    ]


def _divided(upper: tuple[float, float], lower: tuple[float, float]) -> tuple[float, float]:
    return upper[0] / lower[0], upper[1] / lower[1]
