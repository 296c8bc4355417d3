"""What a metric, a mart or a column means, where it comes from, and how sure one may be of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from analysis_lib.computed import ComputedModel
from analysis_lib.contracts import Column
from analysis_lib.errors import QueryError, nearest
from analysis_lib.explore.explanation import Explanation, Fold
from analysis_lib.explore.lineage import lines, picture_of
from analysis_lib.explore.shown import shown
from analysis_lib.explore.values import value_sql, value_text
from analysis_lib.models import Model
from analysis_lib.reporting.metrics import Metric, registry
from analysis_lib.reporting.numbers import plural
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_FEW = 6
_GOOD = {"up": "; up is good news", "down": "; down is good news", "neither": ""}


def explain(book: Shop, name: str) -> Explanation:
    """The explanation of a metric, a mart, or a column as `mart.column`.

    Raises
    ------
    QueryError
        There is nothing of that name; it names the nearest.
    """
    models = book.project.models
    if name in registry():
        return of_metric(book, registry()[name])
    if name in models:
        return of_model(book, models[name])
    model, _, column = name.partition(".")
    if model in models and column in models[model].contract.columns:
        return of_column(book, models[model], models[model].contract.columns[column])
    raise _unknown(book, name)


def _unknown(book: Shop, name: str) -> QueryError:
    models = book.project.models
    message = f"There is no metric, mart or column {name}."
    model, dot, column = name.partition(".")
    if dot and model in models:
        guess = nearest(column, models[model].contract.columns)
        return QueryError(
            message, f'Did you mean "{model}.{guess}"?' if guess else f"See explain({model!r})."
        )
    holders = [
        f"{other.name}.{name}"
        for other in sorted(models.values(), key=lambda other: (other.layer in ("stg", "int"), other.name))
        if name in other.contract.columns
    ]
    if holders:
        return QueryError(message, f"A column is named with its mart: {', '.join(holders[:_FEW])}.")
    guess = nearest(name, [*registry(), *models])
    return QueryError(message, f'Did you mean "{guess}"?' if guess else "See metrics() and marts() for all.")


def of_metric(book: Shop, found: Metric) -> Explanation:
    """Definition, formula, caveat, value, checks, pages and lineage of a metric."""
    model = book.project.get(found.model)
    facts = [
        ("formula", found.formula),
        ("caveat", found.caveat),
        ("unit", f"{found.unit}{_GOOD[found.good]}"),
        ("value", value_text(book, found)),
        ("read from", f"{found.model}: {', '.join(found.columns)} ({model.contract.grain_description})"),
        ("as SQL", value_sql(book, found)),
        ("checks", check_text(book, found.model)),
        ("shown on", _pages(book, found.name)),
        ("made from", lines(book.project, model)),
        ("defined", day(found.changed_on)),
    ]
    return Explanation(
        found.name, found.label, "metric", found.definition, _told(facts), _folds(book, model), model.sql
    )


def of_model(book: Shop, model: Model) -> Explanation:
    """What a model holds: grain, rows, columns, what the shop lacks for it, checks, pages and lineage."""
    contract = model.contract
    lacks = book.lacks(model.name)
    rows = (
        f"not there: the shop has no {', '.join(lacks)}"
        if lacks
        else f"{book.row_counts.get(model.name, 0):,}"
    )
    metrics = [found.name for found in registry().values() if found.model == model.name]
    facts = [
        ("grain", f"{contract.grain_description} ({', '.join(contract.grain)})"),
        ("rows", rows),
        ("columns", "\n".join(_column_line(column) for column in contract.columns.values())),
        ("metrics", ", ".join(metrics)),
        ("parameters", ", ".join(sorted(model.parameters))),
        ("checks", check_text(book, model.name)),
        ("shown on", _pages(book, model.name)),
        ("made from", lines(book.project, model)),
        (
            "read by",
            ", ".join(sorted(o.name for o in book.project.models.values() if model.name in o.inputs)),
        ),
    ]
    return Explanation(
        model.name, model.name, "mart", contract.description, _told(facts), _folds(book, model), model.sql
    )


def of_column(book: Shop, model: Model, column: Column) -> Explanation:
    """What a column of a model means, its type and unit, its checks and the metrics that need it."""
    metrics = [
        found.name
        for found in registry().values()
        if found.model == model.name and column.name in found.columns
    ]
    facts = [
        ("type", column.type + (", part of the grain" if column.name in model.contract.grain else "")),
        ("unit", column.unit),
        ("mart", f"{model.name}: {model.contract.grain_description}"),
        ("metrics", ", ".join(metrics)),
        ("checks", check_text(book, model.name, column.name)),
    ]
    name = f"{model.name}.{column.name}"
    definition = column.description[:1].upper() + column.description[1:] + "."
    return Explanation(name, name, "column", definition, _told(facts), _folds(book, model)[:1], model.sql)


def check_text(book: Shop, model: str, column: str = "") -> str:
    """How the checks of a model, or of one of its columns, went; those that did not pass by name."""
    found = book.checks()
    found = found[found["model"] == model]
    if column:
        found = found[found["column_name"] == column]
    if found.empty:
        return f"none on {column}" if column else "not run"
    bad = found[found["status"] != "passed"]
    passed = f"{len(found) - len(bad)} of {plural(len(found), 'check')} passed"
    return "\n".join(
        [passed, *(f"{row.status}: {row.brief} ({row.failing_rows:,} rows)" for row in bad.itertuples())]
    )


def _pages(book: Shop, name: str) -> str:
    """The pages that list a metric, or show the SQL of a model."""
    return ", ".join(
        f"{found.page.title} ({found.page.notebook.name})" for found in shown(book) if name in found
    )


def _column_line(column: Column) -> str:
    unit = f", {column.unit}" if column.unit else ""
    return f"{column.name} ({column.type}{unit}): {column.description}"


def _told(facts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(label, text) for label, text in facts if text]


def _folds(book: Shop, model: Model) -> list[Fold]:
    is_computed = isinstance(model, ComputedModel)
    how = model.contract.python or model.path.name
    return [
        Fold(f"{model.made_of} of {model.name}", how if is_computed else model.sql),
        Fold(f"What {model.name} is made from, as a picture", html=picture_of(book, model)),
    ]
