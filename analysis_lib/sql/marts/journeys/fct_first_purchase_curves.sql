-- purpose: which share of a cohort has bought, day by day since the first session.
-- grain: one row a cohort, first traffic source and day since the first session, 0 to 90.
-- inputs: fct_first_purchase_journeys.

with

journeys as (
    select * from fct_first_purchase_journeys
),

visitors as (
    select
        format_date('%Y-%m', cohort_date) as cohort,
        date_trunc(cohort_date, month) as cohort_month,
        coalesce(first_traffic_source, '(not set)') as traffic_source,
        converted,
        observed_days,
    from journeys
),

-- Everybody counts four times: in the month and the whole shop, in the source and all of them.
views as (
    select
        is_of_one_month,
        is_of_one_source,
    from unnest([true, false]) as is_of_one_month
    cross join unnest([true, false]) as is_of_one_source
),

source_sizes as (
    select
        cohort,
        cohort_month,
        traffic_source,
        count(*) as visitors,
    from visitors
    group by cohort, cohort_month, traffic_source
),

view_sizes as (
    select
        if(views.is_of_one_month, source_sizes.cohort, '(all)') as cohort,
        if(views.is_of_one_source, source_sizes.traffic_source, '(all)') as traffic_source,
        if(views.is_of_one_month, 'month', 'all') as cohort_kind,
        if(views.is_of_one_month, source_sizes.cohort_month, null) as cohort_month,
        source_sizes.visitors,
    from source_sizes
    cross join views
),

cohorts as (
    select
        cohort,
        traffic_source,
        cohort_kind,
        cohort_month,
        sum(visitors) as visitors,
    from view_sizes
    group by cohort, traffic_source, cohort_kind, cohort_month
),

-- Who was watched for longer than the curve is in every risk set: no need to look at them one by one.
source_leavings as (
    select
        cohort,
        traffic_source,
        observed_days,
        count(*) as leaving,
        sum(converted) as buyers,
    from visitors
    where observed_days <= 90
    group by cohort, traffic_source, observed_days
),

view_leavings as (
    select
        if(views.is_of_one_month, source_leavings.cohort, '(all)') as cohort,
        if(views.is_of_one_source, source_leavings.traffic_source, '(all)') as traffic_source,
        source_leavings.observed_days,
        source_leavings.leaving,
        source_leavings.buyers,
    from source_leavings
    cross join views
),

leavings as (
    select
        cohort,
        traffic_source,
        observed_days,
        sum(leaving) as leaving,
        sum(buyers) as buyers,
    from view_leavings
    group by cohort, traffic_source, observed_days
),

left_so_far as (
    select
        *,
        sum(leaving) over (
            partition by cohort, traffic_source
            order by observed_days
            rows between unbounded preceding and current row
        ) as has_left,
    from leavings
),

-- Whoever leaves at the moment of a purchase, bought or not, was still at risk at that moment.
risk_sets as (
    select
        left_so_far.cohort,
        left_so_far.traffic_source,
        left_so_far.observed_days,
        left_so_far.buyers,
        cohorts.visitors - left_so_far.has_left + left_so_far.leaving as at_risk,
    from left_so_far
    inner join cohorts
        on
            left_so_far.cohort = cohorts.cohort
            and left_so_far.traffic_source = cohorts.traffic_source
    where left_so_far.buyers > 0
),

-- Kaplan-Meier's product as a sum of logarithms, beside Greenwood's sum. Whole numbers add up to the same
-- bits in any order. Where everybody left at risk buys, the product is 0, which has no logarithm.
purchase_days as (
    select
        cohort,
        traffic_source,
        cast(ceil(observed_days) as int64) as day,
        sum(buyers) as buyers,
        sum(cast(ln(safe_divide(nullif(at_risk - buyers, 0), at_risk)) * 1e17 as int64)) as log_survival,
        sum(
            cast(safe_divide(buyers, cast(at_risk as float64) * nullif(at_risk - buyers, 0)) * 1e18 as int64)
        ) as variance,
        max(if(buyers = at_risk, 1, 0)) as is_exhausted,
    from risk_sets
    group by cohort, traffic_source, day
),

leaving_days as (
    select
        cohort,
        traffic_source,
        cast(floor(observed_days) as int64) + 1 as day,
        sum(leaving) as leaving,
    from leavings
    group by cohort, traffic_source, day
),

grid as (
    select
        cohorts.*,
        day,
    from cohorts
    cross join unnest(generate_array(0, 90)) as day
),

accumulated as (
    select
        grid.cohort,
        grid.traffic_source,
        grid.day,
        grid.cohort_kind,
        grid.cohort_month,
        grid.visitors,
        coalesce(sum(purchase_days.buyers) over days_so_far, 0) as buyers,
        grid.visitors - coalesce(sum(leaving_days.leaving) over days_so_far, 0) as at_risk,
        coalesce(sum(purchase_days.log_survival) over days_so_far, 0) / 1e17 as log_survival,
        coalesce(sum(purchase_days.variance) over days_so_far, 0) / 1e18 as variance,
        coalesce(max(purchase_days.is_exhausted) over days_so_far, 0) = 1 as is_exhausted,
    from grid
    left join purchase_days
        on
            grid.cohort = purchase_days.cohort
            and grid.traffic_source = purchase_days.traffic_source
            and grid.day = purchase_days.day
    left join leaving_days
        on
            grid.cohort = leaving_days.cohort
            and grid.traffic_source = leaving_days.traffic_source
            and grid.day = leaving_days.day
    window days_so_far as (
        partition by grid.cohort, grid.traffic_source
        order by grid.day
        rows between unbounded preceding and current row
    )
),

-- After the last day on which one of them was watched nothing is known, unless all have bought. The interval
-- is that of log(-log survival), which neither 0 nor 1 has.
known as (
    select
        *,
        if(is_exhausted, null, log_survival) as log_estimate,
        at_risk > 0 or buyers = visitors as has_estimate,
    from accumulated
),

estimates as (
    select
        *,
        if(has_estimate, coalesce(exp(log_estimate), 0), null) as survival,
        if(
            has_estimate and log_estimate < 0,
            safe_divide(1.959963984540054 * sqrt(variance), -log_estimate),
            null
        ) as log_log_error,
    from known
),

final as (
    select
        cohort,
        traffic_source,
        day,
        cohort_kind,
        cohort_month,
        visitors,
        buyers,
        at_risk,
        1 - survival as converted_share,
        1 - exp(log_estimate * exp(-log_log_error)) as lower,
        1 - exp(log_estimate * exp(log_log_error)) as upper,
    from estimates
)

select * from final
