"""One number for the rows of a table, the same on every engine and whatever their order.

Each row is written as a text, hashed, and twelve digits of the hashes are added up: two tables have the same
sum and the same number of rows when they hold the same rows, each as often (two different tables agree by
chance once in 10^14). The texts are made so that both engines write them alike.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis_lib.errors import SettingsError

# What stands for a missing value, and between columns: control characters no shop's texts have.
_MISSING, _BETWEEN = "\\x01", "\\x02"
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
    row = _row(columns, _GOOGLESQL, "`{}`", " || ")
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
    row = _row(columns, _DUCKDB, '"{}"', " || ").replace("'\\x", "e'\\x")
    hashed = f"cast('0x' || substr(md5({row}), 1, 12) as bigint)"
    return f'select count(*) as n, coalesce(sum(cast({hashed} as hugeint)), 0) as hashes from "{table}"'


def _row(columns: Mapping[str, str], texts: Mapping[str, str], quoted: str, plus: str) -> str:
    parts = []
    for name, type_ in columns.items():
        if type_ not in texts:
            raise SettingsError(
                f"The column {name} is {type_}, which cannot be compared between two warehouses.",
                "Load such a source where it is to be used.",
            )
        parts.append(f"coalesce({texts[type_].format(quoted.format(name))}, '{_MISSING}')")
    return f"{plus}'{_BETWEEN}'{plus}".join(parts)
