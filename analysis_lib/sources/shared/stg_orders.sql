-- purpose: orders of a source that has none: what one visitor bought in one session.
-- grain: one row an order.
-- inputs: stg_purchases.

with

purchases as (
    select * from stg_purchases
),

-- A source without orders says nothing of what became of them: none is known to be cancelled or delivered.
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
    from purchases
    group by order_id
)

select * from final
