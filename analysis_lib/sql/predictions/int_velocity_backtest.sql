-- purpose: what the velocity of the stock said one look-back ago, what was sold since, and which products matter.
-- grain: one row a product that was ever stocked by as_of.
-- inputs: stg_inventory_items, int_order_lines.

with

order_lines as (
    select * from int_order_lines
),

stocked as (
    select distinct product_id
    from stg_inventory_items
    where date(created_at, @timezone) <= @as_of
),

-- The test stands velocity_days before as_of and looks back from there, as the forecast does today.
sales as (
    select
        product_id,
        sum(if(order_date > date_sub(@as_of, interval @velocity_days day), quantity, 0)) as units_since,
        sum(
            if(
                order_date <= date_sub(@as_of, interval @velocity_days day)
                and order_date > date_sub(@as_of, interval 2 * @velocity_days day),
                quantity,
                0
            )
        ) as units_before,
        sum(
            if(
                order_date <= date_sub(@as_of, interval @velocity_days day)
                and order_date > date_sub(@as_of, interval @velocity_days + 7 day),
                quantity,
                0
            )
        ) as units_in_7_days_before,
    from order_lines
    where not is_cancelled and product_id is not null
    group by product_id
),

-- Without orders over the whole of both look-backs a forecast would be judged on days nobody knows.
history as (
    select
        coalesce(
            date_diff(@as_of, min(order_date), day) + 1 >= @velocity_days + greatest(@velocity_days, 7), false
        ) as is_testable,
    from order_lines
),

revenue as (
    select
        product_id,
        sum(net_revenue) as net_revenue,
    from order_lines
    where product_id is not null
    group by product_id
),

-- The share of revenue that lies before a product when products are sorted by revenue.
ranked_revenue as (
    select
        product_id,
        net_revenue,
        sum(greatest(net_revenue, 0)) over (
            order by net_revenue desc, product_id
            rows between unbounded preceding and current row
        ) - greatest(net_revenue, 0) as revenue_before,
        sum(greatest(net_revenue, 0)) over () as total_revenue,
    from revenue
),

abc as (
    select
        product_id,
        case
            when net_revenue <= 0 then 'C'
            when revenue_before < total_revenue * cast('0.80' as numeric) then 'A'
            when revenue_before < total_revenue * cast('0.95' as numeric) then 'B'
            else 'C'
        end as abc_class,
    from ranked_revenue
),

final as (
    select
        stocked.product_id,
        coalesce(abc.abc_class, 'C') as abc_class,
        if(history.is_testable, coalesce(sales.units_since, 0), null) as backtest_actual_units,
        if(history.is_testable, coalesce(sales.units_before, 0), null) as backtest_forecast_units,
        if(
            history.is_testable,
            safe_divide(coalesce(sales.units_in_7_days_before, 0) * @velocity_days, 7),
            null
        ) as backtest_naive_units,
    from stocked
    cross join history
    left join abc
        on stocked.product_id = abc.product_id
    left join sales
        on stocked.product_id = sales.product_id
)

select * from final
