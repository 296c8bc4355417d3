-- purpose: the scores of this edition's people, ranked among all buyers of the shop.
-- grain: one row a snapshot and buyer who had a counted order by its day.
-- inputs: whole_int_rfm_scores, stg_edition_people.

with

scores as (
    select * from whole_int_rfm_scores
),

people as (
    select * from stg_edition_people
),

final as (
    select
        scores.snapshot,
        scores.snapshot_date,
        scores.user_id,
        scores.recency_days,
        scores.orders,
        scores.net_revenue,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        scores.segment,
        scores.segment_order,
    from scores
    inner join people
        on concat('u:', scores.user_id) = people.visitor_id
)

select * from final
