"""What is read of a database: a table, view or query, and how its columns fit the source's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from analysis_lib.errors import ColumnError, MissingInputError, ParameterError, did_you_mean
from analysis_lib.sources.definition import Table
from analysis_lib.sources.fit import Mapped, map_columns
from analysis_lib.sources.header import check_repeats, standard_name
from analysis_lib.sources.inside import look_into, with_objects
from analysis_lib.sources.postgres.snapshot import Snapshot
from analysis_lib.sources.read import Head, identifier, literal

DEFAULT_TABLE = "events_raw"
_RELATIONS = "pg_class c join pg_namespace n on n.oid = c.relnamespace"
_INTEGERS = {"int2", "int4", "int8"}
# What PostgreSQL calls the types whose values have a place in time, and what bounds of them are.
TIMES = {"timestamptz": "timestamptz", "timestamp": "timestamp", "date": "date"}
_FRACTIONS = {"numeric", "float4", "float8"}


@dataclass(frozen=True)
class Relation:
    """A table, view or query: `name` for people and the ledger, `sql` for a from clause."""

    name: str
    sql: str


@dataclass(frozen=True)
class Columns:
    """The columns that the source's table takes: how DuckDB sees them, and the SQL that reads them.

    `time` is the position of the column by whose months the rows are read, `kind` its type; -1 and empty
    where no time column has a type of time.
    """

    head: Head
    mapped: Mapped
    types: tuple[str, ...]
    time: int
    kind: str

    def selected(self, i: int, as_text: bool = False) -> str:
        """SQL: the value of a column as it is read.

        Whole numbers and instants travel as they are; everything else as the text that PostgreSQL gives
        it, so that no type is changed on the way and the rules of files hold.
        """
        name = identifier(self.head.columns[i])
        if i == self.time and not as_text:
            return f"({name}::timestamp at time zone 'UTC')" if self.kind != "timestamptz" else name
        return name if self.types[i] in _INTEGERS else f"{name}::text"

    @property
    def fractions(self) -> list[int]:
        """Columns that can hold PostgreSQL's NaN."""
        return [i for i, type_ in enumerate(self.types) if type_ in _FRACTIONS]


def of_query(text: str, name: str = "") -> Relation:
    """A query as a relation.

    Raises
    ------
    ParameterError
        When it is empty.

    Examples
    --------
    >>> of_query("select 1 as event_id;").sql.splitlines()[1]
    'select 1 as event_id'
    """
    query = text.strip().rstrip(";").rstrip()
    if not query:
        raise ParameterError("The query is empty.", "Give --query a select, or --query-file a file with one.")
    return Relation(f"query {name}".strip(), f"(\n{query}\n) as shopbook_query")


def of_table(snapshot: Snapshot, name: str) -> Relation:
    """A table or view by its name, with or without a schema.

    Raises
    ------
    MissingInputError
        When the user sees no table of that name; the nearest is named.
    """
    found = snapshot.rows(
        f"select n.nspname::text, c.relname::text from {_RELATIONS} "
        f"where c.oid = to_regclass({literal(name)}) and c.relkind in ('r', 'p', 'v', 'm', 'f')",
        f"the table {name}",
    )
    if not found:
        known = snapshot.rows(
            "select (case when n.nspname = 'public' then '' else n.nspname || '.' end || c.relname)::text "
            f"from {_RELATIONS} where c.relkind in ('r', 'p', 'v', 'm', 'f') "
            "and n.nspname !~ '^pg_|^information_schema$' and not c.relispartition limit 1000",
            "the list of tables",
        )
        hint = did_you_mean(name, [row[0] for row in known])
        raise MissingInputError(
            f"The database has no table {name} that this user may see.", hint or "Name one with --table."
        )
    schema, table = found[0]
    return Relation(f"{schema}.{table}", f"{identifier(schema)}.{identifier(table)}")


def columns_of(snapshot: Snapshot, relation: Relation, table: Table) -> Columns:
    """Fit the relation's columns to those of the source's table; the others are not read at all.

    Raises
    ------
    ColumnError
        A required column is missing, or two columns have one name.
    BadDataError
        A column holds lists or bytes where single values are due.
    """
    schema = snapshot.schema(f"select * from {relation.sql} limit 0", relation.name)
    names = tuple(field.name for field in schema)
    types = tuple((field.metadata or {}).get(b"POSTGRESQL:type", b"text").decode() for field in schema)
    check_repeats(relation.name, names)
    everything = Head(Path(relation.name), names, tuple(_seen_as(type_) for type_ in types))
    try:
        mapped = map_columns(with_objects(everything, table), table)
    except ColumnError as error:
        listed = ", ".join(names[:20])
        hint = f"It has {listed}. Give a column another name with --query 'select … as {table.required[0]}'."
        raise ColumnError(error.message, hint) from None
    own = {place for place in mapped.place.values() if place < len(names)}
    asked = look_into(table)
    taken = sorted(own | {i for i, name in enumerate(names) if standard_name(name) in asked})
    time, kind = _time_column(table, mapped, types)
    seen = [everything.types[i] if i != time else "TIMESTAMP WITH TIME ZONE" for i in taken]
    head = Head(Path(relation.name), tuple(names[i] for i in taken), tuple(seen))
    return Columns(
        head=head,
        mapped=replace(mapped, place=map_columns(with_objects(head, table), table).place),
        types=tuple(types[i] for i in taken),
        time=taken.index(time) if kind else -1,
        kind=kind,
    )


def _seen_as(type_: str) -> str:
    """The DuckDB type of a column once it is read."""
    if type_ in _INTEGERS:
        return "BIGINT"
    if type_.startswith("_"):
        return f"{type_[1:]}[]"
    return "BLOB" if type_ == "bytea" else "VARCHAR"


def _time_column(table: Table, mapped: Mapped, types: tuple[str, ...]) -> tuple[int, str]:
    """The position and kind of the first required column of times that the database holds as such."""
    for column in table.columns.values():
        place = mapped.place.get(column.name)
        if column.type in {"TIMESTAMP", "DATE"} and column.required and place is not None:
            return (place, TIMES[types[place]]) if types[place] in TIMES else (-1, "")
    return -1, ""
