-- purpose: theLook's catalogue in the words of the staging contract.
-- grain: one row a product.
-- inputs: raw_products.

with

raw as (
    select * from raw_products where not is_duplicate
),

final as (
    select
        cast(id as string) as product_id,
        name,
        brand,
        category,
        department,
        round(retail_price, 2) as retail_price,
        cost,
    from raw
)

select * from final
