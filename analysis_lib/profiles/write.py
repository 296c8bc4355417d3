"""Writes a shop's profile into `shopbook.toml`: what stands there stays as it is, comments and all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis_lib.errors import SettingsError
from analysis_lib.parameters import PARAMETERS
from analysis_lib.profiles.document import FILE, Document, parse_document

_HEAD = """\
# Shopbook's settings; docs/profiles.md describes every key. Flags win over the environment (SHOPBOOK_*), this
# wins over a shop's profile, and a profile over the project's defaults at the top of this file.
# No passwords here: PostgreSQL's are read from PGPASSWORD, ~/.pgpass or a service file.

# warehouse = "data/warehouse.duckdb"   # one file for all shops, unless a profile names its own
# memory_limit = "8GB"                  # of DuckDB; default: half of the machine's memory
# threads = 2                           # default: all of the machine's

# [parameters]                          # for every shop that does not say otherwise
# window_days = 30
"""


@dataclass(frozen=True)
class NewProfile:
    """A profile to be written; an empty `site` is the project's, `parameters` are those to be said."""

    shop: str
    source: str
    places: Sequence[str]
    parameters: Mapping[str, object] = field(default_factory=dict)
    site: str = ""


def _quoted(text: str) -> str:
    """A TOML text: its escapes are those of JSON.

    Examples
    --------
    >>> _quoted('a "b"')
    '"a \\\\"b\\\\""'
    """
    return json.dumps(text, ensure_ascii=False)


def _value(value: object) -> str:
    """A run parameter as TOML writes it; the empty last day is the newest in the data."""
    return _quoted(value or "") if value is None or isinstance(value, str) else str(value)


def profile_text(profile: NewProfile) -> str:
    """The tables of a profile, with comments.

    Examples
    --------
    >>> print(profile_text(NewProfile("west", "thelook", ["data/west"], {"timezone": "Europe/Berlin"})))
    [shops.west]
    source = "thelook"                      # docs/sources.md describes the sources
    from = ["data/west"]                    # every shopbook report loads what is new there
    # max_rejected_share = 0.5              # stop when a larger share of a file does not fit
    # editions = ["country"]                # of reports.yml, made by every report
    # renderer = "auto"                     # or quarto, or builtin
    <BLANKLINE>
    [shops.west.parameters]
    timezone = "Europe/Berlin"              # where a day begins
    """
    rows = [
        (
            f"source = {_quoted(profile.source)}",
            "docs/sources.md describes the sources",
        ),
        (
            f"from = [{', '.join(_quoted(place) for place in profile.places)}]",
            "every shopbook report loads what is new there",
        ),
        *([(f"site = {_quoted(profile.site)}", "where the report is published")] if profile.site else []),
        ("# max_rejected_share = 0.5", "stop when a larger share of a file does not fit"),
        ('# editions = ["country"]', "of reports.yml, made by every report"),
        ('# renderer = "auto"', "or quarto, or builtin"),
    ]
    given = [
        (f"{name} = {_value(value)}", PARAMETERS[name].help) for name, value in profile.parameters.items()
    ]
    tables = [_table(f"shops.{profile.shop}", rows)]
    if given:
        tables.append(_table(f"shops.{profile.shop}.parameters", given))
    return "\n".join(tables).rstrip("\n")


def _table(name: str, rows: Sequence[tuple[str, str]]) -> str:
    return "\n".join([f"[{name}]", *(f"{entry:<39} # {words}" for entry, words in rows)]) + "\n"


def add_profile(path: Path, profile: NewProfile) -> Document:
    """Add a profile at the end of a settings file, or write a new file; what it then says.

    Raises
    ------
    SettingsError
        The file has a profile of that shop, or cannot be added to; it is as it was.
    """
    before = path.read_bytes() if path.is_file() else b""
    known = parse_document(before.decode("utf-8"))
    if profile.shop in known.profiles:
        raise SettingsError(
            f"The shop {profile.shop} has a profile in {path.name} already.",
            "Edit it there, or take another name with --shop.",
        )
    added = profile_text(profile)
    start = before.decode("utf-8") if before.strip() else _HEAD
    text = start.rstrip("\r\n") + f"\n\n{added}\n"
    try:
        made = parse_document(text)
    except SettingsError as error:
        raise SettingsError(
            f"The profile could not be added to {path.name}: {error.message}",
            f"Add it by hand:\n{added}",
        ) from error
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(text.encode("utf-8"))
    os.replace(beside, path)
    return made


def next_command(document: Document, shop: str) -> str:
    """What to type after a profile was written.

    Examples
    --------
    >>> next_command(parse_document("[shops.west]"), "west")
    'shopbook report'
    """
    default = document.defaults.values.get("shop") or (shop if len(document.profiles) == 1 else "")
    return "shopbook report" if default == shop else f"shopbook report --shop {shop}"


__all__ = ["FILE", "NewProfile", "add_profile", "next_command", "profile_text"]
