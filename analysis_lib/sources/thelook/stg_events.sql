-- purpose: theLook's events in the words of the staging contract.
-- grain: one row an event.
-- inputs: raw_events.

with

raw as (
    select * from raw_events where not is_duplicate
),

-- theLook names pages, the contract names what a visitor did there.
renamed as (
    select
        cast(id as string) as event_id,
        cast(user_id as string) as user_id,
        session_id as source_session_id,
        created_at as event_time,
        id as event_order,
        case lower(event_type)
            when 'home' then 'page_view'
            when 'department' then 'page_view'
            when 'category' then 'page_view'
            when 'brand' then 'page_view'
            when 'product' then 'product_view'
            when 'cart' then 'add_to_cart'
            when 'checkout' then 'checkout'
            when 'purchase' then 'purchase'
            when 'cancel' then 'cancel'
            when 'search' then 'search'
            when 'sign_up' then 'sign_up'
            else 'other'
        end as event_type,
        regexp_extract(uri, r'^/product/([0-9]+)') as product_id,
        traffic_source,
        campaign_id,
        device,
        browser,
        country,
        state as region,
        city,
        uri,
    from raw
),

final as (
    select
        event_id,
        user_id,
        -- An anonymous visitor of theLook is known by the session key alone.
        case
            when user_id is not null then concat('u:', user_id)
            else concat('s:', coalesce(source_session_id, event_id))
        end as visitor_id,
        source_session_id,
        event_time,
        event_order,
        event_type,
        product_id,
        cast(null as int64) as quantity,
        cast(null as numeric) as amount,
        traffic_source,
        cast(null as string) as referrer,
        campaign_id,
        device,
        browser,
        country,
        region,
        city,
        uri,
        cast(null as string) as search_term,
    from renamed
)

select * from final
