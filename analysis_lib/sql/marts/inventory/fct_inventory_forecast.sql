-- purpose: how long the stock of each product lasts, what to reorder, and what lies dead.
-- grain: one row a product that was ever stocked by as_of.
-- inputs: stg_inventory_items, int_order_lines, int_velocity_backtest, stg_products (optional).

with

inventory_items as (
    select * from stg_inventory_items
),

order_lines as (
    select * from int_order_lines
),

products as (
    select * from stg_products
),

velocity_backtest as (
    select * from int_velocity_backtest
),

-- An item sold after as_of still lay in stock on that day.
stocked as (
    select
        product_id,
        cost,
        sold_at is null or date(sold_at, @timezone) > @as_of as is_on_hand,
        date_diff(@as_of, date(created_at, @timezone), day) as age_days,
    from inventory_items
    where date(created_at, @timezone) <= @as_of
),

stock as (
    select
        product_id,
        countif(is_on_hand) as on_hand,
        sum(if(is_on_hand, cost, cast(0 as numeric))) as stock_value,
        cast(safe_divide(sum(cost), count(cost)) as numeric) as mean_item_cost,
        countif(is_on_hand and age_days <= 30) as on_hand_0_30_days,
        countif(is_on_hand and age_days between 31 and 90) as on_hand_31_90_days,
        countif(is_on_hand and age_days between 91 and 180) as on_hand_91_180_days,
        countif(is_on_hand and age_days > 180) as on_hand_over_180_days,
        safe_divide(sum(if(is_on_hand, age_days, 0)), countif(is_on_hand)) as average_age_days,
    from stocked
    group by product_id
),

sold_days as (
    select
        product_id,
        order_date,
        sum(quantity) as units,
    from order_lines
    where not is_cancelled and product_id is not null
    group by product_id, order_date
),

last_sales as (
    select
        product_id,
        max(order_date) as last_sold_date,
    from sold_days
    group by product_id
),

recent_sales as (
    select
        product_id,
        sum(units) as units_sold,
        sum(units * units) as squared_units_sold,
    from sold_days
    where order_date > date_sub(@as_of, interval @velocity_days day)
    group by product_id
),

-- Days without a sale count as zero demand: the deviation is that of all days of the look-back.
demand as (
    select
        stock.*,
        products.name,
        products.category,
        coalesce(products.cost, stock.mean_item_cost) as unit_cost,
        last_sales.last_sold_date,
        coalesce(recent_sales.units_sold, 0) as units_sold,
        safe_divide(coalesce(recent_sales.units_sold, 0), @velocity_days) as average_daily_sales,
        sqrt(
            safe_divide(
                coalesce(recent_sales.squared_units_sold, 0)
                - safe_divide(
                    coalesce(recent_sales.units_sold, 0) * coalesce(recent_sales.units_sold, 0),
                    @velocity_days
                ),
                @velocity_days - 1
            )
        ) as demand_standard_deviation,
        coalesce(velocity_backtest.abc_class, 'C') as abc_class,
        velocity_backtest.backtest_actual_units,
        velocity_backtest.backtest_forecast_units,
        velocity_backtest.backtest_naive_units,
    from stock
    left join products
        on stock.product_id = products.product_id
    left join last_sales
        on stock.product_id = last_sales.product_id
    left join recent_sales
        on stock.product_id = recent_sales.product_id
    left join velocity_backtest
        on stock.product_id = velocity_backtest.product_id
),

needs as (
    select
        *,
        safe_divide(on_hand, average_daily_sales) as days_of_stock,
        @service_level_z * demand_standard_deviation
        * sqrt(@lead_time_days + @review_period_days) as safety_stock,
        average_daily_sales * @lead_time_days as lead_time_demand,
        average_daily_sales * (@lead_time_days + @review_period_days) as cycle_demand,
    from demand
),

-- Rounded at the ninth decimal first: a product of floats may exceed a whole number by a hair,
-- and the ceiling would then order one unit too many.
reorders as (
    select
        *,
        greatest(
            0,
            cast(ceil(round(cycle_demand + safety_stock - on_hand, 9)) as int64)
        ) as reorder_quantity,
    from needs
),

final as (
    select
        product_id,
        name,
        category,
        on_hand,
        stock_value,
        unit_cost,
        units_sold,
        average_daily_sales,
        demand_standard_deviation,
        days_of_stock,
        -- Beyond a century a date says nothing, and beyond the year 9999 it cannot be written.
        case
            when days_of_stock <= 36500
                then date_add(@as_of, interval cast(ceil(round(days_of_stock, 9)) as int64) day)
        end as stock_out_date,
        case
            when on_hand = 0 then 'out_of_stock'
            when last_sold_date is null or last_sold_date <= date_sub(@as_of, interval 30 day) then 'dead'
            when days_of_stock < 7 then 'critical'
            when days_of_stock < 14 then 'low'
            when days_of_stock < 30 then 'normal'
            when days_of_stock <= 180 then 'healthy'
            else 'overstocked'
        end as status,
        safety_stock,
        lead_time_demand,
        reorder_quantity,
        cast(reorder_quantity * unit_cost as numeric) as reorder_value,
        on_hand_0_30_days,
        on_hand_31_90_days,
        on_hand_91_180_days,
        on_hand_over_180_days,
        last_sold_date,
        abc_class,
        average_age_days,
        backtest_actual_units,
        backtest_forecast_units,
        backtest_naive_units,
    from reorders
)

select * from final
