-- purpose: the orders of this edition's people, also those that only order lines tell of.
-- grain: one row an order.
-- inputs: edition_value, stg_edition_people, whole_stg_orders (optional), whole_stg_order_items (optional).

with

edition as (
    select * from edition_value
),

people as (
    select * from stg_edition_people
),

orders as (
    select * from whole_stg_orders
),

order_items as (
    select * from whole_stg_order_items
),

-- As in int_orders: lines whose order is missing, or does not say whose it is, are of one user.
line_users as (
    select
        order_id,
        min(user_id) as user_id,
    from order_items
    group by order_id
),

placed as (
    select
        coalesce(orders.order_id, line_users.order_id) as order_id,
        coalesce(orders.visitor_id, concat('u:', line_users.user_id)) as visitor_id,
    from orders
    full join line_users
        on orders.order_id = line_users.order_id
),

-- An order of nobody belongs to the people of whom nothing is known.
final as (
    select placed.order_id,
    from placed
    cross join edition
    left join people
        on placed.visitor_id = people.visitor_id
    where
        people.visitor_id is not null
        or (placed.visitor_id is null and edition.value = '(not set)')
)

select * from final
