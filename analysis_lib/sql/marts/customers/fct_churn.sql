-- purpose: which share of the buyers who bought long enough ago has stopped buying.
-- grain: one row a month of the first counted order, and one for all buyers.
-- inputs: int_orders.

with

orders as (
    select * from int_orders
),

-- Whether somebody bought again can only be told of known visitors.
buyers as (
    select
        visitor_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
    from orders
    where is_counted and visitor_id is not null
    group by visitor_id
),

judged as (
    select
        date_trunc(first_order_date, month) as cohort_month,
        date_diff(@as_of, first_order_date, day) >= @churn_after_days as is_eligible,
        date_diff(@as_of, last_order_date, day) >= @churn_after_days as has_stopped,
    from buyers
),

months as (
    select
        cohort_month,
        count(*) as buyers,
        countif(is_eligible) as eligible,
        countif(is_eligible and has_stopped) as churned,
    from judged
    group by cohort_month
),

cohorts as (
    select
        format_date('%Y-%m', cohort_month) as cohort,
        'first_order_month' as cohort_kind,
        cohort_month,
        buyers,
        eligible,
        churned,
    from months
    union all
    select
        '(all)' as cohort,
        'overall' as cohort_kind,
        cast(null as date) as cohort_month,
        sum(buyers) as buyers,
        sum(eligible) as eligible,
        sum(churned) as churned,
    from months
    having count(*) > 0
),

-- z * z / n with the two-sided 95 % quantile z of the normal distribution
rates as (
    select
        *,
        safe_divide(churned, eligible) as churn_rate,
        safe_divide(1.959963984540054 * 1.959963984540054, eligible) as z2_by_n,
    from cohorts
),

wilson as (
    select
        *,
        churn_rate + z2_by_n / 2 as centre,
        sqrt(z2_by_n * churn_rate * (1 - churn_rate) + z2_by_n * z2_by_n / 4) as half_width,
    from rates
),

-- At its ends the interval is 0 and 1, but for rounding.
final as (
    select
        cohort,
        cohort_kind,
        cohort_month,
        buyers,
        eligible,
        churned,
        eligible - churned as retained,
        churn_rate,
        if(churn_rate = 0, 0.0, safe_divide(centre - half_width, 1 + z2_by_n)) as churn_rate_lower,
        if(churn_rate = 1, 1.0, safe_divide(centre + half_width, 1 + z2_by_n)) as churn_rate_upper,
    from wilson
)

select * from final
