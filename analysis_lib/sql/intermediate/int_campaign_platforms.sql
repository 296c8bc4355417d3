-- purpose: on which platform a campaign ran, as the ad spend says.
-- grain: one row a campaign that has ad spend by as_of.
-- inputs: stg_marketing_spend.

with

marketing_spend as (
    select * from stg_marketing_spend
),

-- A campaign of several platforms says nothing of the platform of one visit.
final as (
    select
        campaign_id,
        count(distinct platform) as platforms,
        if(count(distinct platform) = 1, min(platform), null) as platform,
    from marketing_spend
    where
        date <= @as_of
        and campaign_id is not null
    group by campaign_id
)

select * from final
