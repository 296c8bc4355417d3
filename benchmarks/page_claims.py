"""Which claims the pages of a shop make: sentences, coloured cards, and marks in charts and tables.

A sentence is one whose finding has `is_claim`; a card is one whose change is coloured good or bad; a mark
is a comparison of the page that its test calls different, wherever the page shows it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from analysis_lib.pages import (
    cross_sell,
    cross_sell_pairs,
    customers,
    customers_findings,
    funnel,
    funnel_findings,
    headline,
    inventory,
    journeys,
    journeys_tests,
    marketing,
    marketing_headline,
    overview,
    products,
    products_tests,
    quality,
)
from analysis_lib.settings import Settings
from analysis_lib.shop import Shop, open_shop
from analysis_lib.simulate import simulate
from analysis_lib.sources.load import load
from analysis_lib.warehouse.duckdb import DuckDBWarehouse


@dataclass(frozen=True)
class Claim:
    """One claim: `kind` is finding, card or mark; `name` says what is claimed, a mark without numbers."""

    page: str
    kind: str
    name: str


def _overview(book: Shop) -> Iterator[str]:
    yield from (" ".join(key) for key, test in headline.read(book).tests.items() if test.is_found)


def _marketing(book: Shop) -> Iterator[str]:
    found = marketing_headline.read(book)
    yield from (name for name, test in {**found.tests, **found.platforms}.items() if test.is_found)


def _funnel(book: Shop) -> Iterator[str]:
    found = funnel_findings.read(book)
    yield from (name for name, test in found.tests.items() if test.is_found)
    for segment in found.segments:
        for step, compared in segment.steps.items():
            if compared.is_found:
                yield f"{segment.dimension} {segment.name}: {step}"


def _journeys(book: Shop) -> Iterator[str]:
    found = journeys_tests.compare(book)
    yield from (f"bought {name}" for name, one in found.bought.items() if one.is_found)
    yield from (f"at once {name}" for name, one in found.at_once.items() if one.is_found)
    if found.months and found.months.is_found:
        yield "newest months"


def _customers(book: Shop) -> Iterator[str]:
    yield from (source.name for source in customers_findings.tested(book).sources if source.is_found)


def _products(book: Shop) -> Iterator[str]:
    found = products_tests.compare(book)
    yield from (" ".join(key) for key, one in found.rates.items() if one.is_found)
    yield from (f"moved {name}" for name, one in found.moves.items() if one.is_found)


def _cross_sell(book: Shop) -> Iterator[str]:
    for level, pairs in cross_sell_pairs.read(book).items():
        for row in pairs.clear.itertuples():
            yield f"{level} {row.item_id} + {row.other_item_id}"


def _none(_book: Shop) -> Iterator[str]:
    return iter(())


# Page: its module, and the marks that its tests put on charts and tables.
PAGES: Mapping[str, tuple[object, Callable[[Shop], Iterator[str]]]] = {
    "overview": (overview, _overview),
    "marketing": (marketing, _marketing),
    "funnel": (funnel, _funnel),
    "journeys": (journeys, _journeys),
    "customers": (customers, _customers),
    "products": (products, _products),
    "cross-sell": (cross_sell, _cross_sell),
    "inventory": (inventory, _none),
    "quality": (quality, _none),
}


def claims(book: Shop) -> list[Claim]:
    """Every claim that the pages of a shop make."""
    made = []
    for page, (module, marks) in PAGES.items():
        sentences = _parsed(module.key_findings(book).text)  # type: ignore[attr-defined]
        for box in sentences.select('.finding[data-claim="true"]'):
            made.append(Claim(page, "finding", _text(box.find("strong"))))
        cards = _parsed(module.headline(book).text)  # type: ignore[attr-defined]
        for card in cards.select(".kpi-card:has(.kpi-change.is-good), .kpi-card:has(.kpi-change.is-bad)"):
            label, change = (_text(card.select_one(name)) for name in (".kpi-label", ".kpi-change"))
            made.append(Claim(page, "card", f"{label}: {change}"))
        made += [Claim(page, "mark", name) for name in marks(book)]
    return made


def _parsed(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def _text(tag: Tag | None) -> str:
    return " ".join(tag.get_text(" ").split()) if isinstance(tag, Tag) else ""


def simulated_claims(
    folder: Path, visitors: int, months: int, seed: int, effects: bool = False
) -> list[Claim]:
    """The claims on a simulated shop, which is made, loaded and built in `folder` unless it stands there."""
    settings = Settings(
        root=folder,
        warehouse=folder / "warehouse.duckdb",
        site=folder / "_site",
        build_dir=folder / "_build",
        temp_dir=folder / "tmp",
        memory_limit="1GB",
        threads=1,
    )
    if not settings.warehouse.exists():
        simulate(visitors, months, seed, folder / "data", effects=effects)
        with DuckDBWarehouse(settings, "simulated") as warehouse:
            load(warehouse, "thelook", [folder / "data"], root=folder, temp_dir=settings.temp_dir)
        shutil.rmtree(folder / "data")
    with open_shop("simulated", settings=settings) as book:
        return claims(book)
