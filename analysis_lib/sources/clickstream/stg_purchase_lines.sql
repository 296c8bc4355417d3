-- purpose: what each purchase bought: the products that it names, else what was in the visitor's cart.
-- grain: one row a purchase event and line.
-- inputs: raw_events, stg_clicks.

with

raw as (
    select
        id as event_id,
        items,
    from raw_events
    where not is_duplicate
),

clicks as (
    select
        event_id,
        visitor_id,
        session_key,
        event_time,
        event_order,
        event_type,
        is_cart_emptied,
        product_id,
        quantity,
        unit_price,
        amount,
    from stg_clicks
    where not is_crawler
),

purchases as (
    select * from clicks
    where event_type = 'purchase'
),

listed as (
    select
        purchases.event_id,
        item_place as line_number,
        nullif(trim(item.product_id), '') as product_id,
        coalesce(item.quantity, 1) as quantity,
        nullif(item.price, 0) as unit_price,
    from purchases
    inner join raw
        on purchases.event_id = raw.event_id
    cross join unnest(raw.items) as item with offset as item_place
),

with_list as (
    select distinct event_id
    from listed
),

-- A purchase of one product states what was paid for its units, or the price of one.
single as (
    select
        purchases.event_id,
        0 as line_number,
        purchases.product_id,
        coalesce(purchases.quantity, 1) as quantity,
        coalesce(
            cast(safe_divide(purchases.amount, greatest(coalesce(purchases.quantity, 1), 1)) as numeric),
            purchases.unit_price
        ) as unit_price,
    from purchases
    left join with_list
        on purchases.event_id = with_list.event_id
    where with_list.event_id is null and purchases.product_id is not null
),

-- The session key of the shop is that of the cart; without one, the cart lasts as long as the visit.
runs as (
    select
        event_id,
        if(session_key is null, visitor_id, concat('k:', session_key)) as run_id,
        session_key is not null as has_key,
        event_time,
        event_order,
        event_type,
        is_cart_emptied,
        product_id,
        quantity,
        unit_price,
    from clicks
),

-- Only the carts of those who bought are worth sorting.
buying_runs as (
    select distinct run_id
    from runs
    where event_type = 'purchase'
),

with_previous as (
    select
        runs.*,
        row_number() over (
            partition by runs.run_id
            order by runs.event_time, runs.event_order, runs.event_id
        ) as event_number,
        lag(runs.event_time) over (
            partition by runs.run_id
            order by runs.event_time, runs.event_order, runs.event_id
        ) as previous_event_time,
        lag(runs.event_type = 'purchase' or runs.is_cart_emptied) over (
            partition by runs.run_id
            order by runs.event_time, runs.event_order, runs.event_id
        ) as follows_empty_cart,
    from runs
    inner join buying_runs
        on runs.run_id = buying_runs.run_id
),

-- A cart is filled anew after a purchase, after it was emptied, and on a new visit where the shop has no key.
with_starts as (
    select
        *,
        coalesce(
            follows_empty_cart
            or (
                not has_key
                and timestamp_diff(event_time, previous_event_time, microsecond)
                    > @session_gap_minutes * 60000000
            ),
            false
        ) as is_new_cart,
    from with_previous
),

in_carts as (
    select
        *,
        sum(if(is_new_cart, 1, 0)) over (
            partition by run_id
            order by event_number
            rows between unbounded preceding and current row
        ) as cart_number,
    from with_starts
),

moves as (
    select
        run_id,
        cart_number,
        product_id,
        event_number,
        case event_type
            when 'add_to_cart' then coalesce(quantity, 1)
            when 'remove_from_cart' then -coalesce(quantity, 1)
            else 0
        end as moved,
        unit_price,
    from in_carts
    where product_id is not null and event_type != 'purchase'
),

levels as (
    select
        *,
        sum(moved) over (
            partition by run_id, cart_number, product_id
            order by event_number
            rows between unbounded preceding and current row
        ) as level,
        last_value(unit_price ignore nulls) over (
            partition by run_id, product_id
            order by event_number
            rows between unbounded preceding and current row
        ) as seen_price,
    from moves
),

-- What is taken out of an empty cart was never in it: the level counts from its lowest point below nothing.
with_lowest as (
    select
        *,
        min(level) over (
            partition by run_id, cart_number, product_id
            order by event_number
            rows between unbounded preceding and current row
        ) as lowest,
        row_number() over (
            partition by run_id, cart_number, product_id
            order by event_number desc
        ) as place_from_end,
    from levels
),

carts as (
    select
        run_id,
        cart_number,
        product_id,
        level - least(lowest, 0) as units,
        seen_price,
    from with_lowest
    where place_from_end = 1 and level > least(lowest, 0)
),

rebuilt as (
    select
        in_carts.event_id,
        row_number() over (
            partition by in_carts.event_id
            order by carts.product_id
        ) - 1 as line_number,
        carts.product_id,
        carts.units as quantity,
        carts.seen_price as unit_price,
    from in_carts
    inner join carts
        on in_carts.run_id = carts.run_id
        and in_carts.cart_number = carts.cart_number
    left join with_list
        on in_carts.event_id = with_list.event_id
    where in_carts.event_type = 'purchase'
        and in_carts.product_id is null
        and with_list.event_id is null
),

lines as (
    select *, 'listed' as origin from listed
    union all
    select *, 'named' as origin from single
    union all
    select *, 'cart' as origin from rebuilt
),

with_event as (
    select
        lines.*,
        purchases.event_time,
        purchases.event_order,
        purchases.amount,
    from lines
    inner join purchases
        on lines.event_id = purchases.event_id
),

-- A line without a price takes the newest that anyone had seen of the product by then.
unpriced as (
    select distinct product_id
    from with_event
    where unit_price is null and product_id is not null
),

prices as (
    select
        clicks.product_id,
        clicks.event_time,
        clicks.event_order,
        clicks.event_id,
        -1 as line_number,
        clicks.unit_price,
    from clicks
    inner join unpriced
        on clicks.product_id = unpriced.product_id
    where clicks.unit_price is not null and clicks.event_type != 'purchase'
    union all
    select
        product_id,
        event_time,
        event_order,
        event_id,
        line_number,
        cast(null as numeric) as unit_price,
    from with_event
    where unit_price is null and product_id is not null
),

newest as (
    select
        event_id,
        line_number,
        last_value(unit_price ignore nulls) over (
            partition by product_id
            order by event_time, event_order, event_id, line_number
            rows between unbounded preceding and current row
        ) as unit_price,
    from prices
),

priced as (
    select
        with_event.event_id,
        with_event.line_number,
        with_event.origin,
        with_event.product_id,
        with_event.quantity,
        coalesce(with_event.unit_price, newest.unit_price) as unit_price,
        with_event.amount,
    from with_event
    left join newest
        on with_event.event_id = newest.event_id
        and with_event.line_number = newest.line_number
),

totals as (
    select
        event_id,
        sum(coalesce(unit_price, 0) * quantity) as priced_amount,
        sum(if(unit_price is null, quantity, 0)) as unpriced_units,
    from priced
    group by event_id
),

-- What the order was worth beyond the lines of a known price was paid for the others, the same for each unit.
final as (
    select
        priced.event_id,
        priced.line_number,
        priced.origin,
        priced.product_id,
        priced.quantity,
        coalesce(
            priced.unit_price,
            cast(
                safe_divide(greatest(priced.amount - totals.priced_amount, 0), totals.unpriced_units) as numeric
            ),
            0
        ) as unit_price,
        priced.amount as stated_amount,
        totals.priced_amount
        + if(totals.unpriced_units > 0, greatest(coalesce(priced.amount, 0) - totals.priced_amount, 0), 0)
            as lines_amount,
    from priced
    inner join totals
        on priced.event_id = totals.event_id
)

select * from final
