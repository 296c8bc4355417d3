"""The command `shopbook`: each verb reads its flags and calls one function."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis_lib import __version__
from analysis_lib.errors import ShopbookError
from analysis_lib.parameters import PARAMETERS
from analysis_lib.progress import Progress
from analysis_lib.settings import load_settings

if TYPE_CHECKING:
    from analysis_lib.verbs.report_choice import Choice


class _Parser(argparse.ArgumentParser):
    """argparse, with the nearest verb named when one is mistyped."""

    def error(self, message: str) -> None:  # type: ignore[override]
        from analysis_lib.errors import did_you_mean

        if "invalid choice" in message and "argument verb" in message:
            given = message.split("'")[1]
            message = f"there is no verb {given}. {did_you_mean(given, _VERBS)}"
        self.exit(2, f"shopbook: {message}\nSee: {self.prog} --help\n")


def _shop_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shop", default="", help="the shop's name (default: the one loaded last)")


def _parameter_flags(parser: argparse.ArgumentParser) -> None:
    _shop_flag(parser)
    parser.add_argument("--as-of", default=None, help=PARAMETERS["as_of"].help)
    parser.add_argument("--window-days", default=None, help=PARAMETERS["window_days"].help)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="assignments",
        help="any run parameter, for example --set timezone=Europe/Berlin (may be repeated)",
    )


def _given(arguments: argparse.Namespace) -> dict[str, object]:
    """The run parameters that were given as flags."""
    from analysis_lib.errors import ParameterError

    given: dict[str, object] = {}
    for text in arguments.assignments:
        name, separator, value = text.partition("=")
        if not separator:
            raise ParameterError(f"--set was given {text!r}, but it takes NAME=VALUE.")
        given[name.strip()] = value.strip()
    for flag, name in ((arguments.as_of, "as_of"), (arguments.window_days, "window_days")):
        if flag is not None:
            given[name] = flag
    return given


def _print(lines: Sequence[str]) -> None:
    for line in lines:
        print(line)


def _simulate(arguments: argparse.Namespace, progress: Progress) -> int:
    from analysis_lib.simulate import simulate

    out = Path(arguments.out)
    with progress.stage("simulate") as step:
        summary = simulate(
            arguments.visitors,
            arguments.months,
            arguments.seed,
            out,
            step,
            effects=not arguments.without_effects,
        )
    _print(summary.lines())
    return 0


def _load(arguments: argparse.Namespace, progress: Progress) -> int:
    from analysis_lib.verbs.load import load

    _print(
        load(
            load_settings(),
            progress,
            arguments.source,
            [Path(path) for path in arguments.paths],
            arguments.shop,
            arguments.tables,
            arguments.max_rejected_share,
        )
    )
    return 0


def _build(arguments: argparse.Namespace, progress: Progress) -> int:
    from analysis_lib.verbs.build import build, build_lines

    select = [name for text in arguments.select for name in text.split(",") if name]
    outcomes = build(load_settings(), progress, arguments.shop, _given(arguments), select)
    _print([*build_lines(outcomes), f"seconds: {progress.summary()}"])
    return 0


def _check(arguments: argparse.Namespace, progress: Progress) -> int:
    from analysis_lib.checks import raise_on_failure
    from analysis_lib.verbs.build import build, check_lines

    outcomes = build(load_settings(), progress, arguments.shop, _given(arguments), with_checks=True)
    _print(check_lines(outcomes))
    raise_on_failure(outcomes.checks)
    return 0


def _report(arguments: argparse.Namespace, progress: Progress) -> int:
    from analysis_lib.delivery.last_run import recorded
    from analysis_lib.verbs.report import report

    settings = load_settings()
    if arguments.list or arguments.dry_run:
        from analysis_lib.verbs.report_look import dry_run_lines, list_lines

        look = list_lines if arguments.list else dry_run_lines
        _print(look(settings, arguments.shop, _given(arguments), _report_choice(arguments)))
        return 0
    choice = _report_choice(arguments)
    with recorded(settings) as run:
        _print(
            report(
                settings,
                progress,
                arguments.shop,
                _given(arguments),
                choice,
                run,
            )
        )
        if arguments.fail_on_alert:
            from analysis_lib.delivery.alert_states import raise_on_alert

            raise_on_alert(run.facts["alerts"], arguments.fail_on_alert)
    return 0


def _summary(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.summary import summary

    print(summary(load_settings(), arguments.format, arguments.url, arguments.edition), end="")
    return 0


def _report_choice(arguments: argparse.Namespace) -> Choice:
    """What the flags of `report` choose."""
    from analysis_lib.verbs.report_choice import Choice

    def listed(texts: Sequence[str]) -> list[str]:
        return [name.strip() for text in texts for name in text.split(",") if name.strip()]

    return Choice(
        renderer=arguments.renderer,
        only=listed(arguments.only),
        force=arguments.force,
        editions=listed(arguments.edition),
        limit=arguments.limit,
    )


def _count(text: str) -> int:
    """A whole number from 0, for argparse."""
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _models(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.inspect import models_lines

    _print(models_lines(load_settings(), arguments.shop))
    return 0


def _sql(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.inspect import model_sql

    print(model_sql(load_settings(), arguments.model, arguments.dialect, arguments.shop, _given(arguments)))
    return 0


def _query(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.inspect import query_lines

    sql = sys.stdin.read() if arguments.sql == "-" else arguments.sql
    _print(
        query_lines(load_settings(), sql, arguments.shop, _given(arguments), arguments.csv, arguments.limit)
    )
    return 0


def _doctor(_arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.inspect import doctor_lines

    _print(doctor_lines(load_settings()))
    return 0


def _lab(arguments: argparse.Namespace, _progress: Progress) -> int:
    from analysis_lib.verbs.lab import lab

    return lab(load_settings(), arguments.handed)


def _simulate_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--visitors", type=int, default=20_000, help="visitors in all (default 20000)")
    parser.add_argument("--months", type=int, default=18, help="months of history (default 18)")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same bytes (default 7)")
    parser.add_argument("--out", default="data/demo", help="the folder to write (default data/demo)")
    parser.add_argument(
        "--without-effects",
        action="store_true",
        help="a shop in which nothing changes and nothing differs but by chance",
    )


def _load_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        help="the kind of data: thelook, rees46, ga4, product_events, or a folder of the project's sources/",
    )
    parser.add_argument(
        "--from", dest="paths", nargs="+", required=True, metavar="FOLDER|FILE", help="what to load"
    )
    parser.add_argument("--shop", default="", help="the shop's name (default: the source's)")
    parser.add_argument("--tables", nargs="+", default=None, help="only these tables; each must be there")
    parser.add_argument(
        "--max-rejected-share",
        type=float,
        default=0.5,
        help="stop when a larger share of a file does not fit (default 0.5)",
    )


def _build_flags(parser: argparse.ArgumentParser) -> None:
    _parameter_flags(parser)
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="MODEL",
        help="only this model; +MODEL with what it needs, MODEL+ with what needs it",
    )


def _report_flags(parser: argparse.ArgumentParser) -> None:
    _parameter_flags(parser)
    parser.add_argument(
        "--renderer",
        choices=("auto", "quarto", "builtin"),
        default="auto",
        help="auto takes Quarto where it is found (default auto)",
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="PAGE", help="a preview of these pages alone"
    )
    parser.add_argument(
        "--edition",
        action="append",
        default=[],
        metavar="ID",
        help="make this edition of reports.yml too, or all; with --only a preview of it (may be repeated)",
    )
    parser.add_argument("--limit", type=_count, default=None, metavar="N", help="at most N editions")
    parser.add_argument(
        "--list",
        action="store_true",
        help="list pages, briefs and editions with their addresses; does nothing",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be built and run, and why; writes nothing"
    )
    parser.add_argument("--force", action="store_true", help="run every notebook again")
    parser.add_argument(
        "--fail-on-alert",
        nargs="?",
        const="warn",
        default="",
        choices=("warn", "page"),
        help="publish, then end with exit code 24 when an alert was raised (page: only a severe one)",
    )


def _summary_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=("text", "json", "markdown", "html"),
        default="text",
        help="text for a terminal or a plain e-mail (default), markdown, html for an e-mail, or json",
    )
    parser.add_argument("--url", default="", help="where the site is served: pages become links to it")
    parser.add_argument("--edition", default="", help="of this edition, not of the whole shop")


def _sql_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model")
    _parameter_flags(parser)
    parser.add_argument("--dialect", choices=("bigquery", "duckdb"), default="bigquery")


def _query_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sql", help="a GoogleSQL query, or - to read it from standard input")
    _parameter_flags(parser)
    parser.add_argument("--csv", action="store_true", help="all rows as CSV")
    parser.add_argument("--limit", type=int, default=50, help="rows to show (default 50)")


def _lab_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("arguments", nargs="*", help="a notebook, and what is handed to JupyterLab")


def _no_flags(parser: argparse.ArgumentParser) -> None:
    """The verb takes no flags of its own."""


Verb = Callable[[argparse.Namespace, Progress], int]
_VERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Verb]] = {
    "simulate": ("write a demo shop with planted truth", _simulate_flags, _simulate),
    "load": ("load a shop's files into the warehouse", _load_flags, _load),
    "build": ("build the marts that are stale", _build_flags, _build),
    "check": ("build, then run the contracts of the models", _parameter_flags, _check),
    "report": ("build, check, run the notebooks, publish the site", _report_flags, _report),
    "summary": ("print what the last published report says, without a run", _summary_flags, _summary),
    "models": ("list the models with grain, state, rows and age", _shop_flag, _models),
    "sql": ("print a model's SQL, ready to run", _sql_flags, _sql),
    "query": ("run a GoogleSQL query on the shop", _query_flags, _query),
    "doctor": ("say what is installed and what will be used", _no_flags, _doctor),
    "lab": ("open JupyterLab on the notebooks", _lab_flags, _lab),
}


def make_parser() -> argparse.ArgumentParser:
    """The parser of all verbs."""
    parser = _Parser(prog="shopbook", description="E-commerce analytics as notebooks.")
    parser.add_argument("--version", action="version", version=f"shopbook {__version__}")
    parser.add_argument("--quiet", action="store_true", help="no progress, only the summary")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    for name, (help_text, add_flags, _) in _VERBS.items():
        add_flags(verbs.add_parser(name, help=help_text, description=help_text.capitalize() + "."))
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; the exit code says what kind of error stopped it (see `errors.py`)."""
    arguments = _parse(list(sys.argv[1:] if argv is None else argv))
    progress = Progress(quiet=arguments.quiet)
    try:
        return _VERBS[arguments.verb][2](arguments, progress)
    except ShopbookError as error:
        print(f"shopbook: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("shopbook: stopped; what was published before is untouched.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough.
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
