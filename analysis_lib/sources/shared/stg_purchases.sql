-- purpose: each purchase event with the order that it makes, for sources that have events and no orders.
-- grain: one row a purchase event.
-- inputs: stg_events.

with

events as (
    select
        event_id,
        user_id,
        visitor_id,
        event_time,
        event_order,
        event_type,
        product_id,
        quantity,
        amount,
    from stg_events
),

-- Only the events of those who bought are worth sorting.
buyers as (
    select distinct visitor_id
    from events
    where event_type = 'purchase'
),

with_previous as (
    select
        events.*,
        row_number() over (
            partition by events.visitor_id
            order by events.event_time, events.event_order, events.event_id
        ) as event_number,
        lag(events.event_time) over (
            partition by events.visitor_id
            order by events.event_time, events.event_order, events.event_id
        ) as previous_event_time,
    from events
    inner join buyers
        on events.visitor_id = buyers.visitor_id
),

-- The gap rule of int_session_events: an order is what one visitor bought in one session.
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

final as (
    select
        event_id,
        concat(visitor_id, '@', cast(unix_micros(session_started_at) as string)) as order_id,
        user_id,
        visitor_id,
        event_time as purchased_at,
        product_id,
        quantity,
        amount,
    from in_sessions
    where event_type = 'purchase'
)

select * from final
