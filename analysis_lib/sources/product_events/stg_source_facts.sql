-- purpose: what is particular about the events of a tracker, counted.
-- grain: one row a fact.
-- inputs: stg_events.

with

events as (
    select
        event_type,
        user_id,
        source_session_id,
        product_id,
        amount,
    from stg_events
),

counts as (
    select
        count(*) as events,
        countif(event_type = 'other') as of_other_types,
        countif(user_id is null and source_session_id is not null) as known_by_session,
        countif(user_id is null and source_session_id is null) as without_visitor,
        countif(event_type = 'purchase') as purchases,
        countif(event_type = 'purchase' and amount is null) as without_amount,
        countif(event_type = 'purchase' and product_id is null) as without_product,
        countif(event_type = 'product_view') as product_views,
        countif(event_type = 'product_view' and product_id is null) as views_without_product,
    from events
),

final as (
    select
        1 as fact_order,
        'events of a word that is not known' as fact,
        of_other_types as counted,
        events as counted_of,
        'they count as events of a session and as no step of the funnel' as consequence,
    from counts
    union all
    select
        2 as fact_order,
        'events without a user, with a session key' as fact,
        known_by_session as counted,
        events as counted_of,
        'the session is the visitor: who comes back is another one' as consequence,
    from counts
    union all
    select
        3 as fact_order,
        'events without a user and without a session key' as fact,
        without_visitor as counted,
        events as counted_of,
        'nothing tells who it was: each is a visitor of its own' as consequence,
    from counts
    union all
    select
        4 as fact_order,
        'purchases without an amount' as fact,
        without_amount as counted,
        purchases as counted_of,
        'they count as purchases and earned nothing' as consequence,
    from counts
    union all
    select
        5 as fact_order,
        'purchases without a product' as fact,
        without_product as counted,
        purchases as counted_of,
        'their revenue belongs to no product' as consequence,
    from counts
    union all
    select
        6 as fact_order,
        'product views without a product' as fact,
        views_without_product as counted,
        product_views as counted_of,
        'they count in the funnel, for no product' as consequence,
    from counts
)

select * from final
