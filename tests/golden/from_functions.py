"""The cards of a shop straight from the page functions, without notebooks and rendering."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from analysis_lib.settings import Settings
from analysis_lib.shop import Shop
from tests.translations import TRANSLATIONS

from .book import Book
from .compare import faults_of_page
from .recomputed import FIGURES
from .shown import Page, ShownCard


def settings_in(folder: Path) -> Settings:
    """Settings of a project in a folder of the test's own; its warehouse is `warehouse.duckdb` there."""
    return Settings(
        root=folder,
        warehouse=folder / "warehouse.duckdb",
        site=folder / "_site",
        build_dir=folder / "_build",
        temp_dir=folder / "tmp",
        translations=TRANSLATIONS,
        memory_limit="4GB",
    )


def page_module(page: str) -> ModuleType:
    """The module of a page: that of the same name."""
    return importlib.import_module(f"analysis_lib.pages.{page.replace('-', '_')}")


def cards_of(shop: Shop, page: str) -> list[ShownCard]:
    """The cards that the page's notebook would show."""
    return Page(page_module(page).headline(shop).text).cards


def faults_of_shop(shop: Shop, book: Book, without: tuple[str, ...] = ()) -> list[str]:
    """What is wrong with the cards of all pages but those `without`."""
    return [
        f"{page}: {fault}"
        for page, recompute in FIGURES.items()
        if page not in without
        for fault in faults_of_page(cards_of(shop, page), recompute(book), book["currency"])
    ]
