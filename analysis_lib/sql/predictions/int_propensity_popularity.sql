-- purpose: the hold-out by popularity alone, the ranking that the model has to beat.
-- grain: one row a number of the product's buyers.
-- inputs: int_propensity_pairs.

with

pairs as (
    select * from int_propensity_pairs
),

final as (
    select
        product_buyers,
        count(*) as pairs,
        countif(is_bought) as bought_pairs,
    from pairs
    where split = 'test'
    group by product_buyers
)

select * from final
