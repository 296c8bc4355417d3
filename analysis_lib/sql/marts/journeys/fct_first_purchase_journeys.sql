-- purpose: what each visitor did before the first purchase, and how long who has not bought was watched.
-- grain: one row a visitor with a session that started by as_of.
-- inputs: fct_sessions, int_orders.

with

sessions as (
    select * from fct_sessions
),

orders as (
    select * from int_orders
),

-- The purchase belongs to the session of its order, as in fct_sessions; it may be dated before that starts.
first_purchases as (
    select
        orders.visitor_id,
        orders.order_id,
        orders.created_at as purchased_at,
        sessions.session_id,
        sessions.started_at,
        sessions.traffic_source,
    from orders
    inner join sessions
        on orders.session_id = sessions.session_id
    where orders.order_number = 1
),

-- What came after the purchase, in its session or in later ones, did not lead to it.
sessions_to_purchase as (
    select
        sessions.visitor_id,
        sessions.is_first_session,
        sessions.user_id,
        sessions.session_date,
        sessions.started_at,
        sessions.traffic_source,
        first_purchases.session_id as converting_session_id,
        first_purchases.traffic_source as converting_traffic_source,
        first_purchases.order_id as first_order_id,
        first_purchases.purchased_at,
        timestamp_diff(
            if(
                sessions.started_at = first_purchases.started_at,
                greatest(least(sessions.ended_at, first_purchases.purchased_at), sessions.started_at),
                sessions.ended_at
            ),
            sessions.started_at,
            microsecond
        ) as duration_microseconds,
    from sessions
    left join first_purchases
        on sessions.visitor_id = first_purchases.visitor_id
    where first_purchases.started_at is null or sessions.started_at <= first_purchases.started_at
),

-- Most visitors come once: only what later sessions add has to be grouped.
later_sums as (
    select
        visitor_id,
        count(*) as sessions,
        sum(duration_microseconds) as duration_microseconds,
    from sessions_to_purchase
    where not is_first_session
    group by visitor_id
),

medians as (
    select distinct
        sessions_to_purchase.visitor_id,
        percentile_cont(cast(sessions_to_purchase.duration_microseconds as float64), 0.5) over (
            partition by sessions_to_purchase.visitor_id
        ) as duration_microseconds,
    from sessions_to_purchase
    inner join later_sums
        on sessions_to_purchase.visitor_id = later_sums.visitor_id
),

combined as (
    select
        openings.*,
        coalesce(later_sums.sessions, 0) as later_sessions,
        openings.duration_microseconds + coalesce(later_sums.duration_microseconds, 0) as summed_microseconds,
        coalesce(medians.duration_microseconds, openings.duration_microseconds) as median_microseconds,
    from sessions_to_purchase as openings
    left join later_sums
        on openings.visitor_id = later_sums.visitor_id
    left join medians
        on openings.visitor_id = medians.visitor_id
    where openings.is_first_session
),

final as (
    select
        visitor_id,
        user_id,
        session_date as cohort_date,
        started_at as first_session_at,
        traffic_source as first_traffic_source,
        converting_traffic_source,
        converting_session_id,
        if(first_order_id is null, 0, 1) as converted,
        first_order_id,
        purchased_at,
        -- the converting session is not one before the purchase
        if(first_order_id is null, later_sessions + 1, later_sessions) as sessions_before,
        timestamp_diff(greatest(purchased_at, started_at), started_at, microsecond)
        / 86400000000 as days_to_purchase,
        summed_microseconds / 60000000 as minutes_on_site_before,
        median_microseconds / 1000000 as median_session_duration_before,
        timestamp_diff(
            greatest(
                coalesce(purchased_at, timestamp(date_add(@as_of, interval 1 day), @timezone)),
                started_at
            ),
            started_at,
            microsecond
        ) / 86400000000 as observed_days,
    from combined
)

select * from final
