-- purpose: the models of repeat purchases as fitted on all buyers of the shop.
-- grain: one row a fit.
-- inputs: whole_int_purchase_fit.

with

fits as (
    select * from whole_int_purchase_fit
),

final as (
    select
        fits.fit,
        fits.customers,
        fits.repeat_customers,
        fits.is_fitted,
        fits.reason,
        fits.r,
        fits.alpha,
        fits.a,
        fits.b,
        fits.log_likelihood,
        fits.is_value_fitted,
        fits.value_reason,
        fits.value_customers,
        fits.p,
        fits.q,
        fits.v,
        fits.value_log_likelihood,
    from fits
)

select * from final
