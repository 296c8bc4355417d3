-- purpose: buyers who are alike for the model of order values, counted.
-- grain: one row a fit, number of valued order days and value to three digits.
-- inputs: int_purchase_history.

with

histories as (
    select * from int_purchase_history
),

means as (
    select
        *,
        coalesce(safe_divide(repeat_net_revenue, valued_order_days), 0) as day_revenue,
        safe_divide(holdout_net_revenue, holdout_valued_order_days) as holdout_day_revenue,
    from histories
),

-- Three digits of the value keep the groups few; the mean within a group stays exact.
rounded as (
    select
        *,
        case
            when day_revenue < 1 then round(day_revenue, 4)
            when day_revenue < 10 then round(day_revenue, 2)
            when day_revenue < 100 then round(day_revenue, 1)
            when day_revenue < 1000 then round(day_revenue)
            when day_revenue < 10000 then round(day_revenue, -1)
            when day_revenue < 100000 then round(day_revenue, -2)
            else round(day_revenue, -3)
        end as value_group,
    from means
),

grouped as (
    select
        fit,
        valued_order_days,
        value_group,
        count(*) as customers,
        sum(repeat_net_revenue) as repeat_net_revenue,
        countif(holdout_valued_order_days > 0) as holdout_customers,
        sum(holdout_day_revenue) as holdout_day_revenue,
        sum(holdout_day_revenue * holdout_day_revenue) as holdout_day_revenue_squared,
    from rounded
    group by fit, valued_order_days, value_group
),

final as (
    select
        fit,
        valued_order_days,
        value_group,
        customers,
        safe_divide(cast(repeat_net_revenue as float64), customers * valued_order_days)
            as average_order_day_revenue,
        if(fit = 'calibration', holdout_customers, null) as holdout_customers,
        safe_divide(cast(holdout_day_revenue as float64), holdout_customers)
            as average_holdout_revenue,
        safe_divide(cast(holdout_day_revenue_squared as float64), holdout_customers)
            as average_holdout_revenue_squared,
    from grouped
)

select * from final
