-- purpose: the products that clicks name, with their most frequent names and their newest price.
-- grain: one row a product.
-- inputs: stg_clicks, stg_purchase_lines.

with

clicks as (
    select
        event_id,
        event_time,
        event_order,
        product_id,
        product_name,
        brand,
        category,
        unit_price,
    from stg_clicks
    where product_id is not null and not is_crawler
),

bought as (
    select distinct product_id
    from stg_purchase_lines
    where product_id is not null
),

-- Grouped first: a product's clicks are many, its names few.
named as (
    select
        product_id,
        product_name,
        brand,
        category,
        count(*) as events,
    from clicks
    group by product_id, product_name, brand, category
),

names as (
    select
        product_id,
        product_name,
        row_number() over (partition by product_id order by sum(events) desc, product_name) as place,
    from named
    where product_name is not null
    group by product_id, product_name
),

brands as (
    select
        product_id,
        brand,
        row_number() over (partition by product_id order by sum(events) desc, brand) as place,
    from named
    where brand is not null
    group by product_id, brand
),

categories as (
    select
        product_id,
        category,
        row_number() over (partition by product_id order by sum(events) desc, category) as place,
    from named
    where category is not null
    group by product_id, category
),

prices as (
    select
        product_id,
        unit_price,
        row_number() over (
            partition by product_id
            order by event_time desc, event_order desc, event_id desc
        ) as place,
    from clicks
    where unit_price is not null
),

products as (
    select product_id from named
    union distinct
    select product_id from bought
),

final as (
    select
        products.product_id,
        names.product_name as name,
        brands.brand,
        categories.category,
        cast(null as string) as department,
        prices.unit_price as retail_price,
        cast(null as numeric) as cost,
    from products
    left join names
        on products.product_id = names.product_id
        and names.place = 1
    left join brands
        on products.product_id = brands.product_id
        and brands.place = 1
    left join categories
        on products.product_id = categories.product_id
        and categories.place = 1
    left join prices
        on products.product_id = prices.product_id
        and prices.place = 1
)

select * from final
