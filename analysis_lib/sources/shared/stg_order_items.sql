-- purpose: order lines of a source that has none: its purchase events.
-- grain: one row a purchase event.
-- inputs: stg_purchases.

with

purchases as (
    select * from stg_purchases
),

-- One unit where the source does not count. What was paid is not known for a purchase without an amount:
-- it counts as an order, and earned nothing.
priced as (
    select
        *,
        greatest(coalesce(quantity, 1), 1) as units,
        coalesce(amount, 0) as paid,
    from purchases
),

final as (
    select
        event_id as order_item_id,
        order_id,
        user_id,
        product_id,
        cast(null as string) as status,
        units as quantity,
        cast(safe_divide(paid, units) as numeric) as list_price,
        cast(0 as numeric) as discount,
        cast(safe_divide(paid, units) as numeric) as sale_price,
        cast(null as numeric) as unit_cost,
        purchased_at as created_at,
        cast(null as timestamp) as returned_at,
    from priced
)

select * from final
