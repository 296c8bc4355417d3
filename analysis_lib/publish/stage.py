"""Lays out the folder of a run: the configuration, the theme, the pages, the briefs, the downloads."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from analysis_lib.errors import SettingsError
from analysis_lib.publish.notebook import Notebook, write_notebook
from analysis_lib.publish.plan import Plan
from analysis_lib.publish.request import Stamp
from analysis_lib.publish.text import plain

THEME = "reports/theme"
_TITLE_LENGTH = 22
EDITIONS_INDEX = "editions/index.ipynb"


def read_config(root: Path) -> dict[str, Any]:
    """The project's `_quarto.yml`.

    Raises
    ------
    SettingsError
        It cannot be read.
    """
    try:
        document = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"_quarto.yml cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise SettingsError("_quarto.yml must be a mapping of keys.")
    return document


def language(config: Mapping[str, Any]) -> str:
    """The language of the pages, which the briefs have too.

    Examples
    --------
    >>> language({"format": {"html": {"lang": "de"}}})
    'de'
    """
    html_options = (config.get("format") or {}).get("html") or {}
    return str(html_options.get("lang") or config.get("lang") or "en")


def site_config(
    project: Mapping[str, Any], plan: Plan, stamp: Stamp, has_editions: bool = False
) -> dict[str, Any]:
    """The `_quarto.yml` of a run: the project's, with the run's navigation and footer.

    The briefs stand at the right of the navigation bar, and the editions where there are any. The footer says
    where the pages come from.
    """
    config = {**project, "website": {**(project.get("website") or {})}}
    website = config["website"]
    titles = [website.get("title", "Shopbook"), stamp.shop, stamp.edition_title]
    website["title"] = " · ".join(title for title in titles if title)
    navbar = {**(website.get("navbar") or {})}
    if stamp.edition_title:
        # The bar holds nine pages beside a title of the length of the whole report's
        navbar["title"] = shortened(stamp.edition_title)
    navbar["left"] = [
        {"text": page.title, "href": f"{plan.outputs[page.notebook.name]}.ipynb"} for page in plan.pages
    ]
    links = [{"text": brief.title, "href": f"briefs/{brief.id}.pdf"} for brief in plan.briefs]
    if len(links) == 1:
        navbar["right"] = [{**links[0], "text": "Brief (PDF)"}]
    elif links:
        # The bar holds nine pages, the search and the switch of colours on a screen 1280 wide.
        navbar["right"] = [{"text": "Briefs", "menu": links}]
    if has_editions:
        navbar["right"] = [*navbar.get("right", []), {"text": "Editions", "href": EDITIONS_INDEX}]
        site = {**(config.get("project") or {})}
        config["project"] = {**site, "render": [*site.get("render", []), EDITIONS_INDEX]}
    website["navbar"] = navbar
    website["page-footer"] = {"left": footer(stamp)}
    return config


def shortened(title: str) -> str:
    """A title that fits into the navigation bar; the page's own heading has all of it.

    Examples
    --------
    >>> shortened("First quarter of 2026"), shortened("Customers of the newsletter")
    ('First quarter of 2026', 'Customers of the news…')
    """
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1].rstrip() + "…"


def footer(stamp: Stamp) -> str:
    """The line at the foot of every page."""
    parts = [f"Shop {stamp.shop}", stamp.edition, f"data through {stamp.data_through}", stamp.period]
    parts += [stamp.checks]
    parts += [f"{name} {value}" for name, value in stamp.parameters.items()]
    parts += [f"built from {stamp.commit}"] if stamp.commit else []
    return " · ".join(plain(part) for part in parts if part)


def lay_out(
    folder: Path,
    root: Path,
    config: Mapping[str, Any],
    pages: Mapping[str, Notebook],
    plan: Plan,
    index: Notebook | None = None,
) -> None:
    """Write everything that a renderer reads into `folder`, which is emptied before.

    Parameters
    ----------
    pages
        Page id to the published copy of its notebook.
    index
        The index of editions, where there is one.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(root / THEME, folder / THEME, ignore=shutil.ignore_patterns("brief"))
    text = yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=10_000)
    (folder / "_quarto.yml").write_text(text, encoding="utf-8", newline="\n")
    for page in plan.pages:
        write_notebook(pages[page.id], folder / f"{plan.outputs[page.notebook.name]}.ipynb")
    if index:
        write_notebook(index, folder / EDITIONS_INDEX)


def add_downloads(folder: Path, page_id: str, downloads: Path) -> None:
    """Copy the files that a page offers to `downloads/<page id>/` of the run's folder."""
    if any(downloads.iterdir()):
        shutil.copytree(downloads, folder / "downloads" / page_id)
