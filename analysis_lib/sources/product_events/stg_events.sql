-- purpose: product events in the words of the staging contract.
-- grain: one row an event.
-- inputs: raw_events.

with

raw as (
    select * from raw_events where not is_duplicate
),

-- Trackers name the same thing in many ways: view_item, Product Viewed, product_view.
named as (
    select
        *,
        regexp_replace(lower(trim(event_type)), r'[\s-]+', '_') as type_name,
    from raw
),

final as (
    select
        event_id,
        user_id,
        -- Without a user, the session key is all that is known of a visitor, else the event alone.
        case
            when user_id is not null then concat('u:', user_id)
            else concat('s:', coalesce(session_id, event_id))
        end as visitor_id,
        session_id as source_session_id,
        `timestamp` as event_time,
        load_row_number as event_order,
        case
            when type_name in ('page_view', 'pageview', 'page_viewed', 'page', 'visit', 'home', 'session_start') then 'page_view'
            when type_name in ('product_view', 'view_item', 'view_product', 'product_viewed', 'product', 'view')
                then 'product_view'
            when type_name in ('add_to_cart', 'product_added', 'cart_add', 'added_to_cart', 'cart') then 'add_to_cart'
            when type_name in ('remove_from_cart', 'product_removed', 'cart_remove', 'removed_from_cart')
                then 'remove_from_cart'
            when type_name in ('checkout', 'begin_checkout', 'checkout_started', 'checkout_start') then 'checkout'
            when type_name in ('purchase', 'order_completed', 'order', 'buy', 'order_placed') then 'purchase'
            when type_name in ('cancel', 'order_cancelled', 'refund') then 'cancel'
            when type_name in ('search', 'view_search_results', 'products_searched') then 'search'
            when type_name in ('sign_up', 'signup', 'signed_up', 'register') then 'sign_up'
            when type_name in ('click', 'select_item', 'product_clicked') then 'click'
            else 'other'
        end as event_type,
        product_id,
        cast(null as int64) as quantity,
        amount,
        cast(null as string) as traffic_source,
        cast(null as string) as referrer,
        cast(null as string) as campaign_id,
        device,
        cast(null as string) as browser,
        country,
        cast(null as string) as region,
        cast(null as string) as city,
        cast(null as string) as uri,
        cast(null as string) as search_term,
    from named
)

select * from final
