-- purpose: the funnel by device, country, traffic source, new or returning, customer segment and category.
-- grain: one row a period (window, previous_window, all_time), dimension and segment.
-- inputs: fct_sessions, int_session_products, int_order_lines (optional), stg_products (optional),
--   dim_customer_segments (optional).

with

sessions as (
    select
        session_id,
        visitor_id,
        user_id,
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
        seconds_cart_to_checkout,
        seconds_checkout_to_purchase,
        seconds_cart_to_purchase,
        first_view_at,
        journey_cart_at,
        journey_checkout_at,
        journey_purchase_at,
    from fct_sessions
),

session_products as (
    select * from int_session_products
),

order_lines as (
    select * from int_order_lines
),

products as (
    select * from stg_products
),

customer_segments as (
    select
        user_id,
        segment,
    from dim_customer_segments
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

shop as (
    select
        countif(reached_checkout is not null) > 0 as has_checkout,
        (select count(*) from customer_segments) > 0 as has_segments,
        timestamp(date_add(@as_of, interval 1 day), @timezone) as ends_at,
    from sessions
),

-- A visitor must be counted once a segment. Who came only once needs no grouping for that: they are
-- counted as the sessions that they are, together, under no key.
returning_visitors as (
    select visitor_id,
    from sessions
    group by visitor_id
    having count(*) > 1
),

in_periods as (
    select
        periods.period,
        sessions.*,
        returning_visitors.visitor_id as visitor_key,
        coalesce(customer_segments.segment, '(no buyer)') as customer_segment,
        timestamp_diff(
            shop.ends_at, sessions.first_view_at, microsecond
        ) >= @conversion_window_days * 86400000000 as is_window_over,
    from sessions
    cross join shop
    inner join periods
        on sessions.session_date between periods.first_date and periods.last_date
    left join returning_visitors
        on sessions.visitor_id = returning_visitors.visitor_id
    left join customer_segments
        on sessions.user_id = customer_segments.user_id
),

-- Counts of the sessions of one visitor that fall into the same segments; what came next never comes
-- earlier for a later view, so that the least instant is that after the first view.
combinations as (
    select
        period,
        device,
        country,
        traffic_source,
        visitor_type,
        customer_segment,
        visitor_key,
        count(*) as sessions,
        countif(reached_view) as view_sessions,
        countif(reached_cart) as cart_sessions,
        countif(reached_checkout) as checkout_sessions,
        countif(reached_purchase) as purchase_sessions,
        countif(ordered_cart) as ordered_cart_sessions,
        countif(ordered_checkout) as ordered_checkout_sessions,
        countif(ordered_purchase) as ordered_purchase_sessions,
        countif(reached_view and reached_purchase) as view_and_purchase_sessions,
        countif(is_window_over) as windowed_view_sessions,
        countif(
            is_window_over
            and timestamp_diff(journey_cart_at, first_view_at, microsecond)
            <= @conversion_window_days * 86400000000
        ) as windowed_cart_sessions,
        countif(
            is_window_over
            and timestamp_diff(journey_checkout_at, first_view_at, microsecond)
            <= @conversion_window_days * 86400000000
        ) as windowed_checkout_sessions,
        countif(
            is_window_over
            and timestamp_diff(journey_purchase_at, first_view_at, microsecond)
            <= @conversion_window_days * 86400000000
        ) as windowed_purchase_sessions,
        min(first_view_at) as viewed_at,
        min(journey_cart_at) as carted_at,
        min(journey_checkout_at) as checked_out_at,
        min(journey_purchase_at) as purchased_at,
    from in_periods
    group by period, device, country, traffic_source, visitor_type, customer_segment, visitor_key
),

by_dimension as (
    select
        'all' as dimension,
        'all' as segment,
        *,
    from combinations
    union all
    select
        'device' as dimension,
        device as segment,
        *,
    from combinations
    union all
    select
        'country' as dimension,
        country as segment,
        *,
    from combinations
    union all
    select
        'traffic_source' as dimension,
        traffic_source as segment,
        *,
    from combinations
    union all
    select
        'visitor_type' as dimension,
        visitor_type as segment,
        *,
    from combinations
    union all
    select
        'customer_segment' as dimension,
        customer_segment as segment,
        *,
    from combinations
    where (select has_segments from shop)
),

segment_visitors as (
    select
        period,
        dimension,
        segment,
        visitor_key,
        sum(sessions) as sessions,
        sum(view_sessions) as view_sessions,
        sum(cart_sessions) as cart_sessions,
        sum(checkout_sessions) as checkout_sessions,
        sum(purchase_sessions) as purchase_sessions,
        sum(ordered_cart_sessions) as ordered_cart_sessions,
        sum(ordered_checkout_sessions) as ordered_checkout_sessions,
        sum(ordered_purchase_sessions) as ordered_purchase_sessions,
        sum(view_and_purchase_sessions) as view_and_purchase_sessions,
        sum(windowed_view_sessions) as windowed_view_sessions,
        sum(windowed_cart_sessions) as windowed_cart_sessions,
        sum(windowed_checkout_sessions) as windowed_checkout_sessions,
        sum(windowed_purchase_sessions) as windowed_purchase_sessions,
        min(viewed_at) as viewed_at,
        min(carted_at) as carted_at,
        min(checked_out_at) as checked_out_at,
        min(purchased_at) as purchased_at,
    from by_dimension
    group by period, dimension, segment, visitor_key
),

-- The sessions of a category: what was viewed, put into the cart and bought of it, session by session.
-- Without order lines it is not known what was bought, and there are no rows.
category_sessions as (
    select
        session_products.session_id,
        coalesce(products.category, '(not set)') as category,
        logical_or(session_products.views > 0) as reached_view,
        logical_or(session_products.add_to_carts > 0) as reached_cart,
        coalesce(
            min(session_products.first_view_number) < max(session_products.last_cart_number), false
        ) as ordered_cart,
    from session_products
    left join products
        on session_products.product_id = products.product_id
    where (select count(*) > 0 from order_lines)
    group by session_id, category
),

category_purchases as (
    select distinct
        order_lines.session_id,
        coalesce(products.category, '(not set)') as category,
    from order_lines
    left join products
        on order_lines.product_id = products.product_id
    where not order_lines.is_cancelled and order_lines.session_id is not null
),

category_steps as (
    select
        coalesce(category_sessions.session_id, category_purchases.session_id) as session_id,
        coalesce(category_sessions.category, category_purchases.category) as category,
        coalesce(category_sessions.reached_view, false) as reached_view,
        coalesce(category_sessions.reached_cart, false) as reached_cart,
        coalesce(category_sessions.ordered_cart, false) as ordered_cart,
        category_purchases.session_id is not null as reached_purchase,
    from category_sessions
    full join category_purchases
        on
            category_sessions.session_id = category_purchases.session_id
            and category_sessions.category = category_purchases.category
),

category_visitors as (
    select
        in_periods.period,
        'category' as dimension,
        category_steps.category as segment,
        in_periods.visitor_key,
        count(*) as sessions,
        countif(category_steps.reached_view) as view_sessions,
        countif(category_steps.reached_cart) as cart_sessions,
        0 as checkout_sessions,
        countif(category_steps.reached_purchase) as purchase_sessions,
        countif(category_steps.ordered_cart) as ordered_cart_sessions,
        0 as ordered_checkout_sessions,
        countif(category_steps.ordered_cart and category_steps.reached_purchase) as ordered_purchase_sessions,
        countif(category_steps.reached_view and category_steps.reached_purchase) as view_and_purchase_sessions,
        0 as windowed_view_sessions,
        0 as windowed_cart_sessions,
        0 as windowed_checkout_sessions,
        0 as windowed_purchase_sessions,
        cast(null as timestamp) as viewed_at,
        cast(null as timestamp) as carted_at,
        cast(null as timestamp) as checked_out_at,
        cast(null as timestamp) as purchased_at,
    from category_steps
    inner join in_periods
        on category_steps.session_id = in_periods.session_id
    group by period, segment, visitor_key
),

every_segment as (
    select * from segment_visitors
    union all
    select * from category_visitors
),

-- Under no key every session is a visitor of its own; under a key a visitor counts once.
visitors_once as (
    select
        every_segment.*,
        visitor_key is null as is_once,
        timestamp_diff(
            shop.ends_at, viewed_at, microsecond
        ) >= @conversion_window_days * 86400000000 as is_window_over,
        timestamp_diff(carted_at, viewed_at, microsecond) <= @conversion_window_days * 86400000000 as has_carted,
        timestamp_diff(checked_out_at, viewed_at, microsecond)
        <= @conversion_window_days * 86400000000 as has_checked_out,
        timestamp_diff(purchased_at, viewed_at, microsecond)
        <= @conversion_window_days * 86400000000 as has_purchased,
    from every_segment
    cross join shop
),

counts as (
    select
        period,
        dimension,
        segment,
        sum(sessions) as sessions,
        sum(if(is_once, sessions, 1)) as visitors,
        sum(view_sessions) as view_sessions,
        sum(cart_sessions) as cart_sessions,
        sum(checkout_sessions) as checkout_sessions,
        sum(purchase_sessions) as purchase_sessions,
        sum(ordered_cart_sessions) as ordered_cart_sessions,
        sum(ordered_checkout_sessions) as ordered_checkout_sessions,
        sum(ordered_purchase_sessions) as ordered_purchase_sessions,
        sum(if(is_once, view_sessions, least(view_sessions, 1))) as view_visitors,
        sum(if(is_once, cart_sessions, least(cart_sessions, 1))) as cart_visitors,
        sum(if(is_once, checkout_sessions, least(checkout_sessions, 1))) as checkout_visitors,
        sum(if(is_once, purchase_sessions, least(purchase_sessions, 1))) as purchase_visitors,
        sum(if(is_once, ordered_cart_sessions, least(ordered_cart_sessions, 1))) as ordered_cart_visitors,
        sum(
            if(is_once, ordered_checkout_sessions, least(ordered_checkout_sessions, 1))
        ) as ordered_checkout_visitors,
        sum(
            if(is_once, ordered_purchase_sessions, least(ordered_purchase_sessions, 1))
        ) as ordered_purchase_visitors,
        sum(
            if(is_once, view_and_purchase_sessions, least(view_sessions, purchase_sessions, 1))
        ) as viewers_who_purchased,
        sum(
            if(is_once, windowed_view_sessions, if(is_window_over, 1, 0))
        ) as windowed_view_visitors,
        sum(
            if(is_once, windowed_cart_sessions, if(is_window_over and has_carted, 1, 0))
        ) as windowed_cart_visitors,
        sum(
            if(is_once, windowed_checkout_sessions, if(is_window_over and has_checked_out, 1, 0))
        ) as windowed_checkout_visitors,
        sum(
            if(is_once, windowed_purchase_sessions, if(is_window_over and has_purchased, 1, 0))
        ) as windowed_purchase_visitors,
    from visitors_once
    group by period, dimension, segment
),

timed as (
    select
        period,
        device,
        country,
        traffic_source,
        visitor_type,
        customer_segment,
        seconds_view_to_cart,
        seconds_cart_to_checkout,
        seconds_checkout_to_purchase,
        seconds_cart_to_purchase,
    from in_periods
    where
        seconds_view_to_cart is not null
        or seconds_cart_to_checkout is not null
        or seconds_checkout_to_purchase is not null
        or seconds_cart_to_purchase is not null
),

timed_by_dimension as (
    select
        'all' as dimension,
        'all' as segment,
        *,
    from timed
    union all
    select
        'device' as dimension,
        device as segment,
        *,
    from timed
    union all
    select
        'country' as dimension,
        country as segment,
        *,
    from timed
    union all
    select
        'traffic_source' as dimension,
        traffic_source as segment,
        *,
    from timed
    union all
    select
        'visitor_type' as dimension,
        visitor_type as segment,
        *,
    from timed
    union all
    select
        'customer_segment' as dimension,
        customer_segment as segment,
        *,
    from timed
    where (select has_segments from shop)
),

medians as (
    select distinct
        period,
        dimension,
        segment,
        percentile_cont(seconds_view_to_cart, 0.5) over of_segment as median_seconds_view_to_cart,
        percentile_cont(seconds_cart_to_checkout, 0.5) over of_segment as median_seconds_cart_to_checkout,
        percentile_cont(seconds_checkout_to_purchase, 0.5) over of_segment as median_seconds_checkout_to_purchase,
        percentile_cont(seconds_cart_to_purchase, 0.5) over of_segment as median_seconds_cart_to_purchase,
    from timed_by_dimension
    window of_segment as (partition by period, dimension, segment)
),

-- A checkout names no product, and a category tells nothing of what a visitor did elsewhere.
known as (
    select
        counts.*,
        shop.has_checkout and counts.dimension != 'category' as has_checkout,
        counts.dimension != 'category' as has_windows,
    from counts
    cross join shop
),

final as (
    select
        known.period,
        known.dimension,
        known.segment,
        known.sessions,
        known.visitors,
        known.view_sessions,
        known.cart_sessions,
        if(known.has_checkout, known.checkout_sessions, null) as checkout_sessions,
        known.purchase_sessions,
        known.view_visitors,
        known.cart_visitors,
        if(known.has_checkout, known.checkout_visitors, null) as checkout_visitors,
        known.purchase_visitors,
        known.view_sessions as ordered_view_sessions,
        known.ordered_cart_sessions,
        if(known.has_checkout, known.ordered_checkout_sessions, null) as ordered_checkout_sessions,
        known.ordered_purchase_sessions,
        known.view_visitors as ordered_view_visitors,
        known.ordered_cart_visitors,
        if(known.has_checkout, known.ordered_checkout_visitors, null) as ordered_checkout_visitors,
        known.ordered_purchase_visitors,
        known.viewers_who_purchased,
        medians.median_seconds_view_to_cart,
        medians.median_seconds_cart_to_purchase,
        medians.median_seconds_cart_to_checkout,
        medians.median_seconds_checkout_to_purchase,
        if(known.has_windows, known.windowed_view_visitors, null) as windowed_view_visitors,
        if(known.has_windows, known.windowed_cart_visitors, null) as windowed_cart_visitors,
        if(known.has_checkout, known.windowed_checkout_visitors, null) as windowed_checkout_visitors,
        if(known.has_windows, known.windowed_purchase_visitors, null) as windowed_purchase_visitors,
        safe_divide(known.viewers_who_purchased, known.view_visitors) as conversion_rate,
        safe_divide(known.purchase_visitors, known.view_visitors) as any_order_conversion_rate,
        safe_divide(known.purchase_sessions, known.sessions) as session_conversion_rate,
        safe_divide(known.view_sessions, known.sessions) as visit_to_view_rate,
        safe_divide(known.ordered_cart_sessions, known.view_sessions) as view_to_cart_rate,
        if(
            known.has_checkout,
            safe_divide(known.ordered_checkout_sessions, known.ordered_cart_sessions),
            null
        ) as cart_to_checkout_rate,
        if(
            known.has_checkout,
            safe_divide(known.ordered_purchase_sessions, known.ordered_checkout_sessions),
            null
        ) as checkout_to_purchase_rate,
        safe_divide(known.ordered_purchase_sessions, known.ordered_cart_sessions) as cart_to_purchase_rate,
        1 - safe_divide(known.view_sessions, known.sessions) as visit_drop_off_rate,
        1 - safe_divide(known.ordered_cart_sessions, known.view_sessions) as view_drop_off_rate,
        if(
            known.has_checkout,
            1 - safe_divide(known.ordered_checkout_sessions, known.ordered_cart_sessions),
            null
        ) as cart_to_checkout_drop_off_rate,
        if(
            known.has_checkout,
            1 - safe_divide(known.ordered_purchase_sessions, known.ordered_checkout_sessions),
            null
        ) as checkout_to_purchase_drop_off_rate,
        1 - safe_divide(known.ordered_purchase_sessions, known.ordered_cart_sessions) as cart_drop_off_rate,
        if(
            known.has_windows,
            safe_divide(known.windowed_purchase_visitors, known.windowed_view_visitors),
            null
        ) as windowed_conversion_rate,
    from known
    left join medians
        on
            known.period = medians.period
            and known.dimension = medians.dimension
            and known.segment = medians.segment
)

select * from final
