"""`shopbook build --estimate`: what a build on BigQuery would read and cost, by dry runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.computed import PythonModel, RuleTable
from analysis_lib.errors import MissingInputError, SettingsError
from analysis_lib.models import Model, Project, read_project
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.stated import run_parameters
from analysis_lib.verbs.inspect import text_table
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.opening import BIGQUERY, choose_shop

if TYPE_CHECKING:
    from analysis_lib.warehouse.bigquery import BigQueryWarehouse

# What BigQuery bills at least for a query, and for each table in it.
LEAST_BYTES = 10 * 2**20


@dataclass(frozen=True)
class Estimate:
    """What building one model would read and bill at least; None where tables that it reads are not built.

    `waits_for` names these; `why` is the reason why the model would be built.
    """

    model: str
    why: str
    bytes_read: int | None = None
    bytes_billed: int | None = None
    waits_for: tuple[str, ...] = ()


def billed_at_least(bytes_read: int, tables: int) -> int:
    """The bytes that a query is billed for: those it reads, rounded up, or the least for its tables.

    Examples
    --------
    >>> billed_at_least(100, tables=3) // 2**20, billed_at_least(50 * 2**20 + 1, tables=3) // 2**20
    (30, 51)
    """
    rounded = -(-bytes_read // 2**20) * 2**20
    return max(rounded, LEAST_BYTES * max(tables, 1))


def estimates(
    settings: Settings, shop: str, given: Mapping[str, object], select: Sequence[str] = ()
) -> tuple[str, list[Estimate]]:
    """The shop, and an estimate for each stale model that is chosen and would read anything.

    Raises
    ------
    SettingsError
        The warehouse is not BigQuery: nothing is billed on DuckDB.
    """
    if settings.engine != BIGQUERY:
        raise SettingsError(
            "Only a build on BigQuery has a price.", "Add --warehouse bigquery, or leave --estimate out."
        )
    from analysis_lib.warehouse.bigquery import BigQueryWarehouse

    name, source = choose_shop(settings, shop)
    project = read_project(source, settings.rules, settings.sources)
    with BigQueryWarehouse(settings, name, read_only=True) as warehouse:
        runner = Runner(warehouse, project, run_parameters(settings, warehouse, source, given))
        stale = runner.stale()
        chosen = project.select(select)
        there = warehouse.tables()
        values = runner.parameters.as_query_parameters()
        found = [
            _estimate(warehouse, project, model, stale[model.name], values, there)
            for model in project.ordered()
            if model.name in stale and model.name in chosen and not isinstance(model, RuleTable)
        ]
    return name, found


def _estimate(
    warehouse: BigQueryWarehouse,
    project: Project,
    model: Model,
    why: str,
    values: Mapping[str, Any],
    there: set[str],
) -> Estimate:
    waits = tuple(sorted(name for name in model.inputs if name in project.models and name not in there))
    needed = {key: values[key] for key in model.parameters}
    if waits or ("as_of" in needed and needed["as_of"] is None):
        return Estimate(model.name, why, waits_for=waits)
    queries = [f"select * from {name}" for name in sorted(model.inputs)]
    if not isinstance(model, PythonModel):
        query = dialect.to_bigquery(model.tree, needed)
        # Making a view reads nothing, but its rows are counted.
        queries = [f"select count(*) from (\n{query}\n)" if model.contract.is_view else query]
    read = billed = 0
    try:
        for query in queries:
            one = warehouse.jobs.estimate(query, model.name)
            read += one
            billed += billed_at_least(one, len(model.inputs) if len(queries) == 1 else 1)
    except MissingInputError:
        # An optional table that the shop lacks: a build makes it, empty.
        return Estimate(model.name, why, waits_for=tuple(sorted(model.inputs - there)))
    return Estimate(model.name, why, read, billed)


def estimate_lines(
    settings: Settings,
    shop: str,
    given: Mapping[str, object],
    select: Sequence[str] = (),
    output: str = "text",
) -> list[str]:
    """Each stale model with the bytes that it would read and their price, then the total.

    A model that reads tables which are not there yet cannot be estimated before these are built: it is listed
    as such, with what to build first. `output` is ``text`` or ``json``.

    Raises
    ------
    SettingsError
        The warehouse is not BigQuery: nothing is billed on DuckDB.
    """
    name, found = estimates(settings, shop, given, select)
    rate = settings.bigquery.price_per_tib
    if output == "json":
        return json.dumps(_document(name, found, rate), indent=1).splitlines()
    if not found:
        return [f"shop {name}: no model would be built"]
    from analysis_lib.warehouse.bigquery_cost import price, size

    rows = [
        [one.model, "not known yet", "", "", f"waits for {', '.join(one.waits_for) or 'the newest day'}"]
        if one.bytes_read is None or one.bytes_billed is None
        else [one.model, size(one.bytes_read), size(one.bytes_billed), price(one.bytes_billed, rate), one.why]
        for one in found
    ]
    known = sum(one.bytes_read or 0 for one in found)
    billed = sum(one.bytes_billed or 0 for one in found)
    waiting = [one for one in found if one.bytes_read is None]
    least = "at least " if waiting else ""
    lines = text_table(["model", "would read", "billed", "price", "why"], rows)
    lines.append(
        f"shop {name}: {len(found) - len(waiting)} models would read {size(known)} and be billed "
        f"{size(billed)}, {least}{price(billed, rate)} at {rate:g} a TiB; checks and pages come on top"
    )
    if waiting:
        first = sorted({table for one in waiting for table in one.waits_for} & _ready(found))
        build = f": shopbook build --select {','.join(first)}" if first else ""
        lines.append(
            f"{len(waiting)} models read tables that are not built yet, so that their bytes are not known; "
            f"build these first, then estimate the rest{build}"
        )
    return lines


def _ready(found: Sequence[Estimate]) -> set[str]:
    return {one.model for one in found if one.bytes_read is not None}


def _document(shop: str, found: Sequence[Estimate], rate: float) -> dict[str, Any]:
    """The estimate for programs: bytes as numbers, the price in the rate's currency."""
    billed = sum(one.bytes_billed or 0 for one in found)
    return {
        "shop": shop,
        "bytes_read": sum(one.bytes_read or 0 for one in found),
        "bytes_billed": billed,
        "price": round(billed / 2**40 * rate, 6),
        "price_per_tib": rate,
        "is_complete": all(one.bytes_read is not None for one in found),
        "models": [asdict(one) for one in found],
    }
