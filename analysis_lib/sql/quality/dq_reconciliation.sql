-- purpose: sums that must agree, side by side with their difference.
-- grain: one row a reconciliation (and table, for the row equation).
-- inputs: load_counts, int_orders (optional), int_order_lines (optional), fct_daily_pnl (optional),
--   fct_product_performance (optional), fct_category_performance (optional), dim_customers (optional),
--   fct_segment_summary (optional), fct_sessions (optional), fct_daily_traffic (optional),
--   fct_attribution (optional), fct_campaign_performance (optional).

with

counts as (
    select * from load_counts
),

orders as (
    select * from int_orders
),

order_lines as (
    select * from int_order_lines
),

daily_pnl as (
    select * from fct_daily_pnl
),

customers as (
    select * from dim_customers
),

product_performance as (
    select * from fct_product_performance
),

category_performance as (
    select * from fct_category_performance
),

segments as (
    select * from fct_segment_summary
),

sessions as (
    select * from fct_sessions
),

daily_traffic as (
    select * from fct_daily_traffic
),

attribution as (
    select * from fct_attribution
),

campaign_performance as (
    select * from fct_campaign_performance
),

order_revenue as (
    select
        coalesce(sum(net_revenue), 0) as net_revenue,
        coalesce(sum(if(session_id is null, net_revenue, cast(0 as numeric))), 0) as without_session,
        coalesce(sum(if(user_id is null, net_revenue, cast(0 as numeric))), 0) as without_user,
    from orders
),

session_revenue as (
    select
        coalesce(sum(net_revenue), 0) as net_revenue,
        count(*) as sessions,
    from sessions
),

pnl_revenue as (
    select
        coalesce(sum(net_revenue), 0) as net_revenue,
        coalesce(sum(ad_spend), 0) as ad_spend,
    from daily_pnl
),

-- Days, not only their sum: an error of one day must not be made up by another.
traffic_by_day as (
    select
        traffic_date,
        sum(net_revenue) as net_revenue,
    from daily_traffic
    group by traffic_date
),

traffic_days as (
    select
        coalesce(sum(traffic_by_day.net_revenue), 0) as net_revenue,
        countif(coalesce(traffic_by_day.net_revenue, 0) != coalesce(daily_pnl.net_revenue, 0)) as unequal_days,
    from traffic_by_day
    full join daily_pnl
        on traffic_by_day.traffic_date = daily_pnl.calendar_date
),

attributed as (
    select
        attribution_model,
        sum(credited_revenue) as net_revenue,
        round(cast(sum(credit) as numeric), 6) as credit,
    from attribution
    group by attribution_model
),

campaigns as (
    select
        attribution_model,
        sum(attributed_revenue) as net_revenue,
        coalesce(sum(spend), 0) as spend,
    from campaign_performance
    group by attribution_model
),

category_levels as (
    select
        category_level,
        sum(net_revenue) as net_revenue,
    from category_performance
    group by category_level
),

segment_revenue as (
    select
        sum(customers) as customers,
        sum(net_revenue) as net_revenue,
    from segments
),

buyers as (
    select
        countif(orders > 0) as customers,
        coalesce(sum(if(orders > 0, net_revenue, 0)), 0) as net_revenue,
    from customers
),

counted_orders as (
    select cast(countif(is_counted) as numeric) as orders,
    from orders
),

customer_revenue as (
    select coalesce(sum(net_revenue), 0) as net_revenue,
    from customers
),

product_revenue as (
    select coalesce(sum(net_revenue), 0) as net_revenue,
    from product_performance
),

product_less_lines as (
    select coalesce(sum(if(product_id is null, net_revenue, cast(0 as numeric))), 0) as net_revenue,
    from order_lines
),

reconciliations as (
    select
        concat('rows of ', table_name) as reconciliation,
        'rows read' as left_name,
        cast(rows_read as numeric) as left_value,
        'rows staged + rejected + duplicates' as right_name,
        cast(rows_staged + rows_rejected + duplicates_dropped as numeric) as right_value,
        concat(
            cast(rows_rejected as string), ' rejected, ', cast(duplicates_dropped as string), ' duplicates'
        ) as note,
    from counts
    union all
    select
        'session revenue' as reconciliation,
        'net revenue of sessions and of orders without a session' as left_name,
        session_revenue.net_revenue + order_revenue.without_session as left_value,
        'net revenue of orders' as right_name,
        order_revenue.net_revenue as right_value,
        concat(
            cast((select countif(session_id is null) from orders) as string), ' orders have no session'
        ) as note,
    from session_revenue
    cross join order_revenue
    where session_revenue.sessions > 0
    union all
    select
        'profit and loss revenue' as reconciliation,
        'net revenue of all days' as left_name,
        pnl_revenue.net_revenue as left_value,
        'net revenue of orders' as right_name,
        order_revenue.net_revenue as right_value,
        'returns on the day of the return against returns on the order' as note,
    from pnl_revenue
    cross join order_revenue
    union all
    select
        'customer revenue' as reconciliation,
        'net revenue of customers and of orders without a user' as left_name,
        customer_revenue.net_revenue + order_revenue.without_user as left_value,
        'net revenue of orders' as right_name,
        order_revenue.net_revenue as right_value,
        'orders without a user have no customer' as note,
    from customer_revenue
    cross join order_revenue
    union all
    select
        'product revenue' as reconciliation,
        'net revenue of products and of lines without a product' as left_name,
        product_revenue.net_revenue + product_less_lines.net_revenue as left_value,
        'net revenue of orders' as right_name,
        order_revenue.net_revenue as right_value,
        'lines without a product belong to no product' as note,
    from product_revenue
    cross join product_less_lines
    cross join order_revenue
    union all
    select
        concat('category revenue, level ', cast(category_levels.category_level as string)) as reconciliation,
        'net revenue of all categories of the level' as left_name,
        category_levels.net_revenue as left_value,
        'net revenue of orders' as right_name,
        order_revenue.net_revenue as right_value,
        'lines without a category are (not set)' as note,
    from category_levels
    cross join order_revenue
    union all
    select
        'traffic revenue' as reconciliation,
        'net revenue of all days and traffic sources' as left_name,
        traffic_days.net_revenue as left_value,
        'net revenue of all days of the profit and loss' as right_name,
        pnl_revenue.net_revenue as right_value,
        concat(cast(traffic_days.unequal_days as string), ' days differ') as note,
    from traffic_days
    cross join pnl_revenue
    where exists (select 1 from daily_traffic where net_revenue is not null)
    union all
    select
        'customers in segments' as reconciliation,
        'customers of all segments' as left_name,
        cast(segment_revenue.customers as numeric) as left_value,
        'customers with an order' as right_name,
        cast(buyers.customers as numeric) as right_value,
        'a customer is in one segment' as note,
    from segment_revenue
    cross join buyers
    where segment_revenue.customers is not null
    union all
    select
        'segment revenue' as reconciliation,
        'net revenue of all segments' as left_name,
        segment_revenue.net_revenue as left_value,
        'net revenue of customers with an order' as right_name,
        buyers.net_revenue as right_value,
        'as known at as_of' as note,
    from segment_revenue
    cross join buyers
    where segment_revenue.customers is not null
    union all
    select
        concat('attributed revenue, ', attributed.attribution_model) as reconciliation,
        'revenue credited to touches and unattributed' as left_name,
        attributed.net_revenue as left_value,
        'net revenue of orders' as right_name,
        order_revenue.net_revenue as right_value,
        'every model shares the same revenue' as note,
    from attributed
    cross join order_revenue
    union all
    select
        concat('attributed orders, ', attributed.attribution_model) as reconciliation,
        'sum of credits' as left_name,
        attributed.credit as left_value,
        'orders that are not cancelled' as right_name,
        counted_orders.orders as right_value,
        'the credits of an order sum to one' as note,
    from attributed
    cross join counted_orders
    union all
    select
        concat('campaign revenue, ', campaigns.attribution_model) as reconciliation,
        'attributed revenue of campaigns and outside campaigns' as left_name,
        campaigns.net_revenue as left_value,
        'net revenue of orders' as right_name,
        order_revenue.net_revenue as right_value,
        'on the day of the order' as note,
    from campaigns
    cross join order_revenue
    union all
    select
        concat('campaign spend, ', campaigns.attribution_model) as reconciliation,
        'spend of all campaigns' as left_name,
        campaigns.spend as left_value,
        'ad spend of all days of the profit and loss' as right_name,
        pnl_revenue.ad_spend as right_value,
        'spend is the same in every model of attribution' as note,
    from campaigns
    cross join pnl_revenue
),

final as (
    select
        reconciliation,
        left_name,
        left_value,
        right_name,
        right_value,
        left_value - right_value as difference,
        left_value = right_value as is_ok,
        note,
    from reconciliations
)

select * from final
