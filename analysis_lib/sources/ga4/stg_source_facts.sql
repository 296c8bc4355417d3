-- purpose: what is particular about the events of a GA4 export, counted.
-- grain: one row a fact.
-- inputs: raw_events.

with

exported as (
    select * from raw_events
),

raw as (
    select
        event_name,
        user_id,
        user_pseudo_id,
        event_date,
        items,
        ecommerce.purchase_revenue as purchase_revenue,
        nullif(nullif(trim(ecommerce.transaction_id), ''), '(not set)') as transaction_id,
        coalesce(array_length(items), 0) as listed,
        format_date('%Y%m%d', date(timestamp_micros(event_timestamp), @timezone)) as day_here,
        concat(cast(load_file_id as string), '-', cast(load_row_number as string)) as event_id,
        event_params,
    from exported
),

of_events as (
    select
        count(*) as events,
        countif(user_id is not null) as with_user,
        countif(user_pseudo_id is null) as without_browser,
        countif(event_date is not null) as with_date,
        countif(event_date != day_here) as of_another_day,
    from raw
),

of_products as (
    select
        count(*) as product_events,
        countif(coalesce(nullif(items[safe_offset(0)].item_id, '(not set)'), '') = '') as without_product,
        countif(listed > 1) as with_several,
    from raw
    where event_name in ('view_item', 'add_to_cart', 'remove_from_cart', 'select_item')
),

of_purchases as (
    select
        count(*) as purchases,
        countif(transaction_id is null) as without_number,
        count(transaction_id) - count(distinct transaction_id) as sent_again,
        countif(purchase_revenue is null) as without_revenue,
        countif(listed = 0) as without_items,
    from raw
    where event_name = 'purchase'
),

listed_amounts as (
    select
        raw.event_id,
        raw.purchase_revenue,
        sum(coalesce(item.price, 0) * greatest(coalesce(item.quantity, 1), 1)) as listed_amount,
    from raw
    cross join unnest(raw.items) as item
    where raw.event_name = 'purchase' and raw.purchase_revenue is not null
    group by raw.event_id, raw.purchase_revenue
),

of_amounts as (
    select
        count(*) as with_both,
        countif(abs(purchase_revenue - listed_amount) >= 0.005) as not_adding_up,
    from listed_amounts
),

named as (
    select
        raw.event_id,
        max(param.value.string_value in ('(not set)', '<Other>', '(data deleted)')) as is_blotted_out,
    from raw
    cross join unnest(raw.event_params) as param
    where param.key in ('source', 'medium') and param.value.string_value is not null
    group by raw.event_id
),

of_sources as (
    select
        count(*) as with_source,
        countif(is_blotted_out) as blotted_out,
    from named
),

final as (
    select
        1 as fact_order,
        'events that name a user' as fact,
        with_user as counted,
        events as counted_of,
        if(
            with_user = 0,
            'no event names one, so that each browser counts as a user; one person with two browsers is two',
            'a browser counts as the user where the event names one, else as an unknown visitor'
        ) as consequence,
    from of_events
    union all
    select
        2 as fact_order,
        'events without a browser key' as fact,
        without_browser as counted,
        events as counted_of,
        'nothing tells who it was: each is a visitor of its own' as consequence,
    from of_events
    union all
    select
        3 as fact_order,
        'events on another day than the export says' as fact,
        of_another_day as counted,
        with_date as counted_of,
        'days are those of the run parameter timezone; set it to the time zone of the GA4 property' as consequence,
    from of_events
    union all
    select
        4 as fact_order,
        'purchases without a transaction number or with (not set)' as fact,
        without_number as counted,
        purchases as counted_of,
        'they are one order a visitor and session' as consequence,
    from of_purchases
    union all
    select
        5 as fact_order,
        'purchases that repeat a transaction number' as fact,
        sent_again as counted,
        purchases as counted_of,
        'the page sent them again: the first counts' as consequence,
    from of_purchases
    union all
    select
        6 as fact_order,
        'purchases without revenue' as fact,
        without_revenue as counted,
        purchases as counted_of,
        'their items count at their prices; without items they count as orders and earned nothing' as consequence,
    from of_purchases
    union all
    select
        7 as fact_order,
        'purchases that list no items' as fact,
        without_items as counted,
        purchases as counted_of,
        'they are one line of their revenue, without a product' as consequence,
    from of_purchases
    union all
    select
        8 as fact_order,
        'purchases whose items do not add up to their revenue' as fact,
        not_adding_up as counted,
        with_both as counted_of,
        'the items count at their prices, so that products add up to the shop' as consequence,
    from of_amounts
    union all
    select
        9 as fact_order,
        'product events without a product or with (not set)' as fact,
        without_product as counted,
        product_events as counted_of,
        'they count in the funnel, for no product' as consequence,
    from of_products
    union all
    select
        10 as fact_order,
        'product events that list several products' as fact,
        with_several as counted,
        product_events as counted_of,
        'the first product counts' as consequence,
    from of_products
    union all
    select
        11 as fact_order,
        'events whose source or medium is (not set) or blotted out' as fact,
        blotted_out as counted,
        with_source as counted_of,
        'it names nothing: the session takes the last source of its visitor within the look-back, else direct'
            as consequence,
    from of_sources
)

select * from final
