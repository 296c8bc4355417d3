-- purpose: the products that a REES46 shop's events name, with their most frequent brand and category.
-- grain: one row a product.
-- inputs: raw_events, rule_category_periods.

with

raw as (
    select * from raw_events
),

category_periods as (
    select * from rule_category_periods
    where source_name = 'rees46'
),

-- Grouped first: a product's events are many, its names few.
named as (
    select
        product_id,
        brand,
        category_code,
        date(event_time, @timezone) as event_date,
        count(*) as events,
    from raw
    group by product_id, brand, category_code, event_date
),

-- Category codes changed their meaning over the months: a code counts in the periods in which the rule says
-- that it can be relied on.
with_reliability as (
    select
        named.product_id,
        named.brand,
        named.category_code,
        named.events,
        category_periods.first_date is not null as is_reliable,
    from named
    left join category_periods
        on named.event_date between category_periods.first_date and category_periods.last_date
),

brands as (
    select
        product_id,
        brand,
        row_number() over (
            partition by product_id
            order by sum(events) desc, brand
        ) as place,
    from with_reliability
    where brand is not null
    group by product_id, brand
),

-- A product that was never seen in a reliable period takes its most frequent code of any time.
categories as (
    select
        product_id,
        category_code,
        row_number() over (
            partition by product_id
            order by sum(if(is_reliable, events, 0)) > 0 desc, sum(if(is_reliable, events, 0)) desc, sum(events) desc,
                category_code
        ) as place,
    from with_reliability
    where category_code is not null
    group by product_id, category_code
),

prices as (
    select
        product_id,
        price,
        row_number() over (
            partition by product_id
            order by event_time desc, load_row_number desc, load_file_id desc
        ) as place,
    from raw
    where price > 0
),

products as (
    select distinct product_id
    from named
),

final as (
    select
        products.product_id,
        cast(null as string) as name,
        brands.brand,
        replace(categories.category_code, '.', ' > ') as category,
        cast(null as string) as department,
        prices.price as retail_price,
        cast(null as numeric) as cost,
    from products
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
