"""The cross-sell page: candidates and their worth, pairs beyond chance, and whether the ranking holds."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis_lib.pages import (
    cross_sell,
    cross_sell_data,
    cross_sell_findings,
    cross_sell_pairs,
    cross_sell_quality,
)
from analysis_lib.pages.cross_sell_data import CrossSell
from analysis_lib.reporting.html import Html
from analysis_lib.shop import Shop
from tests.reporting import shops

SECTIONS: dict[str, Callable[[Shop], Html]] = {
    f"{section.__module__.rsplit('.', 1)[-1]}.{section.__name__}": section
    for section in (
        cross_sell.status,
        cross_sell.headline,
        cross_sell.key_findings,
        cross_sell.wanted_products,
        cross_sell.candidates,
        cross_sell_pairs.products,
        cross_sell_pairs.categories,
        cross_sell_quality.scores,
        cross_sell_quality.by_decile,
        cross_sell.how_computed,
    )
}
USERS = 40


def text_of(made: Html) -> str:
    """What a reader reads or hears, with plain blanks."""
    without = re.sub(
        r"<style>.*?</style>|<pre.*?</pre>|<p>Parameters of the run.*?</p>", " ", made.text, flags=re.S
    )
    spoken = re.findall(r'aria-label="([^"]*)"', without)
    text = re.sub(r"<[^>]+>", " ", without) + " ".join(spoken)
    return re.sub(r"\s+", " ", html.unescape(text)).replace("\u00a0", " ").strip()


def candidates(has_probabilities: bool = True) -> list[dict[str, Any]]:
    """Forty users who wanted a coat and a hat; the coat is worth more, a later user likelier to buy."""
    made = []
    for user in range(USERS):
        for product, margin in (("coat", "50.00"), ("hat", "5.00")):
            probability = (user + 1) / 1000
            made.append(
                {
                    "user_id": f"user-{1000 + user}",
                    "product_id": product,
                    "name": product.title(),
                    "category": "Outdoor",
                    "reason": "carted" if user == 7 else "viewed",
                    "views": 2,
                    "add_to_carts": int(user == 7),
                    "cancelled_orders": 0,
                    "sessions": 2,
                    "first_viewed_at": shops.at(shops.AS_OF),
                    "last_viewed_at": shops.at(shops.AS_OF),
                    "price": Decimal("90.00"),
                    "unit_margin": Decimal(margin),
                    "naive_lost_revenue": Decimal("90.00"),
                    "purchase_probability": probability if has_probabilities else None,
                    "expected_margin": Decimal(margin) * (user + 1) / 1000 if has_probabilities else None,
                    "rank_for_user": 1 if product == "coat" else 2,
                    "is_in_stock": product == "coat",
                }
            )
    return made


def quality(
    auc: float | None = 0.9,
    popularity: float | None = 0.6,
    ratio: float | None = 1.0,
    rate: float = 0.01,
    pairs: int = 10_000,
    note: str = "as it is",
) -> list[dict[str, Any]]:
    """Rows of `dq_model_quality`."""

    def row(
        metric: str, value: float | None, other: float | None, name: str | None, part: str, n: int
    ) -> Any:
        return {
            "model_name": "purchase_probability",
            "metric": metric,
            "slice": part,
            "value": value,
            "baseline_name": name,
            "baseline_value": other,
            "sample_size": n,
            "note": note,
        }

    made = [
        row("auc", auc, popularity, "popularity", "(all)", pairs),
        row("top_decile_lift", None if auc is None else 7.0, 2.0, "popularity", "(all)", pairs),
        row("calibration_ratio", ratio, 1.0, "train purchase rate", "(all)", pairs),
        row("purchase_rate", rate, 0.01, "train purchase rate", "(all)", pairs),
    ]
    if auc is not None:
        made += [
            row(
                "decile_purchase_rate",
                0.02 / place,
                0.021 / place,
                "observed",
                f"decile {place:02d}",
                pairs // 10,
            )
            for place in range(1, 11)
        ]
    return made


def pair(
    item: str, other: str, both: int, item_orders: int = 50, other_orders: int = 50, orders: int = 2000
) -> Any:
    """Both directions of a pair of `fct_basket_affinity`, ranks left to :func:`pairs`."""
    made = []
    for one, two, with_one, with_two in (
        (item, other, item_orders, other_orders),
        (other, item, other_orders, item_orders),
    ):
        confidence, share = both / with_one, with_two / orders
        made.append(
            {
                "level": "product",
                "item_id": one.lower(),
                "other_item_id": two.lower(),
                "item_name": one,
                "other_item_name": two,
                "orders_with_item": with_one,
                "orders_with_other": with_two,
                "orders_with_both": both,
                "orders": orders,
                "support": both / orders,
                "confidence": confidence,
                "confidence_lower": confidence * 0.7,
                "confidence_upper": min(1.0, confidence * 1.3),
                "lift": confidence / share,
                "lift_lower": 0.7 * confidence / share,
                "is_reliable": with_one >= 30,
            }
        )
    return made


def pairs(*some: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All pairs, ranked as the mart ranks them."""
    rows = sorted((row for one in some for row in one), key=lambda row: (-row["lift_lower"], row["item_id"]))
    return [row | {"affinity_rank": place, "rank_for_item": 1} for place, row in enumerate(rows, start=1)]


def lines(number: int = 2000, products: int = 40) -> list[dict[str, Any]]:
    """Rows of `int_order_lines`: orders of one product each, so that there are so many items."""
    return [
        {
            "order_item_id": f"i{place}",
            "order_id": f"o{place}",
            "product_id": f"p{place % products}",
            "order_date": shops.AS_OF,
            "is_cancelled": False,
        }
        for place in range(number)
    ]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with candidates, a ranking that holds, a strong pair and a weak one."""
    shop = shops.make_shop(
        tmp_path_factory.mktemp("planted"),
        marts={
            "fct_cross_sell_candidates": candidates(),
            "dq_model_quality": quality(),
            "fct_basket_affinity": pairs(pair("Tent", "Stove", 20), pair("Rope", "Mug", 5)),
            "int_order_lines": lines(),
        },
    )
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def unlearned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with too few purchases to learn a probability from."""
    note = "not fitted: only 3 purchases to learn from, 30 are needed"
    shop = shops.make_shop(
        tmp_path_factory.mktemp("unlearned"),
        marts={
            "fct_cross_sell_candidates": candidates(has_probabilities=False),
            "dq_model_quality": quality(None, None, None, note=note),
        },
    )
    yield shop
    shop.close()


def test_the_findings_say_what_is_wanted_and_worth(planted: Shop) -> None:
    found = [finding.text.replace("\u00a0", " ") for finding in cross_sell_findings.write(planted)]
    assert len(found) == 5
    wanted, best, ranking, calibration, together = found
    assert wanted.startswith("40 known users wanted a product without ever buying it: 80 candidates")
    assert "Of them 78 only viewed, 2 put into the cart." in wanted
    assert "At their prices that would be $7,200, but only 1.6 of them are expected" in wanted
    margin = sum(row["expected_margin"] for row in candidates())
    assert f"for a margin of ${margin:.0f}." in wanted
    largest = sorted((row["expected_margin"] for row in candidates()), reverse=True)[:8]
    assert f"holds {sum(largest) / margin:.1%}"[:-1] in best
    assert "That is $1.83 a candidate." in best
    assert ranking.startswith(
        "The ranking foretells purchases better than popularity: AUC 0.90 against 0.60."
    )
    assert "100 purchases among 10,000 pairs" in ranking
    assert calibration.startswith("100 purchases happened in the hold-out, 100.0 were expected.")
    assert together.startswith("1 pair of products is bought together more often than chance explains.")
    assert "Stove" in together
    assert "Rope" not in together


def test_the_cards_are_the_marts_numbers(planted: Shop) -> None:
    mart = planted.mart("fct_cross_sell_candidates")
    text = text_of(cross_sell.headline(planted))
    assert f"Candidates {len(mart)} 2 of them in the cart once; 40 out of stock" in text
    assert f"Users with a candidate {mart['user_id'].nunique()}" in text
    assert f"Expected margin ${mart['expected_margin'].sum():.2f} in the 30 days after 30 Sep 2026" in text
    assert "AUC of the ranking 0.90 popularity: 0.60; 1 is perfect, 0.5 chance" in text


def test_candidates_are_ranked_over_all_users_and_masked(planted: Shop, downloads: Path) -> None:
    made = cross_sell.candidates(planted)
    rows = pd.read_csv(downloads / "candidates.csv")
    assert len(rows) == 80
    assert rows["expected_margin"].is_monotonic_decreasing
    assert rows["expected_margin"].sum() == pytest.approx(
        float(planted.mart("fct_cross_sell_candidates")["expected_margin"].sum())
    )
    written = made.text + (downloads / "candidates.csv").read_text(encoding="utf-8")
    assert "user-10" not in written
    assert "…039" in written


def test_wanted_products_add_up_their_users(planted: Shop, downloads: Path) -> None:
    text = text_of(cross_sell.wanted_products(planted))
    rows = pd.read_csv(downloads / "wanted-products.csv").set_index("product_id")
    assert rows.loc["coat", "users"] == USERS
    assert rows.loc["coat", "expected_purchases"] == pytest.approx(0.82)
    assert rows.loc["coat", "expected_margin"] == pytest.approx(41.0)
    assert "Coat 40 1 0.82 $50.00 $41.00 in stock" in text
    assert "out of stock" in text


def test_without_probabilities_the_page_says_why(unlearned: Shop) -> None:
    why = "only 3 purchases to learn from, 30 are needed"
    assert f"Expected margin – no probabilities: {why}" in text_of(cross_sell.headline(unlearned))
    assert f"AUC of the ranking – {why}" in text_of(cross_sell.headline(unlearned))
    for name in (
        "cross_sell.key_findings",
        "cross_sell.wanted_products",
        "cross_sell.candidates",
        "cross_sell_quality.scores",
        "cross_sell_quality.by_decile",
    ):
        assert why in text_of(SECTIONS[name](unlearned)), name
    findings = cross_sell_findings.write(unlearned)
    assert findings[0].headline.startswith("40 known users wanted a product")
    assert not any("ranking" in finding.headline or "margin" in finding.headline for finding in findings)


def judged(**figures: Any) -> CrossSell:
    frame = pd.DataFrame(quality(**figures)).drop(columns="model_name")
    empty = pd.DataFrame()
    return CrossSell({"cross_sell_candidates": 1.0, "with_probability": 1.0}, {}, empty, empty, frame)


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ({}, "better than popularity: AUC 0.90 against 0.60."),
        ({"auc": 0.5, "popularity": 0.9}, "worse than popularity: AUC 0.50 against 0.90."),
        ({"auc": 0.65, "popularity": 0.6}, "not clearly better than popularity"),
        ({"rate": 0.0002}, "not clearly better than popularity"),
        ({"auc": None, "note": "not judged: 0 of 9 pairs of the hold-out were bought"}, "is not known yet"),
    ],
)
def test_the_ranking_is_called_better_only_after_a_test(figures: dict[str, Any], sentence: str) -> None:
    found = judged(**figures)
    finding = cross_sell_findings.ranking(found, cross_sell_quality.ranking(found))
    assert finding is not None
    assert sentence in finding.headline


@pytest.mark.parametrize(
    ("ratio", "sentence"),
    [
        (0.9, "100 purchases happened in the hold-out, 111.1 were expected."),
        (0.75, "100 purchases happened in the hold-out, 133.3 were expected."),
        (0.5, "The probabilities are too high: 100 purchases happened in the hold-out, 200.0 were expected."),
        (2.0, "The probabilities are too low: 100 purchases happened in the hold-out, 50.0 were expected."),
    ],
)
def test_probabilities_are_called_wrong_beyond_a_stated_factor(ratio: float, sentence: str) -> None:
    finding = cross_sell_findings.calibration(cross_sell_quality.calibration(judged(ratio=ratio)))
    assert finding is not None
    assert finding.headline == sentence


def test_the_interval_of_the_calibration_is_that_of_a_poisson_count() -> None:
    found = cross_sell_quality.calibration(judged(rate=0.0056, ratio=56 / 62.1))
    assert found is not None
    assert (round(found.low, 2), round(found.high, 2)) == (0.68, 1.17)


def test_a_pair_in_few_orders_is_chance_among_so_many(planted: Shop) -> None:
    found = cross_sell_pairs.read(planted)["product"]
    assert found.items == 40
    assert found.typical_lift == 1.0
    assert found.rows["is_clear"].tolist() == [True, False]
    text = text_of(cross_sell_pairs.products(planted))
    assert "2 of 2 pairs in at least 5 orders" in text
    assert "corrected for the 780 possible pairs" in text


def test_large_baskets_make_every_pair_frequent() -> None:
    """In ten orders of all items every pair is there ten times; that is no affinity."""
    rows = pd.DataFrame(pairs(pair("Tent", "Stove", 10, 20, 20, 200)))
    alone = cross_sell_pairs._tested(rows, {"items": 20, "pairs_per_product": 1 / 200})
    crowded = cross_sell_pairs._tested(rows, {"items": 20, "pairs_per_product": 5 / 200})
    assert alone.rows["is_clear"].all()
    assert crowded.typical_lift == 5
    assert not crowded.rows["is_clear"].any()


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_says_something_and_nothing_untrue(name: str, small_shop: Shop) -> None:
    text = text_of(SECTIONS[name](small_shop))
    assert text
    for never in ("nan", "nat", "none", "inf", "null"):
        assert not re.search(rf"\b{never}\b", text, re.IGNORECASE), (never, text)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("cross_sell.headline", "No known user wanted a product without buying it up to 30 Sep 2026."),
        ("cross_sell.key_findings", "No known user wanted a product without buying it up to 30 Sep 2026."),
        ("cross_sell.wanted_products", "No known user wanted a product without buying it up to 30 Sep 2026."),
        ("cross_sell.candidates", "No known user wanted a product without buying it up to 30 Sep 2026."),
        ("cross_sell_pairs.products", "No two products are together in 5 orders or more up to 30 Sep 2026."),
        (
            "cross_sell_pairs.categories",
            "No two categories are together in 5 orders or more up to 30 Sep 2026.",
        ),
        ("cross_sell_quality.scores", "is not known"),
        ("cross_sell_quality.by_decile", "Predicted and observed purchases cannot be compared"),
    ],
)
def test_an_empty_shop_gets_a_sentence(name: str, sentence: str, small_shops: dict[str, Shop]) -> None:
    made = SECTIONS[name](small_shops["empty"])
    assert sentence in text_of(made)
    assert "<svg" not in made.text
    assert "<table" not in made.text


def test_the_page_reads_marts_only() -> None:
    queries = " ".join(
        value
        for module in (cross_sell_data, cross_sell_pairs, cross_sell)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    )
    read = set(re.findall(r"\b(?:from|join)\s+((?:stg|int|fct|dim|dq)_\w+)", queries))
    assert read == {
        "fct_cross_sell_candidates",
        "fct_basket_affinity",
        "fct_product_performance",
        "int_order_lines",
        "dq_model_quality",
    }
