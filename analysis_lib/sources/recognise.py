"""Which table a file holds: its name says it, unless its columns are clearly those of another one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analysis_lib.sources.definition import Source, Table

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Recognised:
    """The table of a file and what told it, or why there is none."""

    table: str = ""
    by: str = ""
    why_not: str = ""


def words(name: str) -> list[str]:
    """The words of a file or folder name, in lower case.

    Examples
    --------
    >>> words("thelook.OrderItems_2025-06")
    ['thelook', 'order', 'items', '2025', '06']
    """
    return [word for word in re.split(r"[^a-z0-9]+", _CAMEL.sub("_", name).lower()) if word]


def _holds(haystack: Sequence[str], needle: Sequence[str]) -> bool:
    span = len(needle)
    return any(list(haystack[i : i + span]) == list(needle) for i in range(len(haystack) - span + 1))


def _letters_only(name: str) -> list[str]:
    """The words without digits glued to them: `events2025` means events."""
    return [re.sub(r"\d+$", "", word) or word for word in words(name)]


def by_name(name: str, tables: Mapping[str, Table]) -> str:
    """The table whose alias stands in a name; of several the longest; empty when undecided.

    Examples
    --------
    >>> from analysis_lib.sources.definition import read_source
    >>> by_name("order_items-000000000000", read_source("thelook").tables)
    'order_items'
    """
    found: dict[int, set[str]] = {}
    spoken = _letters_only(name)
    for table in tables.values():
        for alias in (table.name, *table.aliases):
            if _holds(spoken, words(alias)):
                found.setdefault(len(words(alias)), set()).add(table.name)
    if not found:
        return ""
    best = found[max(found)]
    return best.pop() if len(best) == 1 else ""


def explained(columns: Iterable[str], tables: Mapping[str, Table]) -> dict[str, int]:
    """How many of the columns each table knows."""
    given = set(columns)
    return {table.name: len(given & set(table.columns)) for table in tables.values()}


def fitting(columns: Iterable[str], tables: Mapping[str, Table]) -> list[str]:
    """The tables that know most of the columns, where all that they require are there.

    More than one is returned only when they know equally many. A file of order lines without their id
    is not taken for orders, although it has every column of orders: order lines know more of it.

    Examples
    --------
    >>> from analysis_lib.sources.definition import read_source
    >>> fitting(["id", "name", "latitude", "longitude"], read_source("thelook").tables)
    ['distribution_centers']
    """
    given = set(columns)
    scores = explained(given, tables)
    best = max(scores.values())
    return sorted(
        name for name, score in scores.items() if score == best and given.issuperset(tables[name].required)
    )


def resembles(columns: Iterable[str], table: Table) -> bool:
    """Whether at least half of the table's required columns are there: a column may have been renamed."""
    return 2 * len(set(columns) & set(table.required)) >= len(table.required)


def recognise(stem: str, folders: Sequence[str], columns: Sequence[str], source: Source) -> Recognised:
    """Tell the table of a file.

    Parameters
    ----------
    stem
        The file's name without its endings.
    folders
        The folders it lies in, the nearest last; for parts such as ``events/part-0001.parquet``.
    columns
        Its columns, as `source.yml` writes them.
    source
        The source that it belongs to.
    """
    named = by_name(stem, source.tables)
    fits = fitting(columns, source.tables)
    if named and (named in fits or len(fits) != 1):
        return Recognised(named, "its name")
    if len(fits) == 1:
        return Recognised(fits[0], f"its columns, although its name says {named}" if named else "its columns")
    for folder in reversed(folders):
        table = by_name(folder, source.tables)
        if table and (table in fits or (not fits and resembles(columns, source.tables[table]))):
            return Recognised(table, f"its folder {folder}")
    if fits:
        return Recognised(
            why_not=f"its columns fit {' and '.join(fits)} alike; name the file after its table"
        )
    return Recognised(why_not=f"neither its name nor its columns fit a table of {source.name}")
