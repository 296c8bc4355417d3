"""The models of an edition of some people: the shop's own, with a few taken from the whole shop."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from analysis_lib.contracts import PACKAGE, Contract, read_contract, read_yaml
from analysis_lib.models import Model, Project

SQL = PACKAGE / "editions" / "sql"
WHOLE = "whole_"
VALUE_TABLE = "edition_value"
VALUE_COLUMNS = {"dimension": "STRING", "value": "STRING"}
# What is read of the whole shop. What a person did or is does not depend on who else there is, except for
# these facts, which are the shop's: whether there is a checkout step, ranks among all buyers, fitted models.
READ_OF_WHOLE = (
    "stg_events",
    "stg_orders",
    "stg_order_items",
    "stg_users",
    "stg_products",
    "int_session_events",
    "fct_sessions",
    "int_rfm_scores",
    "int_purchase_history",
    "int_purchase_fit",
)
READ_FOR_SEGMENTS = "dim_customer_segments"


def people_project(whole: Project) -> Project:
    """The models of an edition that holds some of the shop's people.

    Its staging models select from the tables `whole_…`, which are views on the whole shop's. What no person
    can be named for (ad spend, stock) keeps its own staging model, whose raw table an edition does not have,
    so that it is not available.

    Raises
    ------
    ModelError
        A contract cannot be read.

    Examples
    --------
    >>> from analysis_lib.models import read_project
    >>> sorted(people_project(read_project("thelook")).get("stg_users").inputs)
    ['stg_edition_people', 'whole_stg_users']
    """
    models = dict(whole.models)
    for path in sorted(SQL.glob("*.sql")):
        sql = path.read_text(encoding="utf-8")
        models[path.stem] = Model(path.stem, path, sql, _contract(path.with_suffix(".yml"), whole))
    names = (*READ_OF_WHOLE, READ_FOR_SEGMENTS)
    linked = {WHOLE + name: dict(whole.get(name).contract.schema) for name in names if name in whole.models}
    schemas = {**whole.raw_schemas, **linked, VALUE_TABLE: VALUE_COLUMNS}
    dated = {WHOLE + name: column for name, column in whole.dated.items()}
    return Project(models=models, raw_schemas=schemas, dated=dated)


def _contract(path: Path, whole: Project) -> Contract:
    """The contract of an edition's model; `like` takes over columns and checks of the shop's own model."""
    own = read_yaml(path)
    if "like" not in own:
        return read_contract(path)
    return dataclasses.replace(
        whole.get(own["like"]).contract,
        description=" ".join(own["description"].split()),
        optional_inputs=frozenset(),
        requires=frozenset(),
        python="",
        inputs=frozenset(),
        parameters=frozenset(),
        is_view=own.get("materialized", "table") == "view",
    )
