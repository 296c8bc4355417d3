-- purpose: ad spend by day, campaign and platform in the words of the staging contract.
-- grain: one row a day, campaign and platform.
-- inputs: raw_marketing_spend.

with

raw as (
    select * from raw_marketing_spend where not is_duplicate
),

final as (
    select
        date,
        campaign_id,
        platform,
        spend,
        clicks,
        impressions,
    from raw
)

select * from final
