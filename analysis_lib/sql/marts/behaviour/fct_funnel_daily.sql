-- purpose: how many sessions and visitors reached each step of the funnel, day by day.
-- grain: one row a calendar day from the first session to as_of.
-- inputs: fct_sessions.

with

sessions as (
    select * from fct_sessions
),

-- A day without a session is a row of zeros, not a gap in the chart. The conversion window of a day is over
-- when that of its last instant is; in hours, as days are shorter and longer when clocks change.
calendar as (
    select
        session_date,
        timestamp_diff(
            timestamp(date_add(@as_of, interval 1 day), @timezone),
            timestamp(date_add(session_date, interval 1 day), @timezone),
            microsecond
        ) >= @conversion_window_days * 86400000000 as is_window_over,
    from unnest(
        generate_date_array((select min(session_date) from sessions), @as_of, interval 1 day)
    ) as session_date
),

session_counts as (
    select
        session_date,
        count(*) as sessions,
        countif(reached_view) as view_sessions,
        countif(reached_cart) as cart_sessions,
        countif(reached_checkout) as checkout_sessions,
        countif(reached_purchase) as purchase_sessions,
        countif(ordered_view) as ordered_view_sessions,
        countif(ordered_cart) as ordered_cart_sessions,
        countif(ordered_checkout) as ordered_checkout_sessions,
        countif(ordered_purchase) as ordered_purchase_sessions,
    from sessions
    group by session_date
),

visitor_days as (
    select
        session_date,
        visitor_id,
        logical_or(reached_view) as reached_view,
        logical_or(reached_cart) as reached_cart,
        logical_or(reached_checkout) as reached_checkout,
        logical_or(reached_purchase) as reached_purchase,
        logical_or(ordered_cart) as ordered_cart,
        logical_or(ordered_checkout) as ordered_checkout,
        logical_or(ordered_purchase) as ordered_purchase,
        -- What follows a view never comes earlier for a later one: the least is that of the first view.
        min(first_view_at) as viewed_at,
        min(journey_cart_at) as carted_at,
        min(journey_checkout_at) as checked_out_at,
        min(journey_purchase_at) as purchased_at,
    from sessions
    group by session_date, visitor_id
),

-- The conversion window runs from the first view of the day; one that is not over yet says nothing.
windowed_days as (
    select
        *,
        timestamp_diff(
            timestamp(date_add(@as_of, interval 1 day), @timezone), viewed_at, microsecond
        ) >= @conversion_window_days * 86400000000 as is_window_over,
        timestamp_diff(carted_at, viewed_at, microsecond) <= @conversion_window_days * 86400000000 as has_carted,
        timestamp_diff(checked_out_at, viewed_at, microsecond)
        <= @conversion_window_days * 86400000000 as has_checked_out,
        timestamp_diff(purchased_at, viewed_at, microsecond)
        <= @conversion_window_days * 86400000000 as has_purchased,
    from visitor_days
),

visitor_counts as (
    select
        session_date,
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
        countif(is_window_over) as windowed_view_visitors,
        countif(is_window_over and has_carted) as windowed_cart_visitors,
        countif(is_window_over and has_checked_out) as windowed_checkout_visitors,
        countif(is_window_over and has_purchased) as windowed_purchase_visitors,
    from windowed_days
    group by session_date
),

-- An analytic median needs no assumption on the size of a day.
medians as (
    select distinct
        session_date,
        percentile_cont(seconds_view_to_cart, 0.5) over of_day as median_seconds_view_to_cart,
        percentile_cont(seconds_cart_to_checkout, 0.5) over of_day as median_seconds_cart_to_checkout,
        percentile_cont(seconds_checkout_to_purchase, 0.5) over of_day as median_seconds_checkout_to_purchase,
        percentile_cont(seconds_cart_to_purchase, 0.5) over of_day as median_seconds_cart_to_purchase,
    from sessions
    where
        seconds_view_to_cart is not null
        or seconds_cart_to_checkout is not null
        or seconds_checkout_to_purchase is not null
        or seconds_cart_to_purchase is not null
    window of_day as (partition by session_date)
),

shop_steps as (
    select countif(reached_checkout is not null) > 0 as has_checkout,
    from sessions
),

counts as (
    select
        calendar.session_date,
        coalesce(session_counts.sessions, 0) as sessions,
        coalesce(visitor_counts.visitors, 0) as visitors,
        coalesce(session_counts.view_sessions, 0) as view_sessions,
        coalesce(session_counts.cart_sessions, 0) as cart_sessions,
        if(shop_steps.has_checkout, coalesce(session_counts.checkout_sessions, 0), null) as checkout_sessions,
        coalesce(session_counts.purchase_sessions, 0) as purchase_sessions,
        coalesce(visitor_counts.view_visitors, 0) as view_visitors,
        coalesce(visitor_counts.cart_visitors, 0) as cart_visitors,
        if(shop_steps.has_checkout, coalesce(visitor_counts.checkout_visitors, 0), null) as checkout_visitors,
        coalesce(visitor_counts.purchase_visitors, 0) as purchase_visitors,
        coalesce(session_counts.ordered_view_sessions, 0) as ordered_view_sessions,
        coalesce(session_counts.ordered_cart_sessions, 0) as ordered_cart_sessions,
        if(
            shop_steps.has_checkout,
            coalesce(session_counts.ordered_checkout_sessions, 0),
            null
        ) as ordered_checkout_sessions,
        coalesce(session_counts.ordered_purchase_sessions, 0) as ordered_purchase_sessions,
        coalesce(visitor_counts.ordered_view_visitors, 0) as ordered_view_visitors,
        coalesce(visitor_counts.ordered_cart_visitors, 0) as ordered_cart_visitors,
        if(
            shop_steps.has_checkout,
            coalesce(visitor_counts.ordered_checkout_visitors, 0),
            null
        ) as ordered_checkout_visitors,
        coalesce(visitor_counts.ordered_purchase_visitors, 0) as ordered_purchase_visitors,
        coalesce(visitor_counts.viewers_who_purchased, 0) as viewers_who_purchased,
        medians.median_seconds_view_to_cart,
        medians.median_seconds_cart_to_purchase,
        medians.median_seconds_cart_to_checkout,
        medians.median_seconds_checkout_to_purchase,
        if(
            calendar.is_window_over, coalesce(visitor_counts.windowed_view_visitors, 0), null
        ) as windowed_view_visitors,
        if(
            calendar.is_window_over, coalesce(visitor_counts.windowed_cart_visitors, 0), null
        ) as windowed_cart_visitors,
        if(
            calendar.is_window_over and shop_steps.has_checkout,
            coalesce(visitor_counts.windowed_checkout_visitors, 0),
            null
        ) as windowed_checkout_visitors,
        if(
            calendar.is_window_over, coalesce(visitor_counts.windowed_purchase_visitors, 0), null
        ) as windowed_purchase_visitors,
    from calendar
    cross join shop_steps
    left join session_counts
        on calendar.session_date = session_counts.session_date
    left join visitor_counts
        on calendar.session_date = visitor_counts.session_date
    left join medians
        on calendar.session_date = medians.session_date
),

final as (
    select
        *,
        safe_divide(viewers_who_purchased, view_visitors) as conversion_rate,
        safe_divide(purchase_visitors, view_visitors) as any_order_conversion_rate,
        safe_divide(purchase_sessions, sessions) as session_conversion_rate,
        safe_divide(ordered_view_sessions, sessions) as visit_to_view_rate,
        safe_divide(ordered_cart_sessions, ordered_view_sessions) as view_to_cart_rate,
        safe_divide(ordered_checkout_sessions, ordered_cart_sessions) as cart_to_checkout_rate,
        safe_divide(ordered_purchase_sessions, ordered_checkout_sessions) as checkout_to_purchase_rate,
        safe_divide(ordered_purchase_sessions, ordered_cart_sessions) as cart_to_purchase_rate,
        1 - safe_divide(ordered_view_sessions, sessions) as visit_drop_off_rate,
        1 - safe_divide(ordered_cart_sessions, ordered_view_sessions) as view_drop_off_rate,
        1 - safe_divide(ordered_checkout_sessions, ordered_cart_sessions) as cart_to_checkout_drop_off_rate,
        1 - safe_divide(
            ordered_purchase_sessions, ordered_checkout_sessions
        ) as checkout_to_purchase_drop_off_rate,
        1 - safe_divide(ordered_purchase_sessions, ordered_cart_sessions) as cart_drop_off_rate,
        safe_divide(windowed_purchase_visitors, windowed_view_visitors) as windowed_conversion_rate,
    from counts
)

select * from final
