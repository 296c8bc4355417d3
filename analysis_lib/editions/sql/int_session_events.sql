-- purpose: the events of this edition's people in the sessions of the whole shop.
-- grain: one row an event up to as_of.
-- inputs: whole_int_session_events, stg_edition_people.

with

session_events as (
    select * from whole_int_session_events
),

people as (
    select * from stg_edition_people
),

final as (
    select
        session_events.event_id,
        session_events.session_id,
        session_events.visitor_id,
        session_events.user_id,
        session_events.session_started_at,
        session_events.event_number,
        session_events.event_time,
        session_events.event_type,
        session_events.product_id,
    from session_events
    inner join people
        on session_events.visitor_id = people.visitor_id
)

select * from final
