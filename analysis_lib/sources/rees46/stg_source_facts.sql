-- purpose: what is particular about the events of a REES46 shop, counted.
-- grain: one row a fact.
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
        max(price) as price,
    from raw
    group by product_id, brand, category_code, event_date
),

with_reliability as (
    select
        named.product_id,
        named.brand,
        named.category_code,
        named.price,
        category_periods.first_date is not null and named.category_code is not null as is_reliable,
    from named
    left join category_periods
        on named.event_date between category_periods.first_date and category_periods.last_date
),

products as (
    select
        product_id,
        count(distinct brand) as brands,
        count(distinct category_code) as categories,
        max(price) as price,
        countif(is_reliable) > 0 as has_reliable_category,
    from with_reliability
    group by product_id
),

of_products as (
    select
        count(*) as products,
        countif(brands > 1) as with_brands,
        countif(categories > 1) as with_categories,
        countif(categories > 0 and not has_reliable_category) as outside_periods,
        countif(categories = 0) as without_category,
        countif(price = 0) as without_price,
    from products
),

-- A key that runs for more than a day was used again: no visit lasts so long.
source_sessions as (
    select
        user_session,
        timestamp_diff(max(event_time), min(event_time), microsecond) > 86400000000 as is_used_again,
    from raw
    where user_session is not null
    group by user_session
),

of_sessions as (
    select
        count(*) as source_sessions,
        countif(is_used_again) as used_again,
    from source_sessions
),

of_purchases as (
    select
        count(*) as purchases,
        countif(price = 0) as free,
    from raw
    where lower(event_type) = 'purchase'
),

final as (
    select
        1 as fact_order,
        'products under several brands' as fact,
        with_brands as counted,
        products as counted_of,
        'the most frequent brand counts' as consequence,
    from of_products
    union all
    select
        2 as fact_order,
        'products under several category codes' as fact,
        with_categories as counted,
        products as counted_of,
        'the most frequent code of the reliable periods counts' as consequence,
    from of_products
    union all
    select
        3 as fact_order,
        'products without a category code in a reliable period' as fact,
        outside_periods as counted,
        products as counted_of,
        'they take their most frequent code from outside, which may mean another category' as consequence,
    from of_products
    union all
    select
        4 as fact_order,
        'products without any category code' as fact,
        without_category as counted,
        products as counted_of,
        'they stand under (not set)' as consequence,
    from of_products
    union all
    select
        5 as fact_order,
        'products that never had a price above 0' as fact,
        without_price as counted,
        products as counted_of,
        'they have no price' as consequence,
    from of_products
    union all
    select
        6 as fact_order,
        'purchases at a price of 0' as fact,
        free as counted,
        purchases as counted_of,
        'their price is not known: they count as purchases and earned nothing' as consequence,
    from of_purchases
    union all
    select
        7 as fact_order,
        'session keys in use for more than a day' as fact,
        used_again as counted,
        source_sessions as counted_of,
        'sessions are cut by the gap rule, whatever the key' as consequence,
    from of_sessions
)

select * from final
