"""Writes the `source.yml` of a draft: tables, columns, types, what is a key and what must be there."""

from __future__ import annotations

import json
import re

from analysis_lib.sources.definition import Column
from analysis_lib.sources.draft.context import Context
from analysis_lib.sources.draft.expressions import drafted_type
from analysis_lib.sources.draft.layout import comment
from analysis_lib.sources.draft.profile import Profile
from analysis_lib.sources.draft.shape import Part

_WHAT = {
    "orders": ("One row an order.", "orders, revenue, customers and the P&L are left out"),
    "order_items": (
        "One row an order line.",
        "orders, revenue, customers, the P&L and sold products are left out",
    ),
    "refunds": ("What came back, or was refunded.", "returns are not known"),
    "marketing_spend": (
        "Ad spend by day and campaign.",
        "profit after ad spend and the return on ads are not known",
    ),
    "events": ("One row an event.", "sessions, funnels and conversion are left out"),
    "inventory_items": ("One row a stocked item.", "stock and reorders are left out"),
    "products": ("One row a product.", "names and categories of products stay empty"),
    "users": ("One row a customer.", "countries, ages and acquisition sources of customers stay empty"),
}
_KEYS = {
    "order_item_id",
    "order_id",
    "user_id",
    "product_id",
    "event_id",
    "visitor_key",
    "source_session_id",
    "campaign_id",
}
_HEAD = """\
What the files of {name} hold; written by `shopbook source new {name}` from {files}.
Every row was looked at for the types. The keys of this file are explained in docs/own-source.md: type, key
(part of what tells one row from another), required (a file without the column is refused), not_null (a row
without it is rejected), min (a row below it is rejected).
`shopbook source check {name} --from FILES` says what it makes of them."""


def definition_text(context: Context, shares: list[str]) -> str:
    """The text of `source.yml`."""
    parts = [part for part in context.shape.parts.values() if not part.is_flat]
    tables = [part.table for part in parts]
    files = sorted({file for table in [*tables, *context.shape.unused] for file in table.files})
    shown = ", ".join(files[:6]) + (f" and {len(files) - 6} more" if len(files) > 6 else "")
    lines = [f"# {line}" for line in _HEAD.format(name=context.name, files=shown).splitlines()]
    lines += [f"name: {context.name}", f"description: {_quoted('The files of ' + context.name + '.')}", ""]
    if context.zone:
        lines += ["# Where a day of the report begins, unless the parameter timezone says otherwise."]
        lines += [f"timezone: {context.zone}", ""]
    if shares:
        lines += [f"shares: [{', '.join(shares)}]", ""]
    lines.append("tables:")
    for part in sorted(parts, key=lambda part: part.table.name):
        lines += _table(part, context)
    for table in context.shape.unused:
        said = (
            f"{table.name} ({', '.join(table.files)}) was understood as no table of the contract, and is not"
            " loaded."
        )
        lines += ["", *[line.replace("--", "#", 1) for line in comment(f"check: {said}", 2)]]
        lines.append(f"  # Its columns: {', '.join(table.columns)}.")
    return "\n".join(lines) + "\n"


def _is_flat(context: Context) -> bool:
    orders = context.shape.get("orders")
    return orders is not None and orders.is_flat


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _table(part: Part, context: Context) -> list[str]:
    table = part.table
    what, without = _WHAT[part.kind]
    if part.kind == "order_items" and _is_flat(context):
        what = "One row an order line; the orders are made of them."
    aliases = list(dict.fromkeys([table.alias, table.name]))
    lines = [
        f"  {table.name}:",
        f"    description: {what}",
        f"    aliases: [{', '.join(map(_quoted, aliases))}]",
    ]
    lines.append(f"    without: {_quoted(without)}")
    if not part.key:
        lines += [
            "    # No column tells one row from every other: rows alike are kept, as they may be two things.",
            "    keyless: true",
        ]
    lines.append("    columns:")
    for profile in table.columns.values():
        lines += _column(part, profile)
    lines += [f"      # {header or 'A column without a header'}: left out." for header in table.left_out]
    return ["", *lines] if lines else []


def _column(part: Part, profile: Profile) -> list[str]:
    meaning = next((m for m, pick in part.picks.items() if pick.name == profile.name), "")
    is_id = meaning in _KEYS or meaning.endswith("_id") or (profile.name in part.key and meaning != "date")
    type_ = drafted_type(profile, is_id=is_id)
    said = [f"type: {type_}"]
    needed = (
        meaning in {"order_id", "created_at", "event_time", "event_type", "date", "spend"}
        and part.kind != "refunds"
    )
    if profile.format and "format" in Column.__dataclass_fields__:
        said.append(f"format: {profile.format}")
    if profile.name in part.key:
        said.append("key: true")
    elif needed and not profile.missing:
        said += ["required: true", "not_null: true"]
    elif meaning:
        said.append("required: true")
    if type_ in {"INT64", "NUMERIC"} and meaning and not profile.negatives:
        said.append("min: 0")
    said.append(f"description: {_quoted(_described(profile))}")
    # A name of YAML's own words, or of signs, is written in quotes.
    is_plain = re.fullmatch(r"[a-z_][a-z0-9_]*", profile.name) and profile.name not in {
        "no",
        "yes",
        "on",
        "off",
        "null",
        "y",
        "n",
    }
    key = profile.name if is_plain else _quoted(profile.name)
    return [f"      {key}: {{{', '.join(said)}}}"]


def _described(profile: Profile) -> str:
    facts = [profile.header.strip().rstrip(".")]
    if profile.missing:
        facts.append(f"missing in {profile.missing:,} of {profile.rows:,} rows")
    if profile.values:
        facts.append(
            "values "
            + ", ".join(value for value, _ in profile.values[:5])
            + ("…" if len(profile.values) > 5 else "")
        )
    elif profile.lowest:
        facts.append(f"{profile.lowest} to {profile.highest}")
    if profile.sql_style and not profile.is_ambiguous:
        facts.append(f"as text, read by the SQL ({profile.style})")
    return "; ".join(facts).rstrip("…") + ("…" if facts[-1].endswith("…") else ".")
