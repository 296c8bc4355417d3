-- purpose: how recently, often and for how much each buyer bought, scored against all buyers, with the segment.
-- grain: one row a snapshot and buyer who had a counted order by its day.
-- inputs: int_orders, int_order_lines, rule_rfm_segments.

with

all_orders as (
    select * from int_orders
),

order_lines as (
    select * from int_order_lines
),

rules as (
    select * from rule_rfm_segments
),

snapshots as (
    select
        'current' as snapshot,
        @as_of as snapshot_date,
    union all
    select
        'previous' as snapshot,
        date_sub(@as_of, interval @window_days day) as snapshot_date,
),

-- A line that came back after the earlier snapshot was still sold then.
late_returns as (
    select
        order_id,
        sum(returns) as returns,
    from order_lines
    where return_date > date_sub(@as_of, interval @window_days day)
    group by order_id
),

counted_orders as (
    select
        all_orders.user_id,
        all_orders.order_date,
        all_orders.net_revenue,
        all_orders.net_revenue + coalesce(late_returns.returns, 0) as previous_net_revenue,
    from all_orders
    left join late_returns
        on all_orders.order_id = late_returns.order_id
    where all_orders.is_counted and all_orders.user_id is not null
),

buyers as (
    select
        snapshots.snapshot,
        snapshots.snapshot_date,
        counted_orders.user_id,
        date_diff(snapshots.snapshot_date, max(counted_orders.order_date), day) as recency_days,
        count(*) as orders,
        sum(
            if(
                snapshots.snapshot = 'current',
                counted_orders.net_revenue,
                counted_orders.previous_net_revenue
            )
        ) as net_revenue,
    from counted_orders
    inner join snapshots
        on counted_orders.order_date <= snapshots.snapshot_date
    group by snapshots.snapshot, snapshots.snapshot_date, counted_orders.user_id
),

-- How many buyers are worse, of all others: the percent rank in whole numbers.
ranked as (
    select
        *,
        count(*) over (partition by snapshot) as buyers,
        rank() over (partition by snapshot order by recency_days desc) - 1 as worse_recency,
        rank() over (partition by snapshot order by orders) - 1 as worse_frequency,
        rank() over (partition by snapshot order by net_revenue) - 1 as worse_monetary,
    from buyers
),

scored as (
    select
        snapshot,
        snapshot_date,
        user_id,
        recency_days,
        orders,
        net_revenue,
        least(5, div(5 * worse_recency, greatest(buyers - 1, 1)) + 1) as recency_score,
        least(5, div(5 * worse_frequency, greatest(buyers - 1, 1)) + 1) as frequency_score,
        least(5, div(5 * worse_monetary, greatest(buyers - 1, 1)) + 1) as monetary_score,
    from ranked
),

segment_places as (
    select
        segment,
        min(rule_order) as first_rule,
    from rules
    group by segment
),

segment_orders as (
    select
        segment,
        row_number() over (order by first_rule) as segment_order,
    from segment_places
),

-- The 125 cells, so that a buyer is looked up and not compared with every rule.
scores as (
    select score
    from unnest(generate_array(1, 5)) as score
),

cells as (
    select
        recency.score as recency_score,
        frequency.score as frequency_score,
        monetary.score as monetary_score,
        rules.segment,
        segment_orders.segment_order,
    from scores as recency
    cross join scores as frequency
    cross join scores as monetary
    inner join rules
        on
            recency.score between rules.recency_min and rules.recency_max
            and frequency.score between rules.frequency_min and rules.frequency_max
            and monetary.score between rules.monetary_min and rules.monetary_max
    inner join segment_orders
        on rules.segment = segment_orders.segment
),

final as (
    select
        scored.snapshot,
        scored.snapshot_date,
        scored.user_id,
        scored.recency_days,
        scored.orders,
        scored.net_revenue,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        cells.segment,
        cells.segment_order,
    from scored
    left join cells
        on
            scored.recency_score = cells.recency_score
            and scored.frequency_score = cells.frequency_score
            and scored.monetary_score = cells.monetary_score
)

select * from final
