-- purpose: whether buyers of a history still are customers, and how many orders they will place in the next 365 days.
-- grain: one row a number of repeat order days and their two times, of the final fit.
-- inputs: int_purchase_history, int_purchase_fit, int_purchase_nodes.

with

histories as (
    select * from int_purchase_history
),

fits as (
    select
        r,
        alpha,
        a,
        b,
    from int_purchase_fit
    where fit = 'final'
),

nodes as (
    select * from int_purchase_nodes
),

alike as (
    select
        repeat_order_days,
        first_to_last_days,
        first_to_end_days,
        count(*) as customers,
    from histories
    where fit = 'final'
    group by repeat_order_days, first_to_last_days, first_to_end_days
),

-- What is expected of somebody who still is a customer does not depend on the day of the last order.
ages as (
    select distinct
        repeat_order_days,
        first_to_end_days,
    from alike
),

-- Times are in weeks, as the parameters are.
scaled as (
    select
        ages.repeat_order_days,
        ages.first_to_end_days,
        nodes.drop_out_probability,
        nodes.weight,
        fits.r + ages.repeat_order_days as shape,
        safe_divide(365 / 7, fits.alpha + ages.first_to_end_days / 7) as stretch,
    from ages
    cross join fits
    inner join nodes
        on ages.repeat_order_days = nodes.repeat_order_days
),

-- (1 - (1 + p * stretch) ^ -shape) / p: orders expected of who leaves with a chance p after each. A difference of
-- numbers that are nearly equal would lose its digits where p is small: the first terms of its series do not.
terms as (
    select
        repeat_order_days,
        first_to_end_days,
        weight
        * if(
            drop_out_probability * stretch * shape < 0.001,
            stretch * shape * (
                1 - (shape + 1) * drop_out_probability * stretch / 2 * (
                    1 - (shape + 2) * drop_out_probability * stretch / 3 * (
                        1 - (shape + 3) * drop_out_probability * stretch / 4
                    )
                )
            ),
            safe_divide(1 - exp(-shape * ln(1 + drop_out_probability * stretch)), drop_out_probability)
        ) as expected_orders,
    from scaled
),

-- Added up as whole numbers of 1e-11 orders: a sum of fractions would depend on its order.
expected as (
    select
        repeat_order_days,
        first_to_end_days,
        sum(cast(round(least(expected_orders, 1000000) * 100000000000) as int64)) / 100000000000 as expected_orders,
    from terms
    group by repeat_order_days, first_to_end_days
),

-- Log-odds of having left right after the last purchase; who has bought once cannot have left.
odds as (
    select
        alike.repeat_order_days,
        alike.first_to_last_days,
        alike.first_to_end_days,
        alike.customers,
        case
            when fits.r is null then null
            when alike.repeat_order_days = 0 then cast(1 as float64)
            else safe_divide(
                1,
                1 + exp(
                    least(
                        ln(safe_divide(fits.a, fits.b + greatest(alike.repeat_order_days, 1) - 1))
                        + (fits.r + alike.repeat_order_days) * ln(
                            safe_divide(
                                fits.alpha + alike.first_to_end_days / 7, fits.alpha + alike.first_to_last_days / 7
                            )
                        ),
                        700
                    )
                )
            )
        end as probability_alive,
    from alike
    cross join fits
),

final as (
    select
        odds.repeat_order_days,
        odds.first_to_last_days,
        odds.first_to_end_days,
        odds.customers,
        odds.probability_alive,
        odds.probability_alive * expected.expected_orders as predicted_orders_12m,
    from odds
    left join expected
        on
            odds.repeat_order_days = expected.repeat_order_days
            and odds.first_to_end_days = expected.first_to_end_days
)

select * from final
