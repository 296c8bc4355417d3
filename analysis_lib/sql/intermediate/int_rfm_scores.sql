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

sizes as (
    select
        snapshot,
        count(*) as buyers,
    from buyers
    group by snapshot
),

-- How many buyers are worse, of all others: the percent rank in whole numbers. Buyers of one value are counted
-- before values are sorted: sorting all buyers is one worker's task, and on BigQuery too much for it.
recency_values as (
    select
        snapshot,
        recency_days,
        count(*) as buyers,
    from buyers
    group by snapshot, recency_days
),

worse_recency as (
    select
        snapshot,
        recency_days,
        sum(buyers) over (
            partition by snapshot order by recency_days desc rows between unbounded preceding and current row
        ) - buyers as worse,
    from recency_values
),

frequency_values as (
    select
        snapshot,
        orders,
        count(*) as buyers,
    from buyers
    group by snapshot, orders
),

worse_frequency as (
    select
        snapshot,
        orders,
        sum(buyers) over (
            partition by snapshot order by orders rows between unbounded preceding and current row
        ) - buyers as worse,
    from frequency_values
),

monetary_values as (
    select
        snapshot,
        net_revenue,
        count(*) as buyers,
    from buyers
    group by snapshot, net_revenue
),

worse_monetary as (
    select
        snapshot,
        net_revenue,
        sum(buyers) over (
            partition by snapshot order by net_revenue rows between unbounded preceding and current row
        ) - buyers as worse,
    from monetary_values
),

ranked as (
    select
        buyers.*,
        sizes.buyers as all_buyers,
        worse_recency.worse as worse_recency,
        worse_frequency.worse as worse_frequency,
        worse_monetary.worse as worse_monetary,
    from buyers
    inner join sizes
        on buyers.snapshot = sizes.snapshot
    inner join worse_recency
        on buyers.snapshot = worse_recency.snapshot and buyers.recency_days = worse_recency.recency_days
    inner join worse_frequency
        on buyers.snapshot = worse_frequency.snapshot and buyers.orders = worse_frequency.orders
    inner join worse_monetary
        on buyers.snapshot = worse_monetary.snapshot and buyers.net_revenue = worse_monetary.net_revenue
),

scored as (
    select
        snapshot,
        snapshot_date,
        user_id,
        recency_days,
        orders,
        net_revenue,
        least(5, div(5 * worse_recency, greatest(all_buyers - 1, 1)) + 1) as recency_score,
        least(5, div(5 * worse_frequency, greatest(all_buyers - 1, 1)) + 1) as frequency_score,
        least(5, div(5 * worse_monetary, greatest(all_buyers - 1, 1)) + 1) as monetary_score,
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
