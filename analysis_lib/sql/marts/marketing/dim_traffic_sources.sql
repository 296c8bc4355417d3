-- purpose: the channel that each traffic source belongs to, by the rules for channel groups.
-- grain: one row a traffic source of a session or a sign-up by as_of.
-- inputs: rule_channel_groups, fct_sessions (optional), stg_users (optional), stg_marketing_spend (optional).

with

rules as (
    select * from rule_channel_groups
),

sessions as (
    select * from fct_sessions
),

users as (
    select * from stg_users
),

marketing_spend as (
    select * from stg_marketing_spend
),

uses as (
    select
        traffic_source,
        count(*) as sessions,
        0 as sign_ups,
    from sessions
    group by traffic_source
    union all
    select
        traffic_source,
        0 as sessions,
        count(*) as sign_ups,
    from users
    where date(created_at, @timezone) <= @as_of
    group by traffic_source
),

named as (
    select
        coalesce(traffic_source, '(not set)') as traffic_source,
        sessions,
        sign_ups,
    from uses
),

sources as (
    select
        traffic_source,
        lower(trim(traffic_source)) as source_key,
        sum(sessions) as sessions,
        sum(sign_ups) as sign_ups,
    from named
    group by traffic_source
),

-- A rule is a word, or one with a star that stands for any text.
patterns as (
    select
        rule_order,
        lower(trim(traffic_source)) as pattern,
        strpos(lower(trim(traffic_source)), '*') as star,
        channel_group,
        is_paid,
        is_direct,
        platform,
    from rules
),

split_patterns as (
    select
        *,
        if(star = 0, pattern, substr(pattern, 1, star - 1)) as first_part,
        if(star = 0, '', substr(pattern, star + 1)) as last_part,
    from patterns
),

-- The first rule that fits counts.
matches as (
    select
        sources.traffic_source,
        split_patterns.rule_order,
        split_patterns.channel_group,
        split_patterns.is_paid,
        split_patterns.is_direct,
        split_patterns.platform,
        row_number() over (
            partition by sources.traffic_source
            order by split_patterns.rule_order
        ) as match_number,
    from sources
    inner join split_patterns
        on
            starts_with(sources.source_key, split_patterns.first_part)
            and ends_with(sources.source_key, split_patterns.last_part)
            and if(
                split_patterns.star = 0,
                sources.source_key = split_patterns.pattern,
                length(sources.source_key)
                >= length(split_patterns.first_part) + length(split_patterns.last_part)
            )
),

-- The platform is written as in the ad spend, where it occurs there, so that both can be joined.
spend_platforms as (
    select
        lower(platform) as platform_key,
        min(platform) as platform,
    from marketing_spend
    where
        date <= @as_of
        and platform is not null
    group by lower(platform)
),

final as (
    select
        sources.traffic_source,
        coalesce(matches.channel_group, 'Unassigned') as channel_group,
        coalesce(matches.is_paid, false) as is_paid,
        coalesce(matches.is_direct, false) as is_direct,
        coalesce(spend_platforms.platform, matches.platform) as platform,
        matches.rule_order is not null as has_rule,
        matches.rule_order,
        sources.sessions,
        sources.sign_ups,
    from sources
    left join matches
        on
            sources.traffic_source = matches.traffic_source
            and matches.match_number = 1
    left join spend_platforms
        on lower(matches.platform) = spend_platforms.platform_key
)

select * from final
