-- purpose: how each product is looked at, bought, returned and what it earns.
-- grain: one row a product, sold or not.
-- inputs: int_order_lines, int_session_products, stg_products (optional), stg_events (optional),
-- stg_order_items.

with

order_items as (
    select * from stg_order_items
),

products as (
    select * from stg_products
),

order_lines as (
    select * from int_order_lines
),

session_products as (
    select * from int_session_products
),

-- Only events that say how the product was found, which many sources never do: read where they stand.
found_events as (
    select
        product_id,
        event_type = 'product_view' as is_view,
        coalesce(trim(search_term), '') != '' as is_search,
        coalesce(regexp_contains(lower(referrer), r'(^|[^a-z])recommend'), false) as is_recommended,
        coalesce(regexp_contains(lower(referrer), r'(^|[^a-z])related'), false) as is_related,
    from stg_events
    where
        product_id is not null
        and event_type in ('product_view', 'click')
        and (search_term is not null or referrer is not null)
        and event_time < timestamp(date_add(@as_of, interval 1 day), @timezone)
),

found as (
    select
        product_id,
        countif(is_search) as searches,
        countif(is_view and is_recommended) as recommendation_visits,
        countif(is_view and is_related) as related_visits,
    from found_events
    group by product_id
),

-- A shop whose events never say so has not had no searches: it does not know.
known_ways as (
    select
        sum(searches) > 0 as has_searches,
        sum(recommendation_visits) > 0 as has_recommendations,
        sum(related_visits) > 0 as has_related,
    from found
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
    from session_products
    union distinct
    select product_id
    from found
),

behaviour as (
    select
        product_id,
        sum(views) as views,
        countif(views > 0) as viewing_sessions,
        count(distinct if(views > 0, visitor_id, null)) as viewers,
        sum(add_to_carts) as add_to_carts,
        countif(views > 0 and add_to_carts > 0) as carting_viewing_sessions,
    from session_products
    group by product_id
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
        session_products.product_id,
        count(*) as purchasing_viewing_sessions,
    from session_products
    inner join selling_sessions
        on
            session_products.product_id = selling_sessions.product_id
            and session_products.session_id = selling_sessions.session_id
    where session_products.views > 0
    group by session_products.product_id
),

-- A shop that states no cost at all does not know its costs: they are NULL then, not zero. Judged on all
-- lines, as in int_order_lines.
costs_known as (
    select coalesce(logical_or(unit_cost is not null), true) as has_costs,
    from order_items
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
        if(costs_known.has_costs, coalesce(sales.cost_of_goods, 0), null) as cost_of_goods,
        if(costs_known.has_costs, coalesce(sales.gross_profit, 0), null) as gross_profit,
        coalesce(purchasing.purchasing_viewing_sessions, 0) as purchasing_viewing_sessions,
        coalesce(sales.delivered_units, 0) as delivered_units,
        coalesce(sales.returned_units, 0) as returned_units,
        coalesce(behaviour.carting_viewing_sessions, 0) as carting_viewing_sessions,
        if(known_ways.has_searches, coalesce(found.searches, 0), null) as searches,
        if(
            known_ways.has_recommendations, coalesce(found.recommendation_visits, 0), null
        ) as recommendation_visits,
        if(known_ways.has_related, coalesce(found.related_visits, 0), null) as related_visits,
    from product_ids
    cross join known_ways
    cross join costs_known
    left join products
        on product_ids.product_id = products.product_id
    left join behaviour
        on product_ids.product_id = behaviour.product_id
    left join purchasing
        on product_ids.product_id = purchasing.product_id
    left join sales
        on product_ids.product_id = sales.product_id
    left join found
        on product_ids.product_id = found.product_id
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
        carting_viewing_sessions,
        safe_divide(carting_viewing_sessions, viewing_sessions) as view_to_cart_rate,
        searches,
        recommendation_visits,
        related_visits,
    from combined
)

select * from final
