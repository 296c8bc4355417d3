"""The reasons to reject a row for the value of one column, as SQL."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_lib.sources.convert import EARLIEST, LATEST, NOT_A, is_lossy, is_missing, is_one_of
from analysis_lib.sources.definition import Column
from analysis_lib.sources.read import identifier, literal


@dataclass(frozen=True)
class Rule:
    """A reason to reject a row: when it holds, its sentence as SQL, and in words without the value."""

    holds: str
    sentence: str
    words: str


def rules_of(column: Column, source: str, type_: str) -> list[Rule]:
    """The reasons to reject a row for one column; `t_…` is the typed value."""
    value = identifier(f"t_{column.name}")
    missing = is_missing(source, type_, column.type)
    shown = f"coalesce(left(cast({source} as varchar), 200), '')"
    name = column.name
    rules = []
    if column.not_null:
        words = f"missing {'key ' if column.key else ''}{name}"
        rules.append(Rule(_if_null(value, missing), literal(words), words))
    if column.is_nested:
        words = f"{name}: not of the form {column.type[:40]}…"
        cannot = _if_null(value, f"not {missing}")
        lossy = f"({cannot} or coalesce({is_lossy(source, type_, column.type)}, false))"
        rules.append(Rule(lossy, f"{literal(words + ': ')} || {shown}", words))
    elif column.type != "STRING":
        words = f"{name}: not {NOT_A[column.type]}"
        sentence = f"{literal(name + ': ')} || '\"' || {shown} || '\" is not ' || {_what(column.type, shown)}"
        rules.append(Rule(_if_null(value, f"not {missing}"), sentence, words))
    if column.type in {"TIMESTAMP", "DATE"}:
        words = f"{name}: not between 1990 and 2099"
        sentence = f"{literal(name + ': ')} || {shown} || ' is not between 1990 and 2099'"
        rules.append(Rule(f"not ({value} >= '{EARLIEST}' and {value} < '{LATEST}')", sentence, words))
    if column.is_nested and column.min == 0:
        words = f"{name}: a number below 0"
        below = f"regexp_matches(cast(to_json({value}) as varchar), '[^\\\\]\":-[0-9.]*[1-9]')"
        rules.append(Rule(f"coalesce({below}, false)", f"{literal(words + ': ')} || {shown}", words))
    elif column.min is not None:
        is_money = column.type == "NUMERIC" and column.min == 0
        words = f"{name}: " + ("negative money" if is_money else f"below {column.min}")
        rules.append(Rule(f"{value} < {column.min}", f"{literal(words + ' (')} || {shown} || ')'", words))
    if column.accepted:
        words = f"{name}: unknown {name.split('_')[-1]}"
        exact, tidy = is_one_of(value, column.accepted), is_one_of(f"lower(trim({value}))", column.accepted)
        unknown = f"case when {value} is null or {exact} then false else not {tidy} end"
        sentence = f"{literal(words)} || ' \"' || {shown} || '\"'"
        rules.append(Rule(unknown, sentence, words))
    return rules


def _if_null(value: str, condition: str) -> str:
    """SQL: the condition where the typed value is NULL; CASE asks it of those rows only, AND of all."""
    return f"case when {value} is null then {condition} else false end"


def _what(type_: str, shown: str) -> str:
    if type_ == "INT64":
        too_long = f"regexp_full_match(trim({shown}), '[+-]?[0-9]+([.]0*)?')"
        return f"case when {too_long} then 'within 64 bits' else 'a whole number' end"
    return literal(NOT_A[type_])
