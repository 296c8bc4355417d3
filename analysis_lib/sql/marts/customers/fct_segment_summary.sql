-- purpose: how large each segment is, what it brings in and how much of it has churned.
-- grain: one row a segment of the rule table rfm_segments.
-- inputs: dim_customer_segments, rule_rfm_segments.

with

buyers as (
    select * from dim_customer_segments
),

rules as (
    select * from rule_rfm_segments
),

rule_segments as (
    select
        segment,
        action,
        min(rule_order) as first_rule,
    from rules
    group by segment, action
),

segments as (
    select
        segment,
        action,
        row_number() over (order by first_rule, segment) as segment_order,
    from rule_segments
),

with_medians as (
    select
        *,
        percentile_cont(cast(recency_days as float64), 0.5) over (partition by segment) as median_recency_days,
    from buyers
),

sums as (
    select
        segment,
        count(*) as customers,
        sum(frequency) as orders,
        sum(monetary) as net_revenue,
        sum(recency_days) as recency_days,
        max(median_recency_days) as median_recency_days,
        countif(status = 'churned') as churned_customers,
    from with_medians
    group by segment
),

totals as (
    select
        sum(customers) as customers,
        sum(net_revenue) as net_revenue,
    from sums
),

final as (
    select
        segments.segment,
        segments.segment_order,
        segments.action,
        coalesce(sums.customers, 0) as customers,
        safe_divide(coalesce(sums.customers, 0), totals.customers) as customer_share,
        coalesce(sums.orders, 0) as orders,
        coalesce(sums.net_revenue, 0) as net_revenue,
        safe_divide(cast(coalesce(sums.net_revenue, 0) as float64), cast(totals.net_revenue as float64))
            as revenue_share,
        safe_divide(cast(sums.net_revenue as float64), sums.orders) as average_order_value,
        safe_divide(sums.recency_days, sums.customers) as mean_recency_days,
        sums.median_recency_days,
        coalesce(sums.churned_customers, 0) as churned_customers,
        safe_divide(sums.churned_customers, sums.customers) as churned_share,
    from segments
    cross join totals
    left join sums
        on segments.segment = sums.segment
)

select * from final
