"""What BigQuery makes of a value that it judges is what the loader makes of it, by Google's reference engine.

Values that are not judged there (their object is not loaded) may mean more to the loader; those that are
judged must mean the same on both, and be rejected by both or neither.
"""

from __future__ import annotations

import itertools

import duckdb
import pytest

from analysis_lib.sources.bigquery.judging import rules_of, value_sql
from analysis_lib.sources.bigquery.judging_text import TEXT, is_unclear, is_unjudged
from analysis_lib.sources.convert import typed
from analysis_lib.sources.definition import Column
from analysis_lib.sources.rules import rules_of as loader_rules
from analysis_lib.sources.written import Written
from analysis_lib.warehouse.bigquery_values import table_of
from tests.googlesql.cases import engine

# How a value is written so that both engines write it alike.
WRITTEN = {
    "STRING": ("v", "v"),
    "INT64": ("cast(v as string)", "cast(v as varchar)"),
    "DATE": ("cast(v as string)", "cast(v as varchar)"),
    "TIMESTAMP": ("cast(unix_micros(v) as string)", "cast(epoch_us(v) as varchar)"),
    "NUMERIC": ("format('%.9f', v)", "cast(v as varchar)"),
    "FLOAT64": ("format('%.17g', v)", "printf('%.17g', v)"),
}
NUMBERS = (
    *("0", "7", "-3", "+4", " 5 ", "007", "12.5", "-0.5", ".5", "5.", "1e3", "1.5E-3", "8.989999771118164"),
    *(
        "0.0000000005",
        "0.00000000049",
        "99999999999999999999999999999",
        "9223372036854775807",
        "9223372036854775808",
    ),
    *("-9223372036854775808", "1.0", "12.000", "1.234", "1,234", "1,5", "$5", "5-", "(5)", "1e400", "1 234"),
)
TIMES = (
    *("2026-03-01", "2026-03-01 10:00:00", "2026-03-01T10:00:00Z", "2026-03-01 10:00:00 UTC"),
    *("2026-03-01 10:00:00.123456 UTC", "2026-03-01 10:00:00.5+02:00", "2026-03-01 10:00:00 -05:30"),
    *(
        "2026-02-30",
        "2026-13-01 10:00:00",
        "2026-03-01 25:00:00",
        "2026-03-01 24:00:00",
        "1969-12-31 23:59:59 UTC",
    ),
    *("2100-01-01", "01/02/2026", "2026-03-01 10:00", "20260301", "2026/03/01", "1767225600", "1.3.2026"),
)
WORDS = (
    "",
    " ",
    "null",
    "NULL",
    "Null",
    "None",
    "nan",
    "NaN",
    "N/A",
    "-",
    "abc",
    "inf",
    "today",
    "\\N",
    "a b",
    "É",
)
CASES = {
    "INT64": (*NUMBERS, *WORDS),
    "NUMERIC": (*NUMBERS, *WORDS),
    "FLOAT64": (*NUMBERS, *WORDS),
    "TIMESTAMP": (*TIMES, *WORDS),
    "DATE": (*TIMES, *WORDS),
    "STRING": (*WORDS, "12.5"),
}


def column(type_):
    accepted = ("abc", "today") if type_ == "STRING" else ()
    minimum = 0 if type_ in ("INT64", "NUMERIC", "FLOAT64") else None
    return Column("c", type_, "A value.", not_null=True, min=minimum, accepted=accepted)


def there(type_, read_as, source_type, values):
    """Value, reasons and whether it is judged, of each row on the reference engine."""
    one = column(type_)
    rules = rules_of(one, read_as)
    said = ", ".join(f"if({rule.holds}, {rule.sentence}, null)" for rule in rules)
    is_open = f"{is_unjudged(one)} or {is_unclear(one)}" if read_as == TEXT and type_ != "STRING" else "false"
    judged = (
        f"select place, {value_sql(one, read_as)} as v, array_to_string([{said}], '; ') as reasons, "
        f"coalesce({is_open}, false) as is_open from t"
    )
    query = f"select place, {WRITTEN[type_][0]} as v, reasons, is_open from ({judged}) order by place"
    schema = {"place": "INT64", "c": source_type}
    return engine().run(query, {"t": schema}, {"t": list(enumerate(values))}).rows


def here(type_, source_type, values):
    """Value and reasons of each row in DuckDB, as the loader reads a column of decimal points."""
    one = column(type_)
    how = Written(reading="decimal_point") if type_ in ("INT64", "NUMERIC", "FLOAT64") else Written()
    duck = {"STRING": "VARCHAR", "FLOAT64": "DOUBLE"}[source_type]
    rules = loader_rules(one, "c", duck, how)
    said = ", ".join(f"case when {rule.holds} then {rule.sentence} end" for rule in rules)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("t", table_of({"place": "INT64", "c": source_type}, list(enumerate(values))))
        read = f"select *, {typed('c', duck, type_, how)} as t_c from t"
        judged = f"select *, t_c as v, concat_ws('; ', {said}) as reasons from ({read})"
        query = f"select place, {WRITTEN[type_][1]}, reasons from ({judged}) order by place"
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("type_", CASES)
def test_text_that_is_judged_means_the_same(type_):
    values = (None, *CASES[type_])
    judged = 0
    for value, large, small in zip(
        values, there(type_, TEXT, "STRING", values), here(type_, "STRING", values), strict=True
    ):
        if not large[3]:
            judged += 1
            assert tuple(large[1:3]) == small[1:], repr(value)
    assert judged > len(WORDS)


def test_what_may_be_read_otherwise_is_not_judged():
    values = ("03/04/2026", "1.3.2026", "20260301", "2026-03-01 24:00:00", "2026-03-01 10:00:00 -05:30")
    assert [row[3] for row in there("TIMESTAMP", TEXT, "STRING", values)] == [True] * 5
    values = ("1.234", "1,234", "1,5", "$5", "(5)", "5-", "1 234")
    assert [row[3] for row in there("NUMERIC", TEXT, "STRING", values)] == [True] * 7


def test_fractions_become_the_amounts_that_they_are_in_a_file():
    fractions = [8.989999771118164, 0.1, 1e-9, 4.9e-10, 123456.789012345678, -2.5, 1e20, float("nan"), None]
    fractions += [cents / 100 for cents in range(0, 3000, 7)]
    large = there("NUMERIC", "FLOAT64", "FLOAT64", fractions)
    small = here("NUMERIC", "FLOAT64", fractions)
    # The sentences show the value as each engine writes it: only whether there are any is compared.
    assert [(row[1], bool(row[2])) for row in large] == [(row[1], bool(row[2])) for row in small]
    assert list(itertools.islice((row[2] for row in large), 5, 6)) == ["c: negative money (-2.5)"]
