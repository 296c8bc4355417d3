-- purpose: which segment each buyer belongs to, why, and what to do for them.
-- grain: one row a user with a counted order by as_of.
-- inputs: int_rfm_scores, dim_customers, rule_rfm_segments.

with

scores as (
    select * from int_rfm_scores
),

customers as (
    select * from dim_customers
),

rules as (
    select * from rule_rfm_segments
),

actions as (
    select distinct
        segment,
        action,
    from rules
),

final as (
    select
        scores.user_id,
        scores.recency_days,
        scores.orders as frequency,
        scores.net_revenue as monetary,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        concat(
            cast(scores.recency_score as string),
            cast(scores.frequency_score as string),
            cast(scores.monetary_score as string)
        ) as rfm_score,
        scores.segment,
        scores.segment_order,
        actions.action,
        customers.average_order_value,
        customers.status,
    from scores
    inner join actions
        on scores.segment = actions.segment
    inner join customers
        on scores.user_id = customers.user_id
    where scores.snapshot = 'current'
)

select * from final
