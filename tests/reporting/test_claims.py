"""What pages claim: nothing on shops without effects, and what was planted on the demo shop."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from scipy.stats import binom

from analysis_lib.settings import Settings
from analysis_lib.shop import open_shop
from benchmarks.page_claims import PAGES, Claim, claims, simulated_claims
from tests.demo_site import DemoSite
from tests.translations import TRANSLATIONS

pytestmark = pytest.mark.slow
SEEDS = (1, 2, 3, 4)
ALLOWED = 0.05  # of shops without effects, a page


def bound(shops: int, rate: float = ALLOWED, probability: float = 1e-4) -> int:
    """The most shops that may claim: more of them have a probability below 1e-4 at the allowed rate."""
    return next(most for most in range(shops + 1) if binom.sf(most, shops, rate) < probability)


def test_the_bound_can_be_broken() -> None:
    assert (bound(100), bound(36), bound(4)) == (15, 8, 3)


@pytest.fixture(scope="module")
def without_effects(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[Claim]]:
    """The claims of small shops without effects, by seed."""
    folder = tmp_path_factory.mktemp("without-effects")
    return {seed: _claims(folder, seed) for seed in SEEDS}


def _claims(folder: Path, seed: int) -> list[Claim]:
    return simulated_claims(folder / str(seed), visitors=4000, months=14, seed=seed)


def test_pages_claim_nothing_where_there_is_nothing(without_effects: dict[int, list[Claim]]) -> None:
    claiming = Counter(page for made in without_effects.values() for page in {claim.page for claim in made})
    # Pages of one shop are not independent; taken as such, nine pages of four shops are 36 chances.
    assert sum(claiming.values()) <= bound(len(SEEDS) * len(PAGES)), without_effects
    assert all(number <= bound(len(SEEDS)) for number in claiming.values()), without_effects


@pytest.fixture(scope="module")
def of_the_demo(demo_site: DemoSite) -> list[Claim]:
    """The claims that the demo shop's pages make."""
    settings = Settings(
        root=demo_site.root,
        warehouse=demo_site.warehouse,
        site=demo_site.site,
        build_dir=demo_site.root / "_build",
        temp_dir=demo_site.root / "tmp",
        translations=TRANSLATIONS,
        memory_limit="2GB",
    )
    with open_shop("demo", settings=settings) as book:
        return claims(book)


def _sentences(made: Sequence[Claim], page: str) -> list[str]:
    return [claim.name for claim in made if claim.page == page and claim.kind == "finding"]


@pytest.mark.parametrize(
    ("page", "beginnings"),
    [
        ("overview", ["Net revenue stands above 52 weeks before"]),
        ("marketing", ["Email returned"]),
        ("funnel", ["Desktop converts at", "Email converts at"]),
        (
            "journeys",
            ["2.6 % of the visitors who first came through Adwords", "1.5 % of the visitors who first"],
        ),
        ("customers", []),
        (
            "products",
            ["Looked at, not bought: Suits", "Coming back: 19.0 % of what was delivered of Dresses"],
        ),
        ("cross-sell", ["The ranking foretells purchases better than popularity", "8 pairs of products"]),
        (
            "inventory",
            ["17 products that sell run out", "104 products should be reordered", "10 products of"],
        ),
        ("quality", []),
    ],
)
def test_the_demo_makes_these_claims_and_no_others(
    page: str, beginnings: list[str], of_the_demo: list[Claim]
) -> None:
    sentences = _sentences(of_the_demo, page)
    assert len(sentences) == len(beginnings), sentences
    for sentence, beginning in zip(sentences, beginnings, strict=True):
        assert sentence.replace("\u00a0", " ").startswith(beginning)


def test_the_pairs_of_products_that_the_demo_claims_are_those_planted(
    of_the_demo: list[Claim], demo_site: DemoSite
) -> None:
    truth = json.loads((demo_site.root / "data" / "demo" / "truth.json").read_text(encoding="utf-8"))
    planted = {frozenset(map(str, pair)) for pair in truth["planted"]["baskets"]["product_pairs"]}
    marks = [claim.name for claim in of_the_demo if claim.page == "cross-sell" and claim.kind == "mark"]
    claimed = {
        frozenset(name.removeprefix("product ").split(" + ")) for name in marks if name.startswith("product ")
    }
    assert claimed == planted
    related = {frozenset(one["categories"]) for one in truth["planted"]["baskets"]["category_affinities"]}
    found = {frozenset(name.removeprefix("category ").split(" + ")) for name in marks}
    assert len(related & found) >= 5, "most of the seven planted affinities of categories"


def test_the_demo_marks_the_segments_that_were_planted_to_differ(of_the_demo: list[Claim]) -> None:
    marks = {claim.name for claim in of_the_demo if claim.page == "funnel" and claim.kind == "mark"}
    for planted in ("device mobile", "device desktop", "traffic_source Email", "traffic_source Facebook"):
        assert f"{planted}: conversion" in marks
    assert not any(mark.startswith(("country", "visitor_type")) for mark in marks), (
        "planted alike, or not tested"
    )
