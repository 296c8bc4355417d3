"""The command `shopbook`: each verb reads its flags and calls one function."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis_lib import __version__
from analysis_lib.errors import ShopbookError
from analysis_lib.progress import Progress
from analysis_lib.settings import Settings, all_settings, load_settings
from analysis_lib.sources.place import sources_at
from analysis_lib.verbs import flags
from analysis_lib.warehouse import run_ledger

if TYPE_CHECKING:
    from analysis_lib.verbs.load_database import DatabaseChoice
    from analysis_lib.verbs.report_choice import Choice


class _Parser(argparse.ArgumentParser):
    """argparse, with the nearest verb named when one is mistyped."""

    def error(self, message: str) -> None:  # type: ignore[override]
        from analysis_lib.errors import did_you_mean

        if "invalid choice" in message and "argument verb" in message:
            given = message.split("'")[1]
            message = f"there is no verb {given}. {did_you_mean(given, _VERBS)}"
        self.exit(2, f"shopbook: {message}\nSee: {self.prog} --help\n")


def _print(lines: Sequence[str]) -> None:
    for line in lines:
        print(line)


def _settings(arguments: argparse.Namespace) -> Settings:
    """The settings of the shop that is named, or of the one that is taken without a name."""
    return load_settings(shop=getattr(arguments, "shop", ""))


def _simulate(arguments: argparse.Namespace, progress: Progress) -> int:
    from analysis_lib.verbs.simulate import Shop, simulate

    shop = Shop(arguments.visitors, arguments.months, arguments.seed, not arguments.without_effects)
    _print(simulate(progress, shop, arguments.out, arguments.into, arguments.table, arguments.replace))
    return 0


def _load(arguments: argparse.Namespace, progress: Progress) -> int:
    from analysis_lib.verbs.load import load

    _print(
        load(
            _settings(arguments),
            progress,
            arguments.source,
            arguments.paths,
            arguments.shop,
            arguments.tables,
            arguments.max_rejected_share,
            _database_choice(arguments),
            arguments.format,
        )
    )
    return 0


def _database_choice(arguments: argparse.Namespace) -> DatabaseChoice:
    """What the flags of `load` say about a database."""
    from analysis_lib.verbs.load_database import DatabaseChoice

    return DatabaseChoice(
        table=arguments.table,
        query=arguments.query,
        query_file=arguments.query_file,
        is_full=arguments.full,
        look_back_days=arguments.look_back_days,
    )


def _source(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs import source

    settings = load_settings()
    paths = [Path(path) for path in getattr(arguments, "paths", None) or ()]
    if arguments.what == "list":
        _print(source.list_lines(settings))
    elif arguments.what == "new":
        _print(source.new_lines(settings, arguments.name, paths, arguments.timezone, arguments.replace))
    else:
        lines, faults = source.check_lines(settings, arguments.name, paths)
        _print(lines)
        source.raise_on_fault(arguments.name, faults)
    return 0


def _build(arguments: argparse.Namespace, progress: Progress) -> int:
    from analysis_lib.verbs.build import build, build_lines

    select = [name for text in arguments.select for name in text.split(",") if name]
    if arguments.estimate:
        from analysis_lib.verbs.estimate import estimate_lines

        given = flags.given_parameters(arguments)
        _print(estimate_lines(_settings(arguments), arguments.shop, given, select, arguments.format))
        return 0
    outcomes = build(
        _settings(arguments),
        progress,
        arguments.shop,
        flags.given_parameters(arguments),
        select,
        full=arguments.full,
    )
    _print([*build_lines(outcomes), f"seconds: {progress.summary()}"])
    return 0


def _check(arguments: argparse.Namespace, progress: Progress) -> int:
    from analysis_lib.checks import raise_on_failure
    from analysis_lib.verbs.build import build, check_lines

    outcomes = build(
        _settings(arguments), progress, arguments.shop, flags.given_parameters(arguments), with_checks=True
    )
    if arguments.format == "json":
        from analysis_lib.orchestration.outcomes import as_json

        print(as_json(outcomes))
    else:
        _print(check_lines(outcomes))
    raise_on_failure(outcomes.checks)
    return 0


def _report(arguments: argparse.Namespace, progress: Progress) -> int:
    from analysis_lib.delivery.last_run import recorded
    from analysis_lib.verbs.load import load_new
    from analysis_lib.verbs.report import report

    settings = _settings(arguments)
    if arguments.list or arguments.dry_run:
        from analysis_lib.verbs.report_look import dry_run_lines, list_lines, load_lines

        look = list_lines if arguments.list else dry_run_lines
        if arguments.dry_run and not arguments.no_load:
            _print(load_lines(settings))
        _print(
            look(
                settings,
                arguments.shop,
                flags.given_parameters(arguments),
                _report_choice(arguments, settings),
            )
        )
        return 0
    choice = _report_choice(arguments, settings)
    with recorded(settings) as run:
        # Files are loaded on this machine; a shop on BigQuery is copied there, or read where it is.
        loads = not arguments.no_load and settings.engine == "duckdb"
        loaded = load_new(settings, progress) if loads else None
        given = flags.given_parameters(arguments)
        lines = report(settings, progress, arguments.shop, given, choice, run)
        if loaded and loaded.is_changed:
            run.facts["loaded"] = loaded.brief
            lines = [loaded.brief, *lines]
        _print(lines)
        if arguments.fail_on_alert:
            from analysis_lib.delivery.alert_states import raise_on_alert

            raise_on_alert(run.facts["alerts"], arguments.fail_on_alert)
    return 0


def _summary(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.summary import summary

    print(summary(_settings(arguments), arguments.format, arguments.url, arguments.edition), end="")
    return 0


def _report_choice(arguments: argparse.Namespace, settings: Settings) -> Choice:
    """What the flags of `report` choose."""
    from analysis_lib.verbs.report_choice import Choice

    def listed(texts: Sequence[str]) -> list[str]:
        return [name.strip() for text in texts for name in text.split(",") if name.strip()]

    return Choice(
        renderer=arguments.renderer or settings.renderer,
        only=listed(arguments.only),
        force=arguments.force,
        # A preview of some pages makes only what is asked for.
        editions=listed(arguments.edition) or ([] if arguments.only else settings.editions),
        limit=arguments.limit,
    )


def _init(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.asking import Asker
    from analysis_lib.verbs.init import Answers, init

    given = {name: str(value) for name, value in flags.given_parameters(arguments).items()}
    given |= {name: value for name in ("timezone", "currency") if (value := getattr(arguments, name))}
    asker = None if arguments.yes or not sys.stdin.isatty() else Asker()
    answers = Answers(arguments.shop, arguments.source, arguments.paths, given, arguments.folder)
    _print(init(answers, asker, Path.cwd()))
    return 0


def _shops(_arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.shops import shops_lines

    _print(shops_lines(all_settings()))
    return 0


def _copy(arguments: argparse.Namespace, progress: Progress) -> int:
    from analysis_lib.verbs.copy import copy

    _print(copy(_settings(arguments), progress, arguments.to, arguments.shop))
    return 0


def _models(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.inspect import models_lines

    _print(models_lines(_settings(arguments), arguments.shop))
    return 0


def _graph(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.graph import graph_text

    select = [name for text in arguments.select for name in text.split(",") if name]
    print(graph_text(_settings(arguments), arguments.shop, arguments.format, select))
    return 0


def _sql(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.inspect import model_sql

    print(
        model_sql(
            _settings(arguments),
            arguments.model,
            arguments.dialect,
            arguments.shop,
            flags.given_parameters(arguments),
        )
    )
    return 0


def _query(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.inspect import query_lines

    sql = sys.stdin.read() if arguments.sql == "-" else arguments.sql
    _print(
        query_lines(
            _settings(arguments),
            sql,
            arguments.shop,
            flags.given_parameters(arguments),
            arguments.csv,
            arguments.limit,
        )
    )
    return 0


def _doctor(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.inspect import doctor_lines

    _print(doctor_lines(_settings(arguments)))
    return 0


def _lab(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.lab import lab

    return lab(_settings(arguments), arguments.handed)


Verb = Callable[[argparse.Namespace, Progress], int]
_VERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Verb]] = {
    "init": ("write a shop's profile into shopbook.toml, by asking or from flags", flags.init_flags, _init),
    "simulate": ("write a demo shop with planted truth", flags.simulate_flags, _simulate),
    "load": ("load a shop's files into the warehouse", flags.load_flags, _load),
    "source": ("list, draft and try out sources: the kinds of data there are", flags.source_flags, _source),
    "build": ("build the marts that are stale", flags.build_flags, _build),
    "check": ("build, then run the contracts of the models", flags.check_flags, _check),
    "report": ("build, check, run the notebooks, publish the site", flags.report_flags, _report),
    "summary": ("print what the last published report says, without a run", flags.summary_flags, _summary),
    "shops": ("list the shops: source, last load, newest data, profile", flags.no_flags, _shops),
    "copy": ("copy a shop's loaded tables to BigQuery, or back", flags.copy_flags, _copy),
    "models": ("list the models with grain, state, rows and age", flags.models_flags, _models),
    "graph": ("print what is made from what: models, pages, briefs", flags.graph_flags, _graph),
    "sql": ("print a model's SQL, ready to run", flags.sql_flags, _sql),
    "query": ("run a GoogleSQL query on the shop", flags.query_flags, _query),
    "doctor": ("say what is installed and what will be used", flags.no_flags, _doctor),
    "lab": ("open JupyterLab on the notebooks", flags.lab_flags, _lab),
}


def make_parser() -> argparse.ArgumentParser:
    """The parser of all verbs."""
    parser = _Parser(prog="shopbook", description="E-commerce analytics as notebooks.")
    parser.add_argument("--version", action="version", version=f"shopbook {__version__}")
    parser.add_argument("--quiet", action="store_true", help="no progress, only the summary")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    for name, (help_text, add_flags, _) in _VERBS.items():
        verb = verbs.add_parser(name, help=help_text, description=help_text.capitalize() + ".")
        add_flags(verb)
        if name in flags.READ_SOURCES:
            flags.sources_flag(verb)
    return parser


def _parse(argv: list[str]) -> argparse.Namespace:
    """The flags of a verb. What follows `lab` is JupyterLab's, whatever it looks like."""
    verb = next((place for place, word in enumerate(argv) if not word.startswith("-")), len(argv))
    handed = argv[verb + 1 :] if argv[verb : verb + 1] == ["lab"] else []
    if {"-h", "--help"} & set(handed):
        handed = []
    arguments = make_parser().parse_args(argv[: len(argv) - len(handed)])
    arguments.handed = handed
    return arguments


# What Ctrl-C becomes while DuckDB is at work.
_STOPPED_IN_DUCKDB = "Query interrupted"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; the exit code says what kind of error stopped it (see `errors.py`)."""
    arguments = _parse(list(sys.argv[1:] if argv is None else argv))
    progress = Progress(quiet=arguments.quiet)
    if warehouse := getattr(arguments, "warehouse", ""):
        # Where every process of this run finds it: notebooks are run in processes of their own.
        os.environ["SHOPBOOK_WAREHOUSE"] = warehouse
    # JupyterLab stays open for days: there each kernel is a run of its own.
    run = contextlib.nullcontext() if arguments.verb == "lab" else run_ledger.one_run()
    try:
        with run, sources_at(getattr(arguments, "sources", None)):
            return _VERBS[arguments.verb][2](arguments, progress)
    except ShopbookError as error:
        print(f"shopbook: {error}", file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, RuntimeError) as error:
        if isinstance(error, RuntimeError) and str(error) != _STOPPED_IN_DUCKDB:
            raise
        print("shopbook: stopped; what was published before is untouched.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough.
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
