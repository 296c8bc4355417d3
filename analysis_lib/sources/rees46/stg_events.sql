-- purpose: events of a REES46 shop in the words of the staging contract.
-- grain: one row an event.
-- inputs: raw_events.

with

raw as (
    select * from raw_events
),

-- The rows have no key: the file's content and the row's place in it tell one from another, and its place
-- orders what happened in one second.
final as (
    select
        concat(cast(load_file_id as string), '-', cast(load_row_number as string)) as event_id,
        user_id,
        concat('u:', user_id) as visitor_id,
        user_session as source_session_id,
        event_time,
        load_row_number as event_order,
        case lower(event_type)
            when 'view' then 'product_view'
            when 'cart' then 'add_to_cart'
            when 'remove_from_cart' then 'remove_from_cart'
            when 'purchase' then 'purchase'
            else 'other'
        end as event_type,
        product_id,
        cast(null as int64) as quantity,
        case when lower(event_type) = 'purchase' then price end as amount,
        cast(null as string) as traffic_source,
        cast(null as string) as referrer,
        cast(null as string) as campaign_id,
        cast(null as string) as device,
        cast(null as string) as browser,
        cast(null as string) as country,
        cast(null as string) as region,
        cast(null as string) as city,
        cast(null as string) as uri,
        cast(null as string) as search_term,
    from raw
)

select * from final
