"""The schema of an edition: what it is made from, and the views on the tables of another schema.

An edition has marts of its own, so that editions do not evict each other's tables. It has no load ledger,
so that it is no shop: the view `base_ledger` or `base_models` says what it was made from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from analysis_lib.editions.project import VALUE_COLUMNS, VALUE_TABLE, WHOLE, people_project
from analysis_lib.editions.spec import Edition
from analysis_lib.errors import ModelError
from analysis_lib.models import Project, read_project
from analysis_lib.settings import Settings
from analysis_lib.state import EDITION_ABOUT, LINKED_LEDGER, LINKED_MODELS
from analysis_lib.warehouse.base import Warehouse

_ABOUT_COLUMNS = {"name": "STRING", "value": "STRING"}
# Beside the raw tables: how many rows were read, which were rejected, and how columns were read.
_LOADING = ("load_counts", "rejected_rows", "load_decisions")


def read_edition(warehouse: Warehouse) -> Edition | None:
    """The edition whose schema the warehouse is open on; None in that of a shop."""
    about = _about(warehouse)
    if not about:
        return None
    return Edition(
        id=about["id"],
        title=about["title"],
        description=about["description"],
        parameters=json.loads(about["parameters"]),
        dimension=about["dimension"],
        value=about["value"],
        entry=about["entry"],
    )


def edition_is_not(name: str, edition: Edition, made_with: Mapping[str, str]) -> ModelError:
    """What is said when an edition is opened with other parameters than it was made with."""
    window = f"as of {made_with.get('as_of')} with a window of {made_with.get('window_days')} days"
    return ModelError(
        f"The edition {name} does not fit what is asked for: it was made {window}.",
        f"Open it with these, or make it again: shopbook report --edition {edition.id}",
    )


def shop_of(warehouse: Warehouse) -> str:
    """The shop whose tables the warehouse is open on: its own name, or that of the edition's shop."""
    return _about(warehouse).get("shop", warehouse.shop)


def project_of(warehouse: Warehouse, source: str, settings: Settings) -> Project:
    """The models of the schema that the warehouse is open on, be it a shop's or an edition's."""
    whole = read_project(source, settings.rules, settings.sources)
    return people_project(whole) if _about(warehouse).get("dimension") else whole


def link_whole(warehouse: Warehouse, shop: str, edition: Edition) -> None:
    """Let a schema read everything that was loaded for a shop, for other parameters than the shop's own."""
    with warehouse.at(shop) as whole:
        there = whole.tables()
    links = {name: name for name in there if name.startswith("raw_") or name in _LOADING}
    _link(warehouse, shop, {**links, LINKED_LEDGER: "load_ledger"})
    _note(warehouse, edition, shop, source_of=shop, links=links)


def link_people(warehouse: Warehouse, shop: str, base: str, models: Iterable[str], edition: Edition) -> None:
    """Let an edition of some people read the built models of the whole shop.

    Parameters
    ----------
    shop
        The shop.
    base
        The schema whose models are read: the shop's, or that of the shop with the edition's parameters.
    models
        The models that are built there.
    """
    links = {WHOLE + name: name for name in models}
    with warehouse.at(base) as whole:
        there = whole.tables()
    loading = {name: name for name in _LOADING if name in there}
    _link(warehouse, base, {**links, **loading, LINKED_MODELS: "meta_models"})
    ledger = {LINKED_LEDGER: LINKED_LEDGER if LINKED_LEDGER in there else "load_ledger"}
    _link(warehouse, base, ledger)
    value = [(edition.dimension, edition.value)]
    if VALUE_TABLE not in warehouse.tables() or warehouse.rows(f"select * from {VALUE_TABLE}") != value:
        warehouse.create_empty_table(VALUE_TABLE, VALUE_COLUMNS)
        warehouse.append(VALUE_TABLE, VALUE_COLUMNS, value)
    _note(warehouse, edition, shop, source_of=base, links=links)


def _link(warehouse: Warehouse, schema: str, links: Mapping[str, str]) -> None:
    for name, table in sorted(links.items()):
        warehouse.link(name, schema, table)


def _note(
    warehouse: Warehouse, edition: Edition, shop: str, source_of: str, links: Mapping[str, str]
) -> None:
    """Write down what the schema holds, and drop links of an earlier time."""
    wanted: dict[str, Any] = {
        "id": edition.id,
        "title": edition.title,
        "description": edition.description,
        "parameters": json.dumps(dict(edition.parameters), sort_keys=True, default=str),
        "dimension": edition.dimension,
        "value": edition.value,
        "entry": edition.entry,
        "shop": shop,
        "base": source_of,
        "links": json.dumps(sorted(links)),
    }
    before = _about(warehouse)
    if before == wanted:
        return
    old = set(json.loads(before.get("links", "[]"))) - set(links)
    warehouse.drop(sorted(old & warehouse.tables()))
    warehouse.create_empty_table(EDITION_ABOUT, _ABOUT_COLUMNS)
    warehouse.append(EDITION_ABOUT, _ABOUT_COLUMNS, sorted(wanted.items()))


def _about(warehouse: Warehouse) -> dict[str, str]:
    if EDITION_ABOUT not in warehouse.tables():
        return {}
    return dict(warehouse.rows(f"select name, value from {EDITION_ABOUT}"))
