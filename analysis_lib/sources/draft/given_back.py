"""What is taken off order lines: an order's discount, returned units, and refunds of a part of an order.

Each function adds CTEs to stg_order_items: it takes the name of the CTE before, and gives back the CTEs, the
loaded tables that they read, and the name of the last one (empty: nothing to do). Nothing is taken off twice.
"""

from __future__ import annotations

from analysis_lib.sources.draft import expressions as write
from analysis_lib.sources.draft.context import Context, time_notes
from analysis_lib.sources.draft.evidence import refunds_of_nothing
from analysis_lib.sources.draft.layout import Filled, columns_sql, cte
from analysis_lib.sources.draft.shape import Part

Step = tuple[list[str], list[str], str]
_NOTHING: Step = ([], [], "")
_KEPT = (
    "order_item_id",
    "order_id",
    "user_id",
    "product_id",
    "status",
    "unit_cost",
    "created_at",
    "returned_at",
)


def _whole(part: Part) -> str:
    """How an order's rows are put together: in its lines' rows, it states amounts once or in all."""
    return "max" if part.is_flat else "sum"


def _listed(columns: tuple[str, ...], table: str) -> str:
    return "\n".join(f"    {table}.{column}," for column in columns)


def discounted(context: Context, part: Part, last: str) -> Step:
    """Takes an order's discount off its lines, in proportion to their price."""
    orders = context.shape.get("orders")
    source = orders if orders is not None and orders.has("discount") else None
    if source is None or part.kind != "order_items" or part.has("line_discount"):
        return _NOTHING
    sums = {
        "order_id": Filled(write.key(source.picks["order_id"])),
        "discount": Filled(f"{_whole(source)}({write.amount(source.picks['discount'])})"),
    }
    named = source.picks["discount"].profile.header
    body = (
        f"select\n{columns_sql(sums, 4)}\nfrom raw_{source.table.name}\nwhere not is_duplicate\ngroup by"
        " order_id"
    )
    columns = (*_KEPT, "quantity", "list_price", *_flag(context))
    # What comes back is not what the discount was given on.
    value = "if(is_return, 0, sale_price * quantity)" if _flag(context) else "sale_price * quantity"
    valued = (
        f"select\n{_listed((*columns, 'sale_price'), last)}\n"
        f"    sum({value}) over (partition by {last}.order_id) as order_value,\nfrom {last}"
    )
    taken = "valued.sale_price * least(discounts.discount, valued.order_value)"
    price = f"valued.sale_price - coalesce(safe_divide({taken}, valued.order_value), 0)"
    off = (
        f"select\n{_listed(columns, 'valued')}\n    cast(\n        {price} as numeric\n    ) as sale_price,\n"
        "from valued\nleft join discounts\n    on valued.order_id = discounts.order_id"
    )
    ctes = [
        cte(
            "discounts",
            body,
            [f"check: {named} is taken off the lines of its order in proportion to their prices."],
        ),
        cte("valued", valued),
        cte("discounted", off),
    ]
    return ctes, [f"raw_{source.table.name}"], "discounted"


def _flag(context: Context) -> tuple[str, ...]:
    return ("is_return",) if context.returns.rows else ()


def returned_units(context: Context, part: Part, last: str) -> Step:
    """Takes lines of negative units back from the lines that were sold."""
    returns = context.returns
    if not returns.rows or part.kind != "order_items":
        return _NOTHING
    keys = {
        "product": ("order_id", "product_id"),
        "customer": ("user_id", "product_id"),
        "order": ("order_id",),
    }[returns.by]
    found = (
        f"{returns.matched:,} of {returns.units:,} returned units have a sold one of the same {_words(keys)}"
    )
    notes = [f"{found}, in whose place they stand as returned."]
    if returns.matched < returns.units:
        notes = [
            f"check: {found}; the others take nothing off, because the files do not say what they take back."
        ]
    own_user = ""
    if returns.by == "customer" and not part.has("user_id"):
        return _NOTHING
    if returns.by == "order":
        return _by_amount(last, own_user)
    sums = (
        f"select\n    {', '.join(keys)},\n    sum(quantity) as units,\n    max(created_at) as"
        f" returned_at,\nfrom {last}\nwhere is_return\ngroup by {', '.join(keys)}"
    )
    sums = sums.replace(f"    {', '.join(keys)},", "".join(f"    {key},\n" for key in keys).rstrip("\n"))
    ctes = [cte("returns", sums), *_split(f"{last}\nwhere not is_return", keys, "returns.units", notes, last)]
    return ctes, [], "parts"


def _words(keys: tuple[str, ...]) -> str:
    named = {"order_id": "order", "product_id": "product", "user_id": "customer", "order_item_id": "line"}
    return " and ".join(named[key] for key in keys)


def refunded_units(context: Context, part: Part, last: str) -> Step:
    """Takes back the lines that a table of refunds names, or so many units of them."""
    refunds = context.shape.get("refunds")
    if refunds is None or part.kind != "order_items" or context.returns.rows:
        return _NOTHING
    keys: tuple[str, ...] = ()
    if refunds.has("order_item_id") and part.key == (
        part.picks["order_item_id"].name if part.has("order_item_id") else "",
    ):
        keys = ("order_item_id",)
    elif refunds.has("order_id", "product_id"):
        keys = ("order_id", "product_id")
    if not keys:
        return _NOTHING
    columns = {key: Filled(write.key(refunds.picks[key])) for key in keys}
    if refunds.has("quantity"):
        columns["units"] = Filled(f"sum(abs({write.whole(refunds.picks['quantity'])}))")
    else:
        columns["units"] = Filled(
            "cast(null as int64)", ("No column counts the units that came back: all of the line.",)
        )
    columns["returned_at"] = _returned_at(context, refunds)
    body = (
        f"select\n{columns_sql(columns, 4)}\nfrom raw_{refunds.table.name}\nwhere not is_duplicate\ngroup by"
        f" {', '.join(keys)}"
    )
    units = "coalesce(returns.units, sold.quantity)"
    lost = refunds_of_nothing(context.connection, refunds, part, keys)
    notes = [
        f"The units that {refunds.table.name} names came back, each of the {_words(keys)} that it names."
    ]
    if lost:
        named = f"{lost:,} rows of {refunds.table.name} name no {_words(keys)} that was sold"
        notes = [f"check: {named}, and take nothing off."]
    if refunds.has("amount"):
        notes.append(
            "check: a return is worth the price at which it was sold; is"
            f" {refunds.picks['amount'].profile.header} the same?"
        )
    ctes = [cte("returns", body), *_split(last, keys, units, notes, last)]
    return ctes, [f"raw_{refunds.table.name}"], "parts"


def _returned_at(context: Context, refunds: Part) -> Filled:
    if not refunds.has("returned_at"):
        return Filled(
            "cast(null as timestamp)", ("No column dates a return; it takes the day of its order.",)
        )
    pick = refunds.picks["returned_at"]
    return Filled(f"max({write.instant(pick, context.zone)})", time_notes(pick, context.zone))


def _split(source: str, keys: tuple[str, ...], units: str, notes: list[str], last: str) -> list[str]:
    """Parts sold lines from what came back of them, the first lines first."""
    match = "\n    and ".join(f"sold.{key} = returns.{key}" for key in keys)
    by = ", ".join(f"{key}" for key in keys)
    numbered = (
        f"select\n{_listed((*_KEPT, 'quantity', 'list_price', 'sale_price'), last)}\n    coalesce(\n       "
        f" sum({last}.quantity) over (\n            partition by {by}\n            order by created_at,"
        " order_item_id\n            rows between unbounded preceding and 1 preceding\n        ),\n       "
        f" 0\n    ) as units_before,\nfrom {source}"
    )
    kept = tuple(column for column in _KEPT if column != "returned_at")
    matched = (
        f"select\n{_listed((*kept, 'quantity', 'list_price', 'sale_price'), 'sold')}\n   "
        " coalesce(returns.returned_at, sold.returned_at) as returned_at,\n    case\n        when"
        f" returns.order_id is null then 0\n        else least(sold.quantity, greatest({units} -"
        f" sold.units_before, 0))\n    end as units_back,\nfrom sold\nleft join returns\n    on {match}"
    ).replace("returns.order_id is null", f"returns.{keys[0]} is null")
    if units.startswith("coalesce"):
        matched = matched.replace(
            f"greatest({units} - sold.units_before, 0)",
            "greatest(coalesce(returns.units - sold.units_before, sold.quantity), 0)",
        )
    prices = "    list_price,\n    sale_price,\n    unit_cost,\n    created_at,\n"
    stay = (
        "select\n    order_item_id,\n    order_id,\n    user_id,\n    product_id,\n    status,\n    quantity"
        f" - units_back as quantity,\n{prices}    if(units_back = 0, returned_at, null) as returned_at,\nfrom"
        " matched\nwhere quantity > units_back or units_back = 0"
    )
    back = (
        "select\n    if(units_back = quantity, order_item_id, concat(order_item_id, '-returned')) as"
        " order_item_id,\n    order_id,\n    user_id,\n    product_id,\n    'returned' as status,\n   "
        f" units_back as quantity,\n{prices}    returned_at,\nfrom matched\nwhere units_back > 0"
    )
    return [
        cte("sold", numbered),
        cte("matched", matched, notes),
        cte("parts", f"{stay}\nunion all\n{back}"),
    ]


def _by_amount(last: str, _user: str) -> Step:
    body = (
        "select\n    order_id,\n    sum(sale_price * quantity) as amount,\n    max(created_at) as"
        f" returned_at,\nfrom {last}\nwhere is_return\ngroup by order_id"
    )
    return [cte("refunds", body), *_amounts(f"{last}\nwhere not is_return", last, [])], [], "parts"


def refunded_by_order(context: Context, part: Part, last: str) -> Step:
    """Takes back what was refunded of an order without naming its lines."""
    refunds, orders = context.shape.get("refunds"), context.shape.get("orders")
    if context.returns.rows or last == "parts" or (part.kind == "orders" and refunds is part):
        return _NOTHING
    if refunds is not None and refunds.has("order_id", "amount"):
        source, meaning, when = refunds, "amount", _returned_at(context, refunds)
    elif orders is not None and orders.has("refunded"):
        source, meaning = orders, "refunded"
        when = Filled(
            "cast(null as timestamp)", ("No column dates a refund; it takes the day of its order.",)
        )
    else:
        return _NOTHING
    columns = {
        "order_id": Filled(write.key(source.picks["order_id"])),
        "amount": Filled(f"{_whole(source)}(abs({write.amount(source.picks[meaning])}))"),
        "returned_at": when,
    }
    body = (
        f"select\n{columns_sql(columns, 4)}\nfrom raw_{source.table.name}\nwhere not is_duplicate\ngroup by"
        " order_id"
    )
    ctes = [cte("refunds", body), *_amounts(last, last, [])]
    return ctes, [f"raw_{source.table.name}"], "parts"


def _amounts(source: str, last: str, notes: list[str]) -> list[str]:
    """Lines of orders that were refunded in full come back; of a part, the part becomes a line of its own."""
    sums = (
        f"select\n{_listed((*_KEPT, 'quantity', 'list_price', 'sale_price'), last)}\n   "
        f" sum({last}.sale_price * {last}.quantity) over (partition by {last}.order_id) as order_value,\nfrom"
        f" {source}"
    )
    matched = (
        "select\n"
        + _listed(
            (
                *tuple(c for c in _KEPT if c not in ("returned_at", "status")),
                "quantity",
                "list_price",
                "sale_price",
                "order_value",
            ),
            "sold",
        )
        + "\n    least(coalesce(refunds.amount, 0), sold.order_value) as refunded,\n"
        "    coalesce(refunds.amount, 0) >= sold.order_value - 0.005 and refunds.amount > 0 as is_all,\n"
        "    coalesce(refunds.returned_at, sold.returned_at) as returned_at,\n    sold.status,\n"
        "from sold\nleft join refunds\n    on sold.order_id = refunds.order_id"
    )
    lowered = (
        "select\n"
        + _listed(
            (
                *tuple(c for c in _KEPT if c not in ("returned_at", "status")),
                "quantity",
                "order_value",
                "refunded",
                "is_all",
                "returned_at",
                "status",
            ),
            "matched",
        )
        + "\n    matched.list_price - matched.sale_price as discount,\n    if(\n        is_all or refunded ="
        " 0,\n        sale_price,\n        cast(sale_price - coalesce(safe_divide(sale_price * refunded,"
        " order_value), 0) as numeric)\n    ) as sale_price,\nfrom matched"
    )
    lines = (
        "select\n    order_item_id,\n    order_id,\n    user_id,\n    product_id,\n    if(is_all, 'returned',"
        " status) as status,\n    quantity,\n    sale_price + discount as list_price,\n    sale_price,\n   "
        " unit_cost,\n    created_at,\n    if(is_all, returned_at, null) as returned_at,\nfrom lowered"
    )
    part = (
        "select\n    concat(order_id, '-refund') as order_item_id,\n    order_id,\n    max(user_id) as"
        " user_id,\n    cast(null as string) as product_id,\n    'returned' as status,\n    1 as quantity,\n "
        "   max(order_value) - sum(sale_price * quantity) as list_price,\n    max(order_value) -"
        " sum(sale_price * quantity) as sale_price,\n    cast(null as numeric) as unit_cost,\n   "
        " min(created_at) as created_at,\n    max(returned_at) as returned_at,\nfrom lowered\nwhere refunded"
        " > 0 and not is_all\ngroup by order_id"
    )
    said = [
        (
            "What was refunded of a part of an order names no line: it is taken off its lines in proportion,"
            " and becomes a line of its own that came back. Sales and refunds are those of the files; such an"
            " order has one line more."
        ),
        *notes,
    ]
    return [
        cte("sold", sums),
        cte("matched", matched),
        cte("lowered", lowered, said),
        cte("parts", f"{lines}\nunion all\n{part}"),
    ]
