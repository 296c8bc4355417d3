"""Foreign keys by content: whether the numbers in one table are those of another, and of which column."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analysis_lib.sources.draft.look import contained
from analysis_lib.sources.draft.pick import Pick

if TYPE_CHECKING:
    import duckdb

    from analysis_lib.sources.draft.shape import Part

# Child, its column, parent, its key.
_LINKS = (
    ("order_items", "order_id", "orders", "order_id"),
    ("refunds", "order_id", "orders", "order_id"),
    ("refunds", "order_item_id", "order_items", "order_item_id"),
    ("orders", "user_id", "users", "user_id"),
    ("order_items", "product_id", "products", "product_id"),
)
_MOST, _HALF = 0.9, 0.5


def mend_links(connection: duckdb.DuckDBPyConnection, parts: dict[str, Part]) -> None:
    """Where numbers of a table are not of the key that was taken, take the key they are of.

    A shop may call `entity_id` what its order lines call `order_id`, and print another number on invoices.
    """
    for child_kind, meaning, parent_kind, key in _LINKS:
        child, parent = parts.get(child_kind), parts.get(parent_kind)
        if child is None or parent is None or child.table is parent.table:
            continue
        if not child.has(meaning) or not parent.has(key):
            continue
        column = child.picks[meaning].name
        if contained(connection, child.table, column, parent.table, parent.picks[key].name) >= _HALF:
            continue
        for profile in parent.table.columns.values():
            if (
                profile.is_key
                and contained(connection, child.table, column, parent.table, profile.name) >= _MOST
            ):
                old = parent.picks[key].profile.header
                why = f"{child.table.name} names {profile.header}, and not {old}"
                picks = dict(parent.picks) | {key: Pick(profile, why, is_sure=False)}
                parts[parent_kind] = replace(parent, picks=picks, key=(profile.name,))
                break
