-- purpose: theLook's stocked items in the words of the staging contract.
-- grain: one row a stocked item.
-- inputs: raw_inventory_items.

with

raw as (
    select * from raw_inventory_items where not is_duplicate
),

final as (
    select
        cast(id as string) as inventory_item_id,
        cast(product_id as string) as product_id,
        created_at,
        sold_at,
        cost,
    from raw
)

select * from final
