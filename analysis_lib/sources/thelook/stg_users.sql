-- purpose: theLook's users in the words of the staging contract, without names, addresses and e-mail.
-- grain: one row a user.
-- inputs: raw_users.

with

raw as (
    select * from raw_users where not is_duplicate
),

final as (
    select
        cast(id as string) as user_id,
        created_at,
        traffic_source,
        age,
        gender,
        country,
        state as region,
        city,
    from raw
)

select * from final
