"""What the figures of the files say about each other: prices of a unit or a line, returns and sales."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from analysis_lib.sources.draft.profile import number_sql
from analysis_lib.sources.draft.shape import Part, Shape
from analysis_lib.sources.read import identifier

_CLOSE = "abs({0} - o.total) <= 0.005 + 0.0001 * abs(o.total)"


@dataclass(frozen=True)
class Prices:
    """How the amount of an order line is written.

    `is_line_total`: it is that of all units; `is_after_discount`: the line's discount is already taken off;
    `is_discount_sure`: the orders' totals say so; `why` is the evidence, empty where there is none to be had.
    """

    is_line_total: bool = False
    is_after_discount: bool = False
    why: str = ""
    is_sure: bool = True
    is_discount_sure: bool = False


@dataclass(frozen=True)
class Returns:
    """Lines that are returns: negative units or amounts.

    `by` is what finds the line that was sold (`product`: order and product; `customer`: customer and product;
    `order`: the order alone, by amount); `matched` of `units` find one.
    """

    rows: int = 0
    amount: str = "0"
    by: str = "product"
    units: int = 0
    matched: int = 0


def amount_sql(part: Part, meaning: str, table: str = "") -> str:
    """DuckDB: the amount in a column of the text table."""
    profile = part.picks[meaning].profile
    return number_sql(f"{table}{identifier(profile.name)}", profile.style)


def _units(part: Part) -> str:
    return f"coalesce({amount_sql(part, 'quantity')}, 1)" if part.has("quantity") else "1"


def prices_of(connection: duckdb.DuckDBPyConnection, shape: Shape) -> Prices:
    """Tell prices of a unit from amounts of a line, by the totals of the orders where there are any."""
    items, orders = shape.get("order_items"), shape.get("orders")
    if items is None or not items.any("sale_price", "line_total"):
        return Prices()
    named_total = not items.has("sale_price")
    amount = amount_sql(items, "line_total" if named_total else "sale_price")
    totals = _totals(items, orders)
    if not totals or not items.has("quantity"):
        return Prices(named_total)
    off = f"coalesce({amount_sql(items, 'line_discount')}, 0)" if items.has("line_discount") else "0"
    order = identifier(items.picks["order_id"].name)
    query = (
        f"with sums as (select {order} as k, sum({amount}) as lines, sum({amount} * {_units(items)}) as"
        f" units, sum({amount} - {off}) as lines_off, sum({amount} * {_units(items)} - {off}) as units_off,"
        f" max({_units(items)}) as most, min({_units(items)}) as least from {items.table.raw} group by 1),"
        f" totals as ({totals}) select count(*), "
        + ", ".join(
            f"count(*) filter ({_CLOSE.format('s.' + name)})"
            for name in ("lines", "units", "lines_off", "units_off")
        )
        + " from sums s join totals o on s.k = o.k where s.most > 1 and s.least > 0"
    )
    count, *fits = connection.execute(query).fetchall()[0]
    best = max(fits)
    if not count or best < 0.3 * count:
        checked = (
            f"neither its sums nor those of units × price are the orders' totals ({max(fits):,} of {count:,}"
            " agree)"
        )
        return Prices(named_total, False, checked if count else "", is_sure=not count)
    reading = fits.index(best)
    is_line = reading in (0, 2) if fits[0] != fits[1] or fits[2] != fits[3] else named_total
    what = "the line's amount" if is_line else "units × price"
    what += " less the discount" if reading >= 2 and items.has("line_discount") else ""
    why = f"{what} add up to the orders' totals in {best:,} of {count:,} orders of several units"
    has_off = items.has("line_discount")
    told = has_off and fits[reading % 2] != fits[reading % 2 + 2]
    return Prices(is_line, told and reading < 2, why, best >= 0.8 * count, told)


def _totals(items: Part, orders: Part | None) -> str:
    """DuckDB: the total of each order, where one is stated."""
    if orders is None or not orders.has("total") or orders.picks["total"] == items.picks.get("line_total"):
        return ""
    whole = "max" if orders.is_flat else "sum"
    order = identifier(orders.picks["order_id"].name)
    total = f"{whole}({amount_sql(orders, 'total')}) as total"
    return f"select {order} as k, {total} from {orders.table.raw} group by 1"


def returns_of(connection: duckdb.DuckDBPyConnection, shape: Shape) -> Returns:
    """The lines of negative units or amounts, and what finds the lines that they take back."""
    items = shape.get("order_items")
    if items is None:
        return Returns()
    price = next((m for m in ("sale_price", "line_total") if items.has(m)), "")
    signs = [m for m in ("quantity", price) if items.has(m) and items.picks[m].profile.negatives]
    if not signs:
        return Returns()
    units = _units(items)
    amount = amount_sql(items, price) if price else "0"
    total = amount if price == "line_total" else f"{amount} * {units}"
    product = _text(items, "product_id", "product_name")
    user = _text(items, "user_id") if items.has("user_id") else "null"
    is_return = " or ".join(f"{amount_sql(items, meaning)} < 0" for meaning in signs)
    order = identifier(items.picks["order_id"].name)
    lines = (
        f"create or replace temp table draft_lines as select {order} as o, {product} as p, cast({user} as"
        f" varchar) as u, abs({units}) as q, abs({total}) as m, ({is_return}) as back from {items.table.raw}"
    )
    connection.execute(lines)
    rows, money, all_units, named = connection.execute(
        "select count(*), sum(m), sum(q), count(p) from draft_lines where back"
    ).fetchall()[0]
    best = {"order": 0 if named else int(all_units)}
    for by, keys in (("product", "o, p"), ("customer", "u, p")):
        present = " and ".join(f"{key} is not null" for key in keys.split(", "))
        query = (
            f"select coalesce(sum(least(coalesce(b, 0), coalesce(s, 0))), 0) from (select {keys}, sum(q)"
            f" filter (back) as b, sum(q) filter (not back) as s from draft_lines where {present} group by"
            " all)"
        )
        best[by] = int(connection.execute(query).fetchall()[0][0])
    by = max(("product", "customer", "order"), key=lambda kind: best[kind])
    if best["product"] >= 0.9 * best[by]:
        by = "product"
    return Returns(int(rows), f"{money or 0:,.2f}", by, int(all_units), best[by])


def _text(part: Part, *meanings: str) -> str:
    return next((identifier(part.picks[m].name) for m in meanings if part.has(m)), "null")


def states_of_one_order(connection: duckdb.DuckDBPyConnection, part: Part, column: str) -> int:
    """How many orders of a table of lines name several states."""
    order = identifier(part.picks["order_id"].name)
    query = (
        f"select count(*) from (select {order} from {part.table.raw} group by {order} "
        f"having count(distinct {identifier(column)}) > 1)"
    )
    return int(connection.execute(query).fetchall()[0][0])


def refunds_of_nothing(
    connection: duckdb.DuckDBPyConnection, refunds: Part, items: Part, keys: tuple[str, ...]
) -> int:
    """How many rows of a table of refunds name what no order line is of."""
    match = " and ".join(
        f"r.{identifier(refunds.picks[key].name)} = i.{identifier(items.picks[key].name)}" for key in keys
    )
    query = (
        f"select count(*) from {refunds.table.raw} r where not exists "
        f"(select 1 from {items.table.raw} i where {match})"
    )
    return int(connection.execute(query).fetchall()[0][0])
