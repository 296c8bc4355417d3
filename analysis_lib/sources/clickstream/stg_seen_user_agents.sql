-- purpose: the user agents that browsers sent most often, each once, for Python to read.
-- grain: one row a user agent.
-- inputs: raw_events.

with

events as (
    select
        user_agent,
        is_duplicate,
    from raw_events
),

counted as (
    select
        user_agent,
        count(*) as events,
    from events
    where user_agent is not null and not is_duplicate
    group by user_agent
),

ranked as (
    select
        user_agent,
        events,
        row_number() over (order by events desc, user_agent) as place,
    from counted
),

-- Beyond these are the texts that robots make up; they stay unread, and so without a device.
final as (
    select
        user_agent,
        events,
    from ranked
    where place <= 200000
)

select * from final
