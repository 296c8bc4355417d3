"""`shopbook build --estimate`: what a build on BigQuery would read and cost, by dry runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis_lib.errors import MissingInputError, SettingsError
from analysis_lib.models import read_project
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.stated import run_parameters
from analysis_lib.verbs.inspect import text_table
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.opening import BIGQUERY, choose_shop


def estimate_lines(
    settings: Settings, shop: str, given: Mapping[str, object], select: Sequence[str] = ()
) -> list[str]:
    """Each stale model with the bytes that it would read and their price, then the total.

    A model that reads tables which are not there yet cannot be estimated before these are built.

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
    from analysis_lib.warehouse.bigquery_cost import estimate_table

    name, source = choose_shop(settings, shop)
    project = read_project(source, settings.rules, settings.sources)
    found: dict[str, int | None] = {}
    with BigQueryWarehouse(settings, name, read_only=True) as warehouse:
        runner = Runner(warehouse, project, run_parameters(settings, warehouse, source, given))
        stale = runner.stale()
        values = runner.parameters.as_query_parameters()
        chosen = project.select(select)
        for model in project.ordered():
            if model.name not in stale or model.name not in chosen or model.path.suffix != ".sql":
                continue
            needed = {key: values[key] for key in model.parameters}
            try:
                if "as_of" in needed and needed["as_of"] is None:
                    raise MissingInputError("The newest day is known when staging is built.")
                query = dialect.to_bigquery(model.tree, needed)
                found[model.name] = warehouse.jobs.estimate(query, model.name)
            except MissingInputError:
                found[model.name] = None
    if not found:
        return [f"shop {name}: no model would be built"]
    rows, total = estimate_table(found, settings.bigquery.price_per_tib)
    return [*text_table(["model", "would read", "price"], rows), f"shop {name}: {total}"]
