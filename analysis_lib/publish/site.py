"""Finishes a rendered site: all there, nothing fetched from outside, and what it was built from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from analysis_lib.errors import RenderError
from analysis_lib.publish.fingerprint import hash_bytes
from analysis_lib.publish.plan import Plan
from analysis_lib.publish.request import EditionRequest, Stamp

BUILD = "build.json"
SUMMARY = "summary.json"  # written by analysis_lib.delivery.summary, before build.json
# What a browser fetches by itself. Links that a reader follows (<a href>) may lead outside.
_FETCHED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object|image|use)\b[^>]*?"
    r"\b(?:src|srcset|data|href|xlink:href)\s*=\s*[\"']?((?:https?:)?//[^\"'\s>]+)"
    r"|<link\b(?![^>]*\brel=[\"']?(?:canonical|author|license|alternate|next|prev))[^>]*?"
    r"\bhref\s*=\s*[\"']?((?:https?:)?//[^\"'\s>]+)",
    re.IGNORECASE,
)
_FETCHED_BY_CSS = re.compile(
    r"(?:@import\s+|url\()\s*(?:url\()?[\"']?((?:https?:)?//[^\"')\s;]+)", re.IGNORECASE
)
_LINKED = re.compile(r"<a\b[^>]*?\bhref\s*=\s*[\"']([^\"']*)[\"']", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_PDF_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")


def page_files(plan: Plan) -> dict[str, str]:
    """Page id to its file in the site."""
    return {page.id: f"{plan.outputs[page.notebook.name]}.html" for page in plan.pages}


def brief_files(plan: Plan) -> dict[str, str]:
    """Brief id to its file in the site."""
    return {brief.id: f"briefs/{brief.id}.pdf" for brief in plan.briefs}


def finish(site: Path, plan: Plan) -> None:
    """Check the rendered site and add the search index for pages opened from the disk.

    Raises
    ------
    RenderError
        A page, a brief or the search index is missing, or a page would fetch something from outside.
    """
    for name, file in {**page_files(plan), **brief_files(plan)}.items():
        if not (site / file).is_file():
            raise RenderError(f"The renderer did not make {file} (for {name}).")
    index = site / "search.json"
    if not index.is_file():
        raise RenderError("The renderer made no search index.")
    entries = json.dumps(json.loads(index.read_text(encoding="utf-8")), ensure_ascii=False)
    # </script> cannot end it: the text is in a file of its own
    (site / "search-index.js").write_text(f"window.shopbookSearchIndex = {entries};\n", encoding="utf-8")
    outside = requests_outside(site)
    if outside:
        file, address = outside[0]
        raise RenderError(
            f"{file} would fetch {address} from outside, which a page of Shopbook never does.",
            "Take it out of the notebook or the theme.",
        )


def requests_outside(site: Path) -> list[tuple[str, str]]:
    """Addresses outside the site that a browser would fetch to show it, with the file that names them."""
    found: list[tuple[str, str]] = []
    for file in sorted(site.rglob("*")):
        pattern = {".html": _FETCHED, ".css": _FETCHED_BY_CSS}.get(file.suffix)
        if pattern is None or not file.is_file():
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        name = file.relative_to(site).as_posix()
        found += [(name, next(g for g in hit.groups() if g)) for hit in pattern.finditer(text)]
        if file.suffix == ".html":
            for style in re.findall(r"<style\b[^>]*>(.*?)</style>", text, re.DOTALL | re.IGNORECASE):
                found += [(name, hit.group(1)) for hit in _FETCHED_BY_CSS.finditer(style)]
    return found


def broken_links(site: Path) -> list[tuple[str, str]]:
    """Links between pages of the site that lead nowhere, with the file that has them."""
    found: list[tuple[str, str]] = []
    for file in sorted(site.rglob("*.html")):
        for address in dict.fromkeys(_LINKED.findall(file.read_text(encoding="utf-8"))):
            path = unquote(unescape(address)).split("#")[0].split("?")[0]
            if path and not _SCHEME.match(path) and not _leads_somewhere(file.parent / path):
                found.append((file.relative_to(site).as_posix(), address))
    return found


def _leads_somewhere(target: Path) -> bool:
    return target.is_file() or (target / "index.html").is_file()


def pdf_pages(path: Path) -> int:
    """The number of pages of a PDF whose page objects are not compressed, as Typst writes them; else 0."""
    return len(_PDF_PAGE.findall(path.read_bytes()))


def write_build(
    site: Path,
    plan: Plan,
    stamp: Stamp,
    fingerprint: str,
    renderer: str,
    inputs: Mapping[str, Mapping[str, Any]],
    parameters: Mapping[str, Any],
    edition: EditionRequest | None = None,
) -> None:
    """Write `build.json`: what the site was built from. No clock time, so that same input gives same bytes.

    Parameters
    ----------
    inputs
        Page id to what its executed notebook depends on, as the cache records it.
    parameters
        The run's parameters.
    edition
        The edition, where the site is one.
    """
    made = {**page_files(plan), **brief_files(plan)}
    document = {
        "fingerprint": fingerprint,
        "renderer": renderer,
        "commit": stamp.commit,
        "shop": stamp.shop,
        "data_through": stamp.data_through,
        "period": stamp.period,
        "parameters": dict(parameters),
        "checks": {
            "passed": stamp.checks_passed,
            "warned": stamp.checks_warned,
            "failed": stamp.checks_failed,
        },
        "pages": {
            name: {
                "file": made[name],
                "sha256": hash_bytes((site / made[name]).read_bytes()),
                "inputs": inputs.get(name, {}),
            }
            for name in page_files(plan)
        },
        "briefs": {
            name: {"file": made[name], "sha256": hash_bytes((site / made[name]).read_bytes())}
            for name in brief_files(plan)
        },
        "left_out": dict(plan.left_out),
        "summary": {"file": SUMMARY, "sha256": hash_bytes((site / SUMMARY).read_bytes())},
    }
    if edition:
        document["edition"] = {
            "id": edition.id,
            "entry": edition.entry,
            "title": edition.title,
            "description": edition.description,
            "restriction": edition.restriction,
        }
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
    (site / BUILD).write_text(text + "\n", encoding="utf-8", newline="\n")


def read_build(site: Path) -> dict[str, Any]:
    """The `build.json` of a published site; empty when there is none that can be used."""
    try:
        document = json.loads((site / BUILD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def is_intact(site: Path, build: Mapping[str, Any]) -> bool:
    """Whether the pages, the briefs and the summary of a published site are the ones that were built."""
    made = [*build.get("pages", {}).values(), *build.get("briefs", {}).values()]
    entries = [*made, build.get("summary", {"file": SUMMARY, "sha256": ""})]
    return bool(made) and all(
        (site / entry["file"]).is_file()
        and hash_bytes((site / entry["file"]).read_bytes()) == entry["sha256"]
        for entry in entries
    )
