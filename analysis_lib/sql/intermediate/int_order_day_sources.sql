-- purpose: where the session of an order came from, as known at the end of the order's day.
-- grain: one row an order whose session at the end of its day may differ from that known at as_of.
-- inputs: int_orders (optional), int_order_sessions, int_session_events, int_late_identities,
--   stg_events (optional).

with

orders as (
    select
        order_id,
        visitor_id,
        order_date,
        timestamp(date_add(order_date, interval 1 day), @timezone) as day_ends_at,
    from int_orders
),

order_sessions as (
    select
        order_id,
        placed_at,
    from int_order_sessions
),

session_events as (
    select
        event_id,
        visitor_id,
        event_time,
    from int_session_events
),

late_identities as (
    select * from int_late_identities
),

events as (
    select
        event_id,
        event_order,
        traffic_source,
    from stg_events
),

-- As in int_orders the line that was placed first decides.
first_lines as (
    select
        order_id,
        min(placed_at) as placed_at,
    from order_sessions
    group by order_id
),

placed as (
    select
        orders.*,
        first_lines.placed_at,
    from orders
    inner join first_lines
        on orders.order_id = first_lines.order_id
),

-- Who was not yet known, or known by a name that they lost since, from the day of the event until the
-- day before it became known.
unsettled_visitors as (
    select
        visitor_id,
        event_date,
        known_date,
    from late_identities
    union distinct
    select
        anonymous_visitor_id as visitor_id,
        event_date,
        known_date,
    from late_identities
),

-- A line that is dated after its order's day would find sessions which nobody had seen on that day.
unsettled as (
    select *
    from placed
    where placed_at >= day_ends_at
    union distinct
    select placed.*
    from placed
    inner join unsettled_visitors
        on
            placed.visitor_id = unsettled_visitors.visitor_id
            and placed.order_date >= unsettled_visitors.event_date
            and placed.order_date < unsettled_visitors.known_date
),

-- All events of the visitor that were known to be theirs at the end of the order's day.
order_events as (
    select
        unsettled.order_id,
        unsettled.placed_at,
        session_events.event_id,
        session_events.event_time,
    from unsettled
    inner join session_events
        on
            unsettled.visitor_id = session_events.visitor_id
            and unsettled.day_ends_at > session_events.event_time
    left join late_identities
        on session_events.event_id = late_identities.event_id
    where late_identities.event_id is null or late_identities.known_date <= unsettled.order_date
    union all
    select
        unsettled.order_id,
        unsettled.placed_at,
        late_identities.event_id,
        late_identities.event_time,
    from unsettled
    inner join late_identities
        on
            unsettled.visitor_id = late_identities.anonymous_visitor_id
            and unsettled.order_date >= late_identities.event_date
            and unsettled.order_date < late_identities.known_date
),

with_previous as (
    select
        *,
        lag(event_time) over (partition by order_id order by event_time, event_id) as previous_event_time,
    from order_events
),

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
            partition by order_id
            order by event_time, event_id
            rows between unbounded preceding and current row
        ) as session_started_at,
    from with_starts
),

-- The session of an order, by the rule of int_order_sessions: the latest one started before, else the first.
chosen as (
    select
        order_id,
        coalesce(
            max(if(session_started_at <= placed_at, session_started_at, null)),
            min(session_started_at)
        ) as session_started_at,
    from in_sessions
    group by order_id
),

-- Of events at the very start the one that the source put first says where the session came from.
first_events as (
    select
        chosen.order_id,
        chosen.session_started_at,
        events.traffic_source,
        row_number() over (
            partition by chosen.order_id
            order by events.event_order, events.event_id
        ) as position,
    from chosen
    inner join in_sessions
        on
            chosen.order_id = in_sessions.order_id
            and chosen.session_started_at = in_sessions.event_time
    inner join events
        on in_sessions.event_id = events.event_id
),

final as (
    select
        unsettled.order_id,
        unsettled.order_date,
        first_events.session_started_at,
        first_events.traffic_source,
    from unsettled
    left join first_events
        on
            unsettled.order_id = first_events.order_id
            and first_events.position = 1
)

select * from final
