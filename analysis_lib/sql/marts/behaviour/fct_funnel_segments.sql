-- purpose: the funnel by device, country, traffic source and new or returning visitors.
-- grain: one row a period (window, previous_window, all_time), dimension and segment.
-- inputs: fct_sessions.

with

sessions as (
    select
        session_id,
        visitor_id,
        session_date,
        coalesce(device, '(not set)') as device,
        coalesce(country, '(not set)') as country,
        coalesce(traffic_source, '(not set)') as traffic_source,
        if(is_first_session, 'new', 'returning') as visitor_type,
        reached_view,
        reached_cart,
        reached_checkout,
        reached_purchase,
        ordered_cart,
        ordered_checkout,
        ordered_purchase,
        seconds_view_to_cart,
        seconds_cart_to_purchase,
    from fct_sessions
),

periods as (
    select
        'window' as period,
        date_sub(@as_of, interval (@window_days - 1) day) as first_date,
        @as_of as last_date,
    union all
    select
        'previous_window' as period,
        date_sub(@as_of, interval (2 * @window_days - 1) day) as first_date,
        date_sub(@as_of, interval @window_days day) as last_date,
    union all
    select
        'all_time' as period,
        cast('0001-01-01' as date) as first_date,
        @as_of as last_date,
),

in_periods as (
    select
        periods.period,
        sessions.*,
    from sessions
    inner join periods
        on sessions.session_date between periods.first_date and periods.last_date
),

by_dimension as (
    select
        'all' as dimension,
        'all' as segment,
        *,
    from in_periods
    union all
    select
        'device' as dimension,
        device as segment,
        *,
    from in_periods
    union all
    select
        'country' as dimension,
        country as segment,
        *,
    from in_periods
    union all
    select
        'traffic_source' as dimension,
        traffic_source as segment,
        *,
    from in_periods
    union all
    select
        'visitor_type' as dimension,
        visitor_type as segment,
        *,
    from in_periods
),

session_counts as (
    select
        period,
        dimension,
        segment,
        count(*) as sessions,
        countif(reached_view) as view_sessions,
        countif(reached_cart) as cart_sessions,
        countif(reached_checkout) as checkout_sessions,
        countif(reached_purchase) as purchase_sessions,
        countif(reached_view) as ordered_view_sessions,
        countif(ordered_cart) as ordered_cart_sessions,
        countif(ordered_checkout) as ordered_checkout_sessions,
        countif(ordered_purchase) as ordered_purchase_sessions,
    from by_dimension
    group by period, dimension, segment
),

segment_visitors as (
    select
        period,
        dimension,
        segment,
        visitor_id,
        logical_or(reached_view) as reached_view,
        logical_or(reached_cart) as reached_cart,
        logical_or(reached_checkout) as reached_checkout,
        logical_or(reached_purchase) as reached_purchase,
        logical_or(ordered_cart) as ordered_cart,
        logical_or(ordered_checkout) as ordered_checkout,
        logical_or(ordered_purchase) as ordered_purchase,
    from by_dimension
    group by period, dimension, segment, visitor_id
),

visitor_counts as (
    select
        period,
        dimension,
        segment,
        count(*) as visitors,
        countif(reached_view) as view_visitors,
        countif(reached_cart) as cart_visitors,
        countif(reached_checkout) as checkout_visitors,
        countif(reached_purchase) as purchase_visitors,
        countif(reached_view) as ordered_view_visitors,
        countif(ordered_cart) as ordered_cart_visitors,
        countif(ordered_checkout) as ordered_checkout_visitors,
        countif(ordered_purchase) as ordered_purchase_visitors,
        countif(reached_view and reached_purchase) as viewers_who_purchased,
    from segment_visitors
    group by period, dimension, segment
),

medians as (
    select distinct
        period,
        dimension,
        segment,
        percentile_cont(seconds_view_to_cart, 0.5) over (
            partition by period, dimension, segment
        ) as median_seconds_view_to_cart,
        percentile_cont(seconds_cart_to_purchase, 0.5) over (
            partition by period, dimension, segment
        ) as median_seconds_cart_to_purchase,
    from by_dimension
),

shop_steps as (
    select countif(reached_checkout is not null) > 0 as has_checkout,
    from sessions
),

final as (
    select
        session_counts.period,
        session_counts.dimension,
        session_counts.segment,
        session_counts.sessions,
        visitor_counts.visitors,
        session_counts.view_sessions,
        session_counts.cart_sessions,
        if(shop_steps.has_checkout, session_counts.checkout_sessions, null) as checkout_sessions,
        session_counts.purchase_sessions,
        visitor_counts.view_visitors,
        visitor_counts.cart_visitors,
        if(shop_steps.has_checkout, visitor_counts.checkout_visitors, null) as checkout_visitors,
        visitor_counts.purchase_visitors,
        session_counts.ordered_view_sessions,
        session_counts.ordered_cart_sessions,
        if(shop_steps.has_checkout, session_counts.ordered_checkout_sessions, null) as ordered_checkout_sessions,
        session_counts.ordered_purchase_sessions,
        visitor_counts.ordered_view_visitors,
        visitor_counts.ordered_cart_visitors,
        if(shop_steps.has_checkout, visitor_counts.ordered_checkout_visitors, null) as ordered_checkout_visitors,
        visitor_counts.ordered_purchase_visitors,
        visitor_counts.viewers_who_purchased,
        medians.median_seconds_view_to_cart,
        medians.median_seconds_cart_to_purchase,
        safe_divide(visitor_counts.viewers_who_purchased, visitor_counts.view_visitors) as conversion_rate,
        safe_divide(visitor_counts.purchase_visitors, visitor_counts.view_visitors) as any_order_conversion_rate,
        safe_divide(session_counts.purchase_sessions, session_counts.sessions) as session_conversion_rate,
        safe_divide(session_counts.ordered_view_sessions, session_counts.sessions) as visit_to_view_rate,
        safe_divide(
            session_counts.ordered_cart_sessions, session_counts.ordered_view_sessions
        ) as view_to_cart_rate,
        safe_divide(
            session_counts.ordered_purchase_sessions, session_counts.ordered_cart_sessions
        ) as cart_to_purchase_rate,
        1 - safe_divide(session_counts.ordered_view_sessions, session_counts.sessions) as visit_drop_off_rate,
        1 - safe_divide(
            session_counts.ordered_cart_sessions, session_counts.ordered_view_sessions
        ) as view_drop_off_rate,
        1 - safe_divide(
            session_counts.ordered_purchase_sessions, session_counts.ordered_cart_sessions
        ) as cart_drop_off_rate,
    from session_counts
    cross join shop_steps
    inner join visitor_counts
        on
            session_counts.period = visitor_counts.period
            and session_counts.dimension = visitor_counts.dimension
            and session_counts.segment = visitor_counts.segment
    left join medians
        on
            session_counts.period = medians.period
            and session_counts.dimension = medians.dimension
            and session_counts.segment = medians.segment
)

select * from final
