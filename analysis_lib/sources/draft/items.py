"""Drafts stg_order_items: order lines with their prices, and what came back of them."""

from __future__ import annotations

from analysis_lib.sources.draft import expressions as write
from analysis_lib.sources.draft.context import (
    Context,
    mail_notes,
    money_notes,
    notes_of,
    state_columns,
    state_sql,
    time_notes,
)
from analysis_lib.sources.draft.given_back import (
    discounted,
    refunded_by_order,
    refunded_units,
    returned_units,
)
from analysis_lib.sources.draft.layout import Drafted, Filled, columns_sql, cte, model, raw
from analysis_lib.sources.draft.orders import several_states, sold_only
from analysis_lib.sources.draft.pick import Pick
from analysis_lib.sources.draft.shape import Part

_FINAL = (
    *("order_item_id", "order_id", "user_id", "product_id", "status", "quantity", "list_price", "discount"),
    *("sale_price", "unit_cost", "created_at", "returned_at"),
)


def draft_items(context: Context) -> Drafted | None:
    """stg_order_items, or None where the files have neither lines nor totals of orders."""
    items, orders = context.shape.get("order_items"), context.shape.get("orders")
    part = items or orders
    if part is None or (items is None and not part.has("total")):
        return None
    lines, inputs, optional, joins = _lines(context, part)
    table = part.table.name
    body = f"select\n{columns_sql(lines, 4)}\nfrom raw{joins}"
    ctes = [raw(table), *_costs(context, part)]
    ctes.append(cte("lines", body))
    last = "lines"
    for step in (discounted, returned_units, refunded_units, refunded_by_order):
        more, needed, new = step(context, part, last)
        ctes += more
        inputs += [name for name in needed if name not in inputs]
        last = new or last
    final = {column: Filled(column) for column in _FINAL}
    final["discount"] = Filled("list_price - sale_price")
    ctes.append(cte("final", f"select\n{columns_sql(final, 4)}\nfrom {last}"))
    return model(
        "stg_order_items",
        f"the order lines of {context.name} in the words of the staging contract, with the prices of one"
        " unit.",
        "one row an order line; a line of which a part came back is two",
        inputs,
        ctes,
        f"Order lines of {context.name}, from {table}."
        + ("" if items else " The files have no lines: each order is one line of its total."),
        optional,
    )


def line_id(part: Part) -> Filled:
    """The key of a line: its own, or the order's with the number of the line, or its place in its file."""
    picks = {pick.name: pick for pick in part.picks.values()}
    if not part.key:
        place = "concat(cast(load_file_id as string), '-', cast(load_row_number as string))"
        return Filled(
            place, ("The lines have no key of their own: a line is known by its place in its file.",)
        )
    parts = [
        write.key(picks[column]) if column in picks else write.text(Pick(part.table.columns[column], ""))
        for column in part.key
    ]
    return Filled(parts[0] if len(parts) == 1 else f"concat({parts[0]}, '-', {parts[1]})")


def _lines(context: Context, part: Part) -> tuple[dict[str, Filled], list[str], list[str], str]:
    """The columns of the CTE lines, its inputs, and what is joined to it."""
    is_items = part.kind == "order_items"
    inputs, optional, joins = [f"raw_{part.table.name}"], [], ""
    quantity, sale, listed, notes = _prices(context, part)
    lines = {
        "order_item_id": line_id(part),
        "order_id": Filled(write.key(part.picks["order_id"]), notes_of(part.picks["order_id"], "order_id")),
        "user_id": _key(part, "user_id", "the line takes the customer of its order"),
        "product_id": _product(part) if is_items else _empty("string", "the orders name no product"),
        "status": _status(context, part),
        "quantity": quantity,
        "list_price": listed,
        "sale_price": Filled(sale, notes),
        "unit_cost": _cost(context, part),
        "created_at": _created(context, part),
        "returned_at": _empty("timestamp", "no column dates a return; it takes the day of its order"),
    }
    if part.has("returned_at") and is_items:
        pick = part.picks["returned_at"]
        lines["returned_at"] = Filled(write.instant(pick, context.zone), time_notes(pick, context.zone))
    products = context.shape.get("products")
    if (
        is_items
        and not part.has("unit_cost")
        and products
        and products.has("cost")
        and part.has("product_id")
    ):
        joins = (
            "\nleft join costs\n    on " + write.key(part.picks["product_id"], "raw") + " = costs.product_id"
        )
        inputs.append(f"raw_{products.table.name}")
        optional.append(f"raw_{products.table.name}")
    if context.returns.rows and is_items:
        lines["is_return"] = Filled(
            f"not ({sold_only(part)})",
            (
                (
                    f"{context.returns.rows:,} lines of negative units or amounts are returns, worth"
                    f" {context.returns.amount}."
                ),
            ),
        )
    return lines, inputs, optional, joins


def _is_flat(context: Context) -> bool:
    orders = context.shape.get("orders")
    return orders is not None and orders.is_flat


def _empty(type_: str, why: str) -> Filled:
    return Filled(f"cast(null as {type_})", (f"{why[0].upper()}{why[1:]}.",))


def _key(part: Part, meaning: str, why: str) -> Filled:
    if not part.has(meaning):
        return _empty("string", why)
    return Filled(
        write.key(part.picks[meaning]),
        notes_of(part.picks[meaning], meaning) + mail_notes(part.picks[meaning]),
    )


def _product(part: Part) -> Filled:
    if part.has("product_id"):
        return _key(part, "product_id", "")
    if part.has("product_name"):
        pick = part.picks["product_name"]
        return Filled(write.text(pick), ("The lines have no number of the product, so its name tells it.",))
    return _empty("string", "the lines name no product")


def _status(context: Context, part: Part) -> Filled:
    """A line's own state; that of its order where lines of one order never differ."""
    is_items = part.kind == "order_items"
    if is_items and part.has("status") and (not _is_flat(context) or several_states(context, part)):
        sql, notes = state_sql(state_columns(part), blank="")
        return Filled(sql, notes)
    return _empty("string", "a line has the state of its order")


def _cost(context: Context, part: Part) -> Filled:
    if part.has("unit_cost"):
        return Filled(write.amount(part.picks["unit_cost"]), money_notes(part.picks["unit_cost"]))
    products = context.shape.get("products")
    if part.kind == "order_items" and part.has("product_id") and products and products.has("cost"):
        return Filled(
            "costs.unit_cost", ("The lines have no cost: that of the product counts, as it is today.",)
        )
    return _empty("numeric", "no column says what a unit cost the shop, so that profit is not known")


def _costs(context: Context, part: Part) -> list[str]:
    products = context.shape.get("products")
    has_own = part.kind != "order_items" or part.has("unit_cost") or not part.has("product_id")
    if has_own or products is None or not products.has("cost"):
        return []
    columns = {
        "product_id": Filled(write.key(products.picks["product_id"])),
        "unit_cost": Filled(write.amount(products.picks["cost"])),
    }
    body = f"select\n{columns_sql(columns, 4)}\nfrom raw_{products.table.name}\nwhere not is_duplicate"
    return [cte("costs", body)]


def _created(context: Context, part: Part) -> Filled:
    if not part.has("created_at"):
        return _empty("timestamp", "a line is placed with its order")
    pick = part.picks["created_at"]
    notes = () if part.kind == "orders" else notes_of(pick, "created_at") + time_notes(pick, context.zone)
    return Filled(write.instant(pick, context.zone), notes)


def _prices(context: Context, part: Part) -> tuple[Filled, str, Filled, tuple[str, ...]]:
    """Quantity, sale price and list price of a unit, and what is said about the price."""
    if part.kind == "orders":
        total = write.amount(part.picks["total"])
        said = (
            "The files have no lines: an order is one line of its total.",
            "check: does the total hold shipping and taxes, which are no sales?",
        )
        return Filled("1"), total, Filled(total), said
    notes: tuple[str, ...] = ()
    quantity = Filled("1", ("No column counts units: a line is one.",))
    units = "1"
    if part.has("quantity"):
        pick = part.picks["quantity"]
        units = write.whole(pick)
        units = f"abs({units})" if pick.profile.negatives else units
        quantity = Filled(units, notes_of(pick, "quantity"))
        if pick.profile.missing:
            quantity = Filled(
                f"coalesce({units}, 1)",
                (*quantity.notes, f"{pick.profile.missing:,} lines count no units: one."),
            )
            units = quantity.sql
    meaning = "sale_price" if part.has("sale_price") else "line_total"
    if not part.has(meaning):
        nothing = Filled(
            "cast(null as numeric)", ("check: no column was found that holds the price of a line.",)
        )
        return quantity, nothing.sql, nothing, nothing.notes
    pick = part.picks[meaning]
    price = write.amount(pick)
    price = f"abs({price})" if pick.profile.negatives else price
    notes = notes_of(pick, "the price") + money_notes(pick)
    prices = context.prices
    if prices.why:
        notes += (
            (f"{prices.why[0].upper()}{prices.why[1:]}." if prices.is_sure else f"check: {prices.why}."),
        )
    if prices.is_line_total and units != "1":
        price = f"cast(safe_divide({price}, {units}) as numeric)"
    listed = price
    if part.has("list_price"):
        stated = write.amount(part.picks["list_price"])
        listed = f"greatest(coalesce({stated}, {price}), {price})"
    elif part.has("line_discount"):
        off = f"coalesce({write.amount(part.picks['line_discount'])}, 0)"
        off = off if units == "1" else f"cast(safe_divide({off}, {units}) as numeric)"
        if prices.is_after_discount:
            listed = f"{price} + {off}"
        else:
            price = f"{price} - {off}"
            header = part.picks["line_discount"].profile.header
            if not prices.is_discount_sure:
                notes += (f"check: {header} is taken as that of the whole line, and not yet off.",)
    return quantity, price, Filled(listed), notes
