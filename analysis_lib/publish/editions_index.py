"""The index of editions: what each holds, and where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.publish.notebook import Notebook, markdown_cell, raw_cell
from analysis_lib.publish.text import front_matter
from analysis_lib.reporting.html import escape

_TITLE = "Editions"
_DESCRIPTION = (
    "Reports of a past period, or of some of the shop's people, with the same pages and definitions."
)
_HEADS = ("Edition", "What it holds", "Period", "Data through", "What is shown")


@dataclass(frozen=True)
class Listed:
    """A line of the index."""

    id: str
    title: str
    description: str
    restriction: str
    period: str
    data_through: str

    @classmethod
    def from_build(cls, build: Mapping[str, Any]) -> Listed:
        """The line of an edition that was published before, from its `build.json`."""
        edition = build["edition"]
        return cls(
            edition["id"],
            edition["title"],
            edition["description"],
            edition["restriction"],
            build["period"],
            build["data_through"],
        )


def editions_index(editions: Sequence[Listed]) -> Notebook:
    """The page that lists the editions, as a notebook without code."""
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEADS)
    rows = "\n".join(_row(edition) for edition in editions)
    table = (
        '<div class="table-box" role="region" tabindex="0" aria-label="Editions of this report">\n'
        f'<table class="table" style="min-width: 44rem">\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table>\n</div>\n"
    )
    note = (
        "An edition of some of the shop's people holds everything that they did: each person belongs to "
        "one value, so that the editions of all values add up to the whole shop. Ad spend and stock are "
        "not known by people, so these editions show results before ads and no stock.\n"
    )
    cells = [
        raw_cell(front_matter({"title": _TITLE, "description": _DESCRIPTION}), "front-matter"),
        markdown_cell(table, "editions"),
        markdown_cell(note, "how"),
        markdown_cell(
            "::: {.page-links}\n[← The whole shop](../index.ipynb){.previous}\n:::\n", "page-links"
        ),
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def _row(edition: Listed) -> str:
    cells = [
        f'<a href="{edition.id}/index.html">{escape(edition.title)}</a>',
        escape(edition.restriction or "the whole shop"),
        escape(edition.period),
        escape(edition.data_through),
        escape(edition.description),
    ]
    cells[3] = f'<span style="white-space: nowrap">{cells[3]}</span>'
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
