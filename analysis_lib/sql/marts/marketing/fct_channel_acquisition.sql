-- purpose: what the customers of each traffic source and month cost, bought and are worth.
-- grain: one row a traffic source and cohort month with a user or ad spend.
-- inputs: dim_customers, int_orders, dim_traffic_sources, fct_sessions (optional), stg_marketing_spend
-- (optional), stg_order_items.

with

order_items as (
    select * from stg_order_items
),

customers as (
    select * from dim_customers
),

orders as (
    select * from int_orders
),

traffic_sources as (
    select * from dim_traffic_sources
),

sessions as (
    select * from fct_sessions
),

marketing_spend as (
    select * from stg_marketing_spend
),

-- Sign-ups may be written in other words than visits; where both are known, the visit's count, which
-- are those of the sessions and of the ad spend.
first_sources as (
    select
        user_id,
        any_value(traffic_source having min started_at) as traffic_source,
    from sessions
    where
        user_id is not null
        and traffic_source is not null
    group by user_id
),

first_orders as (
    select
        user_id,
        min(order_date) as first_order_date,
    from orders
    where user_id is not null
    group by user_id
),

first_days as (
    select
        customers.user_id,
        coalesce(
            first_sources.traffic_source,
            customers.acquisition_source,
            '(not set)'
        ) as traffic_source,
        date(customers.signed_up_at, @timezone) as signed_up_date,
        date(customers.first_event_at, @timezone) as first_event_date,
        first_orders.first_order_date,
        customers.orders,
        customers.net_revenue,
        customers.gross_profit,
    from customers
    left join first_sources
        on customers.user_id = first_sources.user_id
    left join first_orders
        on customers.user_id = first_orders.user_id
),

acquired as (
    select
        user_id,
        traffic_source,
        least(
            coalesce(signed_up_date, first_event_date, first_order_date),
            coalesce(first_event_date, first_order_date, signed_up_date),
            coalesce(first_order_date, signed_up_date, first_event_date)
        ) as acquired_date,
        orders,
        net_revenue,
        gross_profit,
    from first_days
),

-- Whoever is in dim_customers signed up, was seen or ordered, so one of the days is known.
members as (
    select
        *,
        date_trunc(acquired_date, month) as cohort_month,
    from acquired
    where acquired_date is not null
),

-- A shop that states no cost at all does not know its costs: they are NULL then, not zero. Judged on all
-- lines, as in int_order_lines.
costs_known as (
    select coalesce(logical_or(unit_cost is not null), true) as has_costs,
    from order_items
),

cohorts as (
    select
        traffic_source,
        cohort_month,
        count(*) as users,
        countif(orders > 0) as buyers,
        sum(orders) as orders,
        sum(net_revenue) as net_revenue,
        sum(gross_profit) as gross_profit,
    from members
    group by traffic_source, cohort_month
),

profit_days as (
    select
        members.traffic_source,
        members.cohort_month,
        date_diff(orders.order_date, members.acquired_date, day) as day_number,
        sum(orders.gross_profit) as gross_profit,
    from members
    inner join orders
        on members.user_id = orders.user_id
    group by members.traffic_source, members.cohort_month, day_number
),

first_years as (
    select
        traffic_source,
        cohort_month,
        sum(gross_profit) as gross_profit_12m,
    from profit_days
    where day_number < 365
    group by traffic_source, cohort_month
),

-- Without any spend data spend is unknown, not zero: judged as in fct_daily_pnl.
spend_known as (
    select count(*) > 0 as has_spend,
    from marketing_spend
),

dated_spend as (
    select
        coalesce(platform, '(no platform)') as platform,
        date_trunc(date, month) as cohort_month,
        spend,
    from marketing_spend
    where date <= @as_of
),

platform_months as (
    select
        lower(platform) as platform_key,
        min(platform) as platform,
        cohort_month,
        sum(spend) as spend,
    from dated_spend
    group by lower(platform), cohort_month
),

-- A month that acquired nobody on a platform still cost: it stands with the source that the platform
-- brings most visits of, or under the platform's own name.
main_sources as (
    select
        lower(platform) as platform_key,
        traffic_source,
        row_number() over (
            partition by lower(platform)
            order by sessions desc, sign_ups desc, traffic_source
        ) as source_rank,
    from traffic_sources
    where platform is not null
),

platform_cohorts as (
    select
        lower(traffic_sources.platform) as platform_key,
        cohorts.traffic_source,
        cohorts.cohort_month,
        sum(cohorts.users) over (
            partition by lower(traffic_sources.platform), cohorts.cohort_month
            order by cohorts.traffic_source
            rows between unbounded preceding and current row
        ) as users_so_far,
        sum(cohorts.users) over (
            partition by lower(traffic_sources.platform), cohorts.cohort_month
        ) as platform_users,
        cohorts.users,
    from cohorts
    inner join traffic_sources
        on cohorts.traffic_source = traffic_sources.traffic_source
    where traffic_sources.platform is not null
),

-- Sources of one platform share its spend by their users, to the cent; the last takes the rest.
shared_spend as (
    select
        coalesce(
            platform_cohorts.traffic_source,
            main_sources.traffic_source,
            platform_months.platform
        ) as traffic_source,
        platform_months.cohort_month,
        if(
            coalesce(platform_cohorts.users_so_far = platform_cohorts.platform_users, true),
            platform_months.spend,
            least(
                platform_months.spend,
                round(
                    cast(
                        cast(platform_months.spend as float64)
                        * safe_divide(platform_cohorts.users_so_far, platform_cohorts.platform_users) as numeric
                    ),
                    2
                )
            )
        ) as spend_so_far,
        if(
            coalesce(platform_cohorts.users_so_far = platform_cohorts.users, true),
            cast(0 as numeric),
            least(
                platform_months.spend,
                round(
                    cast(
                        cast(platform_months.spend as float64)
                        * safe_divide(
                            platform_cohorts.users_so_far - platform_cohorts.users,
                            platform_cohorts.platform_users
                        ) as numeric
                    ),
                    2
                )
            )
        ) as spend_before,
    from platform_months
    left join platform_cohorts
        on
            platform_months.platform_key = platform_cohorts.platform_key
            and platform_months.cohort_month = platform_cohorts.cohort_month
    left join main_sources
        on
            platform_months.platform_key = main_sources.platform_key
            and main_sources.source_rank = 1
),

source_spend as (
    select
        traffic_source,
        cohort_month,
        sum(spend_so_far - spend_before) as spend,
    from shared_spend
    group by traffic_source, cohort_month
),

-- Of a source that no ad platform brings, spend is unknown, not zero.
with_spend as (
    select
        coalesce(cohorts.traffic_source, source_spend.traffic_source) as traffic_source,
        coalesce(cohorts.cohort_month, source_spend.cohort_month) as cohort_month,
        coalesce(cohorts.users, 0) as users,
        coalesce(cohorts.buyers, 0) as buyers,
        coalesce(cohorts.orders, 0) as orders,
        coalesce(cohorts.net_revenue, 0) as net_revenue,
        if(costs_known.has_costs, coalesce(cohorts.gross_profit, 0), null) as gross_profit,
        source_spend.spend,
    from cohorts
    full join source_spend
        on
            cohorts.traffic_source = source_spend.traffic_source
            and cohorts.cohort_month = source_spend.cohort_month
    cross join costs_known
),

described as (
    select
        with_spend.traffic_source,
        with_spend.cohort_month,
        last_day(with_spend.cohort_month, month) as last_date,
        with_spend.users,
        with_spend.buyers,
        with_spend.orders,
        with_spend.net_revenue,
        with_spend.gross_profit,
        if(
            spend_known.has_spend and traffic_sources.platform is not null,
            coalesce(with_spend.spend, 0),
            with_spend.spend
        ) as spend,
        coalesce(traffic_sources.channel_group, 'Unassigned') as channel_group,
    from with_spend
    cross join spend_known
    left join traffic_sources
        on with_spend.traffic_source = traffic_sources.traffic_source
),

profits_so_far as (
    select
        traffic_source,
        cohort_month,
        day_number,
        sum(gross_profit) over (
            partition by traffic_source, cohort_month
            order by day_number
            rows between unbounded preceding and current row
        ) as gross_profit_so_far,
    from profit_days
),

-- Days that not all users of the cohort have lived yet do not count: the first one is final.
paybacks as (
    select
        described.traffic_source,
        described.cohort_month,
        min(profits_so_far.day_number) as payback_days,
    from described
    inner join profits_so_far
        on
            described.traffic_source = profits_so_far.traffic_source
            and described.cohort_month = profits_so_far.cohort_month
    where
        described.spend > 0
        and profits_so_far.gross_profit_so_far >= described.spend
        and date_add(described.last_date, interval profits_so_far.day_number day) <= @as_of
    group by described.traffic_source, described.cohort_month
),

combined as (
    select
        described.*,
        described.last_date <= @as_of as is_complete,
        if(
            date_add(described.last_date, interval 364 day) <= @as_of and costs_known.has_costs,
            coalesce(first_years.gross_profit_12m, 0),
            null
        ) as gross_profit_12m,
        paybacks.payback_days,
    from described
    cross join costs_known
    left join first_years
        on
            described.traffic_source = first_years.traffic_source
            and described.cohort_month = first_years.cohort_month
    left join paybacks
        on
            described.traffic_source = paybacks.traffic_source
            and described.cohort_month = paybacks.cohort_month
),

final as (
    select
        traffic_source,
        cohort_month,
        channel_group,
        is_complete,
        users,
        buyers,
        orders,
        net_revenue,
        gross_profit,
        gross_profit_12m,
        spend,
        safe_divide(buyers, users) as buyer_rate,
        safe_divide(cast(spend as float64), buyers) as cac,
        safe_divide(cast(spend as float64), users) as cost_per_user,
        safe_divide(cast(gross_profit as float64), buyers) as ltv_to_date,
        safe_divide(cast(gross_profit_12m as float64), buyers) as ltv_12m,
        if(
            buyers > 0,
            safe_divide(cast(gross_profit_12m as float64), cast(spend as float64)),
            null
        ) as ltv_to_cac,
        payback_days,
    from combined
)

select * from final
