-- purpose: sums that must agree, side by side with their difference.
-- grain: one row a reconciliation (and table, for the row equation).
-- inputs: load_counts, int_orders (optional), int_order_lines (optional), fct_daily_pnl (optional),
--   fct_product_performance (optional), dim_customers (optional), fct_sessions (optional).

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

sessions as (
    select * from fct_sessions
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
    select coalesce(sum(net_revenue), 0) as net_revenue,
    from daily_pnl
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
