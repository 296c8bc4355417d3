-- purpose: what each customer did, bought and is worth so far, buyers or not.
-- grain: one row a user known by as_of.
-- inputs: int_orders, int_order_lines, int_session_events,
--   fct_sessions (optional), stg_users (optional).

with

users as (
    select * from stg_users
),

session_events as (
    select * from int_session_events
),

sessions as (
    select * from fct_sessions
),

orders as (
    select * from int_orders
),

order_lines as (
    select * from int_order_lines
),

-- Users who are missing from the users table still bought: they are customers as well.
user_ids as (
    select user_id
    from users
    where date(created_at, @timezone) <= @as_of
    union distinct
    select user_id
    from session_events
    where user_id is not null
    union distinct
    select user_id
    from orders
    where user_id is not null
),

event_sums as (
    select
        user_id,
        min(event_time) as first_event_at,
        max(event_time) as last_event_at,
        count(*) as events,
        count(distinct session_id) as sessions,
        count(distinct if(event_type = 'product_view', product_id, null)) as products_viewed,
    from session_events
    where user_id is not null
    group by user_id
),

first_sessions as (
    select
        user_id,
        any_value(traffic_source having min started_at) as traffic_source,
    from sessions
    where user_id is not null
    group by user_id
),

order_sums as (
    select
        user_id,
        min(if(is_counted, created_at, null)) as first_order_at,
        max(if(is_counted, created_at, null)) as last_order_at,
        min(if(is_counted, order_date, null)) as first_order_date,
        max(if(is_counted, order_date, null)) as last_order_date,
        countif(is_counted) as orders,
        sum(items) as items,
        sum(gross_sales) as gross_sales,
        sum(net_revenue) as net_revenue,
        sum(gross_profit) as gross_profit,
    from orders
    where user_id is not null
    group by user_id
),

line_sums as (
    select
        user_id,
        count(distinct if(is_cancelled, null, product_id)) as products_bought,
        sum(if(is_delivered, quantity, 0)) as delivered_items,
        sum(if(is_returned, quantity, 0)) as returned_items,
    from order_lines
    where user_id is not null
    group by user_id
),

combined as (
    select
        user_ids.user_id,
        users.created_at as signed_up_at,
        event_sums.first_event_at,
        event_sums.last_event_at,
        order_sums.first_order_at,
        order_sums.last_order_at,
        coalesce(event_sums.sessions, 0) as sessions,
        coalesce(event_sums.events, 0) as events,
        coalesce(event_sums.products_viewed, 0) as products_viewed,
        coalesce(line_sums.products_bought, 0) as products_bought,
        coalesce(order_sums.orders, 0) as orders,
        coalesce(order_sums.items, 0) as items,
        coalesce(order_sums.gross_sales, 0) as gross_sales,
        coalesce(order_sums.net_revenue, 0) as net_revenue,
        coalesce(order_sums.gross_profit, 0) as gross_profit,
        coalesce(line_sums.delivered_items, 0) as delivered_items,
        coalesce(line_sums.returned_items, 0) as returned_items,
        date_diff(order_sums.last_order_date, order_sums.first_order_date, day) as days_first_to_last_order,
        date_diff(@as_of, order_sums.last_order_date, day) as recency_days,
        coalesce(users.traffic_source, first_sessions.traffic_source) as acquisition_source,
        users.country,
        users.gender,
        users.age,
    from user_ids
    left join users
        on user_ids.user_id = users.user_id
    left join event_sums
        on user_ids.user_id = event_sums.user_id
    left join first_sessions
        on user_ids.user_id = first_sessions.user_id
    left join order_sums
        on user_ids.user_id = order_sums.user_id
    left join line_sums
        on user_ids.user_id = line_sums.user_id
),

final as (
    select
        user_id,
        signed_up_at,
        first_event_at,
        last_event_at,
        first_order_at,
        last_order_at,
        sessions,
        events,
        products_viewed,
        products_bought,
        orders,
        items,
        gross_sales,
        net_revenue,
        gross_profit,
        safe_divide(cast(net_revenue as float64), orders) as average_order_value,
        delivered_items,
        returned_items,
        safe_divide(returned_items, delivered_items) as return_rate,
        safe_divide(days_first_to_last_order, orders - 1) as mean_days_between_orders,
        recency_days,
        acquisition_source,
        case
            when orders = 0 then 'prospect'
            when recency_days >= @churn_after_days then 'churned'
            when recency_days >= @at_risk_after_days then 'at_risk'
            when recency_days >= @declining_after_days then 'declining'
            else 'active'
        end as status,
        case
            when orders = 0 then 'prospect'
            when orders = 1 then 'first_time'
            when orders <= 3 then 'repeat'
            else 'loyal'
        end as lifecycle,
        gross_profit as historic_ltv,
        country,
        gender,
        age,
    from combined
)

select * from final
