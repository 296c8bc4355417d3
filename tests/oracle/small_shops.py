"""The hand-made shops by name: the awkward one with and without some tables, and two tiny ones."""

from __future__ import annotations

from collections.abc import Callable

from .raw_files import Rows, Shop
from .tiny_shop import awkward_shop


def one_customer_shop() -> Rows:
    """One user, one session, one order, one product; no stock but what was sold, no ad spend."""
    shop = Shop()
    shop.rows["products"].append({"id": 1, "name": "Only", "retail_price": 9.99, "cost": 4.0})
    shop.rows["users"].append({"id": 1, "created_at": "2024-01-01 00:00:00", "country": "France"})
    for minute, kind in enumerate(["home", "product/1", "cart", "checkout", "purchase"]):
        shop.event(1, "only", f"2024-01-31 10:0{minute}:00", kind)
    shop.stock(1, "2024-01-02 00:00:00", 1, sold="2024-01-31 10:03:00")
    shop.order(
        1,
        1,
        "2024-01-31 10:03:00",
        "Complete",
        [{"id": 1, "product_id": 1, "sale_price": 9.99, "inventory_item_id": 1}],
    )
    del shop.rows["marketing_spend"]
    return shop.rows


def round_numbers_shop() -> Rows:
    """Amounts on the very limits: shares of 80 % and 95 %, equal revenues, 14 and 180 days of stock.

    On the first day products 1, 10 and 9 earn 160, 30 and 10 of 200; up to the second, products
    1, 10, 9 and 2 earn 300, 40, 40 and 20 of 400.
    """
    shop = Shop()
    for number in (1, 2, 9, 10, 11, 12):
        shop.rows["products"].append({"id": number, "name": f"P{number}", "retail_price": 9.99, "cost": 4.0})
        shop.stock(number, "2024-01-02 00:00:00", {11: 7, 12: 6}.get(number, 1))
    shop.rows["users"].append({"id": 1, "created_at": "2024-01-01 00:00:00", "country": "France"})
    sold = [
        ("2024-01-30", {1: 160.0, 10: 30.0, 9: 10.0}),
        ("2024-01-31", {1: 140.0, 10: 10.0, 9: 30.0, 2: 20.0}),
    ]
    number = 0
    for order, (day, prices) in enumerate(sold, 1):
        lines = [{"product_id": product, "sale_price": price} for product, price in prices.items()]
        free = {"sale_price": 0.0, "list_price": 0.0}
        lines += [{"product_id": 11, "quantity": 12 if order == 2 else 3, **free}]
        lines += [{"product_id": 12, **free}] if order == 2 else []
        items = [{"id": number + place, **line} for place, line in enumerate(lines, 1)]
        number += len(items)
        shop.order(order, 1, f"{day} 10:00:00", "Complete", items)
    del shop.rows["marketing_spend"], shop.rows["events"]
    return shop.rows


def without(*tables: str) -> Rows:
    """The awkward shop when some tables were not loaded."""
    return {table: rows for table, rows in awkward_shop(with_checkout=True).items() if table not in tables}


def orphan_lines_shop() -> Rows:
    """Lines whose order is missing make one order, of one user, on the day of its first line."""
    rows = awkward_shop()
    line = {"product_id": 3, "sale_price": 12.0, "status": "Complete"}
    orphans = [
        {"order_id": 600, "user_id": 7, "created_at": "2024-04-18 17:40:00"},
        {"order_id": 600, "user_id": 7, "created_at": "2024-04-16 10:00:00", "status": "Cancelled"},
        {"order_id": 600, "user_id": 7, "created_at": "2024-04-17 10:00:00", "status": "Returned"},
        {"order_id": 601, "user_id": 3, "created_at": "2024-04-03 20:25:00"},
        {"order_id": 601, "user_id": 4, "created_at": "2024-04-03 20:25:00"},
    ]
    rows["order_items"] += [{**line, **orphan, "id": number} for number, orphan in enumerate(orphans, 950)]
    return rows


SHOPS: dict[str, Callable[[], Rows]] = {
    "awkward": awkward_shop,
    "with_checkout_without_spend": lambda: awkward_shop(with_checkout=True, with_spend=False),
    "one_customer": one_customer_shop,
    "round_numbers": round_numbers_shop,
    "orphan_lines": orphan_lines_shop,
    "without_events": lambda: without("events"),
    "without_orders": lambda: without("orders"),
    "without_users_and_products": lambda: without("users", "products"),
    "without_costs": lambda: without("inventory_items", "products"),
    "events_alone": lambda: {"events": awkward_shop()["events"]},
}
