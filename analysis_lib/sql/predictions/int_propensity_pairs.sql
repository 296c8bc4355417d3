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
        case window_number when 0 then 'score' when 1 then 'test' else 'train' end as split,
        date_sub(@as_of, interval window_number * @propensity_horizon_days day) as cut_date,
    from unnest(generate_array(0, 6)) as window_number
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

interests as (
    select
        user_id,
        product_id,
        touch_date as interest_date,
        carted_date,
        false as is_cancelled,
    from touches
    union all
    select
        user_id,
        product_id,
        order_date as interest_date,
        null as carted_date,
        true as is_cancelled,
    from user_lines
    where is_cancelled
),

pairs as (
    select
        cut_offs.split,
        cut_offs.cut_date,
        interests.user_id,
        interests.product_id,
        max(interests.interest_date) as interest_date,
        countif(not interests.is_cancelled) as sessions,
        coalesce(logical_or(interests.carted_date <= cut_offs.cut_date), false) as is_carted,
        logical_or(interests.is_cancelled) as is_cancelled,
        coalesce(
            min(first_purchases.bought_date)
            <= date_add(cut_offs.cut_date, interval @propensity_horizon_days day),
            false
        ) as is_bought,
    from interests
    left join first_purchases
        on
            interests.user_id = first_purchases.user_id
            and interests.product_id = first_purchases.product_id
    inner join cut_offs
        on
            interests.interest_date <= cut_offs.cut_date
            and (first_purchases.bought_date is null or first_purchases.bought_date > cut_offs.cut_date)
    group by cut_offs.split, cut_offs.cut_date, interests.user_id, interests.product_id
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

candidate_users as (
    select distinct
        cut_date,
        user_id,
    from pairs
),

user_histories as (
    select
        candidate_users.cut_date,
        candidate_users.user_id,
        max(user_acts.active_date) as active_date,
        countif(user_acts.is_order) as orders,
    from candidate_users
    inner join user_acts
        on
            candidate_users.user_id = user_acts.user_id
            and candidate_users.cut_date >= user_acts.active_date
    group by candidate_users.cut_date, candidate_users.user_id
),

first_looks as (
    select
        user_id,
        product_id,
        min(touch_date) as touch_date,
    from touches
    group by user_id, product_id
),

product_viewers as (
    select
        cut_offs.cut_date,
        first_looks.product_id,
        count(*) as viewers,
    from first_looks
    inner join cut_offs
        on first_looks.touch_date <= cut_offs.cut_date
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

candidate_products as (
    select distinct
        cut_date,
        product_id,
    from pairs
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
