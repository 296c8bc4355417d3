-- purpose: the sessions of this edition's people, as they are in the whole shop.
-- grain: one row a session that started by as_of.
-- inputs: whole_fct_sessions, stg_edition_people.

with

sessions as (
    select * from whole_fct_sessions
),

people as (
    select * from stg_edition_people
),

final as (
    select
        sessions.session_id,
        sessions.visitor_id,
        sessions.user_id,
        sessions.source_session_id,
        sessions.session_date,
        sessions.started_at,
        sessions.ended_at,
        sessions.duration_seconds,
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
        sessions.landing_uri,
        sessions.exit_uri,
        sessions.traffic_source,
        sessions.referrer,
        sessions.campaign_id,
        sessions.device,
        sessions.browser,
        sessions.country,
        sessions.started_hour,
        sessions.is_bounce,
        sessions.is_first_session,
        sessions.reached_view,
        sessions.reached_cart,
        sessions.reached_checkout,
        sessions.reached_purchase,
        sessions.ordered_view,
        sessions.ordered_cart,
        sessions.ordered_checkout,
        sessions.ordered_purchase,
        sessions.seconds_view_to_cart,
        sessions.seconds_cart_to_purchase,
        sessions.seconds_cart_to_checkout,
        sessions.seconds_checkout_to_purchase,
        sessions.orders,
        sessions.net_revenue,
        sessions.first_view_at,
        sessions.first_cart_at,
        sessions.first_checkout_at,
        sessions.first_purchase_at,
        sessions.cart_step_at,
        sessions.checkout_step_at,
        sessions.purchase_step_at,
        sessions.journey_cart_at,
        sessions.journey_checkout_at,
        sessions.journey_purchase_at,
        sessions.started_weekday,
        sessions.funnel_stage,
    from sessions
    inner join people
        on sessions.visitor_id = people.visitor_id
)

select * from final
