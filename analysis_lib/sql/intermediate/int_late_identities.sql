-- purpose: events whose visitor was still anonymous at the end of their day and became known later.
-- grain: one row an anonymous event whose source session names its user on a later day.
-- inputs: stg_events (optional: without events the table is empty).

with

events as (
    select
        event_id,
        user_id,
        visitor_id,
        coalesce(source_session_id, visitor_id) as stitch_key,
        event_time,
        event_order,
    from stg_events
    where event_time < timestamp(date_add(@as_of, interval 1 day), @timezone)
),

-- Only a source session of several days, with and without a user, can have such events: few have.
mixed_keys as (
    select stitch_key,
    from events
    group by stitch_key
    having
        count(user_id) > 0
        and count(user_id) < count(*)
        and date(min(event_time), @timezone) < date(max(event_time), @timezone)
),

-- The user of the next known event, as in int_session_events, and when that one came.
with_next_known as (
    select
        events.event_id,
        events.user_id,
        events.visitor_id,
        events.event_time,
        first_value(events.user_id ignore nulls) over later_events as next_user_id,
        min(if(events.user_id is null, null, events.event_time)) over later_events as next_known_at,
    from events
    inner join mixed_keys
        on events.stitch_key = mixed_keys.stitch_key
    window later_events as (
        partition by events.stitch_key
        order by events.event_time, events.event_order, events.event_id
        rows between current row and unbounded following
    )
),

dated as (
    select
        event_id,
        event_time,
        visitor_id as anonymous_visitor_id,
        concat('u:', next_user_id) as visitor_id,
        date(event_time, @timezone) as event_date,
        date(next_known_at, @timezone) as known_date,
    from with_next_known
    where user_id is null and next_user_id is not null
),

final as (
    select * from dated where event_date < known_date
)

select * from final
