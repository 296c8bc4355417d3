-- purpose: what was known of each user and product of interest to them at each cut-off, and who bought it next.
-- grain: one row a cut-off, user and product that was viewed, put into the cart or cancelled, and not bought, by then.
-- inputs: int_session_products, int_order_lines, int_session_events, stg_events.

with

session_products as (
    select * from int_session_products
),

order_lines as (
    select * from int_order_lines
),

session_events as (
    select * from int_session_events
),

events as (
    select
        event_time,
        user_id is not null as is_known,
        coalesce(source_session_id, visitor_id) as source_session,
    from stg_events
    where event_time < timestamp(date_add(@as_of, interval 1 day), @timezone)
),

-- Read a second time, as hardly any of them are: all of them would have to be kept otherwise.
ordered_events as (
    select
        event_id,
        event_time,
        event_order,
        user_id is not null as is_known,
        coalesce(source_session_id, visitor_id) as source_session,
    from stg_events
    where event_time < timestamp(date_add(@as_of, interval 1 day), @timezone)
),

-- The test is the newest cut-off whose outcome is known; the five before it overlap neither its outcome nor each other's.
cut_offs as (
    select
        window_number,
        case window_number when 0 then 'score' when 1 then 'test' else 'train' end as split,
        date_sub(@as_of, interval window_number * @propensity_horizon_days day) as cut_date,
    from unnest(generate_array(0, 6)) as window_number
),

-- What happened is known to the cut-offs 0 to known_from. A state that holds from there on, and is overtaken by
-- one that only newer cut-offs know, is that of the cut-offs in between.
spans as (
    select
        known_from,
        overtaken_from,
        cut_offs.window_number,
        cut_offs.split,
        cut_offs.cut_date,
    from unnest(generate_array(0, 6)) as known_from
    cross join unnest(generate_array(-1, 5)) as overtaken_from
    inner join cut_offs
        on cut_offs.window_number <= known_from and cut_offs.window_number > overtaken_from
),

-- Whose an anonymous event was may be learned days later; in most source sessions it is not.
late_source_sessions as (
    select source_session
    from events
    group by source_session
    having
        date(min(if(is_known, null, event_time)), @timezone)
        < date(max(if(is_known, event_time, null)), @timezone)
),

identified as (
    select
        ordered_events.event_id,
        ordered_events.event_time,
        ordered_events.is_known,
        min(if(ordered_events.is_known, ordered_events.event_time, null)) over (
            partition by ordered_events.source_session
            order by ordered_events.event_time, ordered_events.event_order, ordered_events.event_id
            rows between current row and unbounded following
        ) as identified_at,
    from ordered_events
    inner join late_source_sessions
        on ordered_events.source_session = late_source_sessions.source_session
),

-- A session counts from the day on which its user was known: knowing it earlier would give the purchase away.
late_sessions as (
    select
        session_events.session_id,
        max(date(identified.identified_at, @timezone)) as identified_date,
    from identified
    inner join session_events
        on identified.event_id = session_events.event_id
    where
        not identified.is_known
        and date(identified.event_time, @timezone) < date(identified.identified_at, @timezone)
    group by session_events.session_id
),

looks as (
    select
        session_products.user_id,
        session_products.product_id,
        greatest(
            date(session_products.first_viewed_at, @timezone),
            coalesce(late_sessions.identified_date, date(session_products.first_viewed_at, @timezone))
        ) as viewed_date,
        greatest(
            date(session_products.first_carted_at, @timezone),
            coalesce(late_sessions.identified_date, date(session_products.first_carted_at, @timezone))
        ) as carted_date,
    from session_products
    left join late_sessions
        on session_products.session_id = late_sessions.session_id
    where session_products.user_id is not null
),

-- First times only: what the session did after a cut-off must not reach back.
touches as (
    select
        user_id,
        product_id,
        least(coalesce(viewed_date, carted_date), coalesce(carted_date, viewed_date)) as touch_date,
        carted_date,
    from looks
),

user_lines as (
    select
        user_id,
        product_id,
        order_id,
        order_date,
        is_cancelled,
    from order_lines
    where user_id is not null and product_id is not null
),

first_purchases as (
    select
        user_id,
        product_id,
        min(order_date) as bought_date,
    from user_lines
    where not is_cancelled
    group by user_id, product_id
),

-- A session with a product, the cart in it, which may follow after midnight, and a cancelled order of it.
interests as (
    select
        user_id,
        product_id,
        touch_date as known_date,
        touch_date as interest_date,
        1 as sessions,
        0 as carts,
        0 as cancels,
    from touches
    union all
    select
        user_id,
        product_id,
        carted_date as known_date,
        cast(null as date) as interest_date,
        0 as sessions,
        1 as carts,
        0 as cancels,
    from touches
    where carted_date is not null
    union all
    select
        user_id,
        product_id,
        order_date as known_date,
        order_date as interest_date,
        0 as sessions,
        0 as carts,
        1 as cancels,
    from user_lines
    where is_cancelled
),

-- Added up by the oldest cut-off that knows of it before anything is repeated for each cut-off: rows of all
-- cut-offs together are many times as many, and did not fit into memory.
interest_sums as (
    select
        user_id,
        product_id,
        least(div(date_diff(@as_of, known_date, day), @propensity_horizon_days), 6) as known_from,
        max(interest_date) as interest_date,
        sum(sessions) as sessions,
        sum(carts) as carts,
        sum(cancels) as cancels,
    from interests
    where known_date <= @as_of
    group by user_id, product_id, known_from
),

interest_states as (
    select
        user_id,
        product_id,
        known_from,
        coalesce(lead(known_from) over from_oldest, -1) as overtaken_from,
        max(interest_date) over up_to_here as interest_date,
        sum(sessions) over up_to_here as sessions,
        sum(carts) over up_to_here > 0 as is_carted,
        sum(cancels) over up_to_here > 0 as is_cancelled,
        sessions > 0 and sum(sessions) over up_to_here = sessions as is_first_look,
    from interest_sums
    window
        from_oldest as (partition by user_id, product_id order by known_from desc),
        up_to_here as (
            partition by user_id, product_id order by known_from desc
            rows between unbounded preceding and current row
        )
),

interest_purchases as (
    select
        interest_states.user_id,
        interest_states.product_id,
        interest_states.known_from,
        interest_states.overtaken_from,
        interest_states.interest_date,
        interest_states.sessions,
        interest_states.is_carted,
        interest_states.is_cancelled,
        interest_states.is_first_look,
        first_purchases.bought_date,
    from interest_states
    left join first_purchases
        on
            interest_states.user_id = first_purchases.user_id
            and interest_states.product_id = first_purchases.product_id
),

user_orders as (
    select
        user_id,
        order_id,
        min(order_date) as order_date,
    from user_lines
    group by user_id, order_id
),

-- Orders placed: whether one was cancelled later was not known on the day.
user_acts as (
    select
        user_id,
        touch_date as active_date,
        false as is_order,
    from touches
    union all
    select
        user_id,
        order_date as active_date,
        true as is_order,
    from user_orders
),

user_sums as (
    select
        user_id,
        least(div(date_diff(@as_of, active_date, day), @propensity_horizon_days), 6) as known_from,
        max(active_date) as active_date,
        countif(is_order) as orders,
    from user_acts
    where active_date <= @as_of
    group by user_id, known_from
),

user_states as (
    select
        user_id,
        known_from,
        coalesce(lead(known_from) over from_oldest, -1) as overtaken_from,
        max(active_date) over up_to_here as active_date,
        sum(orders) over up_to_here as orders,
    from user_sums
    window
        from_oldest as (partition by user_id order by known_from desc),
        up_to_here as (
            partition by user_id order by known_from desc
            rows between unbounded preceding and current row
        )
),

user_histories as (
    select
        spans.cut_date,
        user_states.user_id,
        user_states.active_date,
        user_states.orders,
    from user_states
    inner join spans
        on
            user_states.known_from = spans.known_from
            and user_states.overtaken_from = spans.overtaken_from
),

first_looks as (
    select
        product_id,
        known_from,
        count(*) as viewers,
    from interest_purchases
    where is_first_look
    group by product_id, known_from
),

product_viewers as (
    select
        cut_offs.cut_date,
        first_looks.product_id,
        sum(first_looks.viewers) as viewers,
    from first_looks
    inner join cut_offs
        on cut_offs.window_number <= first_looks.known_from
    group by cut_offs.cut_date, first_looks.product_id
),

first_orders as (
    select
        user_id,
        product_id,
        min(order_date) as order_date,
    from user_lines
    group by user_id, product_id
),

product_buyers as (
    select
        cut_offs.cut_date,
        first_orders.product_id,
        count(*) as buyers,
    from first_orders
    inner join cut_offs
        on first_orders.order_date <= cut_offs.cut_date
    group by cut_offs.cut_date, first_orders.product_id
),

recent_product_buyers as (
    select
        cut_offs.cut_date,
        user_lines.product_id,
        count(distinct user_lines.user_id) as buyers,
    from user_lines
    inner join cut_offs
        on
            user_lines.order_date <= cut_offs.cut_date
            and user_lines.order_date
            > date_sub(cut_offs.cut_date, interval 3 * @propensity_horizon_days day)
    group by cut_offs.cut_date, user_lines.product_id
),

-- From the states and not from the pairs, which would have to be kept to be read twice.
candidate_products as (
    select distinct
        spans.cut_date,
        interest_purchases.product_id,
    from interest_purchases
    inner join spans
        on
            interest_purchases.known_from = spans.known_from
            and interest_purchases.overtaken_from = spans.overtaken_from
    where interest_purchases.bought_date is null or interest_purchases.bought_date > spans.cut_date
),

product_counts as (
    select
        candidate_products.cut_date,
        candidate_products.product_id,
        coalesce(product_viewers.viewers, 0) as viewers,
        coalesce(product_buyers.buyers, 0) as buyers,
        coalesce(recent_product_buyers.buyers, 0) as recent_buyers,
    from candidate_products
    left join product_viewers
        on
            candidate_products.cut_date = product_viewers.cut_date
            and candidate_products.product_id = product_viewers.product_id
    left join product_buyers
        on
            candidate_products.cut_date = product_buyers.cut_date
            and candidate_products.product_id = product_buyers.product_id
    left join recent_product_buyers
        on
            candidate_products.cut_date = recent_product_buyers.cut_date
            and candidate_products.product_id = recent_product_buyers.product_id
),

shop_rates as (
    select
        cut_date,
        safe_divide(sum(buyers), sum(viewers)) as purchase_rate,
    from product_counts
    group by cut_date
),

-- Ten viewers of an average product are added, so that one lucky sale does not make a best-seller.
product_rates as (
    select
        product_counts.cut_date,
        product_counts.product_id,
        product_counts.buyers,
        product_counts.recent_buyers,
        safe_divide(
            product_counts.buyers + 10 * coalesce(shop_rates.purchase_rate, 0),
            product_counts.viewers + 10
        ) as purchase_rate,
    from product_counts
    inner join shop_rates
        on product_counts.cut_date = shop_rates.cut_date
),

product_ranks as (
    select
        cut_date,
        product_id,
        buyers,
        percent_rank() over (partition by cut_date order by recent_buyers) as popularity,
        percent_rank() over (partition by cut_date order by purchase_rate) as purchase_rank,
    from product_rates
),

pairs as (
    select
        spans.split,
        spans.cut_date,
        interest_purchases.user_id,
        interest_purchases.product_id,
        interest_purchases.interest_date,
        interest_purchases.sessions,
        interest_purchases.is_carted,
        interest_purchases.is_cancelled,
        coalesce(
            interest_purchases.bought_date <= date_add(spans.cut_date, interval @propensity_horizon_days day), false
        ) as is_bought,
    from interest_purchases
    inner join spans
        on
            interest_purchases.known_from = spans.known_from
            and interest_purchases.overtaken_from = spans.overtaken_from
    where interest_purchases.bought_date is null or interest_purchases.bought_date > spans.cut_date
),

-- Bands, not values: pairs that are alike travel as one row of counts.
final as (
    select
        pairs.split,
        pairs.cut_date,
        pairs.user_id,
        pairs.product_id,
        case
            when pairs.is_cancelled then 'cancelled'
            when pairs.is_carted then 'carted'
            else 'viewed'
        end as reason,
        least(pairs.sessions, 3) as sessions_band,
        case
            when date_diff(pairs.cut_date, pairs.interest_date, day) < 7 then 0
            when date_diff(pairs.cut_date, pairs.interest_date, day) < 30 then 7
            else 30
        end as interest_days_band,
        case
            when date_diff(pairs.cut_date, user_histories.active_date, day) < 3 then 0
            when date_diff(pairs.cut_date, user_histories.active_date, day) < 7 then 3
            when date_diff(pairs.cut_date, user_histories.active_date, day) < 14 then 7
            when date_diff(pairs.cut_date, user_histories.active_date, day) < 30 then 14
            when date_diff(pairs.cut_date, user_histories.active_date, day) < 60 then 30
            when date_diff(pairs.cut_date, user_histories.active_date, day) < 90 then 60
            else 90
        end as active_days_band,
        least(user_histories.orders, 2) as orders_band,
        least(cast(floor(product_ranks.popularity * 6) as int64), 5) as popularity_band,
        least(cast(floor(product_ranks.purchase_rank * 3) as int64), 2) as purchase_rate_band,
        product_ranks.buyers as product_buyers,
        if(pairs.split = 'score', null, pairs.is_bought) as is_bought,
    from pairs
    inner join user_histories
        on
            pairs.cut_date = user_histories.cut_date
            and pairs.user_id = user_histories.user_id
    inner join product_ranks
        on
            pairs.cut_date = product_ranks.cut_date
            and pairs.product_id = product_ranks.product_id
)

select * from final
