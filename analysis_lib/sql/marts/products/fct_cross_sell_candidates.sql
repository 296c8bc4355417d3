-- purpose: what known users looked at, carted or cancelled and never bought, and how likely they still buy it.
-- grain: one row a known user and product of interest that the user never bought.
-- inputs: int_session_products, int_order_lines, int_propensity_pairs, int_propensity_scores,
--   stg_products (optional), fct_inventory_forecast (optional).

with

session_products as (
    select * from int_session_products
),

order_lines as (
    select * from int_order_lines
),

propensity_pairs as (
    select * from int_propensity_pairs
),

propensity_scores as (
    select * from int_propensity_scores
),

products as (
    select * from stg_products
),

inventory as (
    select * from fct_inventory_forecast
),

looks as (
    select
        user_id,
        product_id,
        sum(views) as views,
        sum(add_to_carts) as add_to_carts,
        count(*) as sessions,
        min(first_viewed_at) as first_viewed_at,
        max(last_viewed_at) as last_viewed_at,
    from session_products
    where user_id is not null
    group by user_id, product_id
),

line_sums as (
    select
        user_id,
        product_id,
        count(distinct order_id) as cancelled_orders,
        logical_or(not is_cancelled) as is_bought,
    from order_lines
    where user_id is not null and product_id is not null
    group by user_id, product_id
),

-- Returned or not: what was bought once is no candidate.
candidates as (
    select
        coalesce(looks.user_id, line_sums.user_id) as user_id,
        coalesce(looks.product_id, line_sums.product_id) as product_id,
        coalesce(line_sums.cancelled_orders, 0) as cancelled_orders,
        coalesce(looks.views, 0) as views,
        coalesce(looks.add_to_carts, 0) as add_to_carts,
        coalesce(looks.sessions, 0) as sessions,
        looks.first_viewed_at,
        looks.last_viewed_at,
    from looks
    full join line_sums
        on
            looks.user_id = line_sums.user_id
            and looks.product_id = line_sums.product_id
    where not coalesce(line_sums.is_bought, false)
),

probabilities as (
    select
        propensity_pairs.user_id,
        propensity_pairs.product_id,
        propensity_scores.purchase_probability,
    from propensity_pairs
    inner join propensity_scores
        on
            propensity_pairs.reason = propensity_scores.reason
            and propensity_pairs.sessions_band = propensity_scores.sessions_band
            and propensity_pairs.interest_days_band = propensity_scores.interest_days_band
            and propensity_pairs.active_days_band = propensity_scores.active_days_band
            and propensity_pairs.orders_band = propensity_scores.orders_band
            and propensity_pairs.popularity_band = propensity_scores.popularity_band
            and propensity_pairs.purchase_rate_band = propensity_scores.purchase_rate_band
    where propensity_pairs.split = 'score'
),

-- The price counts once: no number of views makes a product worth more.
valued as (
    select
        candidates.user_id,
        candidates.product_id,
        case
            when candidates.cancelled_orders > 0 then 'cancelled'
            when candidates.add_to_carts > 0 then 'carted'
            else 'viewed'
        end as reason,
        candidates.views,
        candidates.add_to_carts,
        candidates.cancelled_orders,
        candidates.sessions,
        candidates.first_viewed_at,
        candidates.last_viewed_at,
        probabilities.purchase_probability,
        round(
            cast(probabilities.purchase_probability as numeric) * (products.retail_price - products.cost), 4
        ) as expected_margin,
    from candidates
    left join products
        on candidates.product_id = products.product_id
    left join probabilities
        on
            candidates.user_id = probabilities.user_id
            and candidates.product_id = probabilities.product_id
),

-- Sorted before the product's own columns are joined: what is sorted has to be held.
ranked as (
    select
        *,
        row_number() over (
            partition by user_id
            order by
                expected_margin is null,
                expected_margin desc,
                purchase_probability is null,
                purchase_probability desc,
                reason,
                last_viewed_at is null,
                last_viewed_at desc,
                product_id
        ) as rank_for_user,
    from valued
),

final as (
    select
        ranked.user_id,
        ranked.product_id,
        products.name,
        products.category,
        ranked.reason,
        ranked.views,
        ranked.add_to_carts,
        ranked.cancelled_orders,
        ranked.sessions,
        ranked.first_viewed_at,
        ranked.last_viewed_at,
        products.retail_price as price,
        products.retail_price - products.cost as unit_margin,
        products.retail_price as naive_lost_revenue,
        ranked.purchase_probability,
        ranked.expected_margin,
        ranked.rank_for_user,
        inventory.on_hand > 0 as is_in_stock,
    from ranked
    left join products
        on ranked.product_id = products.product_id
    left join inventory
        on ranked.product_id = inventory.product_id
)

select * from final
