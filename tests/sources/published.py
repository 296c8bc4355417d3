"""What a shop would publish: its pages by reports.yml, and what each section of a notebook says."""

from __future__ import annotations

import html
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analysis_lib.pages import headline as kpis
from analysis_lib.publish.plan import Plan, make_plan, read_reports
from analysis_lib.shop import Shop
from analysis_lib.verbs.report_request import availability_of

ROOT = Path(__file__).parents[2]
_CALL = re.compile(r"([a-z_]+)\.([a-z_]+)\(book\)")


def plan_of(book: Shop) -> Plan:
    """The pages and briefs that `shopbook report` would publish."""
    lacks = {name: book.lacks(name) for name in book.project.models}
    return make_plan(
        read_reports(ROOT / "reports" / "reports.yml", ROOT / "notebooks"), availability_of(lacks)
    )


def sections(book: Shop, page: str) -> Iterator[tuple[str, str]]:
    """Name and visible text of each section of a page, made by the functions that its notebook calls."""
    cells = json.loads((ROOT / "notebooks" / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        for module, function in _CALL.findall("".join(cell["source"])):
            made = getattr(importlib.import_module(f"analysis_lib.pages.{module}"), function)(book)
            yield function, text_of(made.text)


def text_of(markup: str) -> str:
    """The words of HTML."""
    plain = re.sub(r"(?s)<(style|script|svg)\b.*?</\1>", " ", markup)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", plain))).strip()


def overview_numbers(book: Shop) -> dict[str, Any]:
    """What the cards of the overview say of the window, unrounded."""
    found = kpis.read(book)
    return {
        "net_revenue": round(found.profit.value("net_revenue") or 0, 2),
        "orders": found.profit.value("orders"),
        "sessions": found.visits.value("sessions"),
        "conversion": found.viewers.current.rate,
    }
