-- purpose: which products, and which categories, are bought together more often than chance would have it.
-- grain: one row a level (product, category), item and other item that min_pair_orders orders hold together.
-- inputs: int_order_lines, stg_products (optional).

with

products as (
    select * from stg_products
),

-- A cancelled line was not bought; a returned one was.
bought_lines as (
    select
        order_id,
        product_id,
    from int_order_lines
    where not is_cancelled
),

shop_orders as (
    select count(distinct order_id) as orders
    from bought_lines
),

-- An order holds an item once, however many lines or units of it were bought.
order_items as (
    select distinct
        'product' as level,
        order_id,
        product_id as item_id,
    from bought_lines
    where product_id is not null
    union all
    select distinct
        'category' as level,
        bought_lines.order_id,
        products.category as item_id,
    from bought_lines
    inner join products
        on bought_lines.product_id = products.product_id
    where trim(products.category) != ''
),

-- An item in too few orders is in too few pairs: it is left out before the baskets are multiplied.
items as (
    select
        level,
        item_id,
        count(*) as orders_with_item,
    from order_items
    group by level, item_id
    having count(*) >= @min_pair_orders
),

frequent_order_items as (
    select
        order_items.level,
        order_items.order_id,
        order_items.item_id,
    from order_items
    inner join items
        on
            order_items.level = items.level
            and order_items.item_id = items.item_id
),

pairs as (
    select
        one.level,
        one.item_id,
        other.item_id as other_item_id,
        count(*) as orders_with_both,
    from frequent_order_items as one
    inner join frequent_order_items as other
        on
            one.level = other.level
            and one.order_id = other.order_id
            and one.item_id != other.item_id
    group by one.level, one.item_id, other.item_id
    having count(*) >= @min_pair_orders
),

counted as (
    select
        pairs.level,
        pairs.item_id,
        pairs.other_item_id,
        if(pairs.level = 'product', one_product.name, pairs.item_id) as item_name,
        if(pairs.level = 'product', other_product.name, pairs.other_item_id) as other_item_name,
        one.orders_with_item,
        other.orders_with_item as orders_with_other,
        pairs.orders_with_both,
        shop_orders.orders,
        safe_divide(pairs.orders_with_both, one.orders_with_item) as confidence,
        safe_divide(other.orders_with_item, shop_orders.orders) as other_share,
        safe_divide(1.959963984540054 * 1.959963984540054, one.orders_with_item) as squared_z_per_order,
    from pairs
    inner join items as one
        on
            pairs.level = one.level
            and pairs.item_id = one.item_id
    inner join items as other
        on
            pairs.level = other.level
            and pairs.other_item_id = other.item_id
    left join products as one_product
        on pairs.item_id = one_product.product_id
    left join products as other_product
        on pairs.other_item_id = other_product.product_id
    cross join shop_orders
),

-- Wilson's interval of the confidence at 95 %.
with_parts as (
    select
        *,
        safe_divide(confidence + squared_z_per_order * 0.5, 1 + squared_z_per_order) as centre,
        safe_divide(
            sqrt(
                squared_z_per_order * confidence * (1 - confidence)
                + squared_z_per_order * squared_z_per_order * 0.25
            ),
            1 + squared_z_per_order
        ) as half_width,
    from counted
),

with_bounds as (
    select
        *,
        greatest(centre - half_width, 0.0) as confidence_lower,
        least(centre + half_width, 1.0) as confidence_upper,
    from with_parts
),

-- What may be chance ranks low: a pair is as good as the lower bound of its lift.
with_lifts as (
    select
        *,
        safe_divide(orders_with_both, orders) as support,
        safe_divide(confidence, other_share) as lift,
        safe_divide(confidence_lower, other_share) as lift_lower,
    from with_bounds
),

final as (
    select
        level,
        item_id,
        other_item_id,
        item_name,
        other_item_name,
        orders_with_item,
        orders_with_other,
        orders_with_both,
        orders,
        support,
        confidence,
        confidence_lower,
        confidence_upper,
        lift,
        lift_lower,
        orders_with_item >= @min_sample as is_reliable,
        row_number() over (
            partition by level
            order by lift_lower desc, orders_with_both desc, item_id, other_item_id
        ) as affinity_rank,
        row_number() over (
            partition by level, item_id
            order by lift_lower desc, orders_with_both desc, other_item_id
        ) as rank_for_item,
    from with_lifts
)

select * from final
