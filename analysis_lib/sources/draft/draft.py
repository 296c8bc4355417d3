"""Drafts a source from files: what is written into `sources/<name>/`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb

from analysis_lib.errors import BadDataError, MissingInputError, ParameterError, SettingsError
from analysis_lib.sources.draft.context import Context
from analysis_lib.sources.draft.definition_text import definition_text
from analysis_lib.sources.draft.evidence import prices_of, returns_of
from analysis_lib.sources.draft.items import draft_items
from analysis_lib.sources.draft.layout import Drafted
from analysis_lib.sources.draft.look import look
from analysis_lib.sources.draft.orders import draft_orders
from analysis_lib.sources.draft.rest import (
    draft_events,
    draft_products,
    draft_spend,
    draft_stock,
    draft_users,
)
from analysis_lib.sources.draft.shape import Shape, shape_of
from analysis_lib.sources.place import DEFINITION

_MODELS = (draft_orders, draft_items, draft_products, draft_users, draft_events, draft_spend, draft_stock)
_PURCHASES = ["stg_purchases", "stg_orders", "stg_order_items"]


@dataclass(frozen=True)
class Draft:
    """A drafted source: its files by name, what each table was taken for, and what asks for a look."""

    name: str
    files: Mapping[str, str]
    shape: Shape
    models: tuple[Drafted, ...]

    @property
    def checks(self) -> list[tuple[str, str]]:
        """Model and sentence of everything that asks for a look."""
        return [(model.name, said) for model in self.models for said in model.checks]

    def write(self, folder: Path, replace: bool = False) -> None:
        """Write the files into `folder/<name>`.

        Raises
        ------
        SettingsError
            When the folder is there, and `replace` was not given; nothing is changed then.
        """
        target = folder / self.name
        if target.exists():
            if not replace:
                raise SettingsError(
                    f"There is a source {self.name} in {folder} already.",
                    "Take another name, or --replace, which throws away what was edited in it.",
                )
            shutil.rmtree(target)
        target.mkdir(parents=True)
        for name, text in self.files.items():
            (target / name).write_text(text, encoding="utf-8")


def check_name(name: str) -> str:
    """A source's name, where it is one; ParameterError else."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name):
        raise ParameterError(
            f"A source cannot be named {name!r}.",
            "Take lower-case letters, digits and underscores, a letter first.",
        )
    return name


def draft(name: str, paths: Iterable[Path], zone: str = "") -> Draft:
    """Look at files and draft a source of them.

    Parameters
    ----------
    name
        The name of the source.
    paths
        Files, folders and patterns, as for a load.
    zone
        The zone of times that have none, for example ``Europe/Berlin``; UTC when empty.

    Raises
    ------
    ParameterError
        A name that is none, or a zone that does not exist.
    MissingInputError, BadDataError, ColumnError
        Files that are not there or cannot be read, as in a load; no table of the contract among them.

    Examples
    --------
    >>> draft("myshop", [Path("exports")], "Europe/Berlin").checks  # doctest: +SKIP
    """
    check_name(name)
    if zone:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ParameterError(
                f"--timezone was given {zone!r}, which is no time zone.", "Write it as Europe/Berlin."
            ) from error
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables = look(connection, paths)
        empty = [table for table in tables if not table.rows]
        if len(empty) == len(tables):
            raise BadDataError("The files have headers and no rows, so that nothing tells what they hold.")
        shape = shape_of(connection, [table for table in tables if table.rows])
        if not shape.parts:
            known = "; ".join(f"{table.name} has {', '.join(table.columns)}" for table in tables[:3])
            raise MissingInputError(
                f"No table of the contract was found among the files: {known}.",
                "Orders need a number and a time, order lines the number of their order and a price or a"
                " product.",
            )
        context = Context(
            connection, name, shape, prices_of(connection, shape), returns_of(connection, shape), zone
        )
        models = tuple(found for make in _MODELS if (found := make(context)) is not None)
        made = {model.name for model in models}
        shares = _PURCHASES if "stg_events" in made and not made & {"stg_orders", "stg_order_items"} else []
        files = {DEFINITION: definition_text(context, shares)}
    for model in models:
        files[f"{model.name}.sql"] = model.sql
        files[f"{model.name}.yml"] = model.contract
    return Draft(name, files, shape, models)
