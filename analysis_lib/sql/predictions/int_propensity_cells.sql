-- purpose: the sufficient statistics of the purchase-probability model: how many alike pairs there are, how many bought.
-- grain: one row a cut-off and combination of what was known.
-- inputs: int_propensity_pairs.

with

pairs as (
    select * from int_propensity_pairs
),

final as (
    select
        split,
        cut_date,
        reason,
        sessions_band,
        interest_days_band,
        active_days_band,
        orders_band,
        popularity_band,
        purchase_rate_band,
        count(*) as pairs,
        if(split = 'score', null, countif(is_bought)) as bought_pairs,
    from pairs
    group by
        split,
        cut_date,
        reason,
        sessions_band,
        interest_days_band,
        active_days_band,
        orders_band,
        popularity_band,
        purchase_rate_band
)

select * from final
