"""What the cross-sell page reads: candidates added up, the first of them, and the quality of the ranking.

Customers and candidates are counted in SQL; of the candidates only the first leave the warehouse.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.pages.periods import records
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.numbers import number_or_none

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

METRICS = ("cross_sell_candidates", "cross_sell_users", "cross_sell_expected_margin")
SCORES = ("ranking_auc", "ranking_top_decile_lift", "ranking_calibration_ratio")
MODEL = "purchase_probability"
LISTED = 1000
_TOTALS = """
select
    {metrics},
    countif(reason = 'viewed') as viewed,
    countif(reason = 'carted') as carted,
    countif(reason = 'cancelled') as cancelled,
    count(purchase_probability) as with_probability,
    sum(purchase_probability) as expected_purchases,
    sum(naive_lost_revenue) as naive_lost_revenue,
    countif(not is_in_stock) as out_of_stock,
from fct_cross_sell_candidates
"""
_BEST = """
with margins as (
    select expected_margin, count(*) as candidates
    from fct_cross_sell_candidates
    where expected_margin is not null
    group by expected_margin
),

ranked as (
    select
        expected_margin,
        candidates,
        sum(candidates) over (order by expected_margin desc rows between unbounded preceding and current row)
            - candidates as better,
        div(sum(candidates) over (), 10) as best,
    from margins
)

select
    coalesce(sum(candidates), 0) as candidates,
    sum(expected_margin * candidates) as expected_margin,
    coalesce(max(best), 0) as best,
    sum(expected_margin * greatest(0, least(candidates, best - better))) as best_expected_margin,
from ranked
"""
# The same order as `rank_for_user` of the mart, over all users. The best are found before they are numbered:
# numbering all of them is one worker's task, and on BigQuery too much for it.
_ORDER = """
        expected_margin is null,
        expected_margin desc,
        purchase_probability is null,
        purchase_probability desc,
        case reason when 'cancelled' then 1 when 'carted' then 2 else 3 end,
        last_viewed_at is null,
        last_viewed_at desc,
        user_id,
        product_id
"""
_CANDIDATES = f"""
with best as (
    select *
    from fct_cross_sell_candidates
    order by {_ORDER}
    limit @listed
)

select
    row_number() over (order by {_ORDER}) as place,
    user_id,
    product_id,
    coalesce(name, concat('Product ', product_id)) as product,
    category,
    reason,
    sessions,
    date(last_viewed_at, @timezone) as last_viewed_date,
    price,
    unit_margin,
    purchase_probability,
    expected_margin,
    case is_in_stock when true then 'in stock' when false then 'out of stock' else 'not known' end as stock,
from best
order by place
"""
_WANTED = """
select
    product_id,
    max(coalesce(name, concat('Product ', product_id))) as product,
    max(category) as category,
    count(*) as users,
    countif(reason = 'carted') as carted,
    countif(reason = 'cancelled') as cancelled,
    sum(purchase_probability) as expected_purchases,
    sum(expected_margin) as expected_margin,
    max(unit_margin) as unit_margin,
    case
        when countif(is_in_stock is null) > 0 then 'not known'
        when countif(is_in_stock) > 0 then 'in stock'
        else 'out of stock'
    end as stock,
from fct_cross_sell_candidates
group by product_id
order by expected_margin desc, expected_purchases desc, users desc, product_id
limit @listed
"""
_QUALITY = """
select metric, slice, value, baseline_name, baseline_value, sample_size, note
from dq_model_quality
where model_name = 'purchase_probability'
order by metric, slice
"""


@dataclass(frozen=True)
class CrossSell:
    """The page's rows.

    `totals` are sums over all candidates, with the metrics of the page; `best` are sums over the tenth of
    the candidates
    with the largest expected margin; `candidates` and `wanted` (by product) are ordered, the best first;
    `quality` holds
    the figures of the hold-out.
    """

    totals: Mapping[str, float | None]
    best: Mapping[str, float | None]
    candidates: pd.DataFrame
    wanted: pd.DataFrame
    quality: pd.DataFrame

    @property
    def number(self) -> int:
        """The number of candidates."""
        return int(self.totals["cross_sell_candidates"] or 0)

    @property
    def has_probabilities(self) -> bool:
        """Whether the model could be fitted."""
        return bool(self.totals["with_probability"])

    @property
    def has_margins(self) -> bool:
        """Whether what a purchase would earn is known: not in a shop that states no costs."""
        return bool(self.wanted["unit_margin"].notna().any())

    @property
    def why_not(self) -> str:
        """Why there is no probability, or nothing to judge it by, as a clause; empty where there is both."""
        auc = self.score("auc")
        if self.has_probabilities and auc is not None and auc["value"] is not None:
            return ""
        note = str(auc["note"]) if auc else "the model was not run"
        return note.split(":", 1)[-1].strip().rstrip(".")

    def score(self, name: str, part: str = "(all)") -> Mapping[str, Any] | None:
        """A figure of the hold-out with its baseline; None where there is no such row."""
        rows = self.quality[(self.quality["metric"] == name) & (self.quality["slice"] == part)]
        if rows.empty:
            return None
        return {
            str(key): value if isinstance(value, str) else number_or_none(value)
            for key, value in rows.iloc[0].to_dict().items()
        }


# A shop is read-only, so its rows do not change while a notebook holds it.
@functools.lru_cache(maxsize=4)
def read(book: Shop) -> CrossSell:
    """Everything that the page shows of candidates and their quality."""
    sums = ", ".join(f"{metric(name).aggregate} as {name}" for name in METRICS)
    return CrossSell(
        _numbers(records(book, _TOTALS.format(metrics=sums))[0]),
        _numbers(records(book, _BEST)[0]),
        book.sql(_CANDIDATES, listed=LISTED),
        book.sql(_WANTED, listed=LISTED),
        book.sql(_QUALITY),
    )


def _numbers(row: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: number_or_none(value) for name, value in row.items()}
