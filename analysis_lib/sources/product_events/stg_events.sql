-- purpose: product events in the words of the staging contract.
-- grain: one row an event.
-- inputs: raw_events, rule_event_types.

with

raw as (
    select * from raw_events where not is_duplicate
),

event_types as (
    select * from rule_event_types
),

-- Trackers name the same thing in many ways: "Product Viewed", "product-viewed" and "productViewed" are one word.
words as (
    select
        event_type as written,
        trim(
            regexp_replace(
                lower(regexp_replace(event_type, r'([a-z0-9])([A-Z])', r'\1_\2')), r'[^a-z0-9]+', '_'
            ),
            '_'
        ) as word,
    from raw
    group by written
),

known_words as (
    select
        words.written,
        coalesce(event_types.event_type, 'other') as event_type,
    from words
    left join event_types
        on words.word = event_types.word
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
        known_words.event_type,
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
    from raw
    left join known_words
        on raw.event_type = known_words.written
)

select * from final
