-- purpose: the catalogue, which is the same for everybody.
-- grain: one row a product.
-- inputs: whole_stg_products.

with

products as (
    select * from whole_stg_products
),

final as (
    select
        products.product_id,
        products.name,
        products.brand,
        products.category,
        products.department,
        products.retail_price,
        products.cost,
    from products
)

select * from final
