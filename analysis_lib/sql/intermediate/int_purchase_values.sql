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
        coalesce(cast(safe_divide(repeat_net_revenue, valued_order_days) as numeric), 0) as day_revenue,
        cast(safe_divide(holdout_net_revenue, holdout_valued_order_days) as numeric) as holdout_day_revenue,
    from histories
),

-- Three digits of the value keep the groups few; the mean within a group stays exact.
rounded as (
    select
        *,
        case
            when day_revenue < 1 then cast(round(day_revenue, 4) as numeric)
            when day_revenue < 10 then cast(round(day_revenue, 2) as numeric)
            when day_revenue < 100 then cast(round(day_revenue, 1) as numeric)
            when day_revenue < 1000 then cast(round(day_revenue) as numeric)
            when day_revenue < 10000 then cast(round(day_revenue, -1) as numeric)
            when day_revenue < 100000 then cast(round(day_revenue, -2) as numeric)
            else cast(round(day_revenue, -3) as numeric)
        end as three_digits,
    from means
),

-- Sums alone from here on, so that they can be added up again.
to_three_digits as (
    select
        fit,
        valued_order_days,
        three_digits,
        count(*) as customers,
        sum(repeat_net_revenue) as repeat_net_revenue,
        countif(holdout_valued_order_days > 0) as holdout_customers,
        sum(holdout_day_revenue) as holdout_day_revenue,
        sum(holdout_day_revenue * holdout_day_revenue) as holdout_day_revenue_squared,
    from rounded
    group by fit, valued_order_days, three_digits
),

-- Where there are more than 20,000 groups in a fit, two digits do: they leave the warehouse.
sizes as (
    select
        fit,
        count(*) as value_groups,
    from to_three_digits
    group by fit
),

grouped as (
    select
        to_three_digits.fit,
        to_three_digits.valued_order_days,
        case
            when sizes.value_groups <= 20000 then three_digits
            when three_digits < 1 then cast(round(three_digits, 3) as numeric)
            when three_digits < 10 then cast(round(three_digits, 1) as numeric)
            when three_digits < 100 then cast(round(three_digits) as numeric)
            when three_digits < 1000 then cast(round(three_digits, -1) as numeric)
            when three_digits < 10000 then cast(round(three_digits, -2) as numeric)
            when three_digits < 100000 then cast(round(three_digits, -3) as numeric)
            else cast(round(three_digits, -4) as numeric)
        end as value_group,
        sum(customers) as customers,
        sum(repeat_net_revenue) as repeat_net_revenue,
        sum(holdout_customers) as holdout_customers,
        sum(holdout_day_revenue) as holdout_day_revenue,
        sum(holdout_day_revenue_squared) as holdout_day_revenue_squared,
    from to_three_digits
    inner join sizes
        on to_three_digits.fit = sizes.fit
    group by to_three_digits.fit, to_three_digits.valued_order_days, value_group
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
