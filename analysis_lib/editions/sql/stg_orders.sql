-- purpose: the orders of this edition's people.
-- grain: one row an order.
-- inputs: whole_stg_orders, stg_edition_orders.

with

orders as (
    select * from whole_stg_orders
),

edition_orders as (
    select * from stg_edition_orders
),

final as (
    select
        orders.order_id,
        orders.user_id,
        orders.visitor_id,
        orders.status,
        orders.created_at,
        orders.shipped_at,
        orders.delivered_at,
        orders.returned_at,
    from orders
    inner join edition_orders
        on orders.order_id = edition_orders.order_id
)

select * from final
