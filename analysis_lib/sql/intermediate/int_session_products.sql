-- purpose: which products each session looked at and put into the cart, how often and when.
-- grain: one row a session and product that was viewed or put into the cart in it.
-- inputs: int_session_events.

with

-- Only events that name a product; every other event is left behind before anything is grouped.
product_events as (
    select
        session_id,
        visitor_id,
        user_id,
        session_started_at,
        product_id,
        event_number,
        event_type = 'product_view' as is_view,
        event_time,
    from int_session_events
    where product_id is not null and event_type in ('product_view', 'add_to_cart')
),

-- Visitor, user and start follow from the session: grouping by them too adds no row.
final as (
    select
        session_id,
        visitor_id,
        user_id,
        session_started_at,
        product_id,
        countif(is_view) as views,
        min(if(is_view, event_time, null)) as first_viewed_at,
        max(if(is_view, event_time, null)) as last_viewed_at,
        min(if(is_view, event_number, null)) as first_view_number,
        countif(not is_view) as add_to_carts,
        min(if(is_view, null, event_time)) as first_carted_at,
        max(if(is_view, null, event_time)) as last_carted_at,
        max(if(is_view, null, event_number)) as last_cart_number,
    from product_events
    group by session_id, visitor_id, user_id, session_started_at, product_id
)

select * from final
