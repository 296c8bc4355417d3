-- purpose: how each department and category is looked at, bought, returned and what it earns.
-- grain: one row a level and category of it that has a product, an event or an order line.
-- inputs: int_order_lines, int_session_products, fct_product_performance, stg_order_items.

with

order_items as (
    select * from stg_order_items
),

order_lines as (
    select * from int_order_lines
),

session_products as (
    select * from int_session_products
),

product_performance as (
    select * from fct_product_performance
),

-- One separator for all sources: 'a > b', 'a/b', and 'a.b' where no blank says that it is a sentence.
written_alike as (
    select
        product_id,
        case
            when strpos(category, '>') > 0 then category
            when strpos(category, '/') > 0 then replace(category, '/', '>')
            when not regexp_contains(category, r'\s') then replace(category, '.', '>')
            else category
        end as path,
    from product_performance
),

without_empty_parts as (
    select
        product_id,
        split(regexp_replace(regexp_replace(path, r'^[\s>]+|[\s>]+$', ''), r'\s*>[\s>]*', '>'), '>') as parts,
    from written_alike
),

product_parts as (
    select
        product_performance.*,
        nullif(without_empty_parts.parts[safe_offset(0)], '') as part_1,
        without_empty_parts.parts[safe_offset(1)] as part_2,
        without_empty_parts.parts[safe_offset(2)] as part_3,
        without_empty_parts.parts[safe_offset(3)] as part_4,
    from product_performance
    inner join without_empty_parts
        on product_performance.product_id = without_empty_parts.product_id
),

product_depths as (
    select
        *,
        case
            when part_4 is not null then 4
            when part_3 is not null then 3
            when part_2 is not null then 2
            when part_1 is not null then 1
            else 0
        end as depth,
    from product_parts
),

-- Every level stands for the whole shop: a category that ends earlier is '(not set)' below.
shop_levels as (
    select category_level
    from unnest([0, 1, 2, 3, 4]) as category_level
    inner join (select greatest(coalesce(max(depth), 0), 1) as depth from product_depths) as deepest
        on category_level <= deepest.depth
),

product_paths as (
    select
        product_depths.*,
        shop_levels.category_level,
        case shop_levels.category_level
            when 0 then coalesce(nullif(trim(product_depths.department), ''), '(not set)')
            when 1 then coalesce(product_depths.part_1, '(not set)')
            when 2 then coalesce(product_depths.part_2, '(not set)')
            when 3 then coalesce(product_depths.part_3, '(not set)')
            else coalesce(product_depths.part_4, '(not set)')
        end as category_name,
        concat(
            coalesce(product_depths.part_1, '(not set)'),
            if(
                shop_levels.category_level >= 2 and product_depths.depth >= 2,
                concat(' > ', product_depths.part_2),
                ''
            ),
            if(
                shop_levels.category_level >= 3 and product_depths.depth >= 3,
                concat(' > ', product_depths.part_3),
                ''
            ),
            if(
                shop_levels.category_level >= 4 and product_depths.depth >= 4,
                concat(' > ', product_depths.part_4),
                ''
            ),
            if(product_depths.depth between 1 and shop_levels.category_level - 1, ' > (not set)', '')
        ) as path,
    from product_depths
    cross join shop_levels
),

with_paths as (
    select
        *,
        if(category_level = 0, category_name, path) as category_path,
    from product_paths
),

product_levels as (
    select
        *,
        if(
            category_level >= 2,
            lag(category_path) over (partition by product_id order by category_level),
            null
        ) as parent_path,
    from with_paths
),

unset_levels as (
    select
        category_level,
        '(not set)' as category_path,
        '(not set)' as category_name,
        if(category_level >= 2, '(not set)', null) as parent_path,
    from shop_levels
),

all_levels as (
    select
        category_level,
        category_path,
        category_name,
        parent_path,
    from product_levels
    union distinct
    select
        category_level,
        category_path,
        category_name,
        parent_path,
    from unset_levels
),

-- A number joins and groups faster than a path.
categories as (
    select
        *,
        row_number() over (order by category_level, category_path) as category_number,
    from all_levels
),

product_categories as (
    select
        product_levels.product_id,
        product_levels.category_level,
        product_levels.units,
        product_levels.searches,
        product_levels.recommendation_visits,
        product_levels.related_visits,
        categories.category_number,
    from product_levels
    inner join categories
        on
            product_levels.category_level = categories.category_level
            and product_levels.category_path = categories.category_path
),

catalogue as (
    select
        category_number,
        count(*) as products,
        countif(units > 0) as products_sold,
        sum(searches) as searches,
        sum(recommendation_visits) as recommendation_visits,
        sum(related_visits) as related_visits,
    from product_categories
    group by category_number
),

-- Who met one product once needs no counting apart, and that is most visitors of most shops.
visitors as (
    select
        visitor_id,
        count(*) as meetings,
        min(session_id) as session_id,
        min(product_id) as product_id,
        sum(views) as views,
        sum(add_to_carts) as add_to_carts,
    from session_products
    group by visitor_id
),

visitors_of_one as (
    select
        product_categories.category_number,
        visitors.session_id,
        visitors.views,
        visitors.add_to_carts,
        if(visitors.views > 0, 1, 0) as new_viewers,
    from visitors
    inner join product_categories
        on visitors.product_id = product_categories.product_id
    where visitors.meetings = 1
),

-- A session counts once for a category, however many of its products it looked at.
sessions_of_others as (
    select
        product_categories.category_number,
        session_products.session_id,
        session_products.visitor_id,
        sum(session_products.views) as views,
        sum(session_products.add_to_carts) as add_to_carts,
        min(session_products.session_started_at) as session_started_at,
    from session_products
    inner join visitors
        on session_products.visitor_id = visitors.visitor_id
    inner join product_categories
        on session_products.product_id = product_categories.product_id
    where visitors.meetings > 1
    group by product_categories.category_number, session_products.session_id, session_products.visitor_id
),

others as (
    select
        category_number,
        session_id,
        views,
        add_to_carts,
        if(
            views > 0
            and row_number() over (
                partition by category_number, visitor_id, views > 0
                order by session_started_at, session_id
            ) = 1,
            1,
            0
        ) as new_viewers,
    from sessions_of_others
),

category_sessions as (
    select * from visitors_of_one
    union all
    select * from others
),

behaviour as (
    select
        category_number,
        sum(views) as views,
        countif(views > 0) as viewing_sessions,
        sum(new_viewers) as viewers,
        sum(add_to_carts) as add_to_carts,
        countif(views > 0 and add_to_carts > 0) as carting_viewing_sessions,
    from category_sessions
    group by category_number
),

-- A line that names no product is a sale of the shop, so of '(not set)' at every level.
category_lines as (
    select
        order_lines.*,
        coalesce(product_categories.category_number, categories.category_number) as category_number,
    from order_lines
    inner join categories
        on categories.category_path = '(not set)'
    left join product_categories
        on
            order_lines.product_id = product_categories.product_id
            and categories.category_level = product_categories.category_level
),

selling_sessions as (
    select distinct
        category_number,
        session_id,
    from category_lines
    where not is_cancelled and session_id is not null
),

purchasing as (
    select
        category_sessions.category_number,
        count(*) as purchasing_viewing_sessions,
    from category_sessions
    inner join selling_sessions
        on
            category_sessions.category_number = selling_sessions.category_number
            and category_sessions.session_id = selling_sessions.session_id
    where category_sessions.views > 0
    group by category_sessions.category_number
),

-- A shop that states no cost at all does not know its costs: they are NULL then, not zero. Judged on all
-- lines, as in int_order_lines.
costs_known as (
    select coalesce(logical_or(unit_cost is not null), true) as has_costs,
    from order_items
),

sales as (
    select
        category_number,
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
    from category_lines
    group by category_number
),

combined as (
    select
        categories.category_level,
        categories.category_path,
        categories.category_name,
        categories.parent_path,
        coalesce(catalogue.products, 0) as products,
        coalesce(catalogue.products_sold, 0) as products_sold,
        coalesce(behaviour.views, 0) as views,
        coalesce(behaviour.viewing_sessions, 0) as viewing_sessions,
        coalesce(behaviour.viewers, 0) as viewers,
        coalesce(behaviour.add_to_carts, 0) as add_to_carts,
        coalesce(behaviour.carting_viewing_sessions, 0) as carting_viewing_sessions,
        coalesce(purchasing.purchasing_viewing_sessions, 0) as purchasing_viewing_sessions,
        coalesce(sales.orders, 0) as orders,
        coalesce(sales.units, 0) as units,
        coalesce(sales.gross_sales, 0) as gross_sales,
        coalesce(sales.discounts, 0) as discounts,
        coalesce(sales.cancellations, 0) as cancellations,
        coalesce(sales.returns, 0) as returns,
        coalesce(sales.net_revenue, 0) as net_revenue,
        if(costs_known.has_costs, coalesce(sales.cost_of_goods, 0), null) as cost_of_goods,
        if(costs_known.has_costs, coalesce(sales.gross_profit, 0), null) as gross_profit,
        coalesce(sales.delivered_units, 0) as delivered_units,
        coalesce(sales.returned_units, 0) as returned_units,
        catalogue.searches,
        catalogue.recommendation_visits,
        catalogue.related_visits,
    from categories
    cross join costs_known
    left join catalogue
        on categories.category_number = catalogue.category_number
    left join behaviour
        on categories.category_number = behaviour.category_number
    left join purchasing
        on categories.category_number = purchasing.category_number
    left join sales
        on categories.category_number = sales.category_number
    where catalogue.category_number is not null or sales.category_number is not null
),

with_totals as (
    select
        *,
        sum(net_revenue) over (partition by category_level) as level_net_revenue,
    from combined
),

final as (
    select
        category_level,
        category_path,
        category_name,
        parent_path,
        products,
        products_sold,
        views,
        viewing_sessions,
        viewers,
        add_to_carts,
        carting_viewing_sessions,
        safe_divide(carting_viewing_sessions, viewing_sessions) as view_to_cart_rate,
        purchasing_viewing_sessions,
        safe_divide(purchasing_viewing_sessions, viewing_sessions) as view_to_purchase_rate,
        orders,
        units,
        gross_sales,
        discounts,
        cancellations,
        returns,
        net_revenue,
        safe_divide(cast(net_revenue as float64), cast(level_net_revenue as float64)) as revenue_share,
        cost_of_goods,
        gross_profit,
        safe_divide(cast(gross_profit as float64), cast(net_revenue as float64)) as margin_rate,
        safe_divide(
            cast(gross_sales - discounts - cancellations as float64), units
        ) as average_sale_price,
        delivered_units,
        returned_units,
        safe_divide(returned_units, delivered_units) as return_rate,
        searches,
        recommendation_visits,
        related_visits,
    from with_totals
)

select * from final
