"""The flags of each verb of the command, and the run parameters that they give."""

from __future__ import annotations

import argparse

from analysis_lib.parameters import PARAMETERS


def shop_flag(parser: argparse.ArgumentParser) -> None:
    """Which shop."""
    parser.add_argument(
        "--shop",
        default="",
        help="the shop's name (default: that of shopbook.toml, else the one loaded last)",
    )


def warehouse_flag(parser: argparse.ArgumentParser) -> None:
    """Which warehouse: the same as the setting of that name."""
    parser.add_argument(
        "--warehouse",
        default="",
        metavar="bigquery|FILE",
        help="bigquery, or a DuckDB file (default: the setting warehouse)",
    )


def parameter_flags(parser: argparse.ArgumentParser) -> None:
    """Which shop, and the run parameters."""
    shop_flag(parser)
    warehouse_flag(parser)
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


def models_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `models`."""
    shop_flag(parser)
    warehouse_flag(parser)


def copy_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `copy`."""
    parser.add_argument(
        "--to", choices=("bigquery", "duckdb"), required=True, help="the warehouse to copy to"
    )
    shop_flag(parser)


def given_parameters(arguments: argparse.Namespace) -> dict[str, object]:
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


def count(text: str) -> int:
    """A whole number from 0, for argparse."""
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def simulate_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `simulate`."""
    parser.add_argument("--visitors", type=int, default=20_000, help="visitors in all (default 20000)")
    parser.add_argument("--months", type=int, default=18, help="months of history (default 18)")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same bytes (default 7)")
    parser.add_argument("--out", default="", help="the folder to write (default data/demo)")
    parser.add_argument(
        "--into",
        default="",
        metavar="postgresql://…",
        help="a database that gets the events as one table; files are written only with --out",
    )
    parser.add_argument("--table", default="", help="of the database: the table (default events_raw)")
    parser.add_argument(
        "--replace", action="store_true", help="of the database: replace the table when it has rows"
    )
    parser.add_argument(
        "--without-effects",
        action="store_true",
        help="a shop in which nothing changes and nothing differs but by chance",
    )


def init_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `init`."""
    parser.add_argument(
        "folder", nargs="?", default="", help="the project's folder, made when it is none (default: this one)"
    )
    parser.add_argument("--source", default="", help="the kind of data (default: what the files look like)")
    parser.add_argument(
        "--from", dest="paths", nargs="+", default=[], metavar="PLACE", help="where the data are"
    )
    parser.add_argument("--timezone", default="", help=PARAMETERS["timezone"].help)
    parser.add_argument("--currency", default="", help=PARAMETERS["currency"].help)
    parameter_flags(parser)
    parser.add_argument("--yes", action="store_true", help="ask nothing: what no flag says takes its default")


def load_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `load`."""
    parser.add_argument(
        "source",
        nargs="?",
        default="",
        help="the kind of data: thelook, rees46, ga4, product_events, clickstream, or a folder of the "
        "project's sources/ (default: that of the shop's profile)",
    )
    parser.add_argument(
        "--from",
        dest="paths",
        nargs="+",
        default=[],
        metavar="FOLDER|FILE|postgresql://…",
        help="what to load (default: what the shop's profile names)",
    )
    parser.add_argument(
        "--shop", default="", help="the shop's name (default: its profile's, else the source's)"
    )
    warehouse_flag(parser)
    parser.add_argument("--tables", nargs="+", default=None, help="only these tables; each must be there")
    parser.add_argument(
        "--max-rejected-share",
        type=float,
        default=None,
        help="stop when a larger share of a file does not fit (default: that of shopbook.toml, else 0.5)",
    )
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        metavar="TABLE.COLUMN=READING",
        help="how values are written: day_first or month_first, decimal_point or decimal_comma",
    )
    database_flags(parser)


def database_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `load` for a database."""
    parser.add_argument(
        "--table", default="", metavar="SCHEMA.TABLE", help="of a database: what is read (default events_raw)"
    )
    parser.add_argument("--query", default="", metavar="SELECT", help="of a database: a query in its place")
    parser.add_argument("--query-file", default="", metavar="FILE", help="a file with the query")
    parser.add_argument(
        "--full", action="store_true", help="of a database: read all of it again, and replace what was there"
    )
    parser.add_argument(
        "--look-back-days",
        type=count,
        default=None,
        metavar="N",
        help="of a database: do not look for late, corrected and deleted rows in months that ended more than "
        "N days before the newest row (default: look at all)",
    )


# What follows `lab` is JupyterLab's; `source` has the flag after its own verbs.
READ_SOURCES = frozenset({"load", "build", "check", "report", "models", "graph", "sql", "query"})


def sources_flag(parser: argparse.ArgumentParser) -> None:
    """Where the user's own sources are."""
    help_text = "the folder of your own sources (default: sources, or the setting)"
    parser.add_argument("--sources", default=None, metavar="DIR", help=help_text)


def source_flags(parser: argparse.ArgumentParser) -> None:
    """The verbs of `source` and their flags."""
    verbs = parser.add_subparsers(dest="what", required=True, metavar="list|new|check")
    listing = verbs.add_parser("list", help="the sources that there are, where they are, what they fill")
    new = verbs.add_parser("new", help="look at files and draft a source of your own")
    new.add_argument("name", help="the name of the new source")
    new.add_argument(
        "--from", dest="paths", nargs="+", required=True, metavar="FOLDER|FILE", help="what to look at"
    )
    new.add_argument(
        "--timezone", default="", help="of times without a zone, for example Europe/Berlin (default UTC)"
    )
    new.add_argument("--replace", action="store_true", help="write over the source of that name")
    check = verbs.add_parser("check", help="try a source out on files, before anything is built")
    check.add_argument("name", help="the source")
    check.add_argument(
        "--from", dest="paths", nargs="+", metavar="FOLDER|FILE", help="the files to try it on"
    )
    for verb in (listing, new, check):
        sources_flag(verb)


def build_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `build`."""
    parameter_flags(parser)
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="MODEL",
        help="only this model; +MODEL with what it needs, MODEL+ with what needs it",
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="all of every model, whether something changed or not",
    )
    parser.add_argument(
        "--estimate",
        action="store_true",
        help="on BigQuery: say what it would read and cost; builds nothing",
    )
    parser.add_argument(
        "--format",
        choices=["text", "json"],
        default="text",
        help="of the estimate (default: text)",
    )


def check_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `check`."""
    parameter_flags(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="json: what was done with each model, and its checks (default: text)",
    )


def graph_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `graph`."""
    models_flags(parser)
    parser.add_argument(
        "--format",
        choices=("json", "mermaid", "dot"),
        default="json",
        help="how it is written (default json)",
    )
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="NAME",
        help="only this table, page/ID or brief/ID; +NAME with what it needs, NAME+ with what needs it",
    )


def report_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `report`."""
    parameter_flags(parser)
    parser.add_argument(
        "--renderer",
        choices=("auto", "quarto", "builtin"),
        default=None,
        help="auto takes Quarto where it is found (default: that of shopbook.toml, else auto)",
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="PAGE", help="a preview of these pages alone"
    )
    parser.add_argument(
        "--edition",
        action="append",
        default=[],
        metavar="ID",
        help="make this edition of reports.yml too, or all, instead of those of the profile; with --only a "
        "preview of it (may be repeated)",
    )
    parser.add_argument("--limit", type=count, default=None, metavar="N", help="at most N editions")
    parser.add_argument(
        "--list",
        action="store_true",
        help="list pages, briefs and editions with their addresses; does nothing",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be built and run, and why; writes nothing"
    )
    parser.add_argument(
        "--no-load", action="store_true", help="do not look for new data where the shop's profile says"
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


def summary_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `summary`."""
    shop_flag(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json", "markdown", "html"),
        default="text",
        help="text for a terminal or a plain e-mail (default), markdown, html for an e-mail, or json",
    )
    parser.add_argument("--url", default="", help="where the site is served: pages become links to it")
    parser.add_argument("--edition", default="", help="of this edition, not of the whole shop")


def sql_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `sql`."""
    parser.add_argument("model")
    parameter_flags(parser)
    parser.add_argument("--dialect", choices=("bigquery", "duckdb"), default="bigquery")


def query_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `query`."""
    parser.add_argument("sql", help="a GoogleSQL query, or - to read it from standard input")
    parameter_flags(parser)
    parser.add_argument("--csv", action="store_true", help="all rows as CSV")
    parser.add_argument("--limit", type=int, default=50, help="rows to show (default 50)")


def lab_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `lab`."""
    parser.add_argument("arguments", nargs="*", help="a notebook, and what is handed to JupyterLab")


def no_flags(parser: argparse.ArgumentParser) -> None:
    """The verb takes no flags of its own."""
