"""The products page: what it says of products that earn, that are looked at in vain and that come back."""

from __future__ import annotations

import datetime as dt
import html
import random
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis_lib.pages import products, products_data, products_findings, products_rates, products_tests
from analysis_lib.pages.products_data import Products
from analysis_lib.reporting.html import Html
from analysis_lib.shop import Shop
from tests.reporting import shops

SECTIONS: dict[str, Callable[[Shop], Html]] = {
    section.__name__: section
    for section in (
        products.status,
        products.headline,
        products.key_findings,
        products_rates.views_to_purchases,
        products.margin_against_revenue,
        products.top_products,
        products_rates.returns,
        products.categories,
        products.movers,
        products.how_computed,
    )
}


def text_of(made: Html) -> str:
    """What a reader reads or hears."""
    without = re.sub(
        r"<style>.*?</style>|<pre.*?</pre>|<p>Parameters of the run.*?</p>", " ", made.text, flags=re.S
    )
    spoken = re.findall(r'aria-label="([^"]*)"', without)
    text = re.sub(r"<[^>]+>", " ", without) + " ".join(spoken)
    return re.sub(r"\s+", " ", html.unescape(text)).strip()


def product(name: str, category: str = "Coats", **given: Any) -> dict[str, Any]:
    """A row of `fct_product_performance`: 1,000 viewings, 50 purchases, 200 units delivered and 16 back."""
    row: dict[str, Any] = {
        "product_id": name.lower().replace(" ", "-"),
        "name": name,
        "category": category,
        "department": "Women",
        "views": 1100,
        "viewing_sessions": 1000,
        "viewers": 900,
        "add_to_carts": 100,
        "carting_viewing_sessions": 100,
        "purchasing_viewing_sessions": 50,
        "orders": 200,
        "units": 200,
        "delivered_units": 200,
        "returned_units": 16,
        "net_revenue": Decimal("1000.00"),
        "gross_profit": Decimal("550.00"),
        "returns": Decimal("80.00"),
        **given,
    }
    row["view_to_purchase_rate"] = row["purchasing_viewing_sessions"] / row["viewing_sessions"]
    row["view_to_cart_rate"] = row["carting_viewing_sessions"] / row["viewing_sessions"]
    row["return_rate"] = row["returned_units"] / row["delivered_units"]
    row["margin_rate"] = float(row["gross_profit"] / row["net_revenue"]) if row["net_revenue"] else None
    return row


def ordinary(number: int = 20) -> list[dict[str, Any]]:
    """Products that are all alike, in four categories."""
    return [
        product(f"Plain {place}", ("Coats", "Socks", "Jeans", "Swim")[place % 4]) for place in range(number)
    ]


def marts(rows: list[dict[str, Any]], orders: list[dict[str, Any]]) -> dict[str, Any]:
    """The marts of these products; each category has the viewers and orders of its products."""
    summed = [
        "viewing_sessions", "viewers", "purchasing_viewing_sessions", "orders", "units",
        "delivered_units", "returned_units", "net_revenue", "gross_profit", "returns",
    ]  # fmt: skip
    categories = [
        {"category_level": 1, "category_path": name, "category_name": name, "products": 1, "products_sold": 1}
        | {column: sum(row[column] for row in rows if row["category"] == name) for column in summed}
        for name in sorted({row["category"] for row in rows})
    ]
    return {
        "fct_product_performance": rows,
        "fct_category_performance": categories,
        "int_order_lines": orders,
    }


def lines(orders: dict[str, tuple[int, int]], as_of: dt.date = shops.AS_OF) -> list[dict[str, Any]]:
    """Rows of `int_order_lines`: for each product so many orders in the window, and in the one before."""
    made = []
    for name, counts in orders.items():
        for days_ago, number in zip((5, 45), counts, strict=True):
            for _ in range(number):
                made.append(_line(len(made), name, as_of - dt.timedelta(days=days_ago)))
    made.append(_line(len(made), "first", as_of - dt.timedelta(days=200)))
    return made


def _line(number: int, name: str, day: dt.date) -> dict[str, Any]:
    money = {
        "gross_sales": "20.00",
        "discounts": "0",
        "cancellations": "0",
        "returns": "0",
        "net_revenue": "20.00",
    }
    return {
        "order_item_id": f"i{number}",
        "order_id": f"o{number}",
        "product_id": name,
        "order_date": day,
        "is_cancelled": False,
        "quantity": 1,
        **{column: Decimal(value) for column, value in money.items()},
    }


def moves(**orders: tuple[int, int]) -> list[dict[str, Any]]:
    """Two hundred orders a window of other products, beside those named."""
    others = {f"plain-{place}": (20, 20) for place in range(10)}
    return lines(others | {name.replace("_", "-"): counts for name, counts in orders.items()})


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with a product that is not bought, one that comes back, one that moved and one below cost."""
    rows = [
        *ordinary(),
        product("Slow Coat", purchasing_viewing_sessions=10, net_revenue=Decimal("5000.00"),
                gross_profit=Decimal("2000.00")),
        product("Tight Dress", "Dresses", returned_units=60),
        product("Gift Card", "Gifts", gross_profit=Decimal("-100.00")),
        product("Rain Hat"),
    ]  # fmt: skip
    shop = shops.make_shop(
        tmp_path_factory.mktemp("planted"),
        marts=marts(rows, moves(rain_hat=(40, 4))),
    )
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose products are all alike, with as many orders as before."""
    shop = shops.make_shop(
        tmp_path_factory.mktemp("alike"),
        marts=marts(ordinary(), moves()),
    )
    yield shop
    shop.close()


def test_the_findings_name_what_was_planted(planted: Shop) -> None:
    found = [finding.text.replace("\u00a0", " ") for finding in products_findings.write(planted)]
    assert len(found) == 5
    earning, below, vain, back, moved = found
    assert earning.startswith("80 % of net revenue comes from 19 products of 24.")
    assert "Most comes from Slow Coat: $5,000, 17.9 % of the $28,000 of all." in earning
    assert below.startswith("1 product cost more than it brought: $100 in all. Most was lost with Gift Card")
    assert vain.startswith(
        "Looked at, not bought: Slow Coat is ordered in 1.0 % of its viewings. 10 of 1,000"
    )
    assert "for all other products it is 5.0 %" in vain
    assert "there would be 40 purchases more" in vain
    assert back.startswith("Coming back: 30.0 % of what was delivered of Dresses. 60 of 200 units")
    assert "p < 0.001 after Holm" in back
    assert moved.startswith(
        "Rain Hat sold more on 1–30 Sep 2026: in 16.7 % of the orders, before that in 2.0 %."
    )


def test_where_all_products_are_alike_nothing_is_claimed(alike: Shop) -> None:
    findings = products_findings.write(alike)
    text = " ".join(finding.text for finding in findings)
    assert "No product or category is bought clearly less often when viewed than the rest." in text
    assert "No product or category comes back clearly more often than the rest." in text
    assert "No product sold clearly more or less on 1–30 Sep 2026 than before." in text
    assert "No product was sold below cost over all its sales." in text
    assert all(finding.tone == "neutral" for finding in findings)
    assert "Clearly different from the rest" not in text_of(products_rates.views_to_purchases(alike))


def test_the_cards_are_sums_over_the_products(planted: Shop) -> None:
    rows = planted.mart("fct_product_performance")
    text = text_of(products.headline(planted)).replace("\u00a0", " ")
    assert f"Net revenue to date ${rows['net_revenue'].sum():,.0f} all orders since 14 Mar 2026" in text
    bought, viewings = rows["purchasing_viewing_sessions"].sum(), rows["viewing_sessions"].sum()
    assert f"View → purchase of a product {bought / viewings:.1%}".replace("%", " %") in text
    assert f"{bought:,} of {viewings:,} viewings" in text
    assert "Products sold 24 of 24 products" in text
    assert f"Return rate {rows['returned_units'].sum() / rows['delivered_units'].sum():.1%}"[:-1] in text


def test_the_downloads_hold_the_marts_numbers(planted: Shop, downloads: Path) -> None:
    for section in (
        products.top_products,
        products_rates.views_to_purchases,
        products_rates.returns,
        products.movers,
    ):
        section(planted)
    mart = planted.mart("fct_product_performance").set_index("product_id")
    top = pd.read_csv(downloads / "top-products.csv").set_index("product_id")
    assert len(top) == len(mart)
    assert (top["net_revenue"] == mart["net_revenue"].astype(float).loc[top.index]).all()
    views = pd.read_csv(downloads / "looked-at-not-bought.csv").set_index("product_id")
    assert views.index[0] == "slow-coat"
    assert views.loc["slow-coat", "missing_purchases"] == pytest.approx(1000 * 1160 / 24000 - 10)
    back = pd.read_csv(downloads / "most-returned.csv").set_index("product_id")
    assert (back["rate"] == mart["return_rate"].loc[back.index]).all()
    assert (back["rate_low"] < back["rate"]).all()
    moved = pd.read_csv(downloads / "movers.csv").set_index("product_id")
    assert moved.loc["rain-hat", "sales_change"] == 20 * (40 - 4)
    assert moved.loc["rain-hat", "is_clear"]


def test_the_charts_say_what_they_show(planted: Shop) -> None:
    margin = text_of(products.margin_against_revenue(planted)).replace("\u00a0", " ")
    assert "1 product below cost (red diamonds)" in margin
    assert "Slow Coat $5,000 at 40.0 %" in margin
    moved = text_of(products.movers(planted))
    assert "Clearly changed: Rain Hat." in moved
    assert "Rain Hat: +$720" in moved
    views = text_of(products_rates.views_to_purchases(planted)).replace("\u00a0", " ")
    assert "Slow Coat 1.0 % (10 of 1,000)" in views


def test_a_category_is_not_better_for_having_many_products(tmp_path: Path) -> None:
    """Sessions that view several products of a category buy more often, each product does not."""
    rows = [product(f"Shirt {place}", "Shirts") for place in range(20)]
    rows += [product(f"Suit {place}", "Suits") for place in range(2)]
    with shops.make_shop(tmp_path, marts=marts(rows, moves())) as shop:
        compared = products_tests.compare(shop).of("purchases", "category", "Suits")
    assert compared is not None
    assert compared.rate == compared.other_rate == 0.05


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_says_something_and_nothing_untrue(name: str, small_shop: Shop) -> None:
    text = text_of(SECTIONS[name](small_shop))
    assert text
    for never in ("nan", "nat", "none", "inf", "null"):
        without = text.replace("None lies below cost", "").replace("None of", "").replace("None differs", "")
        assert not re.search(rf"\b{never}\b", without, re.IGNORECASE), (never, text)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("headline", "No product was viewed or sold up to 30 Sep 2026."),
        ("key_findings", "No product was viewed or sold up to 30 Sep 2026."),
        ("views_to_purchases", "No product was viewed up to 30 Sep 2026."),
        ("margin_against_revenue", "No product was sold up to 30 Sep 2026."),
        ("returns", "Nothing was delivered up to 30 Sep 2026."),
        ("categories", "No product was viewed or sold up to 30 Sep 2026."),
        ("movers", "No orders on 2–31 Aug 2026 or 1–30 Sep 2026."),
        ("top_products", "No product was sold up to 30 Sep 2026."),
    ],
)
def test_an_empty_shop_gets_a_sentence(name: str, sentence: str, small_shops: dict[str, Shop]) -> None:
    made = SECTIONS[name](small_shops["empty"])
    assert sentence in text_of(made)
    assert "<svg" not in made.text
    assert "<table" not in made.text


def test_one_order_is_too_little_to_compare(small_shops: dict[str, Shop]) -> None:
    shop = small_shops["one order"]
    text = text_of(products.key_findings(shop))
    assert "Too little was viewed to compare products." in text
    assert "Too little was delivered to compare products." in text
    assert "sold more" not in text
    assert "There is nothing to compare with: the orders begin on 27 Sep 2026" in text_of(
        products.movers(shop)
    )


def test_sessions_of_one_viewer_count_once() -> None:
    """The same rate on the same sessions is surer where more people had them."""
    many = _rows([product("A", viewers=1000, purchasing_viewing_sessions=26), product("B", viewers=1000)])
    few = _rows([product("A", viewers=100, purchasing_viewing_sessions=26), product("B", viewers=100)])
    p_values = [
        products_tests.compared(found, 30).rates["purchases", "product", "a"].p_value for found in (many, few)
    ]
    assert p_values[0] is not None
    assert p_values[1] is not None
    assert p_values[0] < 0.05 < p_values[1]


def test_shops_without_differences_are_rarely_said_to_have_one() -> None:
    """Products that are all bought and returned alike, in forty shops; small ones and large ones."""
    chance = random.Random(4)
    claims = 0
    for _ in range(40):
        rows = []
        for place in range(15):
            viewings, delivered = chance.choice([60, 300, 1000]), chance.choice([40, 120])
            rows.append(
                product(
                    f"P{place}",
                    ("Coats", "Socks", "Jeans")[place % 3],
                    viewing_sessions=viewings,
                    viewers=viewings,
                    carting_viewing_sessions=0,
                    purchasing_viewing_sessions=sum(chance.random() < 0.05 for _ in range(viewings)),
                    delivered_units=delivered,
                    units=delivered,
                    orders=delivered,
                    returned_units=sum(chance.random() < 0.08 for _ in range(delivered)),
                )
            )
        tests = products_tests.compared(_rows(rows), 30)
        claims += any(one.is_found for one in tests.rates.values())
    assert claims <= 3


def _rows(rows: list[dict[str, Any]]) -> Products:
    """The page's rows from those of the mart, as its queries make them."""
    frame = pd.DataFrame(rows)
    for rank, column in (("views_rank", "viewing_sessions"), ("delivered_rank", "delivered_units")):
        frame[rank] = frame[column].rank(method="first", ascending=False).astype(int)
    counted = [
        "viewing_sessions", "viewers", "purchasing_viewing_sessions",
        "delivered_units", "returned_units", "orders", "units",
    ]  # fmt: skip
    totals = {name: float(value) for name, value in frame[counted].sum().items()}
    groups = frame.groupby("category")[counted].sum().reset_index()
    movers = pd.DataFrame({"product_id": [], "orders_rank": [], "orders": [], "orders_before": []})
    return Products(totals, frame, pd.DataFrame(), groups, movers, (0, 0), None)


def test_the_page_reads_marts_only() -> None:
    queries = " ".join(
        value for name, value in vars(products_data).items() if name.isupper() and isinstance(value, str)
    )
    read = set(re.findall(r"\b(?:from|join)\s+((?:stg|int|fct|dim)_\w+)", queries))
    assert read == {"fct_product_performance", "fct_category_performance", "int_order_lines"}
