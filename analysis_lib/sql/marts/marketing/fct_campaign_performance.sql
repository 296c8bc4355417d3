-- purpose: what each campaign cost and earned, day by day, by each model of attribution.
-- grain: one row a day, campaign, platform and attribution model with spend, a session or an order.
-- inputs: fct_attribution, fct_sessions, dim_traffic_sources, int_campaign_platforms (optional),
--   stg_marketing_spend (optional).

with

attribution as (
    select * from fct_attribution
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

marketing_spend as (
    select * from stg_marketing_spend
),

attribution_models as (
    select attribution_model,
    from unnest(
        ['last_touch', 'last_non_direct', 'first_touch', 'linear', 'position_based', 'time_decay']
    ) as attribution_model
),

-- Credits are summed as whole trillionths, so that the sum does not depend on the order of summation.
credits as (
    select
        order_date as calendar_date,
        coalesce(campaign_id, '(no campaign)') as campaign_id,
        coalesce(platform, '(no platform)') as platform,
        attribution_model,
        cast(credit * 1000000000000 as int64) as credit_parts,
        is_new_customer,
        credited_revenue,
    from attribution
),

attributed as (
    select
        calendar_date,
        campaign_id,
        platform,
        attribution_model,
        sum(credit_parts) as order_parts,
        sum(if(is_new_customer, credit_parts, 0)) as new_customer_parts,
        sum(credited_revenue) as attributed_revenue,
    from credits
    group by calendar_date, campaign_id, platform, attribution_model
),

session_counts as (
    select
        session_date,
        traffic_source,
        campaign_id,
        count(*) as sessions,
    from sessions
    group by session_date, traffic_source, campaign_id
),

session_campaigns as (
    select
        session_counts.session_date as calendar_date,
        coalesce(session_counts.campaign_id, '(no campaign)') as campaign_id,
        coalesce(campaign_platforms.platform, traffic_sources.platform, '(no platform)') as platform,
        session_counts.sessions,
    from session_counts
    inner join traffic_sources
        on coalesce(session_counts.traffic_source, '(not set)') = traffic_sources.traffic_source
    left join campaign_platforms
        on session_counts.campaign_id = campaign_platforms.campaign_id
),

session_days as (
    select
        calendar_date,
        campaign_id,
        platform,
        sum(sessions) as attributed_sessions,
    from session_campaigns
    group by calendar_date, campaign_id, platform
),

named_spend as (
    select
        date as calendar_date,
        coalesce(campaign_id, '(no campaign)') as campaign_id,
        coalesce(platform, '(no platform)') as platform,
        spend,
        clicks,
        impressions,
    from marketing_spend
    where date <= @as_of
),

spend_days as (
    select
        calendar_date,
        campaign_id,
        platform,
        sum(spend) as spend,
        sum(clicks) as clicks,
        sum(impressions) as impressions,
    from named_spend
    group by calendar_date, campaign_id, platform
),

-- Without any spend data spend is unknown, not zero: judged as in fct_daily_pnl.
spend_known as (
    select count(*) > 0 as has_spend,
    from marketing_spend
),

campaign_days as (
    select calendar_date, campaign_id, platform from attributed
    union distinct
    select calendar_date, campaign_id, platform from session_days
    union distinct
    select calendar_date, campaign_id, platform from spend_days
),

-- What is not known of a day with spend stays unknown; a day without spend had no clicks.
combined as (
    select
        campaign_days.calendar_date,
        campaign_days.campaign_id,
        campaign_days.platform,
        attribution_models.attribution_model,
        if(spend_known.has_spend, coalesce(spend_days.spend, 0), null) as spend,
        if(spend_known.has_spend and spend_days.spend is null, 0, spend_days.clicks) as clicks,
        if(spend_known.has_spend and spend_days.spend is null, 0, spend_days.impressions) as impressions,
        coalesce(session_days.attributed_sessions, 0) as attributed_sessions,
        coalesce(attributed.order_parts, 0) / 1000000000000 as attributed_orders,
        coalesce(attributed.new_customer_parts, 0) / 1000000000000 as attributed_new_customers,
        coalesce(attributed.attributed_revenue, 0) as attributed_revenue,
    from campaign_days
    cross join attribution_models
    cross join spend_known
    left join attributed
        on
            campaign_days.calendar_date = attributed.calendar_date
            and campaign_days.campaign_id = attributed.campaign_id
            and campaign_days.platform = attributed.platform
            and attribution_models.attribution_model = attributed.attribution_model
    left join session_days
        on
            campaign_days.calendar_date = session_days.calendar_date
            and campaign_days.campaign_id = session_days.campaign_id
            and campaign_days.platform = session_days.platform
    left join spend_days
        on
            campaign_days.calendar_date = spend_days.calendar_date
            and campaign_days.campaign_id = spend_days.campaign_id
            and campaign_days.platform = spend_days.platform
),

final as (
    select
        calendar_date,
        campaign_id,
        platform,
        attribution_model,
        spend,
        clicks,
        impressions,
        safe_divide(clicks, impressions) as ctr,
        safe_divide(cast(spend as float64), clicks) as cpc,
        attributed_sessions,
        attributed_orders,
        attributed_new_customers,
        attributed_revenue,
        safe_divide(cast(attributed_revenue as float64), cast(spend as float64)) as roas,
        safe_divide(cast(spend as float64), attributed_orders) as cost_per_acquisition,
        safe_divide(cast(spend as float64), attributed_new_customers) as cost_per_new_customer,
    from combined
)

select * from final
