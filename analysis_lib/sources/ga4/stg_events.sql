-- purpose: events of a GA4 export in the words of the staging contract.
-- grain: one row an event.
-- inputs: raw_events.

with

exported as (
    select * from raw_events
),

raw as (
    select
        *,
        concat(cast(load_file_id as string), '-', cast(load_row_number as string)) as event_id,
        timestamp_micros(event_timestamp) as event_time,
    from exported
),

-- A shop that never sends user_id knows its people by their browsers: a browser is then a user, as in GA4's own
-- reports. Where it sends one now and then, a browser without one is a visitor who is not known (yet).
identity as (
    select count(user_id) > 0 as has_users
    from exported
),

-- Named values stand in a list; those that are wanted become columns. '(not set)' and what Google has blotted
-- out say nothing.
named as (
    select
        event_id,
        max(if(param.key = 'ga_session_id', param.value.int_value, null)) as ga_session_id,
        max(if(param.key = 'page_location', param.value.string_value, null)) as uri,
        max(if(param.key = 'page_referrer', param.value.string_value, null)) as referrer,
        max(if(param.key = 'search_term', param.value.string_value, null)) as search_term,
        max(
            if(
                param.key = 'source' and param.value.string_value not in ('(not set)', '<Other>', '(data deleted)'),
                param.value.string_value,
                null
            )
        ) as source_name,
        max(
            if(
                param.key = 'medium' and param.value.string_value not in ('(not set)', '<Other>', '(data deleted)'),
                param.value.string_value,
                null
            )
        ) as medium,
        max(
            if(
                param.key = 'campaign'
                and param.value.string_value not in (
                    '(not set)', '<Other>', '(data deleted)', '(direct)', '(organic)', '(referral)'
                ),
                param.value.string_value,
                null
            )
        ) as campaign_id,
    from raw
    cross join unnest(event_params) as param
    group by event_id
),

with_session as (
    select
        raw.*,
        if(identity.has_users, raw.user_id, raw.user_pseudo_id) as known_user_id,
        coalesce(raw.user_pseudo_id, raw.event_id) as browser_id,
        concat(
            coalesce(raw.user_pseudo_id, raw.event_id), '.', coalesce(cast(named.ga_session_id as string), '')
        ) as source_session_id,
        named.uri,
        named.referrer,
        named.search_term,
        named.campaign_id,
        case
            when named.source_name is null or named.source_name = '(direct)' then null
            else concat(named.source_name, ' / ', coalesce(named.medium, '(none)'))
        end as own_source,
    from raw
    cross join identity
    left join named
        on raw.event_id = named.event_id
),

-- The first source that a session names is its own.
sessions as (
    select
        browser_id,
        source_session_id,
        min(event_timestamp) as started_micros,
        any_value(own_source having min if(own_source is null, null, event_timestamp)) as own_source,
    from with_session
    group by browser_id, source_session_id
),

with_last as (
    select
        browser_id,
        source_session_id,
        started_micros,
        last_value(own_source ignore nulls) over earlier as last_source,
        last_value(if(own_source is null, null, started_micros) ignore nulls) over earlier as last_micros,
    from sessions
    window earlier as (
        partition by browser_id
        order by started_micros, source_session_id
        rows between unbounded preceding and current row
    )
),

-- As in Google Analytics, a visit without a source of its own is that of the last one that had one.
session_sources as (
    select
        browser_id,
        source_session_id,
        case
            when last_source is not null
                and started_micros - last_micros <= @attribution_lookback_days * 86400000000 then last_source
            else '(direct) / (none)'
        end as traffic_source,
    from with_last
),

final as (
    select
        with_session.event_id,
        with_session.known_user_id as user_id,
        case
            when with_session.known_user_id is not null then concat('u:', with_session.known_user_id)
            else concat('s:', with_session.browser_id)
        end as visitor_id,
        with_session.source_session_id,
        with_session.event_time,
        with_session.load_row_number as event_order,
        case with_session.event_name
            when 'page_view' then 'page_view'
            when 'view_item' then 'product_view'
            when 'add_to_cart' then 'add_to_cart'
            when 'remove_from_cart' then 'remove_from_cart'
            when 'begin_checkout' then 'checkout'
            when 'purchase' then 'purchase'
            when 'view_search_results' then 'search'
            when 'search' then 'search'
            when 'sign_up' then 'sign_up'
            when 'select_item' then 'click'
            when 'select_promotion' then 'click'
            when 'click' then 'click'
            else 'other'
        end as event_type,
        case
            when with_session.event_name in ('view_item', 'add_to_cart', 'remove_from_cart', 'select_item')
                then nullif(with_session.items[safe_offset(0)].item_id, '(not set)')
        end as product_id,
        case
            when with_session.event_name in ('add_to_cart', 'remove_from_cart')
                then with_session.items[safe_offset(0)].quantity
        end as quantity,
        case
            when with_session.event_name = 'purchase'
                then round(cast(with_session.ecommerce.purchase_revenue as numeric), 2)
        end as amount,
        session_sources.traffic_source,
        with_session.referrer,
        with_session.campaign_id,
        with_session.device.category as device,
        with_session.device.web_info.browser as browser,
        nullif(with_session.geo.country, '(not set)') as country,
        nullif(with_session.geo.region, '(not set)') as region,
        nullif(with_session.geo.city, '(not set)') as city,
        with_session.uri,
        with_session.search_term,
    from with_session
    left join session_sources
        on with_session.browser_id = session_sources.browser_id
        and with_session.source_session_id = session_sources.source_session_id
)

select * from final
