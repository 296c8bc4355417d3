-- purpose: what the models of repeat purchases need to know of each buyer.
-- grain: one row a buyer and fit.
-- inputs: int_orders, int_order_lines.

with

orders as (
    select * from int_orders
),

order_lines as (
    select * from int_order_lines
),

-- The last third of the shop's history, and half a year at most, is held out to judge the models.
shop as (
    select least(180, div(date_diff(@as_of, min(order_date), day), 3)) as holdout_days,
    from orders
    where is_counted and user_id is not null
),

fits as (
    select
        'final' as fit,
        @as_of as end_date,
        cast(null as int64) as holdout_days,
    from shop
    where holdout_days is not null
    union all
    select
        'calibration' as fit,
        date_sub(@as_of, interval holdout_days day) as end_date,
        holdout_days,
    from shop
    where holdout_days > 0
),

-- At the end of the calibration a line that came back later was still sold.
late_returns as (
    select
        order_lines.order_id,
        sum(order_lines.returns) as returns,
    from order_lines
    cross join shop
    where order_lines.return_date > date_sub(@as_of, interval shop.holdout_days day)
    group by order_lines.order_id
),

-- Several orders of one day are one purchase: the models know no two at once.
order_days as (
    select
        orders.user_id,
        orders.order_date,
        sum(orders.net_revenue) as net_revenue,
        sum(coalesce(late_returns.returns, 0)) as late_returns,
    from orders
    left join late_returns
        on orders.order_id = late_returns.order_id
    where orders.is_counted and orders.user_id is not null
    group by orders.user_id, orders.order_date
),

numbered as (
    select
        *,
        min(order_date) over (partition by user_id) as first_date,
    from order_days
),

known_values as (
    select
        numbered.user_id,
        numbered.order_date,
        numbered.first_date,
        fits.fit,
        fits.end_date,
        fits.holdout_days,
        numbered.order_date > fits.end_date as is_held_out,
        if(
            fits.fit = 'calibration' and numbered.order_date <= fits.end_date,
            numbered.net_revenue + numbered.late_returns,
            numbered.net_revenue
        ) as net_revenue,
    from numbered
    inner join fits
        on numbered.first_date <= fits.end_date
),

histories as (
    select
        user_id,
        fit,
        first_date as first_order_date,
        countif(not is_held_out) - 1 as repeat_order_days,
        date_diff(max(if(is_held_out, null, order_date)), first_date, day) as first_to_last_days,
        date_diff(end_date, first_date, day) as first_to_end_days,
        countif(not is_held_out and order_date > first_date and net_revenue > 0) as valued_order_days,
        sum(if(not is_held_out and order_date > first_date, net_revenue, 0)) as repeat_net_revenue,
        holdout_days,
        if(fit = 'calibration', countif(is_held_out), null) as holdout_order_days,
        if(fit = 'calibration', countif(is_held_out and net_revenue > 0), null) as holdout_valued_order_days,
        if(fit = 'calibration', sum(if(is_held_out, net_revenue, 0)), null) as holdout_net_revenue,
    from known_values
    group by user_id, fit, first_date, end_date, holdout_days
),

final as (
    select
        user_id,
        fit,
        first_order_date,
        repeat_order_days,
        first_to_last_days,
        first_to_end_days,
        valued_order_days,
        repeat_net_revenue,
        safe_divide(cast(repeat_net_revenue as float64), valued_order_days) as average_order_day_revenue,
        holdout_days,
        holdout_order_days,
        holdout_valued_order_days,
        holdout_net_revenue,
    from histories
)

select * from final
