-- purpose: theLook's order lines in the words of the staging contract, with the prices and cost per unit.
-- grain: one row an order line.
-- inputs: raw_order_items, raw_products (optional), raw_inventory_items (optional).

with

raw as (
    select * from raw_order_items where not is_duplicate
),

products as (
    select * from raw_products where not is_duplicate
),

inventory_items as (
    select * from raw_inventory_items where not is_duplicate
),

-- The stocked item carries the cost of its time; the product's current cost is the fall-back.
priced as (
    select
        raw.id,
        raw.order_id,
        raw.user_id,
        raw.product_id,
        raw.status,
        raw.created_at,
        raw.returned_at,
        coalesce(raw.quantity, 1) as quantity,
        -- theLook ships prices as float artefacts (8.989999771118164): a price is a whole number of cents.
        round(raw.sale_price, 2) as sale_price,
        -- Today's price list is not what the line was offered at: without a list price or discount of
        -- its own a line was sold at its list price.
        round(
            coalesce(raw.list_price, raw.sale_price + raw.discount, raw.sale_price),
            2
        ) as known_list_price,
        coalesce(inventory_items.cost, products.cost) as unit_cost,
    from raw
    left join inventory_items
        on raw.inventory_item_id = inventory_items.id
    left join products
        on raw.product_id = products.id
),

-- A line sold above its list price was not discounted: its list price is what was paid.
listed as (
    select
        *,
        greatest(known_list_price, sale_price) as list_price,
    from priced
),

final as (
    select
        cast(id as string) as order_item_id,
        cast(order_id as string) as order_id,
        cast(user_id as string) as user_id,
        cast(product_id as string) as product_id,
        lower(status) as status,
        quantity,
        list_price,
        list_price - sale_price as discount,
        sale_price,
        unit_cost,
        created_at,
        returned_at,
    from listed
)

select * from final
