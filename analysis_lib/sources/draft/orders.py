"""Drafts stg_orders, from a table of orders or from the order lines."""

from __future__ import annotations

from analysis_lib.sources.draft import expressions as write
from analysis_lib.sources.draft.context import (
    Context,
    fill,
    mail_notes,
    notes_of,
    state_columns,
    state_sql,
    time_notes,
)
from analysis_lib.sources.draft.evidence import states_of_one_order
from analysis_lib.sources.draft.layout import Drafted, Filled, columns_sql, cte, model, raw
from analysis_lib.sources.draft.shape import Part

# Among so few orders it says nothing that no customer ordered twice.
MANY = 20
_UNKNOWN = "No column says what became of an order: it stays processing, and nothing counts as delivered."


def draft_orders(context: Context) -> Drafted | None:
    """stg_orders, or None where the files have no orders with times."""
    orders = context.shape.get("orders")
    if orders is None:
        return None
    return _from_lines(context, orders) if orders.is_flat else _from_orders(context, orders)


def _visitor(part: Part, table: str = "") -> Filled:
    if not part.has("user_id"):
        return Filled("cast(null as string)", (f"{part.table.name} does not say who ordered.",))
    return Filled(f"concat('u:', {write.key(part.picks['user_id'], table)})")


def user_notes(context: Context, part: Part) -> tuple[str, ...]:
    """A warning where no customer ordered twice: the column may be a number of the order."""
    if not part.has("user_id"):
        return ()
    profile = part.picks["user_id"].profile
    if not profile.is_key or profile.rows < MANY:
        return ()
    said = (
        f"check: no value of {profile.header} comes twice, so that no customer ever ordered again; is it the "
        "customer, or a number that every order has of its own?"
    )
    users = context.shape.get("users")
    repeated = (
        [p for p in users.table.columns.values() if "unique" in p.name and not p.is_key] if users else []
    )
    if users and repeated:
        said += f" Join {users.table.name} for {repeated[0].name}, which comes again."
    return (said,)


def _from_orders(context: Context, part: Part) -> Drafted:
    columns = fill(context, part, "stg_orders", {})
    columns["user_id"] = Filled(columns["user_id"].sql, columns["user_id"].notes + user_notes(context, part))
    columns["visitor_id"] = _visitor(part)
    states = state_columns(part)
    cancelled_at = write.name(part.picks["cancelled_at"].name) if part.has("cancelled_at") else ""
    if states:
        sql, notes = state_sql(states, cancelled_at)
        columns["status"] = Filled(sql, notes_of(part.picks["status"], "status") + notes)
    elif cancelled_at:
        columns["status"] = Filled(f"if({cancelled_at} is not null, 'cancelled', 'processing')", (_UNKNOWN,))
    else:
        columns["status"] = Filled("'processing'", (_UNKNOWN,))
    table = part.table.name
    return model(
        "stg_orders",
        f"the orders of {context.name} in the words of the staging contract.",
        "one row an order",
        [f"raw_{table}"],
        [raw(table), cte("final", f"select\n{columns_sql(columns, 4)}\nfrom raw")],
        f"Orders of {context.name}, from {table}.",
    )


def _from_lines(context: Context, part: Part) -> Drafted:
    table = part.table.name
    states = state_columns(part)
    notes: tuple[str, ...] = (_UNKNOWN,)
    state, stated = "'processing'", ""
    if states:
        cancelled_at = write.name(part.picks["cancelled_at"].name) if part.has("cancelled_at") else ""
        state, notes = state_sql(states, cancelled_at, blank="")
        stated = " or ".join(f"{write.name(profile.name)} is not null" for profile in states)
        if several_states(context, part):
            notes += (
                (
                    "check: some orders have lines of several states; the last in the alphabet is that of the"
                    " order."
                ),
            )
    created = part.picks["created_at"]
    user = write.key(part.picks["user_id"]) if part.has("user_id") else "cast(null as string)"
    lines = {
        "order_id": Filled(write.key(part.picks["order_id"])),
        "user_id": Filled(user, mail_notes(part.picks["user_id"]) if part.has("user_id") else ()),
        "status": Filled(state, notes),
        **({"is_stated": Filled(stated)} if stated else {}),
        "created_at": Filled(
            write.instant(created, context.zone),
            notes_of(created, "created_at") + time_notes(created, context.zone),
        ),
    }
    times = {}
    for column in ("shipped_at", "delivered_at", "returned_at"):
        if part.has(column):
            pick = part.picks[column]
            lines[column] = Filled(write.instant(pick, context.zone), time_notes(pick, context.zone))
        times[column] = Filled(f"max({column})" if part.has(column) else "cast(null as timestamp)")
    final = {
        "order_id": Filled("order_id"),
        "user_id": Filled("max(user_id)"),
        "visitor_id": Filled("concat('u:', max(user_id))"),
        "status": Filled("if(logical_or(is_stated), max(status), 'processing')" if stated else "max(status)"),
        "created_at": Filled("min(created_at)"),
        **times,
    }
    items = context.shape.parts["order_items"]
    where = f"\nwhere {sold_only(items)}" if context.returns.rows else ""
    return model(
        "stg_orders",
        f"the orders of {context.name}, made of their lines, in the words of the staging contract.",
        "one row an order",
        [f"raw_{table}"],
        [
            raw(table),
            cte("lines", f"select\n{columns_sql(lines, 4)}\nfrom raw{where}"),
            cte(
                "final",
                f"select\n{columns_sql(final, 4)}\nfrom lines\ngroup by order_id",
                ["The files have no table of orders: an order is its lines, placed with the first of them."],
            ),
        ],
        f"Orders of {context.name}, made of the lines in {table}.",
    )


def several_states(context: Context, part: Part) -> bool:
    """Whether the state in a table of lines is that of the line, and not that of its order."""
    return any(states_of_one_order(context.connection, part, profile.name) for profile in state_columns(part))


def sold_only(part: Part, table: str = "") -> str:
    """The condition of a line that was sold, and is not a return."""
    signs = []
    for meaning in ("quantity", "sale_price", "line_total"):
        if part.has(meaning) and part.picks[meaning].profile.negatives:
            pick = part.picks[meaning]
            signs.append((write.whole if meaning == "quantity" else write.amount)(pick, table) + " >= 0")
    return " and ".join(signs)
