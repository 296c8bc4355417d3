-- purpose: buyers who are alike for the model of repeat purchases, counted.
-- grain: one row a fit, repeat order days, their three times and order days in the hold-out.
-- inputs: int_purchase_history.

with

histories as (
    select * from int_purchase_history
),

-- Alike to the day: all that the model looks at, without any loss.
alike as (
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
),

sizes as (
    select
        fit,
        count(*) as days_groups,
    from alike
    group by fit
),

-- These groups leave the warehouse. Where they are more than 20,000, times are taken together from 14 days on: in
-- bands of a width that grows with the time, as the model looks at logarithms of times, and narrower where that
-- does. The time since the last purchase is a third one, and the one that says who is gone.
banded as (
    select
        alike.*,
        width_percent,
        if(
            width_percent = 0 or alike.first_to_last_days < 14,
            alike.first_to_last_days,
            14 + cast(
                floor(safe_divide(ln(greatest(alike.first_to_last_days, 14) / 14), ln(1 + width_percent / 100)))
                as int64
            )
        ) as last_band,
        if(
            width_percent = 0 or alike.first_to_end_days < 14,
            alike.first_to_end_days,
            14 + cast(
                floor(safe_divide(ln(greatest(alike.first_to_end_days, 14) / 14), ln(1 + width_percent / 100)))
                as int64
            )
        ) as end_band,
        if(
            width_percent = 0 or alike.first_to_end_days - alike.first_to_last_days < 14,
            alike.first_to_end_days - alike.first_to_last_days,
            14 + cast(
                floor(
                    safe_divide(
                        ln(greatest(alike.first_to_end_days - alike.first_to_last_days, 14) / 14),
                        ln(1 + width_percent / 40)
                    )
                ) as int64
            )
        ) as gap_band,
    from alike
    inner join sizes
        on alike.fit = sizes.fit
    cross join unnest([0, 10, 20, 40, 80, 160, 320]) as width_percent
    where width_percent = 0 or sizes.days_groups > 20000
),

-- The means of the exact days are kept, so that what is lost is the spread within a band alone.
grouped as (
    select
        fit,
        width_percent,
        repeat_order_days,
        last_band,
        end_band,
        gap_band,
        holdout_order_days,
        holdout_days,
        min(first_to_last_days) as first_to_last_days,
        min(first_to_end_days) as first_to_end_days,
        min(first_to_end_days - first_to_last_days) as last_to_end_days,
        sum(customers) as customers,
        sum(customers * first_to_last_days) as sum_of_last_days,
        sum(customers * first_to_end_days) as sum_of_end_days,
    from banded
    group by
        fit,
        width_percent,
        repeat_order_days,
        last_band,
        end_band,
        gap_band,
        holdout_order_days,
        holdout_days
),

band_sizes as (
    select
        fit,
        width_percent,
        count(*) as band_groups,
    from grouped
    group by fit, width_percent
),

chosen as (
    select
        fit,
        coalesce(min(if(band_groups <= 20000, width_percent, null)), max(width_percent)) as width_percent,
    from band_sizes
    group by fit
),

final as (
    select
        grouped.fit,
        grouped.repeat_order_days,
        grouped.first_to_last_days,
        grouped.first_to_end_days,
        grouped.last_to_end_days,
        grouped.holdout_order_days,
        grouped.holdout_days,
        grouped.customers,
        safe_divide(grouped.sum_of_last_days, grouped.customers) as mean_first_to_last_days,
        safe_divide(grouped.sum_of_end_days, grouped.customers) as mean_first_to_end_days,
    from grouped
    inner join chosen
        on grouped.fit = chosen.fit and grouped.width_percent = chosen.width_percent
)

select * from final
