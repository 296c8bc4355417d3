-- purpose: the session in which each order line was placed.
-- grain: one row an order line, or an order without lines (order_item_id is then null), placed by as_of.
-- inputs: stg_orders (optional), stg_order_items (optional), int_session_events.

with

orders as (
    select * from stg_orders
),

order_items as (
    select * from stg_order_items
),

session_events as (
    select * from int_session_events
),

-- Lines whose order is missing make one order: of one user, on the day of its first line.
order_lines as (
    select
        *,
        min(created_at) over (partition by order_id) as first_line_at,
        min(user_id) over (partition by order_id) as lines_user_id,
    from order_items
),

placed as (
    select
        order_lines.order_item_id,
        coalesce(order_lines.order_id, orders.order_id) as order_id,
        coalesce(orders.visitor_id, concat('u:', order_lines.lines_user_id)) as visitor_id,
        coalesce(order_lines.created_at, orders.created_at) as placed_at,
        date(coalesce(orders.created_at, order_lines.first_line_at), @timezone) as order_date,
    from orders
    full join order_lines
        on orders.order_id = order_lines.order_id
),

placed_by_as_of as (
    select * from placed where order_date <= @as_of
),

sessions as (
    select
        session_id,
        visitor_id,
        session_started_at,
    from session_events
    group by session_id, visitor_id, session_started_at
),

first_sessions as (
    select
        visitor_id,
        any_value(session_id having min session_started_at) as first_session_id,
    from sessions
    group by visitor_id
),

-- One time line a visitor with session starts and order lines: sources rarely give the session of an
-- order, and a join on time ranges would compare every line with every session. A purchase event needs no
-- look of its own: a session that starts between it and a line at most the gap later would be the same one.
time_line as (
    select
        visitor_id,
        session_started_at as at_time,
        1 as sort_order,
        session_id as started_session_id,
        cast(null as string) as order_item_id,
        cast(null as string) as order_id,
    from sessions
    union all
    select
        visitor_id,
        placed_at as at_time,
        2 as sort_order,
        cast(null as string) as started_session_id,
        order_item_id,
        order_id,
    from placed_by_as_of
),

looked_back as (
    select
        visitor_id,
        order_item_id,
        order_id,
        at_time,
        sort_order,
        last_value(started_session_id ignore nulls) over (
            partition by visitor_id
            order by at_time, sort_order
            rows between unbounded preceding and current row
        ) as started_session_id,
    from time_line
),

final as (
    select
        looked_back.order_item_id,
        looked_back.order_id,
        looked_back.at_time as placed_at,
        if(
            looked_back.visitor_id is null,
            null,
            coalesce(looked_back.started_session_id, first_sessions.first_session_id)
        ) as session_id,
    from looked_back
    left join first_sessions
        on looked_back.visitor_id = first_sessions.visitor_id
    where looked_back.sort_order = 2
)

select * from final
