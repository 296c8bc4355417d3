"""The keys of `shopbook.toml`: what each takes, where it may stand, and its environment variable."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ON_BIGQUERY = "bigquery"
RENDERERS = ("auto", "quarto", "builtin")
PREFIX = "SHOPBOOK_"
_SHOP_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_RESERVED = {"main", "temp", "information_schema", "pg_catalog"}


def is_shop_name(name: str) -> bool:
    """Whether a shop may have that name: it is a schema on every engine.

    Examples
    --------
    >>> is_shop_name("west_2"), is_shop_name("West"), is_shop_name("main")
    (True, False, False)
    """
    return bool(_SHOP_NAME.fullmatch(name)) and name not in _RESERVED


@dataclass(frozen=True)
class Key:
    """One key: what it takes in words, how a value is checked, and how a text of the environment is read.

    `read` and `of_text` raise ValueError for a value that the key does not take. `project` and `shop` say
    whether it may stand at the top of the file and in a shop's profile.
    """

    name: str
    allowed: str
    read: Callable[[object], Any]
    of_text: Callable[[str], object] = str
    project: bool = True
    shop: bool = True

    def variable(self, prefix: str = PREFIX) -> str:
        """The environment variable that overrides it."""
        return f"{prefix}{self.name.upper()}"


def kind_of(value: object) -> str:
    """The type of a value of a TOML file, in words.

    Examples
    --------
    >>> kind_of(3), kind_of(True), kind_of(["a"])
    ('a whole number', 'true or false', 'a list')
    """
    kinds: list[tuple[type | tuple[type, ...], str]] = [
        (str, "a text"),
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number"),
        (list, "a list"),
        (dict, "a table"),
        ((dt.date, dt.time), "a date or time"),
    ]
    return next((words for kind, words in kinds if isinstance(value, kind)), "something else")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def _texts(value: object) -> tuple[str, ...]:
    found = tuple(_text(one) for one in (value if isinstance(value, list) else [value]))
    if not found:
        raise ValueError
    return found


def _names(value: object) -> tuple[str, ...]:
    """A list that may be empty: none is a choice, too."""
    return () if value == [] else _texts(value)


def _shop(value: object) -> str:
    if not is_shop_name(_text(value)):
        raise ValueError
    return _text(value)


def _one_of(*choices: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in choices:
            raise ValueError
        return str(value)

    return read


def _whole(least: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError
        return value

    return read


def _number(low: float, high: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError
        return float(value)

    return read


def _parts(separator: str) -> Callable[[str], object]:
    return lambda text: [part.strip() for part in text.split(separator) if part.strip()]


def _key(name: str, allowed: str, read: Callable[[object], Any], *, where: str = "both", **more: Any) -> Key:
    return Key(name, allowed, read, project=where != "shop", shop=where != "project", **more)


_FOLDER = "a folder, as a text in quotes"
_PLACES = "a folder, file, pattern or address, or a list of them, as texts in quotes"
_ALL = [
    _key("shop", "the name of a shop, in quotes", _shop, where="project"),
    _key("source", "the name of a source, in quotes", _text, where="shop"),
    # Patterns and addresses hold commas and colons.
    _key("from", _PLACES, _texts, where="shop", of_text=_parts(";")),
    _key("tables", "names of tables, as a list of texts", _names, where="shop", of_text=_parts(",")),
    _key(
        "formats",
        "how columns are written, as a list of texts such as orders.date=day_first",
        _names,
        where="shop",
        of_text=_parts(","),
    ),
    _key("table", "the name of a table or view of the database, in quotes", _text, where="shop"),
    _key("query", "a query on the database, in quotes", _text, where="shop"),
    _key("query_file", "a file with a query, in quotes", _text, where="shop"),
    _key("look_back_days", "a whole number of days from 0", _whole(0), where="shop", of_text=int),
    _key("warehouse", "a DuckDB file, or bigquery, as a text in quotes", _text),
    _key("site", _FOLDER, _text),
    _key("build_dir", _FOLDER, _text),
    _key("rules", _FOLDER, _text),
    _key("renderer", "auto, quarto or builtin, in quotes", _one_of(*RENDERERS)),
    _key("editions", "ids of editions of reports.yml, as a list of texts", _names, of_text=_parts(",")),
    _key("max_rejected_share", "a share from 0 to 1", _number(0, 1), of_text=float),
    _key("sources", _FOLDER, _text, where="project"),
    _key("temp_dir", _FOLDER, _text, where="project"),
    _key("translations", "a folder, or off, as a text in quotes", _text, where="project"),
    _key("memory_limit", "a size such as 8GB, in quotes", _text, where="project"),
    _key("threads", "a whole number from 1", _whole(1), where="project", of_text=int),
    _key("lock_wait_seconds", "a whole number from 0", _whole(0), where="project", of_text=int),
]
DATABASE_KEYS = ("table", "query", "query_file", "look_back_days")
KEYS = {key.name: key for key in _ALL}
PARAMETERS_TABLE = "parameters"
SHOPS_TABLE = "shops"
BIGQUERY_TABLE = "bigquery"

_BYTES = "a whole number of bytes from 1"
_BIGQUERY = [
    _key("project", "the id of a Google Cloud project, in quotes", _text),
    _key("dataset", "the name of a dataset, in quotes", _text),
    _key("location", "a location such as EU or us-east1, in quotes", _text),
    _key("maximum_bytes_billed", _BYTES, _whole(1), of_text=int),
    _key("maximum_bytes_per_run", _BYTES, _whole(1), of_text=int),
    _key("price_per_tib", "an amount from 0", _number(0, float("inf")), of_text=float),
]
BIGQUERY_KEYS = {key.name: key for key in _BIGQUERY}
BIGQUERY_PREFIX = f"{PREFIX}BIGQUERY_"
