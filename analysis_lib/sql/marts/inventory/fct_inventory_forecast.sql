-- purpose: how long the stock of each product lasts, what to reorder, and what lies dead.
-- grain: one row a product that was ever stocked by as_of.
-- inputs: stg_inventory_items, int_order_lines, stg_products (optional), fct_product_performance.

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

product_performance as (
    select * from fct_product_performance
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
        safe_divide(sum(cost), count(cost)) as mean_item_cost,
        countif(is_on_hand and age_days <= 30) as on_hand_0_30_days,
        countif(is_on_hand and age_days between 31 and 90) as on_hand_31_90_days,
        countif(is_on_hand and age_days between 91 and 180) as on_hand_91_180_days,
        countif(is_on_hand and age_days > 180) as on_hand_over_180_days,
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
    from product_performance
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
        coalesce(abc.abc_class, 'C') as abc_class,
    from stock
    left join products
        on stock.product_id = products.product_id
    left join last_sales
        on stock.product_id = last_sales.product_id
    left join recent_sales
        on stock.product_id = recent_sales.product_id
    left join abc
        on stock.product_id = abc.product_id
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
    from reorders
)

select * from final
