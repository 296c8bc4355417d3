-- purpose: the products that the items of a GA4 export name, with their most frequent names.
-- grain: one row a product.
-- inputs: raw_events.

with

raw as (
    select
        event_timestamp,
        load_file_id,
        load_row_number,
        items,
    from raw_events
),

-- '(not set)' says nothing.
listed as (
    select
        item.item_id as product_id,
        nullif(item.item_name, '(not set)') as name,
        nullif(item.item_brand, '(not set)') as brand,
        nullif(
            array_to_string(
                [
                    nullif(item.item_category, '(not set)'),
                    nullif(item.item_category2, '(not set)'),
                    nullif(item.item_category3, '(not set)'),
                    nullif(item.item_category4, '(not set)')
                ],
                ' > '
            ),
            ''
        ) as category,
        item.price as price,
        raw.event_timestamp,
        raw.load_row_number,
        raw.load_file_id,
    from raw
    cross join unnest(raw.items) as item
    where item.item_id is not null and item.item_id not in ('', '(not set)')
),

names as (
    select
        product_id,
        name,
        row_number() over (partition by product_id order by count(*) desc, name) as place,
    from listed
    where name is not null
    group by product_id, name
),

brands as (
    select
        product_id,
        brand,
        row_number() over (partition by product_id order by count(*) desc, brand) as place,
    from listed
    where brand is not null
    group by product_id, brand
),

categories as (
    select
        product_id,
        category,
        row_number() over (partition by product_id order by count(*) desc, category) as place,
    from listed
    where category is not null
    group by product_id, category
),

prices as (
    select
        product_id,
        price,
        row_number() over (
            partition by product_id
            order by event_timestamp desc, load_row_number desc, load_file_id desc, price desc
        ) as place,
    from listed
    where price > 0
),

products as (
    select distinct product_id
    from listed
),

final as (
    select
        products.product_id,
        names.name,
        brands.brand,
        categories.category,
        cast(null as string) as department,
        round(cast(prices.price as numeric), 2) as retail_price,
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
