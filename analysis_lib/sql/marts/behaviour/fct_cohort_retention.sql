-- purpose: who comes back and who buys again, by cohort and time since its start.
-- grain: one row a cohort kind, cohort period and number of periods since.
-- inputs: fct_sessions (optional), int_orders (optional), stg_order_items (optional).

with

sessions as (
    select * from fct_sessions
),

orders as (
    select * from int_orders
),

order_items as (
    select * from stg_order_items
),

-- Without any order line orders are unknown, not none: as in fct_sessions.
shop_orders as (
    select count(*) > 0 as has_orders,
    from order_items
),

-- Whether somebody bought again can only be told of known visitors.
visitor_orders as (
    select
        visitor_id,
        order_date,
        order_number,
        net_revenue,
    from orders
    where is_counted and visitor_id is not null
),

visitor_starts as (
    select
        visitor_id,
        session_date as first_date,
        user_id is not null as has_user,
    from sessions
    where is_first_session
),

buyer_starts as (
    select
        visitor_id,
        date_trunc(order_date, month) as cohort_period,
    from visitor_orders
    where order_number = 1
),

-- Everybody of a cohort is active in its first period, so only later ones have to be counted.
later_days as (
    select distinct
        visitor_starts.visitor_id,
        visitor_starts.has_user,
        visitor_starts.first_date,
        sessions.session_date,
    from sessions
    inner join visitor_starts
        on
            sessions.visitor_id = visitor_starts.visitor_id
            and sessions.session_date > visitor_starts.first_date
    where not sessions.is_first_session
),

later_weeks as (
    select distinct
        visitor_id,
        has_user,
        date_trunc(first_date, week(monday)) as cohort_period,
        date_trunc(session_date, week(monday)) as active_period,
    from later_days
),

later_months as (
    select distinct
        buyer_starts.visitor_id,
        buyer_starts.cohort_period,
        date_trunc(visitor_orders.order_date, month) as active_period,
    from buyer_starts
    inner join visitor_orders
        on buyer_starts.visitor_id = visitor_orders.visitor_id
),

activity as (
    select
        'day' as unit,
        first_date as cohort_period,
        date_diff(session_date, first_date, day) as period_number,
        count(*) as visitors,
        countif(has_user) as users,
    from later_days
    where date_diff(session_date, first_date, day) <= 30
    group by cohort_period, period_number
    union all
    select
        'week' as unit,
        cohort_period,
        cast(date_diff(active_period, cohort_period, day) / 7 as int64) as period_number,
        count(*) as visitors,
        countif(has_user) as users,
    from later_weeks
    where date_diff(active_period, cohort_period, day) between 1 and 52 * 7
    group by cohort_period, period_number
    union all
    select
        'month' as unit,
        cohort_period,
        date_diff(active_period, cohort_period, month) as period_number,
        count(*) as visitors,
        count(*) as users,
    from later_months
    where active_period > cohort_period
    group by cohort_period, period_number
),

-- An order before the visitor's first session falls into no period since it.
order_days as (
    select
        visitor_starts.first_date,
        date_trunc(visitor_starts.first_date, week(monday)) as first_week,
        visitor_starts.has_user,
        visitor_orders.order_date,
        date_trunc(visitor_orders.order_date, week(monday)) as order_week,
        count(*) as orders,
        sum(visitor_orders.net_revenue) as net_revenue,
    from visitor_starts
    inner join visitor_orders
        on visitor_starts.visitor_id = visitor_orders.visitor_id
    group by visitor_starts.first_date, visitor_starts.has_user, visitor_orders.order_date
),

order_periods as (
    select
        'day' as unit,
        first_date as cohort_period,
        date_diff(order_date, first_date, day) as period_number,
        has_user,
        orders,
        net_revenue,
    from order_days
    where date_diff(order_date, first_date, day) between 0 and 30
    union all
    select
        'week' as unit,
        first_week as cohort_period,
        cast(date_diff(order_week, first_week, day) / 7 as int64) as period_number,
        has_user,
        orders,
        net_revenue,
    from order_days
    where date_diff(order_week, first_week, day) between 0 and 52 * 7
    union all
    select
        'month' as unit,
        buyer_starts.cohort_period,
        date_diff(date_trunc(visitor_orders.order_date, month), buyer_starts.cohort_period, month) as period_number,
        true as has_user,
        1 as orders,
        visitor_orders.net_revenue,
    from buyer_starts
    inner join visitor_orders
        on buyer_starts.visitor_id = visitor_orders.visitor_id
),

revenue as (
    select
        unit,
        cohort_period,
        period_number,
        sum(orders) as orders,
        sum(if(has_user, orders, 0)) as user_orders,
        sum(net_revenue) as net_revenue,
        sum(if(has_user, net_revenue, 0)) as user_net_revenue,
    from order_periods
    group by unit, cohort_period, period_number
),

sizes as (
    select
        'day' as unit,
        first_date as cohort_period,
        count(*) as visitors,
        countif(has_user) as users,
    from visitor_starts
    group by cohort_period
    union all
    select
        'week' as unit,
        date_trunc(first_date, week(monday)) as cohort_period,
        count(*) as visitors,
        countif(has_user) as users,
    from visitor_starts
    group by cohort_period
    union all
    select
        'month' as unit,
        cohort_period,
        count(*) as visitors,
        count(*) as users,
    from buyer_starts
    group by cohort_period
),

kinds as (
    select
        'first_activity_day' as cohort_kind,
        'day' as unit,
        false as is_users_only,
        30 as last_number,
    union all
    select
        'first_activity_week' as cohort_kind,
        'week' as unit,
        false as is_users_only,
        52 as last_number,
    union all
    select
        'user_activity_day' as cohort_kind,
        'day' as unit,
        true as is_users_only,
        30 as last_number,
    union all
    select
        'user_activity_week' as cohort_kind,
        'week' as unit,
        true as is_users_only,
        52 as last_number,
    union all
    select
        'first_order_month' as cohort_kind,
        'month' as unit,
        false as is_users_only,
        cast(null as int64) as last_number,
),

cohorts as (
    select
        kinds.cohort_kind,
        kinds.unit,
        kinds.is_users_only,
        kinds.last_number,
        sizes.cohort_period,
        if(kinds.is_users_only, sizes.users, sizes.visitors) as cohort_size,
    from kinds
    inner join sizes
        on kinds.unit = sizes.unit
    where if(kinds.is_users_only, sizes.users, sizes.visitors) > 0
),

newest_numbers as (
    select
        cohort_kind,
        max(last_number) as last_number,
        case max(unit)
            when 'day' then date_diff(@as_of, min(cohort_period), day)
            when 'week' then
                cast(date_diff(date_trunc(@as_of, week(monday)), min(cohort_period), day) / 7 as int64)
            else date_diff(date_trunc(@as_of, month), min(cohort_period), month)
        end as newest_number,
    from cohorts
    group by cohort_kind
),

-- A table drawn from these rows is rectangular: each cohort of a kind has the periods of the oldest.
numbers as (
    select
        newest_numbers.cohort_kind,
        period_number,
    from newest_numbers
    cross join unnest(
        generate_array(0, least(newest_number, coalesce(last_number, newest_number)))
    ) as period_number
),

cells as (
    select
        cohorts.cohort_kind,
        cohorts.unit,
        cohorts.is_users_only,
        cohorts.cohort_period,
        cohorts.cohort_size,
        numbers.period_number,
        case cohorts.unit
            when 'day' then date_add(cohorts.cohort_period, interval numbers.period_number day)
            when 'week' then date_add(cohorts.cohort_period, interval (7 * numbers.period_number + 6) day)
            else last_day(date_add(cohorts.cohort_period, interval numbers.period_number month), month)
        end <= @as_of as is_observable,
    from cohorts
    inner join numbers
        on cohorts.cohort_kind = numbers.cohort_kind
),

-- A period that as_of cuts, or that lies after it, is not known; an observable one without anybody is 0.
filled as (
    select
        cells.cohort_kind,
        cells.cohort_period,
        cells.period_number,
        cells.cohort_size,
        cells.is_observable,
        case
            when cells.period_number = 0 then cells.cohort_size
            when cells.is_observable then
                coalesce(if(cells.is_users_only, activity.users, activity.visitors), 0)
        end as active,
        if(
            cells.is_observable and shop_orders.has_orders,
            coalesce(if(cells.is_users_only, revenue.user_orders, revenue.orders), 0),
            null
        ) as orders,
        if(
            cells.is_observable and shop_orders.has_orders,
            coalesce(if(cells.is_users_only, revenue.user_net_revenue, revenue.net_revenue), 0),
            null
        ) as net_revenue,
    from cells
    cross join shop_orders
    left join activity
        on
            cells.unit = activity.unit
            and cells.cohort_period = activity.cohort_period
            and cells.period_number = activity.period_number
    left join revenue
        on
            cells.unit = revenue.unit
            and cells.cohort_period = revenue.cohort_period
            and cells.period_number = revenue.period_number
),

accumulated as (
    select
        *,
        first_value(net_revenue) over periods_so_far as first_net_revenue,
        sum(net_revenue) over periods_so_far as cumulative_net_revenue,
    from filled
    window periods_so_far as (
        partition by cohort_kind, cohort_period
        order by period_number
        rows between unbounded preceding and current row
    )
),

final as (
    select
        cohort_kind,
        cohort_period,
        period_number,
        cohort_size,
        is_observable,
        active,
        safe_divide(active, cohort_size) as retention_rate,
        orders,
        net_revenue,
        safe_divide(cast(net_revenue as float64), cast(first_net_revenue as float64)) as revenue_retention,
        if(
            net_revenue is null,
            null,
            safe_divide(cast(cumulative_net_revenue as float64), cohort_size)
        ) as cumulative_net_revenue_per_customer,
    from accumulated
)

select * from final
