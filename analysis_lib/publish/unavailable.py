"""The page in the place of one whose data a shop does not have: what is missing, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analysis_lib.publish.notebook import Notebook, markdown_cell, raw_cell
from analysis_lib.publish.pages import page_title, ways_back
from analysis_lib.publish.plan import PageSpec, Plan
from analysis_lib.publish.request import Stamp
from analysis_lib.publish.text import front_matter, plain

# Loaded table to what an analyst calls it.
_WORDS = {
    "events": "visits",
    "orders": "orders",
    "order_items": "order lines",
    "users": "customer accounts",
    "products": "catalogue",
    "inventory_items": "stock",
    "marketing_spend": "ad spend",
}


def lacking(tables: Iterable[str]) -> str:
    """What a model lacks, in the analyst's words, from the names of raw tables and of those of the contract.

    Examples
    --------
    >>> lacking(["raw_inventory_items", "raw_orders"])
    'the shop has no stock (table inventory_items) and no orders (table orders)'
    >>> lacking(["stg_marketing_spend"])
    'the shop has no ad spend (table marketing_spend)'
    """
    names = [name.removeprefix("raw_").removeprefix("whole_").removeprefix("stg_") for name in tables]
    parts = [f"no {_WORDS[name]} (table {name})" if name in _WORDS else f"no table {name}" for name in names]
    return f"the shop has {' and '.join(parts)}"


def unavailable_page(
    spec: PageSpec,
    plan: Plan,
    remedy: str,
    stamp: Stamp,
    links: Mapping[str, str] | None = None,
    notice: str = "",
) -> Notebook:
    """A page that runs nothing: its question, what is missing, what to do, and which pages there are.

    Parameters
    ----------
    remedy
        What to do about it, as Markdown; may be empty.
    links
        Ways back from an edition: label to address.
    notice
        Markdown that stands above everything else.
    """
    title = page_title(spec.title, stamp)
    why = plain(plan.left_out[spec.id])
    others = ", ".join(
        f"[{plain(page.title)}]({plan.outputs[page.notebook.name]}.ipynb)" for page in plan.with_data
    )
    lines = [
        '::: {.callout-warning title="There is no data for this page"}',
        f"This page answers: {plain(spec.description)}" if spec.description else "",
        f"It cannot be made, because {why}.",
        remedy,
        f"These pages have data: {others}.",
        ":::",
    ]
    facts = [f"Shop {stamp.shop}", stamp.edition, f"data through {stamp.data_through}", stamp.period]
    cells = [
        raw_cell(front_matter({"title": title, "description": spec.description}), "front-matter"),
        *ways_back(links or {}),
        *([markdown_cell(notice, "notice")] if notice else []),
        markdown_cell(
            "::: {.stamp}\n" + " · ".join(plain(fact) for fact in facts if fact) + "\n:::\n", "stamp"
        ),
        markdown_cell("\n\n".join(line for line in lines if line) + "\n", "no-data"),
    ]
    return {"cells": cells, "metadata": _KERNEL, "nbformat": 4, "nbformat_minor": 5}


_KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
