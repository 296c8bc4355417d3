"""The rules of loading in GoogleSQL, for columns that have a type already.

They are those of `analysis_lib.sources.rules` and `convert`: the same rows are kept with the same values, and
rejected for the same reasons. What only text can be, a date of two readings say, does not come up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis_lib.sources.bigquery.judging_text import (
    TEXT,
    is_missing_text,
    said_of_text,
    value_of_text,
)
from analysis_lib.sources.convert import EARLIEST, LATEST, NOT_A, NULL_WORDS
from analysis_lib.sources.definition import Column, Table
from analysis_lib.warehouse.bigquery_values import bound


@dataclass(frozen=True)
class Rule:
    """A reason to reject a row: when it holds, its sentence as SQL, and in words without the value."""

    holds: str
    sentence: str
    words: str


def text(value: str) -> str:
    """A text as a literal."""
    return bound("?", [value])


def value_sql(column: Column, type_: str | None) -> str:
    """GoogleSQL: the value of a column of the type that it has there; NULL for a column that is not there.

    Examples
    --------
    >>> value_sql(Column("price", "NUMERIC", "Price."), "INT64")
    'safe_cast(`price` as NUMERIC)'
    """
    name = f"`{column.name}`"
    if type_ is None:
        return f"cast(null as {column.type})"
    if type_ == TEXT:
        return value_of_text(column)
    if column.is_nested:
        return name
    if column.type == "STRING":
        words = ", ".join(text(word) for word in NULL_WORDS)
        plain = name if type_ == "STRING" else f"cast({name} as string)"
        return f"if({plain} in ({words}), null, {plain})" if type_ == "STRING" else plain
    if column.type == "TIMESTAMP" and type_ != "TIMESTAMP":
        return f"timestamp({name})"
    if type_ == column.type:
        return f"if(is_inf({name}) or is_nan({name}), null, {name})" if type_ == "FLOAT64" else name
    if (column.type, type_) == ("NUMERIC", "FLOAT64"):
        # By way of text, as a file has it: what is written 0.1 is 0.1, and not the nearest fraction of two.
        return f"safe_cast(cast({name} as string) as NUMERIC)"
    return f"safe_cast({name} as {column.type})"


def rules_of(column: Column, type_: str | None) -> list[Rule]:
    """The reasons to reject a row for one column that is there."""
    if type_ is None:
        return []
    name, value = column.name, f"({value_sql(column, type_)})"
    there = f"`{name}` is not null"
    if type_ == "FLOAT64":
        there = f"coalesce(not is_nan(`{name}`), false)"
    elif type_ == TEXT:
        there = f"not ({is_missing_text(column)})"
    shown = f"substr(cast(`{name}` as string), 1, 200)"
    rules = []
    if column.not_null:
        words = f"missing {'key ' if column.key else ''}{name}"
        missing = f" and not ({there})" if _may_fail(column, type_) else ""
        rules.append(Rule(f"{value} is null{missing}", text(words), words))
    if _may_fail(column, type_):
        words = f"{name}: not {NOT_A[column.type]}"
        said = said_of_text(column) if type_ == TEXT else text(f" is not {NOT_A[column.type]}")
        quoted, end = text(name + ': "'), text('"')
        rules.append(Rule(f"{value} is null and {there}", f"concat({quoted}, {shown}, {end}, {said})", words))
    if column.type in {"TIMESTAMP", "DATE"}:
        words = f"{name}: not between 1990 and 2099"
        kind = column.type.lower()
        holds = f"coalesce({value} < {kind} '{EARLIEST}' or {value} >= {kind} '{LATEST}', false)"
        said = f"concat({text(name + ': ')}, {shown}, {text(' is not between 1990 and 2099')})"
        rules.append(Rule(holds, said, words))
    if column.min is not None and not column.is_nested:
        is_money = column.type == "NUMERIC" and column.min == 0
        words = f"{name}: " + ("negative money" if is_money else f"below {column.min}")
        said = f"concat({text(words + ' (')}, {shown}, ')')"
        rules.append(Rule(f"coalesce({value} < {column.min}, false)", said, words))
    if column.accepted:
        words = f"{name}: unknown {name.split('_')[-1]}"
        listed = ", ".join(text(word) for word in column.accepted)
        holds = f"coalesce(lower(trim({value}, ' ')) not in ({listed}), false)"
        rules.append(Rule(holds, f"concat({text(words + ' ' + chr(34))}, {shown}, '\"')", words))
    return rules


def _may_fail(column: Column, type_: str) -> bool:
    """Whether a value that is there may be none of the contract's type."""
    if type_ == TEXT:
        return column.type != "STRING"
    return type_ == "FLOAT64" and column.type in {"NUMERIC", "FLOAT64"}


def table_rules(table: Table, columns: Mapping[str, str]) -> list[Rule]:
    """The reasons to reject a row of a table, in the order in which the loader gives them."""
    return [rule for name, one in table.columns.items() for rule in rules_of(one, columns.get(name))]


def first_rule(rules: list[Rule]) -> str:
    """GoogleSQL: the position of the first rule that holds; NULL for a row that is kept."""
    if not rules:
        return "cast(null as int64)"
    return "case " + " ".join(f"when {rule.holds} then {n}" for n, rule in enumerate(rules)) + " end"


def reasons(rules: list[Rule]) -> str:
    """GoogleSQL: all that holds against a row, in words."""
    said = ", ".join(f"if({rule.holds}, {rule.sentence}, null)" for rule in rules)
    return f"array_to_string([{said}], '; ')"
