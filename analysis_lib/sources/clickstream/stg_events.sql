-- purpose: clicks of people in the words of the staging contract, with the source of their visit.
-- grain: one row an event.
-- inputs: stg_clicks.

with

clicks as (
    select * from stg_clicks where not is_crawler
),

-- Few columns through the windows: who, when, and what the click says of its source.
moments as (
    select
        event_id,
        coalesce(source_session_id, visitor_id) as run_id,
        event_time,
        event_order,
        own_source,
        campaign_id,
    from clicks
),

with_previous as (
    select
        *,
        row_number() over (
            partition by run_id
            order by event_time, event_order, event_id
        ) as event_number,
        lag(event_time) over (
            partition by run_id
            order by event_time, event_order, event_id
        ) as previous_event_time,
    from moments
),

-- A visit ends with a gap, whatever session key the shop has.
with_starts as (
    select
        *,
        case
            when previous_event_time is null then event_number
            when timestamp_diff(event_time, previous_event_time, microsecond)
                > @session_gap_minutes * 60000000 then event_number
        end as start_number,
    from with_previous
),

in_visits as (
    select
        *,
        max(start_number) over (
            partition by run_id
            order by event_number
            rows between unbounded preceding and current row
        ) as visit_number,
    from with_starts
),

-- The first source that a visit names is its own, with the campaign of the same click.
visits as (
    select
        run_id,
        visit_number,
        any_value(own_source having min if(own_source is null, null, event_number)) as own_source,
        any_value(campaign_id having min if(own_source is null, null, event_number)) as campaign_id,
    from in_visits
    group by run_id, visit_number
),

-- Where nothing ever names a source, sources are not known; a visit without one is no direct visit then.
shop_sources as (
    select countif(own_source is not null) > 0 as has_sources,
    from visits
),

final as (
    select
        clicks.event_id,
        clicks.user_id,
        clicks.visitor_id,
        clicks.source_session_id,
        clicks.event_time,
        clicks.event_order,
        clicks.event_type,
        clicks.product_id,
        clicks.quantity,
        clicks.amount,
        coalesce(visits.own_source, if(shop_sources.has_sources, '(direct) / (none)', null)) as traffic_source,
        clicks.referrer,
        visits.campaign_id,
        clicks.device,
        clicks.browser,
        clicks.country,
        clicks.region,
        clicks.city,
        clicks.uri,
        clicks.search_term,
    from clicks
    inner join in_visits
        on clicks.event_id = in_visits.event_id
    inner join visits
        on in_visits.run_id = visits.run_id
        and in_visits.visit_number = visits.visit_number
    cross join shop_sources
)

select * from final
