"""All the models of a shop by pandas, from staging to marts, with the grain and money columns of each."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from . import customers, funnel, inventory, orders, pnl, products, sessions
from .orders import AMOUNTS
from .staging import Staged, money


@dataclass(frozen=True)
class Grain:
    """What makes a row of a mart one, and which columns are exact money."""

    key: tuple[str, ...]
    money: frozenset[str] = frozenset()


GRAINS = {
    "stg_events": Grain(("event_id",)),
    "stg_orders": Grain(("order_id",)),
    "stg_order_items": Grain(
        ("order_item_id",), frozenset({"list_price", "discount", "sale_price", "unit_cost"})
    ),
    "stg_products": Grain(("product_id",), frozenset({"retail_price", "cost"})),
    "stg_users": Grain(("user_id",)),
    "stg_inventory_items": Grain(("inventory_item_id",), frozenset({"cost"})),
    "stg_marketing_spend": Grain(("date", "campaign_id", "platform"), frozenset({"spend"})),
    "int_order_lines": Grain(("order_item_id",), frozenset([*AMOUNTS, "returned_cost"])),
    "int_order_sessions": Grain(("order_id", "order_item_id")),
    "int_orders": Grain(("order_id",), frozenset(AMOUNTS)),
    "fct_sessions": Grain(("session_id",), frozenset({"net_revenue"})),
    "fct_funnel_daily": Grain(("session_date",)),
    "fct_funnel_segments": Grain(("period", "dimension", "segment")),
    "fct_daily_pnl": Grain(("calendar_date",), frozenset(pnl.MONEY)),
    "dim_customers": Grain(
        ("user_id",), frozenset({"gross_sales", "net_revenue", "gross_profit", "historic_ltv"})
    ),
    "fct_product_performance": Grain(("product_id",), frozenset(AMOUNTS)),
    "fct_inventory_forecast": Grain(
        ("product_id",), frozenset({"stock_value", "unit_cost", "reorder_value"})
    ),
}


def expected_marts(staged: Staged) -> dict[str, pd.DataFrame]:
    """Every mart by name; session ids are `visitor@microseconds`. Without events there are no sessions."""
    events = sessions.session_events(staged)
    starts = sessions.session_starts(events)
    events["session_id"] = events["session"].map(starts["session_id"]).astype("str")
    lines = orders.order_lines(staged, events, starts)
    by_order = orders.orders_of(staged, lines, events, starts)
    marts = {
        "int_order_lines": orders.int_order_lines(lines),
        "int_order_sessions": orders.int_order_sessions(lines, by_order),
        "int_orders": orders.int_orders(by_order),
        "fct_daily_pnl": pnl.fct_daily_pnl(staged, by_order, lines),
        "fct_product_performance": products.fct_product_performance(staged, events, lines),
        "fct_inventory_forecast": inventory.fct_inventory_forecast(staged, lines),
    }
    by_session = starts.assign(traffic_source=None)
    if len(events):
        by_session = sessions.fct_sessions(staged, events, by_order)
        marts["fct_sessions"] = by_session
        marts["fct_funnel_daily"] = funnel.fct_funnel_daily(staged, by_session)
        marts["fct_funnel_segments"] = funnel.fct_funnel_segments(staged, by_session)
    for name, grain in GRAINS.items():
        if name.startswith("stg_"):
            table = getattr(staged, name.removeprefix("stg_"))
            marts[name] = table.assign(**{column: money(table[column]) for column in grain.money})
    marts["dim_customers"] = customers.dim_customers(staged, events, by_session, by_order, lines)
    return marts
