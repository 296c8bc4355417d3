"""How many values of a column can be read in which way: one aggregate over all its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from analysis_lib.sources.amounts import currency_name, currency_of, numbers
from analysis_lib.sources.calendars import moments
from analysis_lib.sources.convert import is_missing, typed
from analysis_lib.sources.written import EPOCH_DIGITS, Written

_POINT = Written("decimal_point")
# Where the type alone decides nothing, a fraction does: 1.5 in a column of whole numbers is no thousand.
_FRACTION = "NUMERIC"


@dataclass(frozen=True)
class Example:
    """A value, its row, and what it is in both readings as the engine writes them."""

    text: str
    row: int
    first: str = ""
    second: str = ""


@dataclass(frozen=True)
class Found:
    """The values of one column that are not missing, counted.

    `readable` in any way, of which `plain` without further ado; `first` only with the day first or a
    decimal point, `second` only with the month first or a decimal comma, `undecided` in both ways with
    different results; `hints` are whole numbers that only one of both ways makes whole. `epochs` counts
    the digits since 1970 by unit, `currencies` the amounts by currency.
    """

    given: int
    readable: int
    plain: int
    first: int
    second: int
    undecided: int
    hints: tuple[int, int] = (0, 0)
    epochs: Mapping[str, int] = field(default_factory=dict)
    currencies: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, Example] = field(default_factory=dict)


def examine(connection: duckdb.DuckDBPyConnection, sql: str, columns: Mapping[int, str]) -> dict[int, Found]:
    """Count the readings of some columns.

    Parameters
    ----------
    connection
        Nothing is written.
    sql
        Selects `load_row_number`, NULL where the order of the rows is the number, and `c0`, `c1`, … as text.
    columns
        The position of each column, and its type in `source.yml`.
    """
    if not columns:
        return {}
    inner = ", ".join(_read(i, wanted) for i, wanted in columns.items())
    outer = ", ".join(_counted(i, wanted) for i, wanted in columns.items())
    query = f"""with source as ({sql}),
        numbered as (select *, coalesce(load_row_number, row_number() over ()) as n from source),
        read as (select n, {inner} from numbered)
        select {outer} from read"""
    row = connection.execute(query).fetchall()[0]
    return {i: _found(value) for i, value in zip(columns, row, strict=True)}


def _read(i: int, wanted: str) -> str:
    text = f"case when not {is_missing(f'c{i}', 'VARCHAR', wanted)} then c{i} end"
    parts = [
        f"{text} as v{i}",
        f"{typed(f'c{i}', 'VARCHAR', wanted, _POINT)} is not null as p{i}",
    ]
    if wanted in {"TIMESTAMP", "DATE"}:
        parts.append(f"{_unless_plain(f'c{i}', wanted)} as x{i}")
    else:
        parts.append(f"{numbers(f'c{i}', wanted)} as x{i}")
        fraction = numbers(f"c{i}", _FRACTION)
        parts.append(f"{fraction if wanted == 'INT64' else f'x{i}'} as y{i}")
    return ", ".join(parts)


def _unless_plain(text: str, wanted: str) -> str:
    plain = typed(text, "VARCHAR", wanted)
    return (
        f"case when {plain} is not null then {{'a': {plain}, 'b': {plain}}} else {moments(text, wanted)} end"
    )


def _counted(i: int, wanted: str) -> str:
    is_time = wanted in {"TIMESTAMP", "DATE"}
    # Missing values have no readings: none of the words for no value is a number or a time.
    a, b = f"x{i}.a", f"x{i}.b"
    shape = f"x{i}" if is_time else f"y{i}"
    both = f"{a} is not null and {b} is not null"
    kinds = {
        "first": f"{shape}.a is not null and {shape}.b is null",
        "second": f"{shape}.b is not null and {shape}.a is null",
        "undecided": f"{both} and {a} <> {b}",
    }
    is_read = f"({a} is not null or {b} is not null)"
    fields = {
        "given": f"count(v{i})",
        "readable": f"count(*) filter ({is_read})",
        "plain": f"count(*) filter (v{i} is not null and p{i})",
    }
    if wanted == "INT64":
        soft = f"y{i}.a is not null and y{i}.b is not null"
        kinds["hint_first"] = f"{soft} and {a} is not null and {b} is null"
        kinds["hint_second"] = f"{soft} and {b} is not null and {a} is null"
    for kind, holds in kinds.items():
        fields[kind] = f"count(*) filter ({holds})"
        example = f"{{'text': v{i}, 'row': n, 'first': cast({a} as varchar), 'second': cast({b} as varchar)}}"
        fields[f"example_{kind}"] = f"arg_min({example}, n) filter ({holds})"
    if wanted == "TIMESTAMP":
        digits = f"strlen(split_part(trim(v{i}), '.', 1))"
        is_number = f"not {is_read} and regexp_full_match(trim(v{i}), '[0-9]+([.][0-9]+)?')"
        for unit, (low, high) in EPOCH_DIGITS.items():
            fields[unit] = f"count(*) filter ({is_number} and {digits} between {low} and {high})"
    if wanted == "NUMERIC":
        sign = currency_of(f"v{i}")
        fields["currencies"] = f"histogram({sign}) filter ({is_read} and {sign} <> '')"
    return _struct(fields)


def _struct(fields: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"'{name}': {value}" for name, value in fields.items()) + "}"


def _found(value: Mapping[str, Any]) -> Found:
    currencies: Counter[str] = Counter()
    for sign, count in (value.get("currencies") or {}).items():
        currencies[currency_name(sign)] += count
    kinds = ("first", "second", "undecided")
    examples = (*kinds, "hint_first", "hint_second")
    return Found(
        **{name: int(value[name]) for name in ("given", "readable", "plain", *kinds)},
        hints=(int(value.get("hint_first", 0)), int(value.get("hint_second", 0))),
        epochs={unit: int(value[unit]) for unit in EPOCH_DIGITS if value.get(unit)},
        currencies=currencies,
        examples={
            kind: Example(found["text"], int(found["row"]), found["first"] or "", found["second"] or "")
            for kind in examples
            if (found := value.get(f"example_{kind}"))
        },
    )
