-- purpose: the profit and loss of each day: sales, what was deducted, cost, ad spend, contribution.
-- grain: one row a calendar day from the first order, return or spend to as_of.
-- inputs: int_order_lines, int_orders, stg_marketing_spend (optional), stg_order_items.

with

order_items as (
    select * from stg_order_items
),

order_lines as (
    select * from int_order_lines
),

orders as (
    select * from int_orders
),

marketing_spend as (
    select * from stg_marketing_spend
),

line_customers as (
    select
        order_lines.*,
        orders.is_counted,
        coalesce(orders.order_number = 1, false) as is_first_order,
    from order_lines
    left join orders
        on order_lines.order_id = orders.order_id
),

-- What is known on the day of the order and never changes afterwards.
order_days as (
    select
        order_date as calendar_date,
        sum(if(is_cancelled, 0, quantity)) as items,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts,
        sum(cancellations) as cancellations,
        sum(cost_of_goods + returned_cost) as cost_of_goods,
        sum(
            if(is_first_order, gross_sales - discounts - cancellations, cast(0 as numeric))
        ) as new_customer_revenue,
        sum(gross_sales - discounts - cancellations) as sold_revenue,
    from line_customers
    group by order_date
),

-- Returns are booked on the day of the return, so that a closed day stays closed.
return_days as (
    select
        return_date as calendar_date,
        sum(returns) as returns,
        sum(returned_cost) as returned_cost,
        sum(if(is_first_order, returns, cast(0 as numeric))) as new_customer_returns,
    from line_customers
    where is_returned
    group by return_date
),

order_counts as (
    select
        order_date as calendar_date,
        count(*) as orders,
        countif(order_number = 1) as new_customer_orders,
    from orders
    where is_counted
    group by order_date
),

spend_days as (
    select
        date as calendar_date,
        sum(spend) as ad_spend,
    from marketing_spend
    where date <= @as_of
    group by date
),

-- Without any spend data ad spend is unknown, not zero; judged on all spend rows, so that a closed
-- day does not turn from unknown to zero when as_of passes the first day of spend.
spend_known as (
    select count(*) > 0 as has_spend,
    from marketing_spend
),

-- A shop that states no cost at all does not know its costs: they are NULL then, not zero. Judged on all
-- lines, as in int_order_lines.
costs_known as (
    select coalesce(logical_or(unit_cost is not null), true) as has_costs,
    from order_items
),

active_dates as (
    select calendar_date from order_days
    union distinct
    select calendar_date from order_counts
    union distinct
    select calendar_date from return_days
    union distinct
    select calendar_date from spend_days
),

calendar as (
    select calendar_date,
    from unnest(
        generate_date_array((select min(calendar_date) from active_dates), @as_of, interval 1 day)
    ) as calendar_date
),

days as (
    select
        calendar.calendar_date,
        coalesce(order_counts.orders, 0) as orders,
        coalesce(order_days.items, 0) as items,
        coalesce(order_days.gross_sales, 0) as gross_sales,
        coalesce(order_days.discounts, 0) as discounts,
        coalesce(order_days.cancellations, 0) as cancellations,
        coalesce(return_days.returns, 0) as returns,
        coalesce(order_days.sold_revenue, 0) - coalesce(return_days.returns, 0) as net_revenue,
        if(
            costs_known.has_costs,
            coalesce(order_days.cost_of_goods, 0) - coalesce(return_days.returned_cost, 0),
            null
        ) as cost_of_goods,
        if(spend_known.has_spend, coalesce(spend_days.ad_spend, 0), null) as ad_spend,
        coalesce(order_counts.new_customer_orders, 0) as new_customer_orders,
        coalesce(order_days.new_customer_revenue, 0)
        - coalesce(return_days.new_customer_returns, 0) as new_customer_revenue,
    from calendar
    cross join spend_known
    cross join costs_known
    left join order_counts
        on calendar.calendar_date = order_counts.calendar_date
    left join order_days
        on calendar.calendar_date = order_days.calendar_date
    left join return_days
        on calendar.calendar_date = return_days.calendar_date
    left join spend_days
        on calendar.calendar_date = spend_days.calendar_date
),

profits as (
    select
        *,
        net_revenue - cost_of_goods as gross_profit,
        net_revenue - cost_of_goods - ad_spend as contribution,
        orders - new_customer_orders as returning_customer_orders,
        net_revenue - new_customer_revenue as returning_customer_revenue,
    from days
),

-- Sums over the seven calendar days that end on the day; every mean and ratio is made from them.
with_sums as (
    select
        *,
        row_number() over (order by calendar_date) >= 7 as has_7_days,
        sum(orders) over last_7_days as orders_7d,
        sum(net_revenue) over last_7_days as net_revenue_7d,
        sum(ad_spend) over last_7_days as ad_spend_7d,
        sum(contribution) over last_7_days as contribution_7d,
        sum(net_revenue) over so_far as cumulative_net_revenue,
        sum(ad_spend) over so_far as cumulative_ad_spend,
        sum(contribution) over so_far as cumulative_contribution,
    from profits
    window
        last_7_days as (order by calendar_date rows between 6 preceding and current row),
        so_far as (order by calendar_date rows between unbounded preceding and current row)
),

final as (
    select
        calendar_date,
        orders,
        items,
        gross_sales,
        discounts,
        cancellations,
        returns,
        net_revenue,
        cost_of_goods,
        gross_profit,
        ad_spend,
        contribution,
        safe_divide(cast(net_revenue as float64), cast(ad_spend as float64)) as roas,
        safe_divide(cast(ad_spend as float64), orders) as cost_per_order,
        new_customer_orders,
        returning_customer_orders,
        new_customer_revenue,
        returning_customer_revenue,
        if(has_7_days, safe_divide(orders_7d, 7), null) as orders_7d_mean,
        if(has_7_days, safe_divide(cast(net_revenue_7d as float64), 7), null) as net_revenue_7d_mean,
        if(has_7_days, safe_divide(cast(ad_spend_7d as float64), 7), null) as ad_spend_7d_mean,
        if(has_7_days, safe_divide(cast(contribution_7d as float64), 7), null) as contribution_7d_mean,
        if(
            has_7_days,
            safe_divide(cast(net_revenue_7d as float64), orders_7d),
            null
        ) as average_order_value_7d,
        if(
            has_7_days,
            safe_divide(cast(net_revenue_7d as float64), cast(ad_spend_7d as float64)),
            null
        ) as roas_7d,
        if(
            has_7_days,
            cast(net_revenue as float64) - safe_divide(cast(net_revenue_7d as float64), 7),
            null
        ) as net_revenue_vs_7d_mean,
        cumulative_net_revenue,
        cumulative_ad_spend,
        cumulative_contribution,
    from with_sums
)

select * from final
