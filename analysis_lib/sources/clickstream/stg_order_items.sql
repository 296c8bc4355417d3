-- purpose: order lines of a clickstream: what its purchases bought, each order number's products once.
-- grain: one row an order line.
-- inputs: stg_clicks, stg_purchases, stg_purchase_lines.

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

purchase_lines as (
    select * from stg_purchase_lines
),

ordered as (
    select
        purchases.event_id,
        purchases.user_id,
        purchases.purchased_at,
        purchases.amount,
        numbers.order_reference,
        coalesce(concat('t:', numbers.order_reference), purchases.order_id) as order_id,
    from purchases
    inner join numbers
        on purchases.event_id = numbers.event_id
),

with_lines as (
    select
        ordered.event_id,
        ordered.order_id,
        ordered.order_reference,
        ordered.user_id,
        ordered.purchased_at,
        ordered.amount,
        purchase_lines.line_number,
        purchase_lines.product_id,
        purchase_lines.quantity,
        purchase_lines.unit_price,
    from ordered
    left join purchase_lines
        on ordered.event_id = purchase_lines.event_id
),

-- A page that is loaded again sends its purchase again: of one order number the first event with a product counts.
with_place as (
    select
        *,
        dense_rank() over (
            partition by order_id, product_id
            order by purchased_at, event_id
        ) as place_of_product,
        row_number() over (
            partition by order_id
            order by if(line_number is null, 1, 0), if(amount is null, 1, 0), purchased_at, event_id, line_number
        ) as place_in_order,
    from with_lines
),

-- A purchase that names nothing and had an empty cart is one line of what was paid: where it states an amount, or
-- where it is all that is known of the order.
counted as (
    select
        *,
        line_number is null as is_blank,
    from with_place
    where
        (line_number is not null and (order_reference is null or place_of_product = 1))
        or (line_number is null and place_in_order = 1)
        or (line_number is null and order_reference is null and amount is not null)
),

final as (
    select
        concat(event_id, '-', cast(coalesce(line_number, 0) as string)) as order_item_id,
        order_id,
        user_id,
        product_id,
        cast(null as string) as status,
        if(is_blank, 1, quantity) as quantity,
        if(is_blank, coalesce(amount, 0), unit_price) as list_price,
        cast(0 as numeric) as discount,
        if(is_blank, coalesce(amount, 0), unit_price) as sale_price,
        cast(null as numeric) as unit_cost,
        purchased_at as created_at,
        cast(null as timestamp) as returned_at,
    from counted
)

select * from final
