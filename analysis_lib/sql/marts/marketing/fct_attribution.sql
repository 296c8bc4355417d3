-- purpose: which visits earned each order, by six models of attribution.
-- grain: one row a counted order, attribution model and touch that earns credit.
-- inputs: int_orders, fct_sessions, dim_traffic_sources, int_campaign_platforms (optional).

with

orders as (
    select * from int_orders
),

sessions as (
    select * from fct_sessions
),

traffic_sources as (
    select * from dim_traffic_sources
),

campaign_platforms as (
    select * from int_campaign_platforms
),

attribution_models as (
    select attribution_model,
    from unnest(
        ['last_touch', 'last_non_direct', 'first_touch', 'linear', 'position_based', 'time_decay']
    ) as attribution_model
),

counted_orders as (
    select
        order_id,
        user_id,
        visitor_id,
        created_at,
        order_date,
        order_number = 1 as is_new_customer,
        net_revenue,
    from orders
    where is_counted
),

-- Compared in microseconds: a visit exactly as old as the look-back still earns.
order_touches as (
    select
        counted_orders.order_id,
        sessions.session_id,
        sessions.started_at as touch_at,
        sessions.traffic_source,
        sessions.campaign_id,
        timestamp_diff(counted_orders.created_at, sessions.started_at, microsecond) as age,
    from counted_orders
    inner join sessions
        on
            counted_orders.visitor_id = sessions.visitor_id
            and sessions.started_at <= counted_orders.created_at
    where
        sessions.traffic_source is not null
        and timestamp_diff(counted_orders.created_at, sessions.started_at, microsecond)
        <= @attribution_lookback_days * 86400000000
),

numbered as (
    select
        order_touches.order_id,
        order_touches.session_id,
        order_touches.touch_at,
        order_touches.traffic_source,
        traffic_sources.channel_group,
        order_touches.campaign_id,
        coalesce(campaign_platforms.platform, traffic_sources.platform) as platform,
        order_touches.age,
        traffic_sources.is_direct,
        row_number() over (
            partition by order_touches.order_id
            order by order_touches.touch_at, order_touches.session_id
        ) as touch_number,
        count(*) over (partition by order_touches.order_id) as touches,
        min(order_touches.age) over (partition by order_touches.order_id) as last_age,
    from order_touches
    inner join traffic_sources
        on order_touches.traffic_source = traffic_sources.traffic_source
    left join campaign_platforms
        on order_touches.campaign_id = campaign_platforms.campaign_id
),

-- Half the weight for every seven days. Only the proportions count, so the last touch weighs 2^40 and
-- all weights are whole numbers, whose sums do not depend on the order of summation.
decayed as (
    select
        *,
        cast(1099511627776 * pow(2, (last_age - age) / 604800000000) as int64) as decay,
        coalesce(
            max(if(is_direct, null, touch_number)) over (partition by order_id),
            touches
        ) as last_non_direct_number,
    from numbered
),

weighed as (
    select
        *,
        sum(decay) over (
            partition by order_id
            order by touch_number
            rows between unbounded preceding and current row
        ) as decay_so_far,
        sum(decay) over (partition by order_id) as decay_sum,
    from decayed
),

-- Each model gives a touch a weight of a sum of weights; `so_far` sums the weights up to the touch.
weights as (
    select
        *,
        'last_touch' as attribution_model,
        1 as weight,
        1 as so_far,
        1 as weight_sum,
    from weighed
    where touch_number = touches
    union all
    select
        *,
        'last_non_direct' as attribution_model,
        1 as weight,
        1 as so_far,
        1 as weight_sum,
    from weighed
    where touch_number = last_non_direct_number
    union all
    select
        *,
        'first_touch' as attribution_model,
        1 as weight,
        1 as so_far,
        1 as weight_sum,
    from weighed
    where touch_number = 1
    union all
    select
        *,
        'linear' as attribution_model,
        1 as weight,
        touch_number as so_far,
        touches as weight_sum,
    from weighed
    union all
    -- 40 % to the first and to the last, 20 % to those between; half each where there are two.
    select
        *,
        'position_based' as attribution_model,
        if(touches > 2 and touch_number in (1, touches), 2 * (touches - 2), 1) as weight,
        case
            when touches <= 2 then touch_number
            when touch_number = touches then 5 * (touches - 2)
            else 2 * (touches - 2) + touch_number - 1
        end as so_far,
        if(touches > 2, 5 * (touches - 2), touches) as weight_sum,
    from weighed
    union all
    select
        *,
        'time_decay' as attribution_model,
        decay as weight,
        decay_so_far as so_far,
        decay_sum as weight_sum,
    from weighed
    where decay > 0
),

touch_credits as (
    select
        order_id,
        attribution_model,
        touch_number,
        session_id,
        touch_at,
        traffic_source,
        channel_group,
        campaign_id,
        platform,
        age,
        weight,
        so_far,
        weight_sum,
    from weights
),

-- An order without any touch is shown as such, so that no revenue is lost or given away.
unattributed as (
    select
        counted_orders.order_id,
        attribution_models.attribution_model,
        0 as touch_number,
        cast(null as string) as session_id,
        cast(null as timestamp) as touch_at,
        '(unattributed)' as traffic_source,
        '(unattributed)' as channel_group,
        cast(null as string) as campaign_id,
        cast(null as string) as platform,
        cast(null as int64) as age,
        1 as weight,
        1 as so_far,
        1 as weight_sum,
    from counted_orders
    cross join attribution_models
    left join numbered
        on
            counted_orders.order_id = numbered.order_id
            and numbered.touch_number = 1
    where numbered.order_id is null
),

credits as (
    select * from touch_credits
    union all
    select * from unattributed
),

-- What is earned up to a touch is rounded to the cent, and a touch gets what it adds to it; the last
-- one takes the rest, so that the sum over an order is exact.
booked as (
    select
        credits.*,
        counted_orders.order_date,
        counted_orders.user_id,
        counted_orders.is_new_customer,
        if(
            credits.so_far = credits.weight_sum,
            counted_orders.net_revenue,
            least(
                counted_orders.net_revenue,
                round(
                    cast(
                        cast(counted_orders.net_revenue as float64)
                        * safe_divide(credits.so_far, credits.weight_sum) as numeric
                    ),
                    2
                )
            )
        ) as revenue_so_far,
        if(
            credits.so_far = credits.weight,
            cast(0 as numeric),
            least(
                counted_orders.net_revenue,
                round(
                    cast(
                        cast(counted_orders.net_revenue as float64)
                        * safe_divide(credits.so_far - credits.weight, credits.weight_sum) as numeric
                    ),
                    2
                )
            )
        ) as revenue_before,
    from credits
    inner join counted_orders
        on credits.order_id = counted_orders.order_id
),

final as (
    select
        order_id,
        attribution_model,
        touch_number,
        session_id,
        touch_at,
        traffic_source,
        channel_group,
        campaign_id,
        platform,
        order_date,
        user_id,
        is_new_customer,
        age / 86400000000 as days_before_order,
        safe_divide(weight, weight_sum) as credit,
        revenue_so_far - revenue_before as credited_revenue,
        safe_divide(weight, weight_sum) as credited_orders,
    from booked
)

select * from final
