"""How the names in the JSON objects of a file are spelt, and where each stands."""

from __future__ import annotations

import re
from collections.abc import Iterable

import duckdb

from analysis_lib.sources.read import literal


def plain_name(name: str) -> str:
    """A name as `source.yml` writes it, whatever its spelling.

    Examples
    --------
    >>> [plain_name(name) for name in ("userAgent", "User-Agent", "customerID", "page.URL")]
    ['user_agent', 'user_agent', 'customer_id', 'page.url']
    """
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name.strip())
    return re.sub(r"[\s\-_]+", "_", parted).lower()


def spelt_in_lists(name: str) -> list[str]:
    """The paths of a name in the things of a list, which are not looked through first.

    Examples
    --------
    >>> spelt_in_lists("item_id")
    ['$."item_id"', '$."itemId"', '$."ItemId"']
    """
    camel = re.sub(r"_([a-z0-9])", lambda found: found.group(1).upper(), name)
    spelt = dict.fromkeys((name, camel, camel[0].upper() + camel[1:]))
    return ["$" + "".join(f'."{part}"' for part in each.split(".")) for each in spelt]


def spellings(
    connection: duckdb.DuckDBPyConnection, rows: str, value: str, wanted: Iterable[str]
) -> dict[str, list[str]]:
    """The plain names in some objects, and the paths under which each stands, in the order of the alphabet.

    Parameters
    ----------
    connection
        Reads the rows: once, and again where the objects hold objects that are asked for.
    rows
        A query.
    value
        Its column of objects.
    wanted
        The names that are looked for. `page.url` looks into the objects in `page`; there is nothing deeper.

    Returns
    -------
    dict
        `{"page": ['$."Page"'], "page.url": ['$."Page"."URL"']}`: every name at the top, and those inside.
    """
    tops = _keys(connection, f"select distinct unnest(json_keys({value})) from ({rows})")
    paths = {f'$."{key}"': plain_name(key) for key in tops}
    holders = {name.partition(".")[0] for name in wanted if "." in name}
    parents = [path for path, name in paths.items() if name in holders]
    if parents:
        listed = ", ".join(literal(path) for path in parents)
        told = "list_transform(coalesce(keys, []), lambda key: cast(place as varchar) || ':' || key)"
        inner = f"flatten(list_transform(json_keys({value}, [{listed}]), lambda keys, place: {told}))"
        for found in _keys(connection, f"select distinct unnest({inner}) from ({rows})"):
            place, _, key = found.partition(":")
            parent = parents[int(place) - 1]
            paths[f'{parent}."{key}"'] = f"{paths[parent]}.{plain_name(key)}"
    names: dict[str, list[str]] = {}
    for path, name in paths.items():
        names.setdefault(name, []).append(path)
    return names


def _keys(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    found = sorted(row[0] for row in connection.execute(query).fetchall())
    return [name for name in found if '"' not in name and "\\" not in name]
