"""GoogleSQL for a column of the files: as a key, text, amount, number, time or day."""

from __future__ import annotations

import re

from analysis_lib.sources.draft.pick import Pick
from analysis_lib.sources.draft.profile import Profile

# Words that GoogleSQL keeps for itself, as far as a column may have them as its name.
_RESERVED_WORDS = """
all and any array as asc at between by case cast collate contains create cross cube current date
datetime default define desc distinct else end enum escape except exclude exists extract false fetch
following for from full group grouping groups hash having if ignore in inner intersect interval into
is join lateral left like limit lookup merge natural new no not null nulls of on or order outer over
partition preceding proto qualify range recursive respect right rollup rows select set some struct
tablesample then time timestamp to treat true unbounded union unnest using when where window with
within
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())


def name(column: str, table: str = "") -> str:
    """A column's name as SQL writes it.

    Examples
    --------
    >>> name("order"), name("größe"), name("betrag", "raw")
    ('`order`', '`größe`', 'raw.betrag')
    """
    is_plain = re.fullmatch(r"[a-z_][a-z0-9_]*", column) and column not in _RESERVED
    written = column if is_plain else f"`{column}`"
    return f"{table}.{written}" if table else written


def literal(text: str) -> str:
    """A GoogleSQL string.

    Examples
    --------
    >>> literal("it's")
    "'it\\\\'s'"
    """
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def drafted_type(profile: Profile, is_id: bool = False) -> str:
    """The type that `source.yml` gives a column: numbers that are names of things stay text."""
    kind = profile.column_type
    if is_id and kind in {"INT64", "NUMERIC"}:
        # Tables with gaps export whole numbers as 123.0, which as text would not be 123.
        return "INT64" if kind == "INT64" and profile.has_point else "STRING"
    if kind == "INT64" and re.search(
        r"(?:^|_)(id|no|nr|number|nummer|code|zip|plz|phone|sku|ean)$", profile.name
    ):
        return "INT64" if profile.has_point else "STRING"
    return kind


def key(pick: Pick, table: str = "") -> str:
    """A key: text, whatever its type; an e-mail address is never shown, but hashed."""
    written = name(pick.name, table)
    if pick.profile.is_mail:
        return f"to_hex(md5(lower(trim({written}))))"
    return written if drafted_type(pick.profile, is_id=True) == "STRING" else f"cast({written} as string)"


def text(pick: Pick, table: str = "") -> str:
    """A text."""
    written = name(pick.name, table)
    return written if drafted_type(pick.profile, is_id=True) == "STRING" else f"cast({written} as string)"


def amount(pick: Pick, table: str = "") -> str:
    """An amount of money."""
    written, profile = name(pick.name, table), pick.profile
    if profile.is_ambiguous:
        return "cast(null as numeric)"
    if not profile.sql_style:
        return written if drafted_type(profile) == "NUMERIC" else f"cast({written} as numeric)"
    kept = f"regexp_replace({written}, r'[^0-9,.-]', '')"
    if profile.sql_style == "comma":
        return f"cast(replace(replace({kept}, '.', ''), ',', '.') as numeric)"
    return f"cast(replace({kept}, ',', '') as numeric)"


def whole(pick: Pick, table: str = "") -> str:
    """A whole number."""
    written = name(pick.name, table)
    return written if drafted_type(pick.profile) == "INT64" else f"cast({written} as int64)"


def instant(pick: Pick, zone: str, table: str = "") -> str:
    """A time in UTC; one without a zone is in `zone`."""
    written, profile = name(pick.name, table), pick.profile
    local = f", {literal(zone)}" if zone else ""
    if profile.is_ambiguous:
        return "cast(null as timestamp)"
    if profile.sql_style and profile.kind == "DATE":
        return f"timestamp(parse_date({literal(profile.sql_style)}, trim({written})){local})"
    if profile.sql_style:
        return f"parse_timestamp({literal(profile.sql_style)}, trim({written}){local})"
    if profile.kind == "DATE":
        return f"timestamp({written}{local})"
    return f"timestamp(datetime({written}){local})" if zone and not profile.has_zone else written


def day(pick: Pick, table: str = "") -> str:
    """A day, as written."""
    written, profile = name(pick.name, table), pick.profile
    if profile.is_ambiguous:
        return "cast(null as date)"
    if profile.sql_style and profile.kind == "DATE":
        return f"parse_date({literal(profile.sql_style)}, trim({written}))"
    if profile.sql_style:
        return f"date(parse_timestamp({literal(profile.sql_style)}, trim({written})), 'UTC')"
    return written if profile.kind == "DATE" else f"date({written}, 'UTC')"
