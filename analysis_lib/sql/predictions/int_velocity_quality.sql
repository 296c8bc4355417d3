-- purpose: how well the velocity of the stock foretold the last look-back, beside a naive forecast.
-- grain: one row a metric and slice (all products, and each ABC class).
-- inputs: int_velocity_backtest.

with

velocity_backtest as (
    select * from int_velocity_backtest
),

-- A slice without a product keeps its rows, so that a reader sees that it is empty.
slices as (
    select slice
    from unnest(['(all)', 'abc_class A', 'abc_class B', 'abc_class C']) as slice
),

sliced as (
    select
        '(all)' as slice,
        backtest_actual_units,
        backtest_forecast_units,
        backtest_naive_units,
    from velocity_backtest
    union all
    select
        concat('abc_class ', abc_class) as slice,
        backtest_actual_units,
        backtest_forecast_units,
        backtest_naive_units,
    from velocity_backtest
),

-- The naive forecast is counted in sevenths of a unit: whole numbers add up alike on every run.
in_sevenths as (
    select
        slice,
        backtest_actual_units as actual_units,
        backtest_forecast_units as forecast_units,
        cast(round(backtest_naive_units * 7) as int64) as naive_sevenths,
    from sliced
),

sums as (
    select
        slices.slice,
        count(in_sevenths.slice) as products,
        count(in_sevenths.actual_units) as tested_products,
        sum(in_sevenths.actual_units) as actual_units,
        sum(in_sevenths.forecast_units) as forecast_units,
        sum(in_sevenths.naive_sevenths) as naive_sevenths,
        sum(abs(in_sevenths.actual_units - in_sevenths.forecast_units)) as forecast_error,
        sum(abs(in_sevenths.actual_units * 7 - in_sevenths.naive_sevenths)) as naive_error_sevenths,
    from slices
    left join in_sevenths
        on slices.slice = in_sevenths.slice
    group by slices.slice
),

reasons as (
    select
        *,
        case
            when products = 0 then 'not known: no product was ever stocked here'
            when tested_products = 0 then 'not known: the orders do not go back over two look-backs'
            when actual_units = 0 then 'not known: nothing was sold in the last look-back'
        end as reason,
    from sums
),

-- Both are sums over sums: an error of a unit weighs the same whatever the product.
metrics as (
    select
        slice,
        'wape' as metric,
        tested_products,
        safe_divide(forecast_error, actual_units) as value,
        safe_divide(naive_error_sevenths, actual_units * 7) as baseline_value,
        coalesce(reason, 'sum of absolute errors in units, product by product, / units sold; 0 is best') as note,
    from reasons
    union all
    select
        slice,
        'forecast_to_actual' as metric,
        tested_products,
        safe_divide(forecast_units, actual_units) as value,
        safe_divide(naive_sevenths, actual_units * 7) as baseline_value,
        coalesce(reason, 'units forecast / units sold; 1 is best, above it too much was expected') as note,
    from reasons
),

final as (
    select
        'inventory_velocity' as model_name,
        metric,
        slice,
        value,
        'last 7 days carried forward' as baseline_name,
        baseline_value,
        tested_products as sample_size,
        note,
    from metrics
)

select * from final
