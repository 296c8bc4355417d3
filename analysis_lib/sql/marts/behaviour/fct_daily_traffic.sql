-- purpose: sessions, visitors and what they sold by day and traffic source, closed at the end of each day.
-- grain: one row a day and traffic source with a session, a counted order or a return.
-- inputs: fct_sessions, int_session_events, int_late_identities, stg_events, int_orders (optional),
--   int_order_lines (optional), int_order_day_sources, stg_order_items (optional).

with

sessions as (
    select
        session_id,
        visitor_id,
        session_date,
        started_at,
        ended_at,
        events,
        traffic_source,
        is_first_session,
        reached_view,
        reached_cart,
        reached_purchase,
        date(ended_at, @timezone) as end_date,
    from fct_sessions
),

session_events as (
    select
        event_id,
        visitor_id,
        event_time,
        event_type,
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

orders as (
    select * from int_orders
),

order_lines as (
    select * from int_order_lines
),

order_day_sources as (
    select * from int_order_day_sources
),

order_items as (
    select * from stg_order_items
),

-- Most sessions stand at as_of as they stood at the end of their day. Those that do not belong to a
-- visitor who went on after midnight, or who was named on a later day: all of theirs are made again.
unsettled_visitors as (
    select visitor_id,
    from sessions
    where end_date > session_date
    union distinct
    select visitor_id,
    from late_identities
    union distinct
    select anonymous_visitor_id as visitor_id,
    from late_identities
),

visitor_events as (
    select
        session_events.event_id,
        session_events.visitor_id,
        coalesce(late_identities.anonymous_visitor_id, session_events.visitor_id) as day_visitor_id,
        session_events.event_time,
        session_events.event_type,
        date(session_events.event_time, @timezone) as event_date,
        late_identities.known_date,
    from session_events
    inner join unsettled_visitors
        on session_events.visitor_id = unsettled_visitors.visitor_id
    left join late_identities
        on session_events.event_id = late_identities.event_id
),

-- What was known of a visitor before a day: events count from the day after them, or from the day on
-- which they became known to be theirs.
visitor_days as (
    select
        visitor_id,
        coalesce(known_date, date_add(event_date, interval 1 day)) as known_from_date,
        max(event_time) as last_event_at,
        false as is_active_day,
    from visitor_events
    group by visitor_id, known_from_date
    union all
    select distinct
        day_visitor_id as visitor_id,
        event_date as known_from_date,
        cast(null as timestamp) as last_event_at,
        true as is_active_day,
    from visitor_events
),

known_before as (
    select
        visitor_id,
        known_from_date as event_date,
        is_active_day,
        max(last_event_at) over (
            partition by visitor_id
            order by known_from_date, is_active_day
            rows between unbounded preceding and current row
        ) as last_event_at,
    from visitor_days
),

-- An anonymous visitor had those events until they were known to be another's.
anonymous_before as (
    select
        known_before.visitor_id,
        known_before.event_date,
        max(late_identities.event_time) as last_event_at,
    from known_before
    inner join late_identities
        on
            known_before.visitor_id = late_identities.anonymous_visitor_id
            and known_before.event_date > late_identities.event_date
            and known_before.event_date < late_identities.known_date
    where known_before.is_active_day
    group by known_before.visitor_id, known_before.event_date
),

evenings_before as (
    select
        known_before.visitor_id,
        known_before.event_date,
        case
            when anonymous_before.last_event_at > known_before.last_event_at then anonymous_before.last_event_at
            else coalesce(known_before.last_event_at, anonymous_before.last_event_at)
        end as last_event_at,
    from known_before
    left join anonymous_before
        on
            known_before.visitor_id = anonymous_before.visitor_id
            and known_before.event_date = anonymous_before.event_date
    where known_before.is_active_day
),

with_previous as (
    select
        visitor_events.event_id,
        visitor_events.day_visitor_id,
        visitor_events.event_date,
        visitor_events.event_time,
        visitor_events.event_type,
        evenings_before.last_event_at is null as is_first_day,
        coalesce(
            lag(visitor_events.event_time) over (
                partition by visitor_events.day_visitor_id, visitor_events.event_date
                order by visitor_events.event_time, visitor_events.event_id
            ),
            evenings_before.last_event_at
        ) as previous_event_time,
    from visitor_events
    inner join evenings_before
        on
            visitor_events.day_visitor_id = evenings_before.visitor_id
            and visitor_events.event_date = evenings_before.event_date
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
            partition by day_visitor_id, event_date
            order by event_time, event_id
            rows between unbounded preceding and current row
        ) as session_started_at,
    from with_starts
),

-- Events without a start go on with a session of the evening before, which that day has counted.
made_again as (
    select
        day_visitor_id as visitor_id,
        event_date as session_date,
        session_started_at as started_at,
        max(event_time) as ended_at,
        count(*) as events,
        logical_or(event_type = 'product_view') as reached_view,
        logical_or(event_type = 'add_to_cart') as reached_cart,
        logical_or(event_type = 'purchase') as reached_purchase,
        logical_and(is_first_day) as is_first_day,
        row_number() over (
            partition by day_visitor_id, event_date
            order by session_started_at
        ) as day_session_number,
    from in_sessions
    where session_started_at is not null
    group by day_visitor_id, event_date, session_started_at
),

-- Of events at the very start the one that the source put first says where the session came from.
starts as (
    select
        in_sessions.day_visitor_id,
        in_sessions.session_started_at,
        events.traffic_source,
        row_number() over (
            partition by in_sessions.day_visitor_id, in_sessions.session_started_at
            order by events.event_order, events.event_id
        ) as position,
    from in_sessions
    inner join events
        on in_sessions.event_id = events.event_id
    where in_sessions.event_time = in_sessions.session_started_at
),

closed_sessions as (
    select
        sessions.session_date,
        coalesce(sessions.traffic_source, '(not set)') as traffic_source,
        sessions.visitor_id,
        sessions.is_first_session,
        sessions.events,
        timestamp_diff(sessions.ended_at, sessions.started_at, microsecond) as duration,
        sessions.reached_view,
        sessions.reached_cart,
        sessions.reached_purchase,
    from sessions
    left join unsettled_visitors
        on sessions.visitor_id = unsettled_visitors.visitor_id
    where unsettled_visitors.visitor_id is null
    union all
    select
        made_again.session_date,
        coalesce(starts.traffic_source, '(not set)') as traffic_source,
        made_again.visitor_id,
        made_again.is_first_day and made_again.day_session_number = 1 as is_first_session,
        made_again.events,
        timestamp_diff(made_again.ended_at, made_again.started_at, microsecond) as duration,
        made_again.reached_view,
        made_again.reached_cart,
        made_again.reached_purchase,
    from made_again
    inner join starts
        on
            made_again.visitor_id = starts.day_visitor_id
            and made_again.started_at = starts.session_started_at
            and starts.position = 1
),

session_days as (
    select
        session_date as traffic_date,
        traffic_source,
        count(*) as sessions,
        count(distinct visitor_id) as visitors,
        countif(is_first_session) as new_visitors,
        countif(events = 1) as bounces,
        countif(reached_view) as view_sessions,
        countif(reached_cart) as cart_sessions,
        countif(reached_purchase) as purchase_sessions,
        sum(duration) as total_duration,
    from closed_sessions
    group by session_date, traffic_source
),

medians as (
    select distinct
        session_date as traffic_date,
        traffic_source,
        percentile_cont(duration / 1000000, 0.5) over (
            partition by session_date, traffic_source
        ) as median_duration_seconds,
    from closed_sessions
),

order_sources as (
    select
        orders.order_id,
        orders.order_date,
        orders.is_counted,
        orders.gross_sales - orders.discounts - orders.cancellations as sold_revenue,
        case
            when order_day_sources.session_started_at is not null
                then coalesce(order_day_sources.traffic_source, '(not set)')
            when order_day_sources.order_id is null and sessions.session_date <= orders.order_date
                then coalesce(sessions.traffic_source, '(not set)')
            else '(no session)'
        end as traffic_source,
    from orders
    left join order_day_sources
        on orders.order_id = order_day_sources.order_id
    left join sessions
        on orders.session_id = sessions.session_id
),

-- As in the profit and loss: what was sold on the day of the order, what came back on the day of the return.
bookings as (
    select
        order_date as traffic_date,
        traffic_source,
        1 as orders,
        sold_revenue as net_revenue,
    from order_sources
    where is_counted
    union all
    select
        order_lines.return_date as traffic_date,
        order_sources.traffic_source,
        0 as orders,
        -order_lines.returns as net_revenue,
    from order_lines
    inner join order_sources
        on order_lines.order_id = order_sources.order_id
    where order_lines.is_returned
),

booking_days as (
    select
        traffic_date,
        traffic_source,
        sum(orders) as orders,
        sum(net_revenue) as net_revenue,
    from bookings
    group by traffic_date, traffic_source
),

-- Without any order line orders are unknown, not zero; judged on all lines, so that a closed day does
-- not turn from unknown to zero when as_of passes the first order.
shop_orders as (
    select count(*) > 0 as has_orders,
    from order_items
),

counts as (
    select
        coalesce(session_days.traffic_date, booking_days.traffic_date) as traffic_date,
        coalesce(session_days.traffic_source, booking_days.traffic_source) as traffic_source,
        coalesce(session_days.sessions, 0) as sessions,
        coalesce(session_days.visitors, 0) as visitors,
        coalesce(session_days.new_visitors, 0) as new_visitors,
        coalesce(session_days.bounces, 0) as bounces,
        coalesce(session_days.view_sessions, 0) as view_sessions,
        coalesce(session_days.cart_sessions, 0) as cart_sessions,
        coalesce(session_days.purchase_sessions, 0) as purchase_sessions,
        session_days.total_duration,
        coalesce(booking_days.orders, 0) as orders,
        coalesce(booking_days.net_revenue, 0) as net_revenue,
    from session_days
    full join booking_days
        on
            session_days.traffic_date = booking_days.traffic_date
            and session_days.traffic_source = booking_days.traffic_source
),

final as (
    select
        counts.traffic_date,
        counts.traffic_source,
        counts.sessions,
        counts.visitors,
        counts.new_visitors,
        counts.bounces,
        safe_divide(counts.bounces, counts.sessions) as bounce_rate,
        counts.view_sessions,
        counts.cart_sessions,
        counts.purchase_sessions,
        safe_divide(counts.cart_sessions, counts.sessions) as add_to_cart_rate,
        safe_divide(counts.purchase_sessions, counts.sessions) as purchase_rate,
        safe_divide(counts.total_duration, counts.sessions) / 1000000 as mean_duration_seconds,
        medians.median_duration_seconds,
        if(shop_orders.has_orders, counts.orders, null) as orders,
        if(shop_orders.has_orders, counts.net_revenue, null) as net_revenue,
        if(
            shop_orders.has_orders,
            safe_divide(cast(counts.net_revenue as float64), counts.sessions),
            null
        ) as revenue_per_session,
    from counts
    cross join shop_orders
    left join medians
        on
            counts.traffic_date = medians.traffic_date
            and counts.traffic_source = medians.traffic_source
)

select * from final
