"""`shopbook models`, `sql`, `query` and `doctor`: looking at what there is."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from analysis_lib.editions.schema import project_of
from analysis_lib.errors import ModelError, QueryError, ShopbookError, did_you_mean
from analysis_lib.models import Project, read_project
from analysis_lib.parameters import make_parameters
from analysis_lib.profiles.document import FILE
from analysis_lib.profiles.environment import unknown_variables
from analysis_lib.settings import Settings
from analysis_lib.state import read_state
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.connection import warehouse_bytes
from analysis_lib.warehouse.opening import choose_shop, open_warehouse, shops

MAX_CELL = 60


def text_table(header: list[str], rows: list[list[str]]) -> list[str]:
    """Rows as aligned lines of text.

    Examples
    --------
    >>> text_table(["model", "rows"], [["fct_sessions", "12"]])
    ['model         rows', 'fct_sessions  12']
    """
    widths = [max(len(line[i]) for line in [header, *rows]) for i in range(len(header))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [header, *rows]
    ]


def _age(built_at: dt.datetime) -> str:
    seconds = (dt.datetime.now(dt.UTC) - built_at).total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def models_lines(settings: Settings, shop: str = "") -> list[str]:
    """Every model with its grain, availability, rows and age."""
    name, source = choose_shop(settings, shop)
    with open_warehouse(settings, name, read_only=True) as warehouse:
        project = project_of(warehouse, source, settings)
        state = read_state(warehouse)
        built: dict[str, dt.datetime] = {}
        if "meta_models" in warehouse.tables():
            built = dict(warehouse.rows("select model, built_at from meta_models"))
    missing = project.missing_inputs(set(state.raw))
    rows = []
    for model in project.ordered():
        if missing[model.name]:
            where = [f"not available: no {', '.join(missing[model.name])}", "", ""]
        elif model.name in state.models:
            where = ["built", f"{state.models[model.name][2]:,}", _age(built[model.name])]
        else:
            where = ["not built yet", "", ""]
        rows.append([model.name, model.contract.grain_description, *where])
    return [
        f"shop {name} (source {source})",
        *text_table(["model", "grain", "state", "rows", "age"], rows),
    ]


def model_sql(settings: Settings, model: str, engine: str, shop: str, given: Mapping[str, object]) -> str:
    """A model's SQL, with the parameters filled in, ready to run on an engine.

    `engine` is ``bigquery`` or ``duckdb``. The parameters are those of the last build, where one was.
    """
    name, source = choose_shop(settings, shop)
    with open_warehouse(settings, name, read_only=True) as warehouse:
        found = project_of(warehouse, source, settings).get(model)
        stored = read_state(warehouse).parameters
        schema = warehouse.schema()
    known = {key: value for key, value in stored.items() if not key.startswith("data_range")}
    parameters = make_parameters({**settings.parameters, **known, **given})
    values = parameters.as_query_parameters()
    needed = {key: values[key] for key in found.parameters}
    if needed.get("as_of", "") is None:
        raise QueryError(
            f"The model {model} needs the last day that counts, which is not known before a build.",
            "Run shopbook build first, or give --as-of YYYY-MM-DD.",
        )
    if engine == "bigquery":
        return dialect.to_bigquery(found.tree, needed)
    return dialect.to_duckdb(found.tree, needed, schema, pretty=True)


def _project_tables(project: Project) -> list[str]:
    return [*project.models, *project.raw_schemas]


def query_lines(
    settings: Settings, sql: str, shop: str, given: Mapping[str, object], as_csv: bool, limit: int
) -> list[str]:
    """The rows of a GoogleSQL query, as a text table or CSV.

    Raises
    ------
    QueryError
        For invalid SQL, an unknown table or column; it names the nearest one.
    """
    name, source = choose_shop(settings, shop)
    project = read_project(source, settings.rules, settings.sources)
    tree = dialect.parse(sql)
    with open_warehouse(settings, name, read_only=True) as warehouse:
        tables = warehouse.tables()
        for table in sorted(dialect.tables(tree)):
            if table not in tables and "." not in table:
                raise QueryError(f"The shop {name} has no table {table}.", did_you_mean(table, tables))
        stored = read_state(warehouse).parameters
        known = {key: value for key, value in stored.items() if not key.startswith("data_range")}
        values = make_parameters({**settings.parameters, **known, **given}).as_query_parameters()
        needed: dict[str, Any] = {}
        for key in dialect.parameters(tree):
            if key not in values:
                raise QueryError(f"There is no parameter @{key}.", did_you_mean(key, values))
            needed[key] = values[key]
        try:
            frame = warehouse.query(tree, needed)
        except (ModelError, QueryError) as error:
            columns = {c for table in dialect.tables(tree) for c in _columns(project, table)}
            hint = error.hint or _hint(error.message, columns)
            raise QueryError(f"The query failed: {error.message}", hint) from error
    if as_csv:
        return str(frame.to_csv(index=False, lineterminator="\n")).splitlines()
    shown = frame.head(limit)
    rows = [[_cell(value) for value in row] for row in shown.itertuples(index=False)]
    lines = text_table([str(column) for column in frame.columns], rows)
    if len(frame) > limit:
        lines.append(f"… {len(frame) - limit:,} more rows; all with --csv, or with --limit {len(frame)}")
    return lines


def _columns(project: Project, table: str) -> list[str]:
    return list(project.schema(table)) if table in _project_tables(project) else []


def _hint(message: str, columns: set[str]) -> str:
    named = re.findall(r"(?:column |['\"])(\w+)", message)
    unknown = [name for name in named if name not in columns]
    return did_you_mean(unknown[0], columns) if unknown and columns else ""


def _cell(value: object) -> str:
    text = "" if value is None or value != value else str(value)
    text = text.replace("\n", "⏎")
    return text if len(text) <= MAX_CELL else text[: MAX_CELL - 1] + "…"


def doctor_lines(settings: Settings) -> list[str]:
    """What is installed, and what will be used for the warehouse, the kernel and rendering."""
    rows = [["project", str(settings.root)], ["Python", f"{sys.version.split()[0]} ({sys.executable})"]]
    for package in ("duckdb", "sqlglot", "pandas", "papermill", "jupyterlab", "smalldocs", "typst"):
        rows.append([package, _version(package)])
    rows.append(["BigQuery client", _version("google-cloud-bigquery", "pip install shopbook[bigquery]")])
    rows.append(["PostgreSQL driver", _version("adbc-driver-postgresql", "pip install shopbook[postgres]")])
    rows += _settings_rows(settings)
    quarto = shutil.which("quarto")
    version = _quarto_version(quarto) if quarto else "not found"
    rows.append(["quarto", version])
    rows.append(
        ["renderer", "quarto" if quarto else "built-in (smalldocs for HTML, pandoc and Typst for PDF)"]
    )
    size = warehouse_bytes(settings.warehouse) / 1024**2
    rows.append(["warehouse", f"{settings.warehouse} ({size:,.1f} MB)" if size else "none yet"])
    rows.append(["memory limit", settings.memory_limit])
    rows.append(["threads", str(settings.threads)])
    rows.append(["temporary files", str(settings.temp_dir)])
    free = shutil.disk_usage(settings.root).free / 1024**3
    rows.append(["free disk space", f"{free:,.1f} GB"])
    rows.append(["shops", _shops_line(settings)])
    return text_table(["what", "found"], rows)


def _settings_rows(settings: Settings) -> list[list[str]]:
    """The settings file with the shops that have a profile, and variables that nothing reads."""
    there = (settings.root / FILE).is_file()
    named = [f"{name} (default)" if name == settings.profile else name for name in settings.profiles]
    rows = [["settings file", FILE if there else "none"], ["profiles", ", ".join(named) or "none"]]
    for name, meant in unknown_variables(os.environ).items():
        rows.append([f"variable {name}", f"nothing reads it{f'; did you mean {meant}?' if meant else ''}"])
    return rows


def _shops_line(settings: Settings) -> str:
    # The doctor is asked when something is wrong, so a locked warehouse, or a cloud without credentials, is a
    # finding and not an error.
    try:
        known = shops(settings)
    except ShopbookError as error:
        return f"not readable now: {error.message}"
    return ", ".join(f"{name} ({source})" for name, source in known.items()) or "none yet"


def _version(package: str, remedy: str = "") -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return f"not installed{f' ({remedy})' if remedy else ''}"


def _quarto_version(quarto: str) -> str:
    done = subprocess.run([quarto, "--version"], capture_output=True, text=True, check=False, timeout=60)
    return f"{done.stdout.strip()} ({quarto})"
