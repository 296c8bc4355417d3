"""Cross-sell: who wanted what and never bought it, and how well the ranking did on the hold-out."""

from __future__ import annotations

import datetime as dt
import math
from itertools import groupby

from . import wording
from .book import Book, Row, written
from .wording import Figure

_CANDIDATES = """
create or replace temp table candidates as
with wanted as (
    select user_id, product_id, event_type = 'add_to_cart' as is_carted, false as is_cancelled
    from touched where user_id is not null
    union all
    select user_id, product_id, false, true
    from lines where is_cancelled and user_id is not null and product_id is not null
),
pairs as (
    select user_id, product_id, bool_or(is_carted) as is_carted, bool_or(is_cancelled) as is_cancelled
    from wanted group by user_id, product_id
)
select *
from pairs
where not exists (
    select 1 from lines
    where lines.user_id = pairs.user_id and lines.product_id = pairs.product_id and not is_cancelled
)
"""
# The probability is the model's own, pair by pair; what it is worth is today's catalogue.
_WORTH = """
select
    count(*) as candidates,
    count(distinct user_id) as users,
    count(*) filter (candidates.is_carted and not candidates.is_cancelled) as carted,
    count(*) filter (on_hand = 0) as out_of_stock,
    sum(round(purchase_probability * (retail_price - cost), 4)) as expected_margin
from candidates
left join stg_products using (product_id)
left join (select user_id, product_id, purchase_probability from fct_cross_sell_candidates)
    using (user_id, product_id)
left join (
    select product_id, count(*) filter (not coalesce(day_of(sold_at) <= $as_of, false)) as on_hand
    from stg_inventory_items where day_of(created_at) <= $as_of group by product_id
) using (product_id)
"""
ENOUGH_PURCHASES = 30
_BANDS = (
    "reason",
    "sessions_band",
    "interest_days_band",
    "active_days_band",
    "orders_band",
    "popularity_band",
    "purchase_rate_band",
)
# Whether a pair of the hold-out was bought is looked up in the order lines again.
_HELD_OUT = """
select pairs.*, bought.user_id is not null as came
from int_propensity_pairs as pairs
left join (
    select distinct user_id, product_id from lines where not is_cancelled and day > $cut and day <= $as_of
) as bought using (user_id, product_id)
where split = 'test'
"""


def auc(scored: list[tuple[float, bool]]) -> float:
    """How often what was bought ranks above what was not; a tie counts half."""
    ones = sum(bought for _, bought in scored)
    below, wins = 0, 0.0
    for _, group in groupby(sorted(scored), key=lambda pair: pair[0]):
        outcomes = [bought for _, bought in group]
        up, down = sum(outcomes), len(outcomes) - sum(outcomes)
        wins += up * (below + down / 2)
        below += down
    return wins / (ones * below)


def top_tenth_lift(scored: list[tuple[float, bool]]) -> float:
    """Purchase rate of the best tenth over that of all; pairs tied at its edge count in part."""
    room = tenth = len(scored) / 10
    bought = 0.0
    for _, group in groupby(sorted(scored, reverse=True), key=lambda pair: pair[0]):
        outcomes = [came for _, came in group]
        taken = min(room, len(outcomes))
        bought += sum(outcomes) * taken / len(outcomes)
        room -= taken
    return bought / tenth / (sum(came for _, came in scored) / len(scored))


def _log_odds(row: Row, fit: dict[tuple[str, str], float]) -> float:
    plain = fit["(intercept)", "(all)"] + sum(fit.get((name, str(row[name])), 0.0) for name in _BANDS)
    return fit["(calibration intercept)", "(all)"] + fit["(calibration slope)", "(all)"] * plain


def _why_none(book: Book) -> tuple[str, ...]:
    """Why nothing could be learned: fewer than 30 purchases (section 6)."""
    seen = book.row(
        "select count(*) as pairs, count(*) filter (is_bought) as bought from int_propensity_pairs"
        " where split = 'train'"
    )
    if seen["bought"] >= ENOUGH_PURCHASES:
        return ()
    learned = f"{wording.count(seen['bought'])} of {wording.count(seen['pairs'])} pairs"
    return (learned, f"at least {ENOUGH_PURCHASES} purchases")


def _scores(book: Book) -> dict[str, Figure]:
    """The figures of the hold-out: the fitted model on its pairs, beside how many had bought the product."""
    cut = book.as_of - dt.timedelta(book["propensity_horizon_days"])
    rows = book.rows(_HELD_OUT, cut=cut)
    fit = {
        (row["feature"], row["level"]): row["coefficient"]
        for row in book.rows("select * from int_propensity_fit where coefficient is not null")
    }
    names = ("ranking_auc", "ranking_top_decile_lift", "ranking_calibration_ratio")
    if not fit or not any(row["came"] for row in rows):
        return {name: Figure("score", None, said=_why_none(book)) for name in names}
    assert {row["cut_date"] for row in rows} == {cut}
    assert all(row["is_bought"] == row["came"] for row in rows), "is_bought is not what the lines say"
    # The model keeps nine decimals of a probability.
    probabilities = [round(1 / (1 + math.exp(-_log_odds(row, fit))), 9) for row in rows]
    ranked = [(one, row["came"]) for one, row in zip(probabilities, rows, strict=True)]
    popular = [(float(row["product_buyers"]), row["came"]) for row in rows]

    def figure(measure: float, baseline: float, *said: str) -> Figure:
        return Figure("score", measure, said=(f"popularity: {wording.count(baseline, 2)}", *said))

    came = sum(row["came"] for row in rows)
    return {
        "ranking_auc": figure(auc(ranked), auc(popular), "1 is perfect, 0.5 chance"),
        "ranking_top_decile_lift": figure(top_tenth_lift(ranked), top_tenth_lift(popular), "1 is chance"),
        "ranking_calibration_ratio": Figure("score", came / math.fsum(probabilities), said=("1 is right",)),
    }


def cross_sell(book: Book) -> dict[str, Figure]:
    """The headline figures of the cross-sell page, by metric."""
    book.run(_CANDIDATES)
    found = book.row(_WORTH)
    if not found["candidates"]:
        return {}
    of_them = "" if found["carted"] else " of them"
    stock = [f"{wording.count(found['out_of_stock'])}{of_them} out of stock"] if found["out_of_stock"] else []
    carted = [f"{wording.count(found['carted'])} of them in the cart"] if found["carted"] else []
    horizon = f"in the {book['propensity_horizon_days']} days after {written(book.as_of)}"
    margin = found["expected_margin"]
    return {
        "cross_sell_candidates": Figure(
            "count",
            found["candidates"],
            said=(*carted, *stock),
        ),
        "cross_sell_users": Figure("count", found["users"]),
        "cross_sell_expected_margin": Figure(
            "money", margin, said=_why_none(book) if margin is None else (horizon,)
        ),
        **_scores(book),
    }
