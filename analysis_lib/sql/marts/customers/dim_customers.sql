-- purpose: what each customer did, bought and is worth so far, buyers or not.
-- grain: one row a user known by as_of.
-- inputs: int_orders, int_order_lines, int_session_products, int_purchase_history, int_purchase_fit,
-- int_purchase_predictions, fct_sessions (optional), stg_users (optional), stg_order_items.

with

order_items as (
    select * from stg_order_items
),

users as (
    select * from stg_users
),

sessions as (
    select * from fct_sessions
),

session_products as (
    select * from int_session_products
),

orders as (
    select * from int_orders
),

order_lines as (
    select * from int_order_lines
),

purchase_history as (
    select * from int_purchase_history
),

purchase_fits as (
    select * from int_purchase_fit
),

purchase_predictions as (
    select * from int_purchase_predictions
),

-- Users who are missing from the users table still bought: they are customers as well.
user_ids as (
    select user_id
    from users
    where date(created_at, @timezone) <= @as_of
    union distinct
    select user_id
    from sessions
    where user_id is not null
    union distinct
    select user_id
    from orders
    where user_id is not null
),

-- A session has the user of all its events.
event_sums as (
    select
        user_id,
        min(started_at) as first_event_at,
        max(ended_at) as last_event_at,
        sum(events) as events,
        count(*) as sessions,
    from sessions
    where user_id is not null
    group by user_id
),

view_sums as (
    select
        user_id,
        count(distinct product_id) as products_viewed,
    from session_products
    where user_id is not null and views > 0
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

-- A shop that states no cost at all does not know its costs: they are NULL then, not zero. Judged on all
-- lines, as in int_order_lines.
costs_known as (
    select coalesce(logical_or(unit_cost is not null), true) as has_costs,
    from order_items
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

-- Gamma–Gamma's expected value lies between the mean of all buyers and that of the buyer's own orders.
expected as (
    select
        purchase_history.user_id,
        purchase_predictions.probability_alive,
        purchase_predictions.predicted_orders_12m,
        safe_divide(
            purchase_fits.p * (purchase_fits.v + cast(purchase_history.repeat_net_revenue as float64)),
            purchase_fits.p * purchase_history.valued_order_days + purchase_fits.q - 1
        ) as predicted_average_order_value,
    from purchase_history
    inner join purchase_fits
        on purchase_history.fit = purchase_fits.fit
    left join purchase_predictions
        on
            purchase_history.repeat_order_days = purchase_predictions.repeat_order_days
            and purchase_history.first_to_last_days = purchase_predictions.first_to_last_days
            and purchase_history.first_to_end_days = purchase_predictions.first_to_end_days
    where purchase_history.fit = 'final'
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
        coalesce(view_sums.products_viewed, 0) as products_viewed,
        coalesce(line_sums.products_bought, 0) as products_bought,
        coalesce(order_sums.orders, 0) as orders,
        coalesce(order_sums.items, 0) as items,
        coalesce(order_sums.gross_sales, 0) as gross_sales,
        coalesce(order_sums.net_revenue, 0) as net_revenue,
        if(costs_known.has_costs, coalesce(order_sums.gross_profit, 0), null) as gross_profit,
        coalesce(line_sums.delivered_items, 0) as delivered_items,
        coalesce(line_sums.returned_items, 0) as returned_items,
        date_diff(order_sums.last_order_date, order_sums.first_order_date, day) as days_first_to_last_order,
        date_diff(@as_of, order_sums.last_order_date, day) as recency_days,
        coalesce(users.traffic_source, first_sessions.traffic_source) as acquisition_source,
        users.country,
        users.gender,
        users.age,
        expected.probability_alive,
        expected.predicted_orders_12m,
        expected.predicted_average_order_value,
    from user_ids
    cross join costs_known
    left join users
        on user_ids.user_id = users.user_id
    left join event_sums
        on user_ids.user_id = event_sums.user_id
    left join view_sums
        on user_ids.user_id = view_sums.user_id
    left join first_sessions
        on user_ids.user_id = first_sessions.user_id
    left join order_sums
        on user_ids.user_id = order_sums.user_id
    left join line_sums
        on user_ids.user_id = line_sums.user_id
    left join expected
        on user_ids.user_id = expected.user_id
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
        probability_alive,
        predicted_orders_12m,
        predicted_average_order_value,
        round(cast(predicted_orders_12m * predicted_average_order_value as numeric), 2) as predicted_net_revenue_12m,
    from combined
)

select * from final
