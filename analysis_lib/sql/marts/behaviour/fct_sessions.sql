-- purpose: what happened in each session, how far it got and what it sold.
-- grain: one row a session that started by as_of.
-- inputs: int_session_events, int_session_products, stg_events, int_orders (optional),
--   stg_order_items (optional), stg_users (optional).

with

session_events as (
    select * from int_session_events
),

session_products as (
    select * from int_session_products
),

-- Each import names what it needs: the tables of events are wide and read whole.
tangled_session_events as (
    select
        session_id,
        event_number,
        event_time,
        event_type,
    from int_session_events
),

checkout_events as (
    select event_id,
    from int_session_events
    where event_type = 'checkout'
),

first_events as (
    select
        event_id,
        source_session_id,
        uri,
        traffic_source,
        referrer,
        campaign_id,
        device,
        browser,
        country,
    from stg_events
),

last_events as (
    select
        event_id,
        uri,
    from stg_events
),

orders as (
    select * from int_orders
),

order_items as (
    select * from stg_order_items
),

users as (
    select * from stg_users
),

-- A shop whose tracking has no checkout step would otherwise lose every ordered purchase.
shop_steps as (
    select count(*) > 0 as has_checkout,
    from checkout_events
),

-- Without any order line orders are unknown, not zero; judged on all lines, so that a closed day does
-- not turn from unknown to zero when as_of passes the first order.
shop_orders as (
    select count(*) > 0 as has_orders,
    from order_items
),

sessions as (
    select
        session_id,
        visitor_id,
        user_id,
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
        min(event_number) as first_number,
        min(if(event_type = 'product_view', event_number, null)) as view_number,
        min(if(event_type = 'add_to_cart', event_number, null)) as cart_number,
        max(if(event_type = 'add_to_cart', event_number, null)) as last_cart_number,
        min(if(event_type = 'checkout', event_number, null)) as checkout_number,
        max(if(event_type = 'checkout', event_number, null)) as last_checkout_number,
        min(if(event_type = 'purchase', event_number, null)) as purchase_number,
        max(if(event_type = 'purchase', event_number, null)) as last_purchase_number,
        min(if(event_type = 'product_view', event_time, null)) as first_view_at,
        min(if(event_type = 'add_to_cart', event_time, null)) as first_cart_at,
        min(if(event_type = 'checkout', event_time, null)) as first_checkout_at,
        min(if(event_type = 'purchase', event_time, null)) as first_purchase_at,
        any_value(event_id having min event_number) as first_event_id,
        any_value(event_id having max event_number) as last_event_id,
    from session_events
    group by session_id, visitor_id, user_id, session_started_at
),

-- Each ordered step is the first event of its kind after the step before, by position and not by
-- time alone, so that events of one instant keep their order. That is the very first of its kind,
-- unless a step was seen both before and after the step that it should follow.
with_kind as (
    select
        sessions.*,
        coalesce(checkout_number, if(shop_steps.has_checkout, null, cart_number)) as step_number,
        shop_steps.has_checkout,
    from sessions
    cross join shop_steps
),

with_tangles as (
    select
        *,
        coalesce(cart_number < view_number and view_number < last_cart_number, false)
        or coalesce(checkout_number < cart_number and cart_number < last_checkout_number, false)
        or coalesce(purchase_number < step_number and step_number < last_purchase_number, false) as is_tangled,
    from with_kind
),

tangled_events as (
    select
        tangled_session_events.*,
        with_tangles.has_checkout,
    from tangled_session_events
    inner join with_tangles
        on tangled_session_events.session_id = with_tangles.session_id
    where with_tangles.is_tangled
),

-- From every event the next purchase, the next checkout with the purchase after it, the next cart with
-- both: what comes next never comes earlier for a later event, so the least time is that of the next.
with_next_purchase as (
    select
        *,
        min(if(event_type = 'purchase', event_time, null)) over later_events as next_purchase_at,
    from tangled_events
    window later_events as (
        partition by session_id order by event_number rows between 1 following and unbounded following
    )
),

with_next_checkout as (
    select
        *,
        min(if(event_type = 'checkout', event_time, null)) over later_events as next_checkout_at,
        if(
            has_checkout,
            min(if(event_type = 'checkout', next_purchase_at, null)) over later_events,
            next_purchase_at
        ) as purchase_after_checkout_at,
    from with_next_purchase
    window later_events as (
        partition by session_id order by event_number rows between 1 following and unbounded following
    )
),

with_next_cart as (
    select
        *,
        min(if(event_type = 'add_to_cart', event_time, null)) over later_events as next_cart_at,
        min(if(event_type = 'add_to_cart', next_checkout_at, null)) over later_events as checkout_after_cart_at,
        min(if(event_type = 'add_to_cart', purchase_after_checkout_at, null)) over later_events
            as purchase_after_cart_at,
    from with_next_checkout
    window later_events as (
        partition by session_id order by event_number rows between 1 following and unbounded following
    )
),

untangled as (
    select
        session_id,
        min(if(event_type = 'product_view', next_cart_at, null)) as cart_step_at,
        min(if(event_type = 'product_view', checkout_after_cart_at, null)) as checkout_step_at,
        min(if(event_type = 'product_view', purchase_after_cart_at, null)) as purchase_step_at,
        min(if(event_type = 'add_to_cart', next_checkout_at, null)) as checkout_after_first_cart_at,
        min(if(event_type = 'add_to_cart', purchase_after_checkout_at, null)) as purchase_after_first_cart_at,
        min(if(event_type = 'checkout', next_purchase_at, null)) as purchase_after_first_checkout_at,
    from with_next_cart
    group by session_id
),

straight as (
    select
        *,
        coalesce(view_number < cart_number, false) as has_cart_step,
        coalesce(cart_number < checkout_number, false) as has_checkout_after_cart,
        coalesce(step_number < purchase_number, false) as has_purchase_after_step,
    from with_tangles
),

products_viewed as (
    select
        session_id,
        count(*) as products_viewed,
    from session_products
    where views > 0
    group by session_id
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

with_steps as (
    select
        straight.*,
        case
            when straight.is_tangled then untangled.cart_step_at
            when has_cart_step then first_cart_at
        end as cart_step_at,
        case
            when straight.is_tangled then untangled.checkout_step_at
            when has_cart_step and has_checkout_after_cart then first_checkout_at
        end as checkout_step_at,
        case
            when straight.is_tangled then untangled.purchase_step_at
            when
                has_cart_step
                and (has_checkout_after_cart or not has_checkout)
                and has_purchase_after_step then first_purchase_at
        end as purchase_step_at,
        case
            when straight.is_tangled then untangled.checkout_after_first_cart_at
            when has_checkout_after_cart then first_checkout_at
        end as checkout_after_first_cart_at,
        case
            when straight.is_tangled then untangled.purchase_after_first_cart_at
            when
                cart_number is not null
                and (has_checkout_after_cart or not has_checkout)
                and has_purchase_after_step then first_purchase_at
        end as purchase_after_first_cart_at,
        case
            when straight.is_tangled then untangled.purchase_after_first_checkout_at
            when checkout_number is not null and has_purchase_after_step then first_purchase_at
        end as purchase_after_first_checkout_at,
    from straight
    left join untangled
        on straight.session_id = untangled.session_id
),

-- Only who came back can go on in a later session.
returning_visitors as (
    select distinct visitor_id,
    from straight
    where first_number > 1
),

-- From every session the first purchase, checkout and cart in the sessions after it, each with what
-- comes after it in turn; as above the least time is that of the next.
with_later_purchase as (
    select
        with_steps.*,
        min(first_purchase_at) over later_sessions as later_purchase_at,
    from with_steps
    inner join returning_visitors
        on with_steps.visitor_id = returning_visitors.visitor_id
    window later_sessions as (
        partition by with_steps.visitor_id order by started_at rows between 1 following and unbounded following
    )
),

with_later_checkout as (
    select
        *,
        min(first_checkout_at) over later_sessions as later_checkout_at,
        min(
            if(
                first_checkout_at is null,
                null,
                coalesce(purchase_after_first_checkout_at, later_purchase_at)
            )
        ) over later_sessions as purchase_after_later_checkout_at,
    from with_later_purchase
    window later_sessions as (
        partition by visitor_id order by started_at rows between 1 following and unbounded following
    )
),

-- What follows the first cart of a session, and what follows its ordered cart: both go on in later
-- sessions where the session itself does not.
with_goals as (
    select
        *,
        if(
            first_cart_at is null,
            null,
            coalesce(checkout_after_first_cart_at, later_checkout_at)
        ) as cart_checkout_at,
        case
            when first_cart_at is null then null
            when has_checkout and checkout_after_first_cart_at is null then purchase_after_later_checkout_at
            else coalesce(purchase_after_first_cart_at, later_purchase_at)
        end as cart_purchase_at,
        coalesce(checkout_step_at, later_checkout_at) as step_checkout_at,
        case
            when has_checkout and checkout_step_at is null then purchase_after_later_checkout_at
            else coalesce(purchase_step_at, later_purchase_at)
        end as step_purchase_at,
    from with_later_checkout
),

with_later_cart as (
    select
        *,
        min(first_cart_at) over later_sessions as later_cart_at,
        min(cart_checkout_at) over later_sessions as checkout_after_later_cart_at,
        min(cart_purchase_at) over later_sessions as purchase_after_later_cart_at,
    from with_goals
    window later_sessions as (
        partition by visitor_id order by started_at rows between 1 following and unbounded following
    )
),

journeys as (
    select
        session_id,
        coalesce(cart_step_at, later_cart_at) as cart_at,
        if(cart_step_at is null, checkout_after_later_cart_at, step_checkout_at) as checkout_at,
        if(cart_step_at is null, purchase_after_later_cart_at, step_purchase_at) as purchase_at,
    from with_later_cart
    where first_view_at is not null
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
        coalesce(products_viewed.products_viewed, 0) as products_viewed,
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
        sessions.first_number = 1 as is_first_session,
        sessions.product_views > 0 as reached_view,
        sessions.add_to_carts > 0 as reached_cart,
        if(sessions.has_checkout, sessions.checkouts > 0, null) as reached_checkout,
        sessions.purchases > 0 as reached_purchase,
        sessions.product_views > 0 as ordered_view,
        sessions.cart_step_at is not null as ordered_cart,
        if(sessions.has_checkout, sessions.checkout_step_at is not null, null) as ordered_checkout,
        sessions.purchase_step_at is not null as ordered_purchase,
        timestamp_diff(sessions.cart_step_at, sessions.first_view_at, microsecond)
        / 1000000 as seconds_view_to_cart,
        timestamp_diff(sessions.purchase_step_at, sessions.cart_step_at, microsecond)
        / 1000000 as seconds_cart_to_purchase,
        timestamp_diff(sessions.checkout_step_at, sessions.cart_step_at, microsecond)
        / 1000000 as seconds_cart_to_checkout,
        timestamp_diff(sessions.purchase_step_at, sessions.checkout_step_at, microsecond)
        / 1000000 as seconds_checkout_to_purchase,
        if(shop_orders.has_orders, coalesce(session_orders.orders, 0), null) as orders,
        if(shop_orders.has_orders, coalesce(session_orders.net_revenue, 0), null) as net_revenue,
        sessions.first_view_at,
        sessions.first_cart_at,
        sessions.first_checkout_at,
        sessions.first_purchase_at,
        sessions.cart_step_at,
        sessions.checkout_step_at,
        sessions.purchase_step_at,
        coalesce(journeys.cart_at, sessions.cart_step_at) as journey_cart_at,
        coalesce(journeys.checkout_at, sessions.checkout_step_at) as journey_checkout_at,
        coalesce(journeys.purchase_at, sessions.purchase_step_at) as journey_purchase_at,
    from with_steps as sessions
    cross join shop_orders
    inner join first_events
        on sessions.first_event_id = first_events.event_id
    inner join last_events
        on sessions.last_event_id = last_events.event_id
    left join journeys
        on sessions.session_id = journeys.session_id
    left join products_viewed
        on sessions.session_id = products_viewed.session_id
    left join users
        on sessions.user_id = users.user_id
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
