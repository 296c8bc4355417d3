-- purpose: orders of a clickstream: each order number once; without one, what a visitor bought in one session.
-- grain: one row an order.
-- inputs: stg_clicks, stg_purchases.

with

numbers as (
    select
        event_id,
        order_reference,
    from stg_clicks
    where event_type = 'purchase'
),

purchases as (
    select * from stg_purchases
),

with_order as (
    select
        purchases.user_id,
        purchases.visitor_id,
        purchases.purchased_at,
        coalesce(concat('t:', numbers.order_reference), purchases.order_id) as order_id,
    from purchases
    inner join numbers
        on purchases.event_id = numbers.event_id
),

-- Clicks do not say what became of an order: none is known to be cancelled or delivered.
final as (
    select
        order_id,
        max(user_id) as user_id,
        min(visitor_id) as visitor_id,
        'processing' as status,
        min(purchased_at) as created_at,
        cast(null as timestamp) as shipped_at,
        cast(null as timestamp) as delivered_at,
        cast(null as timestamp) as returned_at,
    from with_order
    group by order_id
)

select * from final
