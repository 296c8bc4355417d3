-- purpose: what the address of each page says: its path, its product, and the campaign that led to it.
-- grain: one row an address.
-- inputs: raw_events, rule_product_urls.

with

events as (
    select
        page_url,
        is_duplicate,
    from raw_events
),

rules as (
    select * from rule_product_urls
),

addresses as (
    select distinct page_url
    from events
    where page_url is not null and not is_duplicate
),

-- Pages that a script draws have their path behind a hash: /#/product/5.
tidy as (
    select
        page_url,
        regexp_replace(regexp_replace(page_url, r'/#!?/', '/'), r'#.*$', '') as address,
    from addresses
),

parted as (
    select
        page_url,
        lower(regexp_extract(address, r'^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?@]*@)?([^/?:]+)')) as full_host,
        coalesce(nullif(regexp_extract(address, r'^(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?]*)?([^?]*)'), ''), '/') as uri,
        concat('&', coalesce(regexp_extract(address, r'\?(.*)$'), '')) as query,
    from tidy
),

-- The text that a rule looks at, and what stands before the key in it.
tried as (
    select
        parted.page_url,
        rules.rule_order,
        rules.id_part,
        if(rules.place = 'path', concat('/', parted.uri, '/'), parted.query) as looked_at,
        if(rules.place = 'path', concat('/', lower(rules.name), '/'), concat('&', lower(rules.name), '=')) as sign,
    from parted
    cross join rules
),

found as (
    select
        page_url,
        rule_order,
        id_part,
        regexp_replace(
            regexp_extract(substr(looked_at, strpos(lower(looked_at), sign) + length(sign)), r'^([^/&]+)'),
            r'(?i)\.(?:html?|php|aspx?|jsp)$',
            ''
        ) as text_found,
    from tried
    where strpos(lower(looked_at), sign) > 0
),

keys as (
    select
        page_url,
        rule_order,
        nullif(
            case id_part
                when 'whole' then text_found
                when 'leading_number' then regexp_extract(text_found, r'^([0-9]+)(?:[-_.].*)?$')
                when 'trailing_number' then regexp_extract(text_found, r'^(?:.*[-_.])?([0-9]+)$')
            end,
            ''
        ) as product_id,
    from found
),

first_rules as (
    select
        page_url,
        min(rule_order) as rule_order,
    from keys
    where product_id is not null
    group by page_url
),

products as (
    select
        keys.page_url,
        keys.product_id,
    from keys
    inner join first_rules
        on keys.page_url = first_rules.page_url
        and keys.rule_order = first_rules.rule_order
),

-- In an address a space is a plus or %20.
named as (
    select
        page_url,
        regexp_replace(full_host, r'^(?:www[0-9]?|m|mobile)\.', '') as host,
        uri,
        query,
        nullif(regexp_replace(regexp_extract(query, r'&utm_source=([^&]*)'), r'\+|%20', ' '), '') as utm_source,
        nullif(regexp_replace(regexp_extract(query, r'&utm_medium=([^&]*)'), r'\+|%20', ' '), '') as utm_medium,
        nullif(
            regexp_replace(
                coalesce(
                    regexp_extract(query, r'&utm_id=([^&]*)'), regexp_extract(query, r'&utm_campaign=([^&]*)')
                ),
                r'\+|%20',
                ' '
            ),
            ''
        ) as campaign_id,
        nullif(
            regexp_replace(
                regexp_extract(query, r'(?i)&(?:q|query|search|s|k|keyword|keywords|term|search_query)=([^&]*)'),
                r'\+|%20',
                ' '
            ),
            ''
        ) as search_term,
    from parted
),

-- Ad platforms mark their clicks with a key of their own, where the shop names no campaign.
final as (
    select
        named.page_url,
        named.host,
        named.uri,
        products.product_id,
        named.utm_source,
        named.utm_medium,
        case
            when named.utm_source is not null
                then concat(named.utm_source, ' / ', coalesce(named.utm_medium, '(not set)'))
            when regexp_contains(named.query, r'&(?:gclid|gbraid|wbraid)=[^&]') then 'google / cpc'
            when regexp_contains(named.query, r'&msclkid=[^&]') then 'bing / cpc'
            when regexp_contains(named.query, r'&ttclid=[^&]') then 'tiktok / cpc'
            when regexp_contains(named.query, r'&fbclid=[^&]') then 'facebook / social'
        end as traffic_source,
        named.campaign_id,
        named.search_term,
    from named
    left join products
        on named.page_url = products.page_url
)

select * from final
