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

-- An anonymous run that leads into a known user in one source session was that user all along.
stitched as (
    select
        event_id,
        event_time,
        event_order,
        event_type,
        product_id,
        visitor_id as own_visitor_id,
        coalesce(
            user_id,
            first_value(user_id ignore nulls) over (
                partition by coalesce(source_session_id, visitor_id)
                order by event_time, event_order, event_id
                rows between current row and unbounded following
            )
        ) as user_id,
    from events
),

identified as (
    select
        event_id,
        event_time,
        event_order,
        event_type,
        product_id,
        user_id,
        case when user_id is null then own_visitor_id else concat('u:', user_id) end as visitor_id,
    from stitched
),

with_previous as (
    select
        *,
        lag(event_time) over (
            partition by visitor_id
            order by event_time, event_order, event_id
        ) as previous_event_time,
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
            order by event_time, event_order, event_id
            rows between unbounded preceding and current row
        ) as session_started_at,
        row_number() over (
            partition by visitor_id
            order by event_time, event_order, event_id
        ) as event_number,
    from with_starts
),

-- A cart page without a product holds the product that was looked at last in the session.
with_products as (
    select
        *,
        last_value(if(event_type = 'product_view', product_id, null) ignore nulls) over (
            partition by visitor_id, session_started_at
            order by event_number
            rows between unbounded preceding and current row
        ) as last_viewed_product_id,
    from in_sessions
),

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
            when event_type = 'add_to_cart' then coalesce(product_id, last_viewed_product_id)
            else product_id
        end as product_id,
    from with_products
)

select * from final
