-- purpose: from which segment to which the buyers moved in the last window.
-- grain: one row a pair of segments, before and now, that a buyer has.
-- inputs: int_rfm_scores.

with

scores as (
    select * from int_rfm_scores
),

current_scores as (
    select
        user_id,
        segment,
        segment_order,
        orders,
        net_revenue,
    from scores
    where snapshot = 'current'
),

previous_scores as (
    select
        user_id,
        segment,
        segment_order,
        net_revenue,
    from scores
    where snapshot = 'previous'
),

pairs as (
    select
        coalesce(previous_scores.segment, '(not yet a buyer)') as previous_segment,
        current_scores.segment,
        coalesce(previous_scores.segment_order, 0) as previous_segment_order,
        current_scores.segment_order,
        count(*) as customers,
        sum(current_scores.orders) as orders,
        sum(current_scores.net_revenue) as net_revenue,
        sum(coalesce(previous_scores.net_revenue, 0)) as previous_net_revenue,
    from current_scores
    left join previous_scores
        on current_scores.user_id = previous_scores.user_id
    group by
        coalesce(previous_scores.segment, '(not yet a buyer)'),
        current_scores.segment,
        coalesce(previous_scores.segment_order, 0),
        current_scores.segment_order
),

with_totals as (
    select
        *,
        sum(customers) over (partition by previous_segment) as previous_customers,
    from pairs
),

final as (
    select
        previous_segment,
        segment,
        previous_segment_order,
        segment_order,
        customers,
        previous_customers,
        safe_divide(customers, previous_customers) as share_of_previous,
        orders,
        net_revenue,
        previous_net_revenue,
    from with_totals
)

select * from final
