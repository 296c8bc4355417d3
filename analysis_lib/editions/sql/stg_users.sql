-- purpose: the accounts of this edition's people.
-- grain: one row a user.
-- inputs: whole_stg_users, stg_edition_people.

with

users as (
    select * from whole_stg_users
),

people as (
    select * from stg_edition_people
),

final as (
    select
        users.user_id,
        users.created_at,
        users.traffic_source,
        users.age,
        users.gender,
        users.country,
        users.region,
        users.city,
    from users
    inner join people
        on concat('u:', users.user_id) = people.visitor_id
)

select * from final
