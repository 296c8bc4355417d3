-- purpose: the people of this edition: each person has one value, so that the editions of a dimension add up.
-- grain: one row a person (visitor) whose value is that of the edition.
-- inputs: edition_value, whole_fct_sessions (optional), whole_stg_users (optional), whole_stg_orders (optional),
--   whole_stg_order_items (optional), whole_dim_customer_segments (optional).

with

edition as (
    select * from edition_value
),

sessions as (
    select
        visitor_id,
        is_first_session,
        country,
        device,
        traffic_source,
    from whole_fct_sessions
),

users as (
    select
        concat('u:', user_id) as visitor_id,
        country,
    from whole_stg_users
),

orders as (
    select * from whole_stg_orders
),

order_items as (
    select * from whole_stg_order_items
),

customer_segments as (
    select
        concat('u:', user_id) as visitor_id,
        segment,
    from whole_dim_customer_segments
),

visitors as (
    select visitor_id from sessions
    union distinct
    select visitor_id from users
    union distinct
    select visitor_id from orders where visitor_id is not null
    union distinct
    select concat('u:', user_id) as visitor_id from order_items where user_id is not null
),

first_sessions as (
    select
        visitor_id,
        country,
        device,
        traffic_source,
    from sessions
    where is_first_session
),

valued as (
    select
        visitors.visitor_id,
        coalesce(
            case edition.dimension
                when 'country' then coalesce(users.country, first_sessions.country)
                when 'device' then first_sessions.device
                when 'source' then first_sessions.traffic_source
                when 'segment' then customer_segments.segment
            end,
            '(not set)'
        ) as person_value,
        edition.value as edition_value,
    from visitors
    cross join edition
    left join users
        on visitors.visitor_id = users.visitor_id
    left join first_sessions
        on visitors.visitor_id = first_sessions.visitor_id
    left join customer_segments
        on visitors.visitor_id = customer_segments.visitor_id
),

final as (
    select visitor_id,
    from valued
    where person_value = edition_value
)

select * from final
