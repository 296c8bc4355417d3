"""Which table of the files plays which part in the staging contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from analysis_lib.sources.draft.links import mend_links
from analysis_lib.sources.draft.look import Looked, contained, is_unique
from analysis_lib.sources.draft.names import compact
from analysis_lib.sources.draft.pick import Pick, known_share, pick_all

KINDS = (
    "order_items",
    "orders",
    "refunds",
    "marketing_spend",
    "events",
    "inventory_items",
    "products",
    "users",
)
_HINTS = {
    "orders": (
        "order sale bestellung auftrag auftraege commande pedido invoice rechnung transaction charge payment"
    ),
    "order_items": "item line position artikelzeile detail ligne linea",
    "refunds": "refund return erstattung retoure ruecksendung gutschrift credit remboursement devolucion",
    "marketing_spend": "spend ads adspend marketing campaign werbung werbekosten kampagne",
    "events": "event hit clickstream pageview tracking",
    "inventory_items": "inventory stock lager bestand",
    "products": "product produkt artikel catalog katalog variant sku",
    "users": "customer user kunde client member account buyer",
}


@dataclass(frozen=True)
class Part:
    """A table in its part: the columns by meaning, and the columns that are its key (none: it has no key).

    `is_flat`: orders that stand in the rows of their lines; what is the order's is written in the first row,
    or in every one.
    """

    kind: str
    table: Looked
    picks: Mapping[str, Pick]
    key: tuple[str, ...] = ()
    is_flat: bool = False

    def has(self, *meanings: str) -> bool:
        """Whether the table has a column for every one of the meanings."""
        return all(meaning in self.picks for meaning in meanings)

    def any(self, *meanings: str) -> bool:
        """Whether the table has a column for one of the meanings."""
        return any(meaning in self.picks for meaning in meanings)


@dataclass(frozen=True)
class Shape:
    """The parts by kind, and the tables that have none."""

    parts: Mapping[str, Part]
    unused: tuple[Looked, ...]

    def get(self, kind: str) -> Part | None:
        """The table of a kind."""
        return self.parts.get(kind)


def _is_hinted(table: Looked, kind: str) -> bool:
    spoken = table.name.replace("_", " ")
    return any(hint in spoken for hint in _HINTS[kind].split())


def _unique(part: Part, meaning: str) -> bool:
    return part.has(meaning) and part.picks[meaning].profile.is_key


def _is_named(part: Part, meaning: str) -> bool:
    """Whether the header says what it is a key of, and not only `id`."""
    return part.has(meaning) and compact(part.picks[meaning].profile.header) not in {"id", "name"}


def _items(part: Part) -> bool:
    return (
        part.has("order_id")
        and part.any("product_id", "product_name", "order_item_id")
        and (part.any("quantity", "sale_price", "line_total"))
    )


def _orders(part: Part) -> bool:
    return _unique(part, "order_id") and part.has("created_at")


def _refunds(part: Part) -> bool:
    is_one = _is_hinted(part.table, "refunds") or any(
        hint in column for column in part.table.columns for hint in ("refund", "erstatt", "retour")
    )
    is_order = part.any("quantity", "product_id") and not _is_hinted(part.table, "refunds")
    is_order = is_order or any("status" in column for column in part.table.columns)
    return (
        is_one
        and not is_order
        and part.any("order_id", "order_item_id")
        and part.any("amount", "quantity", "returned_at")
    )


def _spend(part: Part) -> bool:
    is_order = any(
        compact(profile.header) in {"orderid", "ordernumber"} for profile in part.table.columns.values()
    )
    return (
        part.has("date", "spend")
        and part.any("campaign_id", "platform", "clicks", "impressions")
        and not is_order
    )


def _events(part: Part) -> bool:
    return (
        part.has("event_time", "event_type")
        and part.any("user_id", "visitor_key", "source_session_id")
        and part.picks["event_type"].is_sure
        and known_share(part.picks["event_type"].profile, "event_type") >= 0.3
    )


def _inventory(part: Part) -> bool:
    return (
        _is_hinted(part.table, "inventory_items")
        and _unique(part, "inventory_item_id")
        and part.has("product_id", "created_at")
    )


def _products(part: Part) -> bool:
    is_one = _is_hinted(part.table, "products") or _is_named(part, "product_id")
    return is_one and _unique(part, "product_id") and part.any("name", "category", "brand", "retail_price")


def _users(part: Part) -> bool:
    is_one = _is_hinted(part.table, "users") or _is_named(part, "user_id")
    return is_one and _unique(part, "user_id") and len(part.picks) > 1 and "order_id" not in part.picks


_TESTS: dict[str, tuple[Callable[[Part], bool], int]] = {
    "events": (_events, 9),
    "marketing_spend": (_spend, 8),
    "refunds": (_refunds, 7),
    "order_items": (_items, 6),
    "orders": (_orders, 5),
    "inventory_items": (_inventory, 6),
    "products": (_products, 4),
    "users": (_users, 3),
}


def shape_of(connection: duckdb.DuckDBPyConnection, tables: Sequence[Looked]) -> Shape:
    """Give every table its part; where two could play one, the one that knows more columns has it."""
    picked = {table.name: {kind: pick_all(table, kind) for kind in KINDS} for table in tables}
    for table in tables:
        _shopify(table, picked[table.name])
        _payments(picked[table.name]["orders"], table)
    _link_orders(connection, tables, picked)
    ranked = []
    for table in tables:
        for kind in KINDS:
            part = Part(kind, table, picked[table.name][kind])
            test, weight = _TESTS[kind]
            if test(part):
                score = weight + 0.01 * len(part.picks) + 1.5 * _is_hinted(table, kind)
                ranked.append((score, table.name, part))
    parts: dict[str, Part] = {}
    placed: set[str] = set()
    for _, name, part in sorted(ranked, key=lambda entry: (-entry[0], entry[1])):
        if name not in placed and part.kind not in parts:
            parts[part.kind] = _with_key(connection, part)
            placed.add(name)
    mend_links(connection, parts)
    _flat_orders(parts, picked)
    _doubtful_times(parts)
    return Shape(parts, tuple(table for table in tables if table.name not in placed))


def _flat_orders(parts: dict[str, Part], picked: Mapping[str, dict[str, dict[str, Pick]]]) -> None:
    """Orders of files that have their lines only; what is the order's is not the line's as well."""
    items = parts.get("order_items")
    if items is None or "orders" in parts or not items.has("created_at"):
        return
    of_order = dict(picked[items.table.name]["orders"]) | {
        meaning: items.picks[meaning]
        for meaning in ("order_id", "created_at", "user_id")
        if items.has(meaning)
    }
    amounts = {meaning: of_order[meaning].name for meaning in ("discount", "refunded") if meaning in of_order}
    lines = {m: pick for m, pick in items.picks.items() if pick.name not in amounts.values()}
    if any(
        lines.get(m) and lines[m].name == of_order["total"].name
        for m in ("line_total", "sale_price")
        if "total" in of_order
    ):
        del of_order["total"]
    parts["order_items"] = replace(items, picks=lines)
    parts["orders"] = Part("orders", items.table, of_order, is_flat=True)


def _doubtful_times(parts: dict[str, Part]) -> None:
    """Where orders have times, a time of the lines counts only if its header says so."""
    items, orders = parts.get("order_items"), parts.get("orders")
    if (
        items
        and orders
        and not orders.is_flat
        and items.has("created_at")
        and not items.picks["created_at"].is_sure
    ):
        picks = {meaning: pick for meaning, pick in items.picks.items() if meaning != "created_at"}
        parts["order_items"] = replace(items, picks=picks)


def _shopify(table: Looked, picked: dict[str, dict[str, Pick]]) -> None:
    """Shopify's order export has a line of an order in each row, and calls the order's number Name."""
    if "name" in table.columns and any(column.startswith("lineitem_") for column in table.columns):
        pick = Pick(table.columns["name"], "Shopify calls the number of an order Name")
        for kind in ("orders", "order_items"):
            picked[kind]["order_id"] = pick


def _payments(picks: dict[str, Pick], table: Looked) -> None:
    """A table of payments or orders that calls their number id."""
    number = table.columns.get("id")
    if (
        "order_id" not in picks
        and {"created_at", "total"} <= picks.keys()
        and number is not None
        and number.is_key
    ):
        picks["order_id"] = Pick(
            number, "every row has an id, a time and an amount", _is_hinted(table, "orders")
        )


def _link_orders(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[Looked],
    picked: dict[str, dict[str, dict[str, Pick]]],
) -> None:
    """An order number by content: its own in every row of a table with times, and again in the lines."""
    for orders in tables:
        if "order_id" in picked[orders.name]["orders"] or "created_at" not in picked[orders.name]["orders"]:
            continue
        for lines in tables:
            meanings = picked[lines.name]["order_items"]
            if lines is orders or not meanings.keys() & {"quantity", "sale_price", "line_total"}:
                continue
            for key in (profile for profile in orders.columns.values() if profile.is_key):
                spelled = compact(key.header)
                other = next((p for p in lines.columns.values() if compact(p.header) == spelled), None)
                if other and contained(connection, lines, other.name, orders, key.name) >= 0.9:
                    why = f"every row of {orders.name} has one of its own, and {lines.name} names them again"
                    picked[orders.name]["orders"]["order_id"] = Pick(key, why, is_sure=False)
                    meanings["order_id"] = Pick(other, why, is_sure=False)
                    break


def _with_key(connection: duckdb.DuckDBPyConnection, part: Part) -> Part:
    """The part with its key; a line number that tells no line from another is no key."""
    own = {
        "orders": ["order_id"],
        "order_items": ["order_item_id"],
        "marketing_spend": ["date", "platform", "campaign_id"],
        "events": ["event_id"],
        "inventory_items": ["inventory_item_id"],
        "products": ["product_id"],
        "users": ["user_id"],
        "refunds": [],
    }[part.kind]
    names = [part.picks[meaning].name for meaning in own if part.has(meaning)]
    if names and is_unique(connection, part.table, names):
        return replace(part, key=tuple(names))
    if part.kind == "order_items":
        order = part.picks["order_id"].name
        number = names[0] if names else _line_number(connection, part, order)
        if number and is_unique(connection, part.table, [order, number]):
            return replace(part, key=(order, number))
        return replace(part, picks={k: v for k, v in part.picks.items() if k != "order_item_id"})
    if part.kind == "refunds":
        first = next(iter(part.table.columns.values()))
        return replace(part, key=(first.name,) if first.is_key and first.name.endswith("id") else ())
    return part


def _line_number(connection: duckdb.DuckDBPyConnection, part: Part, order: str) -> str:
    """The column that numbers the lines of each order from 1, if there is one."""
    taken = {pick.name for pick in part.picks.values()}
    for profile in part.table.columns.values():
        if profile.name in taken or profile.kind != "INT64" or profile.missing or profile.lowest != "1":
            continue
        query = (
            f'select avg(case when m = n then 1 else 0 end) from (select max(try_cast("{profile.name}" as'
            f' int)) as m, count(*) as n from {part.table.raw} group by "{order}")'
        )
        share = connection.execute(query).fetchall()[0][0]
        if share and share >= 0.95:
            return profile.name
    return ""
