-- purpose: who did what in which session: events stitched to their user and cut into sessions.
-- grain: one row an event up to as_of.
-- inputs: stg_events (optional: without events the table is empty).

with

-- One comparison of instants is cheaper than a calendar conversion of every event.
events as (
    select
        event_id,
        user_id,
        visitor_id,
        source_session_id,
        event_time,
        event_order,
        event_type,
        product_id,
    from stg_events
    where event_time < timestamp(date_add(@as_of, interval 1 day), @timezone)
),

-- Most source sessions are known or anonymous throughout: only the others are worth sorting.
mixed_sessions as (
    select coalesce(source_session_id, visitor_id) as run_id
    from events
    group by run_id
    having count(user_id) between 1 and count(*) - 1
),

-- An anonymous run that leads into a known user in one source session was that user all along.
stitched as (
    select
        events.event_id,
        coalesce(
            events.user_id,
            first_value(events.user_id ignore nulls) over (
                partition by mixed_sessions.run_id
                order by events.event_time, events.event_order, events.event_id
                rows between current row and unbounded following
            )
        ) as user_id,
    from events
    inner join mixed_sessions
        on coalesce(events.source_session_id, events.visitor_id) = mixed_sessions.run_id
),

identified as (
    select
        events.event_id,
        events.event_time,
        events.event_order,
        events.event_type,
        events.product_id,
        coalesce(events.user_id, stitched.user_id) as user_id,
        case
            when coalesce(events.user_id, stitched.user_id) is null then events.visitor_id
            else concat('u:', coalesce(events.user_id, stitched.user_id))
        end as visitor_id,
    from events
    left join stitched
        on events.event_id = stitched.event_id
),

with_previous as (
    select
        *,
        row_number() over (
            partition by visitor_id
            order by event_time, event_order, event_id
        ) as event_number,
        lag(event_time) over (
            partition by visitor_id
            order by event_time, event_order, event_id
        ) as previous_event_time,
        last_value(if(event_type = 'product_view', product_id, null) ignore nulls) over (
            partition by visitor_id
            order by event_time, event_order, event_id
            rows between unbounded preceding and current row
        ) as last_viewed_product_id,
        last_value(if(event_type = 'product_view' and product_id is not null, event_time, null) ignore nulls) over (
            partition by visitor_id
            order by event_time, event_order, event_id
            rows between unbounded preceding and current row
        ) as last_viewed_at,
    from identified
),

-- Compared in microseconds: 30:00 is the same session, 30:00.000001 a new one.
with_starts as (
    select
        *,
        case
            when previous_event_time is null then event_time
            when timestamp_diff(event_time, previous_event_time, microsecond)
                > @session_gap_minutes * 60000000 then event_time
        end as start_time,
    from with_previous
),

-- The latest start so far is the start of the session that an event belongs to.
in_sessions as (
    select
        *,
        max(start_time) over (
            partition by visitor_id
            order by event_number
            rows between unbounded preceding and current row
        ) as session_started_at,
    from with_starts
),

-- A cart page without a product holds the product that was looked at last in the session.
final as (
    select
        event_id,
        concat(visitor_id, '@', cast(unix_micros(session_started_at) as string)) as session_id,
        visitor_id,
        user_id,
        session_started_at,
        event_number,
        event_time,
        event_type,
        case
            when event_type != 'add_to_cart' or product_id is not null then product_id
            when last_viewed_at >= session_started_at then last_viewed_product_id
        end as product_id,
    from in_sessions
)

select * from final
