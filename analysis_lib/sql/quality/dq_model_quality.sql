-- purpose: how well each statistical model foretold what it had not seen, beside a naive forecast.
-- grain: one row a model, metric and slice.
-- inputs: int_purchase_quality (optional), int_propensity_quality (optional), int_velocity_quality (optional).

with

purchases as (
    select * from int_purchase_quality
),

propensity as (
    select * from int_propensity_quality
),

velocity as (
    select * from int_velocity_quality
),

final as (
    select
        model_name,
        metric,
        slice,
        value,
        baseline_name,
        baseline_value,
        sample_size,
        note,
    from purchases
    union all
    select
        model_name,
        metric,
        slice,
        value,
        baseline_name,
        baseline_value,
        sample_size,
        note,
    from propensity
    union all
    select
        model_name,
        metric,
        slice,
        value,
        baseline_name,
        baseline_value,
        sample_size,
        note,
    from velocity
)

select * from final
