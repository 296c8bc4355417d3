-- purpose: how each product is looked at, bought, returned and what it earns.
-- grain: one row a product, sold or not.
-- inputs: int_order_lines, int_session_events, stg_products (optional).

with

products as (
    select * from stg_products
),

order_lines as (
    select * from int_order_lines
),

-- Only events that name a product; every other event is left behind before the join.
product_events as (
    select
        product_id,
        session_id,
        visitor_id,
        event_type,
    from int_session_events
    where product_id is not null and event_type in ('product_view', 'add_to_cart')
),

product_ids as (
    select product_id
    from products
    union distinct
    select product_id
    from order_lines
    where product_id is not null
    union distinct
    select product_id
    from product_events
),

behaviour as (
    select
        product_id,
        countif(event_type = 'product_view') as views,
        count(distinct if(event_type = 'product_view', session_id, null)) as viewing_sessions,
        count(distinct if(event_type = 'product_view', visitor_id, null)) as viewers,
        countif(event_type = 'add_to_cart') as add_to_carts,
    from product_events
    group by product_id
),

viewing_sessions as (
    select distinct
        product_id,
        session_id,
    from product_events
    where event_type = 'product_view'
),

selling_sessions as (
    select distinct
        product_id,
        session_id,
    from order_lines
    where not is_cancelled and session_id is not null
),

-- A session counts once, however often it viewed or bought the product: the rate cannot exceed 1.
purchasing as (
    select
        viewing_sessions.product_id,
        count(*) as purchasing_viewing_sessions,
    from viewing_sessions
    inner join selling_sessions
        on
            viewing_sessions.product_id = selling_sessions.product_id
            and viewing_sessions.session_id = selling_sessions.session_id
    group by viewing_sessions.product_id
),

sales as (
    select
        product_id,
        count(distinct if(is_cancelled, null, order_id)) as orders,
        sum(if(is_cancelled, 0, quantity)) as units,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts,
        sum(cancellations) as cancellations,
        sum(returns) as returns,
        sum(net_revenue) as net_revenue,
        sum(cost_of_goods) as cost_of_goods,
        sum(gross_profit) as gross_profit,
        sum(if(is_delivered, quantity, 0)) as delivered_units,
        sum(if(is_returned, quantity, 0)) as returned_units,
    from order_lines
    where product_id is not null
    group by product_id
),

combined as (
    select
        product_ids.product_id,
        products.name,
        products.brand,
        products.category,
        products.department,
        coalesce(behaviour.views, 0) as views,
        coalesce(behaviour.viewing_sessions, 0) as viewing_sessions,
        coalesce(behaviour.viewers, 0) as viewers,
        coalesce(behaviour.add_to_carts, 0) as add_to_carts,
        coalesce(sales.orders, 0) as orders,
        coalesce(sales.units, 0) as units,
        coalesce(sales.gross_sales, 0) as gross_sales,
        coalesce(sales.discounts, 0) as discounts,
        coalesce(sales.cancellations, 0) as cancellations,
        coalesce(sales.returns, 0) as returns,
        coalesce(sales.net_revenue, 0) as net_revenue,
        coalesce(sales.cost_of_goods, 0) as cost_of_goods,
        coalesce(sales.gross_profit, 0) as gross_profit,
        coalesce(purchasing.purchasing_viewing_sessions, 0) as purchasing_viewing_sessions,
        coalesce(sales.delivered_units, 0) as delivered_units,
        coalesce(sales.returned_units, 0) as returned_units,
    from product_ids
    left join products
        on product_ids.product_id = products.product_id
    left join behaviour
        on product_ids.product_id = behaviour.product_id
    left join purchasing
        on product_ids.product_id = purchasing.product_id
    left join sales
        on product_ids.product_id = sales.product_id
),

final as (
    select
        product_id,
        name,
        brand,
        category,
        department,
        views,
        viewing_sessions,
        viewers,
        add_to_carts,
        orders,
        units,
        gross_sales,
        discounts,
        cancellations,
        returns,
        net_revenue,
        cost_of_goods,
        gross_profit,
        safe_divide(cast(gross_profit as float64), cast(net_revenue as float64)) as margin_rate,
        safe_divide(
            cast(gross_sales - discounts - cancellations as float64), units
        ) as average_sale_price,
        purchasing_viewing_sessions,
        safe_divide(purchasing_viewing_sessions, viewing_sessions) as view_to_purchase_rate,
        delivered_units,
        returned_units,
        safe_divide(returned_units, delivered_units) as return_rate,
    from combined
)

select * from final
