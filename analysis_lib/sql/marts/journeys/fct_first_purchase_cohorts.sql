-- purpose: how long the way to the first purchase is, by cohort and first traffic source.
-- grain: one row a cohort and first traffic source.
-- inputs: fct_first_purchase_journeys, fct_first_purchase_curves.

with

journeys as (
    select * from fct_first_purchase_journeys
),

curves as (
    select * from fct_first_purchase_curves
),

buyers as (
    select
        format_date('%Y-%m', cohort_date) as cohort,
        coalesce(first_traffic_source, '(not set)') as traffic_source,
        cast(sessions_before as float64) as sessions_before,
        days_to_purchase,
        minutes_on_site_before,
        median_session_duration_before,
    from journeys
    where converted = 1
),

-- Everybody counts four times: in the month and the whole shop, in the source and all of them.
views as (
    select
        is_of_one_month,
        is_of_one_source,
    from unnest([true, false]) as is_of_one_month
    cross join unnest([true, false]) as is_of_one_source
),

view_buyers as (
    select
        if(views.is_of_one_month, buyers.cohort, '(all)') as cohort,
        if(views.is_of_one_source, buyers.traffic_source, '(all)') as traffic_source,
        buyers.sessions_before,
        buyers.days_to_purchase,
        buyers.minutes_on_site_before,
        buyers.median_session_duration_before,
    from buyers
    cross join views
),

-- Over buyers, one value each, so that nobody weighs more for having come more often.
quartiles as (
    select distinct
        cohort,
        traffic_source,
        count(*) over buyers_of_cohort as buyers,
        percentile_cont(sessions_before, 0.25) over buyers_of_cohort as p25_sessions_before,
        percentile_cont(sessions_before, 0.5) over buyers_of_cohort as median_sessions_before,
        percentile_cont(sessions_before, 0.75) over buyers_of_cohort as p75_sessions_before,
        percentile_cont(days_to_purchase, 0.25) over buyers_of_cohort as p25_days_to_purchase,
        percentile_cont(days_to_purchase, 0.5) over buyers_of_cohort as median_days_to_purchase,
        percentile_cont(days_to_purchase, 0.75) over buyers_of_cohort as p75_days_to_purchase,
        percentile_cont(minutes_on_site_before, 0.25) over buyers_of_cohort as p25_minutes_on_site_before,
        percentile_cont(minutes_on_site_before, 0.5) over buyers_of_cohort as median_minutes_on_site_before,
        percentile_cont(minutes_on_site_before, 0.75) over buyers_of_cohort as p75_minutes_on_site_before,
        percentile_cont(median_session_duration_before, 0.25) over buyers_of_cohort
            as p25_median_session_duration_before,
        percentile_cont(median_session_duration_before, 0.5) over buyers_of_cohort
            as median_median_session_duration_before,
        percentile_cont(median_session_duration_before, 0.75) over buyers_of_cohort
            as p75_median_session_duration_before,
    from view_buyers
    window buyers_of_cohort as (partition by cohort, traffic_source)
),

shares as (
    select
        cohort,
        traffic_source,
        cohort_kind,
        cohort_month,
        visitors,
        max(if(day = 1, converted_share, null)) as converted_share_1d,
        max(if(day = 1, lower, null)) as converted_share_1d_lower,
        max(if(day = 1, upper, null)) as converted_share_1d_upper,
        max(if(day = 7, converted_share, null)) as converted_share_7d,
        max(if(day = 7, lower, null)) as converted_share_7d_lower,
        max(if(day = 7, upper, null)) as converted_share_7d_upper,
        max(if(day = 30, converted_share, null)) as converted_share_30d,
        max(if(day = 30, lower, null)) as converted_share_30d_lower,
        max(if(day = 30, upper, null)) as converted_share_30d_upper,
        max(if(day = 90, converted_share, null)) as converted_share_90d,
        max(if(day = 90, lower, null)) as converted_share_90d_lower,
        max(if(day = 90, upper, null)) as converted_share_90d_upper,
    from curves
    group by cohort, traffic_source, cohort_kind, cohort_month, visitors
),

final as (
    select
        shares.cohort,
        shares.traffic_source,
        shares.cohort_kind,
        shares.cohort_month,
        shares.visitors,
        coalesce(quartiles.buyers, 0) as buyers,
        quartiles.p25_sessions_before,
        quartiles.median_sessions_before,
        quartiles.p75_sessions_before,
        quartiles.p25_days_to_purchase,
        quartiles.median_days_to_purchase,
        quartiles.p75_days_to_purchase,
        quartiles.p25_minutes_on_site_before,
        quartiles.median_minutes_on_site_before,
        quartiles.p75_minutes_on_site_before,
        quartiles.p25_median_session_duration_before,
        quartiles.median_median_session_duration_before,
        quartiles.p75_median_session_duration_before,
        shares.converted_share_1d,
        shares.converted_share_1d_lower,
        shares.converted_share_1d_upper,
        shares.converted_share_7d,
        shares.converted_share_7d_lower,
        shares.converted_share_7d_upper,
        shares.converted_share_30d,
        shares.converted_share_30d_lower,
        shares.converted_share_30d_upper,
        shares.converted_share_90d,
        shares.converted_share_90d_lower,
        shares.converted_share_90d_upper,
    from shares
    left join quartiles
        on
            shares.cohort = quartiles.cohort
            and shares.traffic_source = quartiles.traffic_source
)

select * from final
