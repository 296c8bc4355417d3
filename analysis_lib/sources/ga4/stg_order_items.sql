-- purpose: order lines of a GA4 export: the items of its purchases, each transaction once.
-- grain: one row an item of a purchase.
-- inputs: raw_events, stg_purchases.

with

raw as (
    select
        concat(cast(load_file_id as string), '-', cast(load_row_number as string)) as event_id,
        nullif(nullif(trim(ecommerce.transaction_id), ''), '(not set)') as transaction_id,
        ecommerce.purchase_revenue as purchase_revenue,
        items,
    from raw_events
    where event_name = 'purchase'
),

purchases as (
    select * from stg_purchases
),

with_order as (
    select
        purchases.event_id,
        purchases.user_id,
        purchases.purchased_at,
        raw.purchase_revenue,
        raw.items,
        coalesce(concat('t:', raw.transaction_id), purchases.order_id) as order_id,
        raw.transaction_id is null as is_without_number,
        row_number() over (
            partition by raw.transaction_id
            order by purchases.purchased_at, purchases.event_id
        ) as place,
    from purchases
    inner join raw
        on purchases.event_id = raw.event_id
),

-- A page that is loaded again sends its purchase again: the first counts.
counted as (
    select * from with_order
    where is_without_number or place = 1
),

-- A purchase that lists nothing is one line of what was paid; without an amount it earned nothing.
items as (
    select
        counted.event_id,
        counted.user_id,
        counted.order_id,
        counted.purchased_at,
        coalesce(item_place, 0) as item_place,
        nullif(item.item_id, '(not set)') as product_id,
        greatest(coalesce(item.quantity, 1), 1) as quantity,
        case
            when item_place is null then round(cast(coalesce(counted.purchase_revenue, 0) as numeric), 2)
            else round(cast(coalesce(item.price, 0) as numeric), 2)
        end as price,
    from counted
    left join unnest(counted.items) as item with offset as item_place
),

final as (
    select
        concat(event_id, '-', cast(item_place as string)) as order_item_id,
        order_id,
        user_id,
        product_id,
        cast(null as string) as status,
        quantity,
        price as list_price,
        cast(0 as numeric) as discount,
        price as sale_price,
        cast(null as numeric) as unit_cost,
        purchased_at as created_at,
        cast(null as timestamp) as returned_at,
    from items
)

select * from final
