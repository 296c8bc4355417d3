"""How the columns of each file were read, remembered in the warehouse for later files of the same table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from analysis_lib.errors import BadDataError
from analysis_lib.sources.decide import Place
from analysis_lib.sources.definition import Table
from analysis_lib.sources.written import DECIMALS, IN_WORDS, ORDERS, Written

COLUMNS = {
    "table_name": "VARCHAR",
    "column_name": "VARCHAR",
    "file_id": "BIGINT",
    "file_name": "VARCHAR",
    "reading": "VARCHAR",
    "currency": "VARCHAR",
    "deciding_values": "BIGINT",
    "undecided_values": "BIGINT",
    "is_said": "BOOLEAN",
    "decision": "VARCHAR",
}


def remember(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    file: tuple[int, str],
    written: Mapping[str, Written],
) -> None:
    """Keep the ways in which a file, given by id and name, was read, but for those that say nothing."""
    for column, way in written.items():
        if way.reading or way.is_remarkable or way.currency:
            values = [
                *(table, column, *file, way.reading, way.currency, way.deciding, way.undecided, way.is_said),
                f"{column} {way.in_words()}" if way.is_remarkable else "",
            ]
            connection.execute("insert into load_decisions select ?, ?, ?, ?, ?, ?, ?, ?, ?, ?", values)


def others(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, dict[str, str]]:
    """The readings of each column of a table that its files tell, each with the name of a file."""
    rows = connection.execute(
        """select column_name, reading, min(file_name) from load_decisions
        where table_name = ? and reading <> '' and (deciding_values > 0 or is_said)
        group by all order by all""",
        [table],
    ).fetchall()
    known: dict[str, dict[str, str]] = {}
    for column, reading, file in rows:
        if reading in (*ORDERS, *DECIMALS):
            known.setdefault(column, {})[reading] = file
    return known


def differs(connection: duckdb.DuckDBPyConnection, file_id: int, said: Mapping[str, str]) -> bool:
    """Whether a file was read otherwise than the analyst says now."""
    rows = connection.execute(
        "select column_name, reading from load_decisions where file_id = ?", [file_id]
    ).fetchall()
    return any(column in said and said[column] != reading for column, reading in rows)


def check_files(connection: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> None:
    """That the files of a table do not contradict each other where that matters.

    It does when any of them has values that could be read in both ways: each file then tells by itself,
    or by another one, how it is read, and one wrong row would turn many.

    Raises
    ------
    BadDataError
        Names both files, and how to say what is meant; or the currencies of a column.
    """
    for table in tables:
        rows = connection.execute(
            """select column_name, min(reading), max(reading), arg_min(file_name, (reading, file_name)),
                arg_max(file_name, (reading, file_name))
            from load_decisions
            where table_name = ? and not is_said and (deciding_values > 0 or undecided_values > 0)
                and (reading like '%_first' or reading like 'decimal_%')
            group by 1 having min(reading) <> max(reading) and sum(undecided_values) > 0 order by 1""",
            [table.name],
        ).fetchall()
        for column, one, other, file, other_file in rows:
            place = Place(other_file, table.name, column, table.columns[column].type)
            raise BadDataError(
                f"{table.name}, column {column}: {file} is written {IN_WORDS[one]} and {other_file} "
                f"{IN_WORDS[other]}, and some of their values could be read in both ways.",
                f"Load one of them by itself and say how it is written: {place.flag()}. Nothing was changed.",
            )
        found = connection.execute(
            """select column_name, string_agg(distinct currency, ' and ' order by currency)
            from load_decisions where table_name = ? and currency <> ''
            group by 1 having count(distinct currency) > 1 order by 1""",
            [table.name],
        ).fetchall()
        for column, currencies in found:
            raise BadDataError(
                f"{table.name}, column {column}: its files hold amounts in {currencies}, "
                "which cannot be added.",
                "Convert them to one currency, or load the files of one only; nothing was changed.",
            )
