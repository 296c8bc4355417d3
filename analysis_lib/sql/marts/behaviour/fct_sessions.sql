-- purpose: what happened in each session, how far it got and what it sold.
-- grain: one row a session that started by as_of.
-- inputs: int_session_events, stg_events, int_orders (optional), stg_users (optional).

with

session_events as (
    select * from int_session_events
),

events as (
    select * from stg_events
),

orders as (
    select * from int_orders
),

users as (
    select * from stg_users
),

-- A shop whose tracking has no checkout step would otherwise lose every ordered purchase.
shop_steps as (
    select countif(event_type = 'checkout') > 0 as has_checkout,
    from session_events
),

sessions as (
    select
        session_id,
        visitor_id,
        max(user_id) as user_id,
        session_started_at as started_at,
        max(event_time) as ended_at,
        count(*) as events,
        countif(event_type = 'page_view') as page_views,
        countif(event_type = 'search') as searches,
        countif(event_type = 'product_view') as product_views,
        countif(event_type = 'click') as clicks,
        countif(event_type = 'add_to_cart') as add_to_carts,
        countif(event_type = 'remove_from_cart') as removes_from_cart,
        countif(event_type = 'checkout') as checkouts,
        countif(event_type = 'purchase') as purchases,
        countif(event_type = 'cancel') as cancels,
        count(distinct if(event_type = 'product_view', product_id, null)) as products_viewed,
        min(if(event_type = 'product_view', event_number, null)) as view_number,
        min(if(event_type = 'product_view', event_time, null)) as view_at,
        any_value(event_id having min event_number) as first_event_id,
        any_value(event_id having max event_number) as last_event_id,
    from session_events
    group by session_id, visitor_id, session_started_at
),

-- Each ordered step is the first event of its kind after the step before, by position and not by
-- time alone, so that events of one instant keep their order.
ordered_carts as (
    select
        sessions.session_id,
        min(session_events.event_number) as cart_number,
        min(session_events.event_time) as cart_at,
    from sessions
    inner join session_events
        on
            sessions.session_id = session_events.session_id
            and session_events.event_number > sessions.view_number
    where session_events.event_type = 'add_to_cart'
    group by sessions.session_id
),

ordered_checkouts as (
    select
        ordered_carts.session_id,
        min(session_events.event_number) as checkout_number,
    from ordered_carts
    inner join session_events
        on
            ordered_carts.session_id = session_events.session_id
            and session_events.event_number > ordered_carts.cart_number
    where session_events.event_type = 'checkout'
    group by ordered_carts.session_id
),

before_purchase as (
    select
        ordered_carts.session_id,
        if(
            shop_steps.has_checkout,
            ordered_checkouts.checkout_number,
            ordered_carts.cart_number
        ) as step_number,
    from ordered_carts
    cross join shop_steps
    left join ordered_checkouts
        on ordered_carts.session_id = ordered_checkouts.session_id
),

ordered_purchases as (
    select
        before_purchase.session_id,
        min(session_events.event_time) as purchase_at,
    from before_purchase
    inner join session_events
        on
            before_purchase.session_id = session_events.session_id
            and session_events.event_number > before_purchase.step_number
    where session_events.event_type = 'purchase'
    group by before_purchase.session_id
),

session_orders as (
    select
        session_id,
        countif(is_counted) as orders,
        sum(net_revenue) as net_revenue,
    from orders
    where session_id is not null
    group by session_id
),

visitor_starts as (
    select
        visitor_id,
        min(started_at) as first_started_at,
    from sessions
    group by visitor_id
),

described as (
    select
        sessions.session_id,
        sessions.visitor_id,
        sessions.user_id,
        first_events.source_session_id,
        date(sessions.started_at, @timezone) as session_date,
        sessions.started_at,
        sessions.ended_at,
        timestamp_diff(sessions.ended_at, sessions.started_at, microsecond) / 1000000 as duration_seconds,
        sessions.events,
        sessions.page_views,
        sessions.searches,
        sessions.product_views,
        sessions.clicks,
        sessions.add_to_carts,
        sessions.removes_from_cart,
        sessions.checkouts,
        sessions.purchases,
        sessions.cancels,
        sessions.products_viewed,
        first_events.uri as landing_uri,
        last_events.uri as exit_uri,
        first_events.traffic_source,
        first_events.referrer,
        first_events.campaign_id,
        first_events.device,
        first_events.browser,
        coalesce(first_events.country, users.country) as country,
        extract(hour from sessions.started_at at time zone @timezone) as started_hour,
        sessions.events = 1 as is_bounce,
        sessions.started_at = visitor_starts.first_started_at as is_first_session,
        sessions.product_views > 0 as reached_view,
        sessions.add_to_carts > 0 as reached_cart,
        if(shop_steps.has_checkout, sessions.checkouts > 0, null) as reached_checkout,
        sessions.purchases > 0 as reached_purchase,
        sessions.product_views > 0 as ordered_view,
        ordered_carts.session_id is not null as ordered_cart,
        if(shop_steps.has_checkout, ordered_checkouts.session_id is not null, null) as ordered_checkout,
        ordered_purchases.session_id is not null as ordered_purchase,
        timestamp_diff(ordered_carts.cart_at, sessions.view_at, microsecond) / 1000000 as seconds_view_to_cart,
        timestamp_diff(ordered_purchases.purchase_at, ordered_carts.cart_at, microsecond)
        / 1000000 as seconds_cart_to_purchase,
        coalesce(session_orders.orders, 0) as orders,
        coalesce(session_orders.net_revenue, 0) as net_revenue,
    from sessions
    cross join shop_steps
    inner join visitor_starts
        on sessions.visitor_id = visitor_starts.visitor_id
    inner join events as first_events
        on sessions.first_event_id = first_events.event_id
    inner join events as last_events
        on sessions.last_event_id = last_events.event_id
    left join users
        on sessions.user_id = users.user_id
    left join ordered_carts
        on sessions.session_id = ordered_carts.session_id
    left join ordered_checkouts
        on sessions.session_id = ordered_checkouts.session_id
    left join ordered_purchases
        on sessions.session_id = ordered_purchases.session_id
    left join session_orders
        on sessions.session_id = session_orders.session_id
),

final as (
    select
        *,
        date_diff(session_date, date_trunc(session_date, week(monday)), day) + 1 as started_weekday,
        case
            when ordered_purchase then 'purchase'
            when ordered_checkout then 'checkout'
            when ordered_cart then 'cart'
            when ordered_view then 'view'
            else 'visit'
        end as funnel_stage,
    from described
)

select * from final
