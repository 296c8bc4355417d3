-- purpose: theLook's orders in the words of the staging contract.
-- grain: one row an order.
-- inputs: raw_orders.

with

raw as (
    select * from raw_orders where not is_duplicate
),

final as (
    select
        cast(order_id as string) as order_id,
        cast(user_id as string) as user_id,
        concat('u:', cast(user_id as string)) as visitor_id,
        lower(status) as status,
        created_at,
        shipped_at,
        delivered_at,
        returned_at,
    from raw
)

select * from final
