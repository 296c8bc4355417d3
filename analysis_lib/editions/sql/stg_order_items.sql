-- purpose: the order lines of this edition's people.
-- grain: one row an order line.
-- inputs: whole_stg_order_items, stg_edition_orders.

with

order_items as (
    select * from whole_stg_order_items
),

edition_orders as (
    select * from stg_edition_orders
),

final as (
    select
        order_items.order_item_id,
        order_items.order_id,
        order_items.user_id,
        order_items.product_id,
        order_items.status,
        order_items.quantity,
        order_items.list_price,
        order_items.discount,
        order_items.sale_price,
        order_items.unit_cost,
        order_items.created_at,
        order_items.returned_at,
    from order_items
    inner join edition_orders
        on order_items.order_id = edition_orders.order_id
)

select * from final
