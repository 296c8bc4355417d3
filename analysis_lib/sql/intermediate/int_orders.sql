-- purpose: orders with their revenue, session and place in the customer's history.
-- grain: one row an order placed by as_of.
-- inputs: stg_orders (optional), int_order_lines, int_order_sessions, stg_order_items.

with

order_items as (
    select * from stg_order_items
),

orders as (
    select * from stg_orders
),

order_lines as (
    select * from int_order_lines
),

order_sessions as (
    select * from int_order_sessions
),

-- The first line that was placed decides, so that an order belongs to exactly one session.
ranked_sessions as (
    select
        order_id,
        session_id,
        row_number() over (
            partition by order_id
            order by placed_at, order_item_id
        ) as line_number,
    from order_sessions
),

line_sums as (
    select
        order_id,
        min(user_id) as user_id,
        min(placed_at) as placed_at,
        min(order_date) as order_date,
        logical_and(is_cancelled) as is_cancelled,
        logical_and(is_returned) as is_returned,
        sum(if(is_cancelled, 0, quantity)) as items,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts,
        sum(cancellations) as cancellations,
        sum(returns) as returns,
        sum(net_revenue) as net_revenue,
        sum(cost_of_goods) as cost_of_goods,
        sum(gross_profit) as gross_profit,
    from order_lines
    group by order_id
),

-- A shop that states no cost at all does not know its costs: they are NULL then, not zero. Judged on all
-- lines, as in int_order_lines.
costs_known as (
    select coalesce(logical_or(unit_cost is not null), true) as has_costs,
    from order_items
),

-- Lines whose order is missing still make an order, so that sums over orders equal sums over lines.
combined as (
    select
        coalesce(orders.order_id, line_sums.order_id) as order_id,
        coalesce(orders.user_id, line_sums.user_id) as user_id,
        coalesce(orders.visitor_id, concat('u:', line_sums.user_id)) as visitor_id,
        case
            when orders.status is not null then orders.status
            when line_sums.is_cancelled then 'cancelled'
            when line_sums.is_returned then 'returned'
            else 'processing'
        end as status,
        coalesce(orders.created_at, line_sums.placed_at) as created_at,
        coalesce(line_sums.order_date, date(orders.created_at, @timezone)) as order_date,
        coalesce(line_sums.items, 0) as items,
        coalesce(line_sums.gross_sales, 0) as gross_sales,
        coalesce(line_sums.discounts, 0) as discounts,
        coalesce(line_sums.cancellations, 0) as cancellations,
        coalesce(line_sums.returns, 0) as returns,
        coalesce(line_sums.net_revenue, 0) as net_revenue,
        if(costs_known.has_costs, coalesce(line_sums.cost_of_goods, 0), null) as cost_of_goods,
        if(costs_known.has_costs, coalesce(line_sums.gross_profit, 0), null) as gross_profit,
    from orders
    full join line_sums
        on orders.order_id = line_sums.order_id
    cross join costs_known
),

counted as (
    select
        *,
        status != 'cancelled' as is_counted,
    from combined
    where order_date <= @as_of
),

numbered as (
    select
        *,
        row_number() over (
            partition by is_counted, coalesce(visitor_id, order_id)
            order by created_at, order_id
        ) as order_rank,
    from counted
),

final as (
    select
        numbered.order_id,
        numbered.user_id,
        numbered.visitor_id,
        ranked_sessions.session_id,
        numbered.status,
        numbered.is_counted,
        numbered.created_at,
        numbered.order_date,
        if(numbered.is_counted, numbered.order_rank, null) as order_number,
        numbered.items,
        numbered.gross_sales,
        numbered.discounts,
        numbered.cancellations,
        numbered.returns,
        numbered.net_revenue,
        numbered.cost_of_goods,
        numbered.gross_profit,
    from numbered
    left join ranked_sessions
        on
            numbered.order_id = ranked_sessions.order_id
            and ranked_sessions.line_number = 1
)

select * from final
