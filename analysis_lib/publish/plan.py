"""What a run publishes: `reports/reports.yml`, less the pages whose models are not available."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis_lib.errors import MissingInputError, RenderError, SettingsError, did_you_mean
from analysis_lib.publish.edition_entries import EditionEntry, read_editions
from analysis_lib.publish.entries import check_keys, check_unique, entries, identifier, line_of_text, names

_PAGE_KEYS = {"id", "notebook", "title", "description", "output", "requires"}
_BRIEF_KEYS = {"id", "title", "description", "pages", "tag", "length"}
_TOP_KEYS = {"pages", "briefs", "editions", "alerts"}


@dataclass(frozen=True)
class PageSpec:
    """One page as `reports.yml` declares it."""

    id: str
    notebook: Path
    title: str
    description: str
    output: str
    requires: tuple[str, ...]


@dataclass(frozen=True)
class BriefSpec:
    """One PDF brief as `reports.yml` declares it; `pages` are page ids, `length` least and most A4 pages."""

    id: str
    title: str
    description: str
    pages: tuple[str, ...]
    tag: str
    length: tuple[int, int] | None


@dataclass(frozen=True)
class Reports:
    """Everything that `reports.yml` declares, checked."""

    pages: tuple[PageSpec, ...]
    briefs: tuple[BriefSpec, ...]
    editions: tuple[EditionEntry, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What one site of this run holds: the whole report, or an edition.

    `pages` are all of its pages; those in `left_out` (page id to the reason) have no data, are not run and
    only say what is missing. `outputs` maps the notebook file of a page to the stem of its HTML file;
    `left_out_notebooks` are those of pages that this site has not.
    """

    pages: tuple[PageSpec, ...]
    briefs: tuple[BriefSpec, ...]
    left_out: Mapping[str, str]
    outputs: Mapping[str, str]
    left_out_notebooks: frozenset[str]

    @property
    def with_data(self) -> tuple[PageSpec, ...]:
        """The pages whose notebooks are run."""
        return tuple(page for page in self.pages if page.id not in self.left_out)


def read_reports(path: Path, notebooks: Path) -> Reports:
    """Read and check `reports.yml`.

    Parameters
    ----------
    path
        The file.
    notebooks
        The folder that its `notebook` entries are in.

    Raises
    ------
    MissingInputError
        The file, or a notebook that it names, is not there.
    SettingsError
        An entry has an unknown or missing key, a value of the wrong type, a doubled id, or names a page
        that does not exist; the sentence names the entry.
    """
    if not path.is_file():
        raise MissingInputError(f"The list of reports {path.name} is not in {path.parent}.")
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise SettingsError(f"{path.name} cannot be read as YAML: {error}") from error
    if not isinstance(document, dict):
        raise SettingsError(f"{path.name} must be a mapping with the lists pages and briefs.")
    check_keys(path.name, document, _TOP_KEYS)
    pages = tuple(_page(entry, notebooks) for entry in entries(path.name, document, "page"))
    if not pages:
        raise SettingsError(f"{path.name} lists no page.", "Add an entry under pages.")
    check_unique(f"{path.name}, pages", "id", [page.id for page in pages])
    check_unique(f"{path.name}, pages", "output", [page.output for page in pages])
    check_unique(f"{path.name}, pages", "notebook", [page.notebook.name for page in pages])
    ids = [page.id for page in pages]
    briefs = tuple(_brief(entry, ids) for entry in entries(path.name, document, "brief"))
    check_unique(f"{path.name}, briefs", "id", [brief.id for brief in briefs])
    editions = read_editions(path.name, document, ids, [brief.id for brief in briefs])
    return Reports(pages, briefs, editions)


def make_plan(
    reports: Reports,
    availability: Mapping[str, bool | str],
    only: Sequence[str] | None = None,
    pages: Sequence[str] | None = None,
    briefs: Sequence[str] | None = None,
) -> Plan:
    """The pages of a site, those without data marked, and the briefs that have a page with data.

    Parameters
    ----------
    availability
        Model name to True, or to False or the reason why it is not available.
    only
        Page ids to restrict the run to, for a preview.
    pages, briefs
        The ids that an edition takes; all when None.

    Raises
    ------
    SettingsError
        A page requires a model that does not exist, or `only` names no page.
    RenderError
        No page has data.
    """
    known = [page.id for page in reports.pages]
    for name in only or ():
        if name not in known:
            raise SettingsError(f"There is no page {name} in reports.yml.", did_you_mean(name, known))
    wanted = [
        page
        for page in reports.pages
        if (pages is None or page.id in pages) and (not only or page.id in only)
    ]
    if not wanted:
        raise SettingsError(
            f"The edition has no page {', '.join(only or ())}.", "See its pages in reports.yml."
        )
    left_out: dict[str, str] = {}
    for page in wanted:
        missing = [_missing(page, model, availability) for model in page.requires]
        if reasons := _without_repeats(missing):
            left_out[page.id] = "; ".join(reasons)
    kept = {page.id for page in wanted} - left_out.keys()
    if not kept:
        reasons_of = ". ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise RenderError(f"No page can be published. {reasons_of}".strip())
    outputs = {page.notebook.name: page.output for page in wanted}
    if "index" not in outputs.values():
        outputs[wanted[0].notebook.name] = "index"  # a site opens with index.html
    return Plan(
        tuple(wanted),
        tuple(
            brief
            for brief in reports.briefs
            if (briefs is None or brief.id in briefs)
            and (kept.issuperset(brief.pages) if only else kept & set(brief.pages))
        ),
        left_out,
        outputs,
        frozenset(page.notebook.name for page in reports.pages if page not in wanted),
    )


def _without_repeats(reasons: Sequence[str]) -> list[str]:
    """The reasons, less those that another one says as well, after "the shop has"."""
    found = list(dict.fromkeys(reason for reason in reasons if reason))
    return [
        reason
        for reason in found
        if not any(reason != other and reason.removeprefix("the shop has ") in other for other in found)
    ]


def _missing(page: PageSpec, model: str, availability: Mapping[str, bool | str]) -> str:
    """Why a model is not available, in the words of `availability`; empty when it is."""
    if model not in availability:
        raise SettingsError(
            f"reports.yml, page {page.id}: it requires the model {model}, which does not exist.",
            did_you_mean(model, availability),
        )
    state = availability[model]
    if state is True:
        return ""
    return state if isinstance(state, str) and state else f"the model {model} is not available"


def _page(named: tuple[str, dict[str, Any]], notebooks: Path) -> PageSpec:
    where, entry = named
    check_keys(where, entry, _PAGE_KEYS)
    name = identifier(where, entry, "id")
    file = line_of_text(where, entry, "notebook")
    if not file.endswith(".ipynb") or Path(file).name != file:
        raise SettingsError(f"{where}: notebook must be the name of an .ipynb file, not {file!r}.")
    path = notebooks / file
    if not path.is_file():
        there = [found.name for found in sorted(notebooks.glob("*.ipynb"))]
        raise MissingInputError(
            f"{where}: the notebook {file} is not in {notebooks.name}/.", did_you_mean(file, there)
        )
    return PageSpec(
        name,
        path,
        line_of_text(where, entry, "title"),
        line_of_text(where, entry, "description", default=""),
        identifier(where, entry, "output", default=name),
        names(where, entry, "requires"),
    )


def _brief(named: tuple[str, dict[str, Any]], page_ids: Sequence[str]) -> BriefSpec:
    where, entry = named
    check_keys(where, entry, _BRIEF_KEYS)
    pages = names(where, entry, "pages")
    if not pages:
        raise SettingsError(f"{where}: pages must name at least one page.")
    for page in pages:
        if page not in page_ids:
            raise SettingsError(f"{where}: there is no page {page}.", did_you_mean(page, page_ids))
    return BriefSpec(
        identifier(where, entry, "id"),
        line_of_text(where, entry, "title"),
        line_of_text(where, entry, "description", default=""),
        pages,
        identifier(where, entry, "tag", default="brief"),
        _length(where, entry.get("length")),
    )


def _length(where: str, value: object) -> tuple[int, int] | None:
    """Least and most pages of a brief, from `2` or `2-4`."""
    if value is None:
        return None
    found = re.fullmatch(r"([1-9]\d?)(?:-([1-9]\d?))?", "" if isinstance(value, bool) else str(value))
    least, most = (int(found.group(1)), int(found.group(2) or found.group(1))) if found else (1, 0)
    if least > most:
        raise SettingsError(
            f"{where}: length must be a number of pages from 1, or least and most as 2-4, not {value!r}."
        )
    return least, most
