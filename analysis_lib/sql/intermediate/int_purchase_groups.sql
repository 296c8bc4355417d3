-- purpose: buyers who are alike for the model of repeat purchases, counted.
-- grain: one row a fit, repeat order days, their two times and order days in the hold-out.
-- inputs: int_purchase_history.

with

histories as (
    select * from int_purchase_history
),

final as (
    select
        fit,
        repeat_order_days,
        first_to_last_days,
        first_to_end_days,
        holdout_order_days,
        holdout_days,
        count(*) as customers,
    from histories
    group by
        fit,
        repeat_order_days,
        first_to_last_days,
        first_to_end_days,
        holdout_order_days,
        holdout_days
)

select * from final
