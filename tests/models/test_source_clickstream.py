"""Specification of the source clickstream: words, pages, products, visitors, traffic sources and crawlers."""

from __future__ import annotations

from tests.models.specify import check, rows_of

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0"


def events(text: str) -> dict[str, str]:
    """A raw table of events; none is a duplicate, and they lie in the file as they are written."""
    lines = [line.strip() for line in text.strip().splitlines()]
    head, *rows = lines
    if "event_time" not in head:
        head, rows = f"{head} event_time |", [f"{row} 2024-01-10 10:00:00 |" for row in rows]
    rows = [f"{row} false | {number} |" for number, row in enumerate(rows, start=1)]
    return {"raw_events": "\n".join([f"{head} is_duplicate | load_row_number |", *rows])}


# What happened


WORDS = {
    "page_view": "page_view",
    "pageView": "page_view",
    "Product Viewed": "product_view",
    "cart.add": "add_to_cart",
    "addToCart": "add_to_cart",
    "cart-remove": "remove_from_cart",
    "clear_cart": "remove_from_cart",
    "checkout": "checkout",
    " ORDER ": "purchase",
    "search": "search",
    "wobble": "other",
}


def test_words_become_those_of_the_contract_whatever_their_spelling() -> None:
    rows = "\n".join(f"| {word} | '{word}' |" for word in WORDS)
    found = check("stg_events", events(f"| id | type |\n{rows}"), source="clickstream")
    assert dict(rows_of(found, "event_id", "event_type")) == {
        word.strip(): event_type for word, event_type in WORDS.items()
    }


def test_where_a_shop_tracks_pages_only_the_page_of_a_product_is_its_view() -> None:
    pages = """
        | id | type | page_url |
        | 1  | page | /product/5 |
        | 2  | page | /about |
    """
    rows = check("stg_events", events(pages), source="clickstream")
    assert rows_of(rows, "event_id", "event_type") == [("1", "product_view"), ("2", "page_view")]
    both = pages + "| 3 | product_view | /product/5 |\n"
    rows = check("stg_events", events(both), source="clickstream")
    assert rows_of(rows, "event_id", "event_type", "product_id") == [
        ("1", "page_view", "5"),
        ("2", "page_view", None),
        ("3", "product_view", "5"),
    ]


# Pages and products


ADDRESSES = {
    "https://shop.example/product/123": ("/product/123", "123"),
    "https://shop.example/en/products/123-wool-sock?ref=x#top": ("/en/products/123-wool-sock", "123"),
    "https://shop.example/products/wool-sock": ("/products/wool-sock", "wool-sock"),
    "https://shop.example/Product/AB-7.html": ("/Product/AB-7.html", "AB-7"),
    "/p/123/reviews": ("/p/123/reviews", "123"),
    "https://shop.example/dp/B00ABC?th=1": ("/dp/B00ABC", "B00ABC"),
    "https://shop.example/gp/product/B00ABC": ("/gp/product/B00ABC", "B00ABC"),
    "https://shop.example/#/product/9": ("/product/9", "9"),
    "https://shop.example/view?page=2&sku=A7&x=1": ("/view", "A7"),
    "https://shop.example/view?product_id=8": ("/view", "8"),
    "https://shop.example/products/": ("/products/", None),
    "https://shop.example/productive/123": ("/productive/123", None),
    "https://shop.example": ("/", None),
    "https://shop.example?sku=A7": ("/", "A7"),
    "not an address": ("not an address", None),
}


def test_an_address_names_its_product() -> None:
    rows = "\n".join(f"| {number} | page | '{address}' |" for number, address in enumerate(ADDRESSES))
    found = check("stg_pages", events(f"| id | type | page_url |\n{rows}"), source="clickstream")
    assert {address: said for address, *said in rows_of(found, "page_url", "uri", "product_id")} == {
        address: list(said) for address, said in ADDRESSES.items()
    }


def test_a_shop_can_have_rules_of_its_own_and_the_first_that_fits_counts() -> None:
    tables = events("""
        | id | type | page_url |
        | 1  | page | /artikel/wool-sock-77 |
        | 2  | page | /artikel/gloves |
        | 3  | page | /product/5 |
    """)
    tables["rule_product_urls"] = """
        | rule_order | place | name    | id_part         |
        | 1          | path  | artikel | trailing_number |
        | 2          | path  | artikel | whole           |
    """
    rows = check("stg_pages", tables, source="clickstream")
    assert dict(rows_of(rows, "page_url", "product_id")) == {
        "/artikel/wool-sock-77": "77",
        "/artikel/gloves": "gloves",
        "/product/5": None,
    }


def test_the_body_names_a_product_before_the_address_does_and_a_purchase_is_not_of_its_page() -> None:
    check(
        "stg_events",
        events("""
            | id | type         | page_url   | product_id |
            | 1  | product_view | /product/5 | 6          |
            | 2  | cart_add     | /product/5 |            |
            | 3  | order        | /product/5 |            |
            | 4  | cart_clear   | /product/5 |            |
        """),
        expect="""
            | event_id | product_id |
            | 1        | 6          |
            | 2        | 5          |
            | 3        |            |
            | 4        |            |
        """,
        source="clickstream",
    )


def test_products_take_their_most_frequent_name_and_their_newest_price_above_zero() -> None:
    check(
        "stg_products",
        events("""
            | id | type         | product_id | product_name | category | price | event_time          | user_agent |
            | 1  | product_view | 5          | Cap          | Hats     | 7     | 2024-01-10 10:00:00 |            |
            | 2  | product_view | 5          | Cap          |          | 8     | 2024-01-10 10:01:00 |            |
            | 3  | product_view | 5          | Hat          |          | 0     | 2024-01-10 10:02:00 |            |
            | 4  | order        | 6          |              |          |       | 2024-01-10 10:03:00 |            |
            | 5  | product_view | ../etc     |              |          |       | 2024-01-10 10:03:00 | Googlebot/2.1 (+http://www.google.com/bot.html) |
        """),
        expect="""
            | product_id | name | category | retail_price |
            | 5          | Cap  | Hats     | 8            |
            | 6          |      |          |              |
        """,
        source="clickstream",
    )


# Visitors


def test_a_visitor_is_the_customer_else_the_cookie_else_the_session_else_the_click_alone() -> None:
    check(
        "stg_events",
        events("""
            | id | type | customer_id | cookie_id | session_id |
            | 1  | page | 7           | C         | S          |
            | 2  | page |             | C         | S          |
            | 3  | page |             |           | S          |
            | 4  | page |             | C         |            |
            | 5  | page |             |           |            |
        """),
        expect="""
            | event_id | user_id | visitor_id | source_session_id |
            | 1        | 7       | u:7        | S                 |
            | 2        |         | s:C        | S                 |
            | 3        |         | s:S        | S                 |
            | 4        |         | s:C        | C                 |
            | 5        |         | s:5        |                   |
        """,
        source="clickstream",
    )


def test_a_row_that_is_there_twice_counts_once() -> None:
    tables = {"raw_events": "| id | type | is_duplicate |\n| 1 | page | false |\n| 1 | page | true |"}
    assert len(check("stg_events", tables, source="clickstream").rows) == 1


# Traffic sources


CAME_FROM = [
    ("https://shop.example/?utm_source=news", "", "news / (not set)"),
    ("https://shop.example/?gclid=Ab1", "https://www.google.com/", "google / cpc"),
    ("https://shop.example/?fbclid=Ab1", "", "facebook / social"),
    ("https://shop.example/", "https://www.google.co.uk/search?q=sock", "google / organic"),
    ("https://shop.example/", "https://mail.google.com/", "gmail / email"),
    ("https://shop.example/", "https://google.evil.example.com/", "google.evil.example.com / referral"),
    ("https://shop.example/", "https://lm.facebook.com/l.php", "facebook / social"),
    ("https://shop.example/", "duckduckgo.com", "duckduckgo / organic"),
    ("https://shop.example/", "https://Blog.Example.org:8080/gifts", "blog.example.org / referral"),
    ("https://www.shop.example/", "https://shop.example/sale", "(direct) / (none)"),
    ("https://shop.example/", "https://pay.shop.example/done", "(direct) / (none)"),
    ("https://shop.example/", "", "(direct) / (none)"),
]


def test_a_click_names_where_it_came_from() -> None:
    rows = "\n".join(
        f"| {number} | page | {number} | {address} | {referrer} |"
        for number, (address, referrer, _) in enumerate(CAME_FROM)
    )
    found = check(
        "stg_events", events(f"| id | type | cookie_id | page_url | referrer |\n{rows}"), source="clickstream"
    )
    sources = dict(rows_of(found, "event_id", "traffic_source"))
    assert [(*case[:2], sources[str(number)]) for number, case in enumerate(CAME_FROM)] == CAME_FROM


def test_a_visit_has_the_first_source_that_its_clicks_name_and_the_campaign_of_that_click() -> None:
    check(
        "stg_events",
        events("""
            | id | type | session_id | page_url                              | event_time          |
            | 1  | page | A          | /                                     | 2024-01-10 10:00:00 |
            | 2  | page | A          | /?utm_source=a&utm_medium=cpc&utm_campaign=c1 | 2024-01-10 10:01:00 |
            | 3  | page | A          | /?utm_source=b&utm_medium=cpc&utm_campaign=c2 | 2024-01-10 10:02:00 |
            | 4  | page | A          | /                                     | 2024-01-10 10:32:00 |
            | 5  | page | A          | /                                     | 2024-01-10 11:02:01 |
        """),
        expect="""
            | event_id | traffic_source    | campaign_id |
            | 1        | a / cpc           | c1          |
            | 2        | a / cpc           | c1          |
            | 3        | a / cpc           | c1          |
            | 4        | a / cpc           | c1          |
            | 5        | (direct) / (none) |             |
        """,
        source="clickstream",
    )


def test_where_no_click_of_the_shop_names_a_source_none_is_known() -> None:
    rows = check("stg_events", events("| id | type | page_url |\n| 1 | page | / |"), source="clickstream")
    assert rows_of(rows, "traffic_source") == [(None,)]


def test_the_search_is_that_of_the_body_else_that_of_the_address_of_a_search() -> None:
    tables = events("""
        | id | type   | search_query | page_url              |
        | 1  | search | red sock     | /search?q=blue        |
        | 2  | search |              | /search?q=blue+sock   |
        | 3  | page   |              | /list?q=blue          |
    """)
    rows = check("stg_events", tables, source="clickstream")
    assert rows_of(rows, "event_id", "search_term") == [("1", "red sock"), ("2", "blue sock"), ("3", None)]


# User agents


def test_device_and_browser_are_those_of_the_user_agent() -> None:
    rows = check(
        "stg_events",
        events(f"| id | type | user_agent |\n| 1 | page | '{FIREFOX}' |\n| 2 | page | |"),
        source="clickstream",
    )
    assert rows_of(rows, "event_id", "device", "browser") == [("1", "desktop", "Firefox"), ("2", None, None)]


def test_clicks_of_crawlers_are_left_out_unless_they_name_a_customer_or_their_visitor_bought() -> None:
    tables = events(f"""
        | id | type  | customer_id | cookie_id | product_id | user_agent  |
        | 1  | page  |             | A         |            | '{CRAWLER}' |
        | 2  | page  | 7           | A         |            | '{CRAWLER}' |
        | 3  | page  |             | B         |            | '{CRAWLER}' |
        | 4  | order |             | B         | 5          | '{CRAWLER}' |
        | 5  | page  |             | A         |            | '{FIREFOX}' |
    """)
    rows = check("stg_events", tables, source="clickstream")
    assert [event for (event,) in rows_of(rows, "event_id")] == ["2", "3", "4", "5"]
    counted = check("stg_user_agents", tables, source="clickstream")
    assert dict(rows_of(counted, "is_crawler", "events")) == {False: 1, True: 4}
