-- purpose: each click in the words of the contract, with its product, its own traffic source and its device.
-- grain: one row a click.
-- inputs: raw_events, stg_pages, stg_user_agents, rule_event_types, rule_referrers.

with

raw as (
    select * from raw_events where not is_duplicate
),

pages as (
    select * from stg_pages
),

user_agents as (
    select * from stg_user_agents
),

event_types as (
    select * from rule_event_types
),

referrer_rules as (
    select * from rule_referrers
),

-- "Product Viewed", "product-viewed" and "productViewed" are one word.
words as (
    select
        raw.type as written,
        trim(
            regexp_replace(lower(regexp_replace(raw.type, r'([a-z0-9])([A-Z])', r'\1_\2')), r'[^a-z0-9]+', '_'), '_'
        ) as word,
    from raw
    group by written
),

known_words as (
    select
        words.written,
        coalesce(event_types.event_type, 'other') as event_type,
        coalesce(event_types.is_cart_emptied, false) as is_cart_emptied,
    from words
    left join event_types
        on words.word = event_types.word
),

-- Where a shop tracks pages only, a page view of a product page is the view of a product.
shop_words as (
    select countif(known_words.event_type = 'product_view') > 0 as has_product_views,
    from known_words
),

referrers as (
    select distinct referrer
    from raw
    where referrer is not null
),

referrer_hosts as (
    select
        referrer,
        regexp_replace(
            lower(
                coalesce(
                    regexp_extract(referrer, r'^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?@]*@)?([^/?#:]+)'),
                    regexp_extract(referrer, r'^((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})(?:[/?:#].*)?$')
                )
            ),
            r'^(?:www[0-9]?|m|mobile)\.',
            ''
        ) as host,
    from referrers
),

hosts as (
    select distinct host
    from referrer_hosts
    where host is not null
),

shop_hosts as (
    select distinct host
    from pages
    where host is not null
),

-- A page of the shop that leads to another one is no source; nor is one under its host, such as a checkout.
own_hosts as (
    select distinct hosts.host
    from hosts
    cross join shop_hosts
    where hosts.host = shop_hosts.host or ends_with(hosts.host, concat('.', shop_hosts.host))
),

-- google.* stands for google.de and google.co.uk, whatever stands before.
host_rules as (
    select
        hosts.host,
        referrer_rules.rule_order,
        referrer_rules.source_name,
        referrer_rules.medium,
    from hosts
    cross join referrer_rules
    where
        if(
            ends_with(referrer_rules.host, '.*'),
            strpos(concat('.', hosts.host), concat('.', rtrim(referrer_rules.host, '*'))) > 0
            and regexp_contains(
                substr(
                    concat('.', hosts.host),
                    strpos(concat('.', hosts.host), concat('.', rtrim(referrer_rules.host, '*')))
                    + length(referrer_rules.host)
                ),
                r'^[a-z]{2,3}(?:\.[a-z]{2,3})?$'
            ),
            ends_with(concat('.', hosts.host), concat('.', referrer_rules.host))
        )
),

first_rules as (
    select
        host,
        min(rule_order) as rule_order,
    from host_rules
    group by host
),

host_sources as (
    select
        hosts.host,
        case
            when own_hosts.host is not null then null
            when host_rules.host is not null then concat(host_rules.source_name, ' / ', host_rules.medium)
            else concat(hosts.host, ' / referral')
        end as traffic_source,
    from hosts
    left join own_hosts
        on hosts.host = own_hosts.host
    left join first_rules
        on hosts.host = first_rules.host
    left join host_rules
        on first_rules.host = host_rules.host
        and first_rules.rule_order = host_rules.rule_order
),

referrer_sources as (
    select
        referrer_hosts.referrer,
        host_sources.traffic_source,
    from referrer_hosts
    left join host_sources
        on referrer_hosts.host = host_sources.host
),

joined as (
    select
        raw.id as event_id,
        raw.customer_id as user_id,
        case
            when raw.customer_id is not null then concat('u:', raw.customer_id)
            else concat('s:', coalesce(raw.cookie_id, raw.session_id, raw.id))
        end as visitor_id,
        raw.session_id as session_key,
        coalesce(raw.session_id, raw.cookie_id) as source_session_id,
        raw.event_time,
        raw.load_row_number as event_order,
        case
            when known_words.event_type = 'page_view' and pages.product_id is not null
                and not shop_words.has_product_views then 'product_view'
            else known_words.event_type
        end as event_type,
        known_words.is_cart_emptied,
        raw.product_id as named_product_id,
        pages.product_id as page_product_id,
        raw.product_name,
        raw.brand,
        raw.category,
        nullif(raw.price, 0) as unit_price,
        raw.quantity,
        raw.amount,
        raw.order_id as order_reference,
        coalesce(
            case
                when raw.utm_source is not null
                    then concat(raw.utm_source, ' / ', coalesce(raw.utm_medium, pages.utm_medium, '(not set)'))
            end,
            pages.traffic_source,
            referrer_sources.traffic_source
        ) as own_source,
        coalesce(raw.campaign, pages.campaign_id) as campaign_id,
        raw.referrer,
        user_agents.device,
        user_agents.browser,
        coalesce(user_agents.is_crawler, false) as says_crawler,
        raw.country,
        raw.region,
        raw.city,
        coalesce(pages.uri, raw.page_url) as uri,
        raw.search_query,
        pages.search_term as page_search_term,
    from raw
    cross join shop_words
    left join known_words
        on raw.type = known_words.written
    left join pages
        on raw.page_url = pages.page_url
    left join referrer_sources
        on raw.referrer = referrer_sources.referrer
    left join user_agents
        on raw.user_agent = user_agents.user_agent
),

-- Who bought is no crawler, whatever the user agent says.
buyers as (
    select distinct visitor_id
    from joined
    where says_crawler and event_type = 'purchase'
),

-- What an address says of a product is no purchase of it: the page may show any.
final as (
    select
        joined.event_id,
        joined.user_id,
        joined.visitor_id,
        joined.session_key,
        joined.source_session_id,
        joined.event_time,
        joined.event_order,
        joined.event_type,
        joined.is_cart_emptied,
        case
            when joined.event_type in ('page_view', 'product_view', 'click', 'add_to_cart', 'remove_from_cart')
                and not joined.is_cart_emptied then coalesce(joined.named_product_id, joined.page_product_id)
            else joined.named_product_id
        end as product_id,
        joined.product_name,
        joined.brand,
        joined.category,
        joined.unit_price,
        joined.quantity,
        joined.amount,
        joined.order_reference,
        joined.own_source,
        joined.campaign_id,
        joined.referrer,
        joined.device,
        joined.browser,
        joined.says_crawler and joined.user_id is null and buyers.visitor_id is null as is_crawler,
        joined.country,
        joined.region,
        joined.city,
        joined.uri,
        coalesce(joined.search_query, if(joined.event_type = 'search', joined.page_search_term, null)) as search_term,
    from joined
    left join buyers
        on joined.visitor_id = buyers.visitor_id
)

select * from final
