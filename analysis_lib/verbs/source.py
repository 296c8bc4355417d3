"""`shopbook source list`, `new` and `check`: sources of the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from analysis_lib.contracts import PACKAGE
from analysis_lib.errors import CheckError
from analysis_lib.models import read_project
from analysis_lib.settings import Settings
from analysis_lib.sources.definition import read_source
from analysis_lib.sources.draft.draft import draft
from analysis_lib.sources.place import source_folder, source_names
from analysis_lib.sources.trial import Trial, Tried, try_source
from analysis_lib.verbs.inspect import text_table

_TAKEN = {
    "orders": "orders",
    "order_items": "order lines",
    "refunds": "refunds",
    "marketing_spend": "ad spend",
    "events": "events",
    "products": "products",
    "users": "customers",
    "inventory_items": "stock",
}


def list_lines(settings: Settings) -> list[str]:
    """Every source with where it is, and the staging tables that it fills."""
    rows = []
    for name in source_names(settings.sources):
        folder = source_folder(name, settings.sources)
        own = settings.sources is not None and folder.is_relative_to(settings.sources)
        project = read_project(name, settings.rules, settings.sources)
        fills = [
            m.name
            for m in project.staging()
            if (PACKAGE / "sources" / "contract" / f"{m.name}.yml").is_file()
        ]
        where = _shown(folder, settings) if own else "packaged"
        tables = ", ".join(read_source(name, settings.sources).tables)
        rows.append([name, where, tables, ", ".join(fill.removeprefix("stg_") for fill in sorted(fills))])
    return text_table(["source", "where", "tables of its files", "fills"], rows)


def _shown(path: Path, settings: Settings) -> str:
    return path.relative_to(settings.root).as_posix() if path.is_relative_to(settings.root) else str(path)


def new_lines(
    settings: Settings, name: str, paths: Sequence[Path], zone: str = "", replace: bool = False
) -> list[str]:
    """Draft a source from files and write it; what was taken for what, and what to look at.

    Raises
    ------
    SettingsError
        There is a source of that name in the project's folder, and `replace` was not given.
    ShopbookError
        As :func:`analysis_lib.sources.draft.draft.draft`.
    """
    sources = settings.sources or settings.root / "sources"
    drafted = draft(name, paths, zone)
    drafted.write(sources, replace)
    read_source.cache_clear()
    lines = [f"{_shown(sources / name, settings)}: {', '.join(drafted.files)}"]
    for part in drafted.shape.parts.values():
        if part.is_flat:
            lines.append("  the orders are made of these lines")
            continue
        key = f"key {', '.join(part.key)}" if part.key else "no key"
        lines.append(
            f"{', '.join(part.table.files)} → {part.table.name}: {_TAKEN[part.kind]}, {part.table.rows:,}"
            f" rows, {key}"
        )
        taken = ", ".join(f"{meaning} = {pick.profile.header}" for meaning, pick in part.picks.items())
        lines.append(f"  {taken}")
        again = part.table.rows - part.table.distinct_rows
        if again:
            became = "a load keeps one of each" if part.key else "a load keeps them all, for want of a key"
            lines.append(f"  {again:,} rows repeat another one in everything; {became}")
        if part.table.unread:
            lines.append(f"  {part.table.unread:,} lines are no whole records and were not looked at")
    for table in drafted.shape.unused:
        lines.append(f"{', '.join(table.files)}: understood as no table of the contract, and left out")
    for model in drafted.models:
        lines.append(
            f"{model.name}: {len(model.checks)} to look at" if model.checks else f"{model.name}: drafted"
        )
        lines += [f"  check: {said}" for said in model.checks]
    given = " ".join(str(path) for path in paths)
    return [*lines, f"next: shopbook source check {name} --from {given}"]


def check_lines(settings: Settings, name: str, paths: Sequence[Path]) -> tuple[list[str], list[str]]:
    """What a source makes of files, and the faults that must be mended, as lines.

    Raises
    ------
    ShopbookError
        As :func:`analysis_lib.sources.trial.try_source`.
    """
    trial = try_source(settings, name, paths)
    lines = [f"source {name}, {_shown(source_folder(name, settings.sources), settings)}"]
    if trial.loaded is not None:
        lines += ["", "the files:", *_indented(_without_hints(trial.loaded.lines()))]
    lines += ["", "the staging tables:"]
    for tried in trial.tried:
        if (PACKAGE / "sources" / "contract" / f"{tried.model.name}.yml").is_file():
            lines += _indented(_table_lines(tried, trial))
    lines += _indented(_absent(trial))
    lines += _sums(trial)
    lines += _samples(trial)
    lines += ["", "the pages:", *_indented(_pages(settings, trial))]
    warned = [outcome for outcome in trial.outcomes if outcome.status == "warned"]
    if warned:
        lines += ["", "worth a look:"]
        lines += [f"  {o.check.model}: {o.check.brief} ({o.failing_rows:,} rows)" for o in warned]
    checks = _open_checks(trial)
    if checks:
        lines += ["", f"{len(checks)} places where the draft asks you to look:", *_indented(checks)]
    return lines, trial.faults


def raise_on_fault(name: str, faults: Sequence[str]) -> None:
    """CheckError when something must be mended before the source can be used."""
    if faults:
        count = "1 thing" if len(faults) == 1 else f"{len(faults)} things"
        raise CheckError(
            f"{count} of the source {name} must be mended:\n" + "\n".join(f"  {fault}" for fault in faults)
        )


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _without_hints(lines: Iterable[str]) -> list[str]:
    # The load into the trial's own warehouse cannot be queried afterwards.
    return [line for line in lines if not line.startswith("rejected rows and their reasons")]


def _table_lines(tried: Tried, trial: Trial) -> list[str]:
    name = tried.model.name
    if tried.faults:
        return [f"{name}: {fault}" for fault in tried.faults]
    if trial.missing.get(name):
        return [f"{name}: not available, there is no {', '.join(trial.missing[name])}"]
    if tried.rows is None:
        from analysis_lib.sources.trial import null_columns

        empty = null_columns(tried.model)
        filled = [column for column in tried.model.contract.columns if column not in empty]
        return [
            f"{name}: columns and types are those of the contract",
            *_listed("filled", filled),
            *_listed("null", [column for column in tried.model.contract.columns if column in empty]),
        ]
    lines = [f"{name}: {tried.rows:,} rows"]
    full = [fill.column for fill in tried.fills if fill.filled == tried.rows and tried.rows]
    partly = [
        f"{fill.column} ({fill.filled / tried.rows:.0%})"
        for fill in tried.fills
        if tried.rows and 0 < fill.filled < tried.rows
    ]
    null = [fill.column for fill in tried.fills if fill.is_null]
    empty_columns = [fill.column for fill in tried.fills if not fill.filled and not fill.is_null]
    return [
        *lines,
        *_listed("filled", full),
        *_listed("filled in part", partly),
        *_listed("null, as the SQL says", null),
        *_listed("empty in these files", empty_columns),
    ]


def _listed(label: str, names: Iterable[str]) -> list[str]:
    text = ", ".join(names)
    return [f"  {label}: {text}"] if text else []


def _absent(trial: Trial) -> list[str]:
    filled = {tried.model.name for tried in trial.tried}
    contract = sorted(path.stem for path in (PACKAGE / "sources" / "contract").glob("stg_*.yml"))
    absent = [name for name in contract if name not in filled]
    return [f"not filled: {', '.join(absent)}"] if absent else []


def _sums(trial: Trial) -> list[str]:
    if not trial.months:
        return []
    header = ["month", "orders", "units", "gross sales", "discounts", "cancelled", "returned", "net revenue"]
    rows, totals = [], [0] * 6
    for month, *figures in trial.months:
        known = [figure or 0 for figure in figures]
        totals = [total + figure for total, figure in zip(totals, known, strict=True)]
        rows.append([month, *_figures(known)])
    rows.append(["all", *_figures(totals)])
    lines = [
        "",
        "sums by month of the order, to hold against your own figures (every return on the day of its sale):",
    ]
    lines += _indented(text_table(header, rows))
    if trial.spend is not None:
        lines.append(f"  ad spend: {trial.spend:,.2f}")
    return lines


def _figures(values: Sequence[Any]) -> list[str]:
    orders, units, gross, discounts, cancelled, returned = values
    net = gross - discounts - cancelled - returned
    return [
        f"{orders:,}",
        f"{units:,}",
        *(f"{value:,.2f}" for value in (gross, discounts, cancelled, returned, net)),
    ]


def _samples(trial: Trial) -> list[str]:
    lines: list[str] = []
    for tried in trial.tried:
        if tried.samples:
            lines += ["", f"the first rows of {tried.model.name}:"]
            columns = [
                column
                for column in tried.model.contract.columns
                if any(row[column] is not None for row in tried.samples)
            ]
            header = ["", *(f"row {n}" for n in range(1, len(tried.samples) + 1))]
            rows = [[column, *(_cell(row[column]) for row in tried.samples)] for column in columns]
            lines += _indented(text_table(header, rows))
    return lines


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    if isinstance(value, Decimal):
        text = f"{value.normalize():f}"
    text = text.removesuffix("+00:00").replace("\n", " ")
    return text if len(text) <= 28 else text[:27] + "…"


def _pages(settings: Settings, trial: Trial) -> list[str]:
    from analysis_lib.publish.plan import read_reports
    from analysis_lib.verbs.report_request import availability_of

    path = settings.reports / "reports.yml"
    why = availability_of(trial.missing)
    lines = []
    if path.is_file():
        for page in read_reports(path, settings.notebooks).pages:
            lacks = dict.fromkeys(
                str(why[model]) for model in page.requires if why.get(model, True) is not True
            )
            lines.append(f"{page.title}: {'; '.join(lacks) if lacks else 'available'}")
    marts = [name for name in trial.missing if name.startswith(("fct_", "dim_"))]
    without = {name: trial.missing[name] for name in marts if trial.missing[name]}
    lines.append(f"{len(marts) - len(without)} of {len(marts)} marts are available")
    return lines + [f"  without {name}: no {', '.join(lacks)}" for name, lacks in sorted(without.items())]


def _open_checks(trial: Trial) -> list[str]:
    """The comments of a draft that ask for a look, by file and line."""
    found = []
    for tried in trial.tried:
        for number, line in enumerate(tried.model.sql.splitlines(), 1):
            if line.strip().startswith("-- check:"):
                found.append(
                    f"{tried.model.path.name}, line {number}: {line.strip().removeprefix('-- check: ')}"
                )
    return found
