-- purpose: orders of a GA4 export: each transaction once; without its number, what a visitor bought in one session.
-- grain: one row an order.
-- inputs: raw_events, stg_purchases.

with

raw as (
    select
        concat(cast(load_file_id as string), '-', cast(load_row_number as string)) as event_id,
        nullif(nullif(trim(ecommerce.transaction_id), ''), '(not set)') as transaction_id,
    from raw_events
    where event_name = 'purchase'
),

purchases as (
    select * from stg_purchases
),

with_order as (
    select
        purchases.user_id,
        purchases.visitor_id,
        purchases.purchased_at,
        coalesce(concat('t:', raw.transaction_id), purchases.order_id) as order_id,
    from purchases
    inner join raw
        on purchases.event_id = raw.event_id
),

-- GA4 does not say what became of an order: none is known to be cancelled or delivered.
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
