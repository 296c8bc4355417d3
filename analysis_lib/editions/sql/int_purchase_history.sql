-- purpose: what the models of repeat purchases, fitted on the whole shop, know of this edition's buyers.
-- grain: one row a buyer and fit.
-- inputs: whole_int_purchase_history, stg_edition_people.

with

histories as (
    select * from whole_int_purchase_history
),

people as (
    select * from stg_edition_people
),

final as (
    select
        histories.user_id,
        histories.fit,
        histories.first_order_date,
        histories.repeat_order_days,
        histories.first_to_last_days,
        histories.first_to_end_days,
        histories.valued_order_days,
        histories.repeat_net_revenue,
        histories.average_order_day_revenue,
        histories.holdout_days,
        histories.holdout_order_days,
        histories.holdout_valued_order_days,
        histories.holdout_net_revenue,
    from histories
    inner join people
        on concat('u:', histories.user_id) = people.visitor_id
)

select * from final
