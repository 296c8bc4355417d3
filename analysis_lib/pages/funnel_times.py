"""How long visits take from one step of the funnel to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import periods
from analysis_lib.pages.funnel import windows_of
from analysis_lib.reporting import charts, numbers
from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.figure import HALF_WIDTH
from analysis_lib.reporting.html import Html, empty, join

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_TIMES = """
with steps as (
    select 'view' as step, seconds_view_to_cart as seconds from fct_sessions
    where session_date between @first_date and @last_date and seconds_view_to_cart is not null
    union all
    select 'cart' as step, seconds_cart_to_purchase as seconds from fct_sessions
    where session_date between @first_date and @last_date and seconds_cart_to_purchase is not null
)
select
    step,
    case
        when seconds < 60 then 0
        when seconds < 300 then 1
        when seconds < 900 then 2
        when seconds < 1800 then 3
        when seconds < 3600 then 4
        else 5
    end as bucket,
    count(*) as sessions,
from steps
group by step, bucket
order by step, bucket
"""
_BUCKETS = ("under 1 min", "1–5 min", "5–15 min", "15–30 min", "30–60 min", "1 h and more")


def between_steps(book: Shop) -> Html:
    """How long it took from the first view to the cart, and from the cart to the purchase."""
    found = periods.run_windows(book).current
    rows = periods.records(book, _TIMES, first_date=found.first, last_date=found.last)
    whole = windows_of(book).get("window", {})
    parts = [
        _times_chart(rows, "view", "view to cart", whole.get("median_seconds_view_to_cart"), found.text),
        _times_chart(
            rows, "cart", "cart to purchase", whole.get("median_seconds_cart_to_purchase"), found.text
        ),
    ]
    return Html(f'<div class="figure-grid">\n{join(parts).text}\n</div>')


def _times_chart(rows: Sequence[Mapping[str, Any]], step: str, label: str, median: Any, window: str) -> Html:
    counts = {int(row["bucket"]): int(row["sessions"]) for row in rows if row["step"] == step}
    total = sum(counts.values())
    if not total:
        return empty(f"No session went from {label} on {window}.")
    last = max(counts)
    bars = [
        charts.Bar(
            _BUCKETS[bucket], counts.get(bucket, 0), f"{numbers.percent(counts.get(bucket, 0) / total)}"
        )
        for bucket in range(last + 1)
    ]
    sentence = f"Median {numbers.duration(median)} over {numbers.plural(total, 'session')}."
    words = Words(
        f"Time from {label}, {window}",
        f"{sentence} Parts of the sessions that took the step.",
        f"Bar chart of the time from {label}. {sentence} "
        + "; ".join(f"{bar.label} {bar.text}" for bar in bars)
        + ".",
    )
    return charts.bars(f"time-{label.replace(' ', '-')}", bars, words, width=HALF_WIDTH).html
