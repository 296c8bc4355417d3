"""One number for the rows of a table, the same on every engine and whatever their order.

Each row is written as a text, hashed, and twelve digits of the hashes are added up: two tables have the same
sum and the same number of rows when they hold the same rows, each as often (two different tables agree by
chance once in 10^14). The texts are made so that both engines write them alike. Of a list its length and its
elements in order are written, of a structure its fields; BigQuery knows no difference between a list that is
missing and one without elements, so that here there is none.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from analysis_lib.errors import SettingsError

# What stands for a missing value, and between columns: control characters no shop's texts have.
_MISSING, _BETWEEN = "\\x01", "\\x02"
# Around a structure, and before each element of a list.
_OPENED, _CLOSED, _ELEMENT = "\\x03", "\\x04", "\\x05"
_GOOGLESQL = {
    "STRING": "{0}",
    "INT64": "cast({0} as string)",
    "BOOL": "cast({0} as string)",
    "DATE": "cast({0} as string)",
    "TIMESTAMP": "cast(unix_micros({0}) as string)",
    # 0 and -0 are equal; seventeen digits name one FLOAT64 and no other.
    "FLOAT64": "format('%.17g', if({0} = 0, 0, {0}))",
    "NUMERIC": "format('%.9f', {0})",
}
_LIST = (
    "cast(coalesce(array_length({0}), 0) as string) || coalesce((select string_agg({1}, '' order by {2}_at) "
    "from unnest({0}) as {2} with offset as {2}_at), '')"
)
_DUCKDB_LIST = (
    "cast(coalesce(len({0}), 0) as varchar) || coalesce(array_to_string(list_transform({0}, "
    "lambda {2}: {1}), ''), '')"
)
_DUCKDB = {
    "STRING": "{0}",
    "INT64": "cast({0} as varchar)",
    "BOOL": "cast({0} as varchar)",
    "DATE": "cast({0} as varchar)",
    "TIMESTAMP": "cast(epoch_us({0}) as varchar)",
    "FLOAT64": "printf('%.17g', if({0} = 0, 0, {0}))",
    "NUMERIC": "cast(cast({0} as decimal(38, 9)) as varchar)",
}


def googlesql(table: str, columns: Mapping[str, str]) -> str:
    """The query for BigQuery: number of rows, sum of hashes.

    Raises
    ------
    SettingsError
        For a column whose values cannot be written alike.
    """
    row = _row(columns, _GOOGLESQL, "`{}`", _LIST)
    digits = f"substr(to_hex(md5({row})), 1, 12)"
    hashed = f"cast(concat('0x', {digits}) as int64)"
    return f"select count(*) as n, coalesce(sum(cast({hashed} as numeric)), 0) as hashes from `{table}`"


def duckdb(table: str, columns: Mapping[str, str]) -> str:
    """The same query for DuckDB.

    Examples
    --------
    >>> import duckdb as engine
    >>> query = duckdb("t", {"n": "INT64"})
    >>> tables = [f"with t as (select unnest({rows}) as n) {query}" for rows in ([1, 2], [2, 1], [1, 1])]
    >>> len({engine.sql(table).fetchall()[0] for table in tables})
    2
    """
    row = _row(columns, _DUCKDB, '"{}"', _DUCKDB_LIST).replace("'\\x", "e'\\x")
    hashed = f"cast('0x' || substr(md5({row}), 1, 12) as bigint)"
    return f'select count(*) as n, coalesce(sum(cast({hashed} as hugeint)), 0) as hashes from "{table}"'


def _row(columns: Mapping[str, str], texts: Mapping[str, str], quoted: str, of_list: str) -> str:
    parts = []
    for name, type_ in columns.items():
        wanted = exp.DataType.build(type_, dialect="bigquery")
        text = _text(quoted.format(name), wanted, texts, quoted, of_list, 0)
        if not text:
            raise SettingsError(
                f"The column {name} is {type_}, which cannot be compared between two warehouses.",
                "Load such a source where it is to be used.",
            )
        parts.append(text)
    return f" || '{_BETWEEN}' || ".join(parts)


def _text(
    value: str, type_: exp.DataType, texts: Mapping[str, str], quoted: str, of_list: str, depth: int
) -> str:
    """SQL that writes a value of any type as text; empty where that cannot be done."""
    if type_.is_type("array"):
        element = f"e{depth}"
        inner = _text(element, type_.expressions[0], texts, quoted, of_list, depth + 1)
        marked = f"'{_ELEMENT}' || {inner}"
        return inner and f"({of_list.format(value, marked, element)})"
    if type_.is_type("struct"):
        fields = [
            _text(f"{value}.{quoted.format(one.name)}", one.args["kind"], texts, quoted, of_list, depth)
            for one in type_.expressions
        ]
        if not all(fields):
            return ""
        whole = f" || '{_BETWEEN}' || ".join(fields)
        return f"case when {value} is null then '{_MISSING}' else '{_OPENED}' || {whole} || '{_CLOSED}' end"
    name = type_.sql(dialect="bigquery")
    return f"coalesce({texts[name].format(value)}, '{_MISSING}')" if name in texts else ""
