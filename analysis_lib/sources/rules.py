"""The reasons to reject a row for the value of one column, as SQL."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_lib.sources.amounts import number, tidy
from analysis_lib.sources.calendars import TWO_DIGIT_YEAR, moment
from analysis_lib.sources.convert import EARLIEST, LATEST, NOT_A, is_lossy, is_missing, is_one_of
from analysis_lib.sources.definition import Column
from analysis_lib.sources.read import identifier, literal
from analysis_lib.sources.written import DECIMALS, IN_WORDS, ORDERS, PLAIN, Written

# A whole number that could not be read, as it does not fit; six groups of three follow at least one digit.
_LONG = "[+-]?[0-9]+([.]0*)?|[+-]?[0-9]{1,3}([ ,.''][0-9]{3}){6,}"


@dataclass(frozen=True)
class Rule:
    """A reason to reject a row: when it holds, its sentence as SQL, and in words without the value.

    `is_unread` where the reason is that the value cannot be read as what it should be.
    """

    holds: str
    sentence: str
    words: str
    is_unread: bool = False


def rules_of(column: Column, source: str, type_: str, written: Written = PLAIN) -> list[Rule]:
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
        what = _what(column.type, source, type_, written)
        sentence = f"{literal(name + ': ')} || '\"' || {shown} || '\" is not ' || {what}"
        rules.append(Rule(_if_null(value, f"not {missing}"), sentence, words, is_unread=True))
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


def _what(type_: str, source: str, read_type: str, written: Written) -> str:
    """SQL: what a value that could not be read is not, as exactly as can be said."""
    plain = literal(NOT_A[type_])
    text = source if read_type == "VARCHAR" else f"cast({source} as varchar)"
    cases = []
    if type_ == "INT64":
        cases.append((f"regexp_full_match({tidy(text)}, '{_LONG}')", "within 64 bits"))
    if read_type != "VARCHAR":
        return _first_case(cases, plain)
    if type_ in {"TIMESTAMP", "DATE"}:
        short_year = f"regexp_full_match(trim({source}), '{TWO_DIGIT_YEAR}')"
        cases.append((short_year, f"{NOT_A[type_]}: its year has two digits"))
    other = _other_reading(type_, source, written)
    if other:
        cases.append((other, f"{NOT_A[type_]} {IN_WORDS[written.reading]}"))
    if type_ == "NUMERIC" and written.currency:
        elsewhere = f"{number(source, type_, written.reading or 'decimal_point', None)} is not null"
        cases.append((elsewhere, f"an amount in {written.currency}"))
    return _first_case(cases, plain)


def _first_case(cases: list[tuple[str, str]], otherwise: str) -> str:
    whens = " ".join(f"when {holds} then {literal(words)}" for holds, words in cases)
    return f"case {whens} else {otherwise} end" if cases else otherwise


def _other_reading(type_: str, source: str, written: Written) -> str:
    """SQL: whether a value could be read if the column were written in the other way."""
    pairs = [pair for pair in (ORDERS, DECIMALS) if written.reading in pair]
    if not pairs:
        return ""
    other = next(reading for reading in pairs[0] if reading != written.reading)
    if type_ in {"TIMESTAMP", "DATE"}:
        return f"{moment(source, type_, other)} is not null"
    return f"{number(source, type_, other, None)} is not null"
