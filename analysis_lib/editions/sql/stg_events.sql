-- purpose: what this edition's people did, up to the last day that counts.
-- grain: one row an event.
-- inputs: whole_stg_events, whole_int_session_events, stg_edition_people.

with

events as (
    select * from whole_stg_events
),

session_events as (
    select * from whole_int_session_events
),

people as (
    select * from stg_edition_people
),

final as (
    select
        events.event_id,
        events.user_id,
        events.visitor_id,
        events.source_session_id,
        events.event_time,
        events.event_order,
        events.event_type,
        events.product_id,
        events.quantity,
        events.amount,
        events.traffic_source,
        events.referrer,
        events.campaign_id,
        events.device,
        events.browser,
        events.country,
        events.region,
        events.city,
        events.uri,
        events.search_term,
    from events
    inner join session_events
        on events.event_id = session_events.event_id
    inner join people
        on session_events.visitor_id = people.visitor_id
)

select * from final
