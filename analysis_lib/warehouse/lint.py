"""The rules for the SQL of models: what reads alike, and what runs alike on BigQuery and on DuckDB.

Google's analyser accepts constructs that BigQuery refuses or that the engines compute differently; this
catches them, by line, without knowing any types. A line is let off by a comment at its end, or on its own
in the line above, that gives a reason::

    any_value(name) as name,  -- lint allow any-value: the name follows from the id
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import Token, TokenType
from sqlglot.dialects.bigquery import BigQuery
from sqlglot.errors import SqlglotError

from analysis_lib.errors import QueryError
from analysis_lib.warehouse import lint_calls, lint_queries
from analysis_lib.warehouse.dialect import parse


@dataclass(frozen=True, order=True)
class LintFinding:
    """One place that breaks a rule."""

    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message} [{self.rule}]"


Found = Iterator[tuple[int, str, str]]
REASONS: dict[str, str] = {
    "syntax": "a model is one GoogleSQL query",
    "header": "a reader finds purpose, grain and inputs of every model in the same place",
    "templating": "values come in as @parameters, which cannot inject anything",
    "upper-case": "the models are written in lower case",
    "leading-comma": "commas end a line, so that a new column is a one-line change",
    "tab": "tabs show differently everywhere",
    **lint_calls.REASONS,
    **lint_queries.REASONS,
}
"""Every rule and why it is one."""

_HEADER = ("purpose", "grain", "inputs")
_ALLOW = re.compile(r"--\s*lint allow ([a-z-]+): \S")


def lint(sql: str) -> list[LintFinding]:
    """The findings in a model's text, by line.

    Examples
    --------
    >>> for finding in lint("-- purpose: a.\\n-- grain: b.\\n-- inputs: t.\\nselect a / b as c from t"):
    ...     print(finding)
    line 4: write safe_divide(x, y): x / 0 is an error in BigQuery and infinite in DuckDB [division]
    """
    found = {LintFinding(*finding) for check in (_header, _templating, _code) for finding in check(sql)}
    lines = sql.splitlines()
    return sorted(finding for finding in found if not _allowed(lines, finding))


def _allowed(lines: list[str], finding: LintFinding) -> bool:
    """Whether a comment beside the line, or alone above it, lets it off with a reason."""
    beside = lines[finding.line - 1] if finding.line <= len(lines) else ""
    above = lines[finding.line - 2].strip() if finding.line > 1 else ""
    comments = [beside, above if above.startswith("--") else ""]
    return any(match[1] == finding.rule for comment in comments if (match := _ALLOW.search(comment)))


def header(sql: str) -> dict[str, str]:
    """The parts of the comment at a model's top: purpose, grain, inputs, each as one text.

    Examples
    --------
    >>> header("-- purpose: all orders\\n--   of a day.\\n-- grain: one row a day.\\nselect 1")
    {'purpose': 'all orders of a day.', 'grain': 'one row a day.'}
    """
    parts: dict[str, str] = {}
    name = ""
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        text = line.removeprefix("--").strip()
        if match := re.match(rf"({'|'.join(_HEADER)}):\s*(.*)", text):
            name = match[1]
            parts[name] = match[2]
        elif name:
            parts[name] = f"{parts[name]} {text}".strip()
    return parts


def _header(sql: str) -> Found:
    parts = header(sql)
    for name in _HEADER:
        if not parts.get(name):
            yield 1, "header", f"the model must start with a comment that has `-- {name}: …`"
    if list(parts) != [name for name in _HEADER if name in parts]:
        yield 1, "header", "the header's order is purpose, grain, inputs"


def _templating(sql: str) -> Found:
    for number, line in enumerate(sql.splitlines(), start=1):
        code = line.split("--")[0]
        if re.search(r"\{\{|\}\}|\{%|%\}|\$\{|\{\w*\}", code):
            yield number, "templating", "no templating: pass the value as an @parameter"
        if "\t" in line:
            yield number, "tab", "indent with four spaces, not with tabs"


def _code(sql: str) -> Found:
    try:
        tokens = BigQuery().tokenize(sql)
    except SqlglotError as error:
        yield 1, "syntax", str(error).splitlines()[0]
        return
    yield from _style(sql, tokens)
    yield from lint_calls.check(tokens)
    try:
        tree = parse(sql)
    except QueryError as error:
        where = re.search(r"line (\d+)", error.message)
        yield int(where[1]) if where else 1, "syntax", str(error)
        return
    yield from lint_queries.check(tree)


def _style(sql: str, tokens: list[Token]) -> Found:
    quoted = (TokenType.STRING, TokenType.RAW_STRING, TokenType.IDENTIFIER, TokenType.BYTE_STRING)
    last_line = 0
    for token in tokens:
        written = sql[token.start : token.end + 1]
        if token.token_type not in quoted and written != written.lower():
            yield token.line, "upper-case", f"write {written.lower()} in lower case"
        if token.token_type == TokenType.COMMA and token.line != last_line:
            yield token.line, "leading-comma", "put the comma at the end of the line before"
        last_line = token.line
