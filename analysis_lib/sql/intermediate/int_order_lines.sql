-- purpose: the one definition of revenue and cost, line by line, as known at as_of.
-- grain: one row an order line whose order was placed by as_of.
-- inputs: stg_order_items, stg_orders (optional), int_order_sessions.

with

order_items as (
    select * from stg_order_items
),

orders as (
    select * from stg_orders
),

order_sessions as (
    select * from int_order_sessions
),

-- Lines whose order is missing make one order: of one user, on the day of its first line.
order_lines as (
    select
        *,
        min(created_at) over (partition by order_id) as first_line_at,
        min(user_id) over (partition by order_id) as lines_user_id,
    from order_items
),

-- A shop that states no cost for any line does not know its costs: they are NULL then, not zero. Judged on
-- all lines, so that a closed day does not change when as_of passes the first line with a cost.
costs_known as (
    select coalesce(logical_or(unit_cost is not null), true) as has_costs,
    from order_items
),

-- A line without its order is kept with its own status: its money was still taken.
dated as (
    select
        order_lines.order_item_id,
        order_lines.order_id,
        coalesce(orders.user_id, order_lines.lines_user_id) as user_id,
        order_lines.product_id,
        order_lines.quantity,
        order_lines.list_price,
        order_lines.discount,
        order_lines.unit_cost,
        coalesce(order_lines.created_at, orders.created_at) as placed_at,
        date(coalesce(orders.created_at, order_lines.first_line_at), @timezone) as order_date,
        coalesce(orders.status, '') = 'cancelled' or coalesce(order_lines.status, '') = 'cancelled' as is_cancelled,
        coalesce(order_lines.status, orders.status) as status,
        date(
            coalesce(
                order_lines.returned_at,
                orders.returned_at,
                orders.delivered_at,
                orders.created_at,
                order_lines.first_line_at
            ),
            @timezone
        ) as stated_return_day,
        date(orders.delivered_at, @timezone) as delivered_day,
    from order_lines
    left join orders
        on order_lines.order_id = orders.order_id
),

-- A return dated before its order would change a day that was closed before the order came in.
with_return_day as (
    select
        *,
        greatest(stated_return_day, order_date) as return_day,
    from dated
    where order_date <= @as_of
),

-- What happened after as_of is not known yet: a later return leaves the line as sold.
known as (
    select
        *,
        not is_cancelled and coalesce(status, '') = 'returned' and return_day <= @as_of as is_returned,
    from with_return_day
),

amounts as (
    select
        known.*,
        cast(list_price * quantity as numeric) as gross_sales,
        cast(discount * quantity as numeric) as discounts,
        cast((list_price - discount) * quantity as numeric) as sold_value,
        if(costs_known.has_costs, cast(coalesce(unit_cost, 0) * quantity as numeric), null) as cost,
    from known
    cross join costs_known
),

-- Cancelled wins over returned, so that no line is deducted twice.
settled as (
    select
        *,
        if(is_cancelled, sold_value, cast(0 as numeric)) as cancellations,
        if(is_returned, sold_value, cast(0 as numeric)) as returns,
        if(is_returned or cost is null, cost, cast(0 as numeric)) as returned_cost,
        if((is_cancelled or is_returned) and cost is not null, cast(0 as numeric), cost) as cost_of_goods,
    from amounts
),

final as (
    select
        settled.order_item_id,
        settled.order_id,
        order_sessions.session_id,
        settled.user_id,
        settled.product_id,
        settled.placed_at,
        settled.order_date,
        if(settled.is_returned, settled.return_day, null) as return_date,
        settled.is_cancelled,
        settled.is_returned,
        settled.is_returned
        or (
            not settled.is_cancelled
            and coalesce(settled.delivered_day <= @as_of, settled.status in ('complete', 'returned'), false)
        ) as is_delivered,
        settled.quantity,
        settled.gross_sales,
        settled.discounts,
        settled.cancellations,
        settled.returns,
        settled.gross_sales - settled.discounts - settled.cancellations - settled.returns as net_revenue,
        settled.cost_of_goods,
        settled.returned_cost,
        settled.gross_sales - settled.discounts - settled.cancellations - settled.returns
        - settled.cost_of_goods as gross_profit,
    from settled
    left join order_sessions
        on settled.order_item_id = order_sessions.order_item_id
)

select * from final
