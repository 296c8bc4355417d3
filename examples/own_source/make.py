"""Writes the files of the worked example of docs/own-source.md: an order export, with ad spend.

    python examples/own_source/make.py FOLDER

Invented figures in a documented shape: some columns of Magento's tables sales_order, sales_order_item and
sales_creditmemo_item, and those of a Google Ads report. The same call writes the same bytes.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
import sys
from decimal import Decimal
from pathlib import Path

PRODUCTS = [
    ("MUG-01", "Stoneware mug", "14.90", "5.20"),
    ("MUG-02", "Espresso cup, set of 4", "32.00", "12.80"),
    ("POT-01", "Teapot", "49.50", "21.00"),
    ("PLT-01", "Dinner plate", "19.00", "7.60"),
    ("PLT-02", "Serving plate", "38.00", "16.30"),
    ("TOW-01", "Linen tea towel", "12.50", "4.10"),
    ("APR-01", "Apron", "42.00", "17.50"),
    ("BRD-01", "Oak cutting board", "64.00", "28.00"),
]
FIRST_DAY = dt.datetime(2025, 1, 1)
DAYS = 180


def rows(seed: int = 11) -> dict[str, list[list[object]]]:
    """The rows of each file, by its name, the header first."""
    random_ = random.Random(seed)
    orders: list[list[object]] = [
        [
            "entity_id",
            "increment_id",
            "created_at",
            "status",
            "customer_email",
            "country_id",
            "base_grand_total",
        ]
    ]
    items: list[list[object]] = [
        ["item_id", "order_id", "sku", "name", "qty_ordered", "price", "discount_amount", "base_cost"]
    ]
    refunds: list[list[object]] = [["entity_id", "order_id", "sku", "qty", "created_at"]]
    item_number = 0
    for number in range(1, 721):
        placed = FIRST_DAY + dt.timedelta(minutes=int((number - 1 + random_.random()) * DAYS * 1440 / 720))
        customer = f"customer{min(random_.randrange(260), random_.randrange(260))}@example.com"
        status = random_.choices(["complete", "processing", "canceled"], [88, 6, 6])[0]
        total = Decimal(0)
        for sku, name, price, cost in random_.sample(PRODUCTS, random_.choice([1, 1, 2, 3])):
            item_number += 1
            units = random_.choice([1, 1, 1, 2, 4])
            value = Decimal(price) * units
            discount = (value / 10).quantize(Decimal("0.01")) if random_.random() < 0.15 else Decimal("0.00")
            total += value - discount
            items.append([item_number, number, sku, name, units, price, discount, cost])
            if status == "complete" and random_.random() < 0.05:
                back = placed + dt.timedelta(days=random_.randint(4, 20))
                refunds.append(
                    [len(refunds), number, sku, random_.randint(1, units), f"{back:%Y-%m-%d %H:%M:%S}"]
                )
        place = random_.choice(["DE", "DE", "DE", "AT", "NL"])
        orders.append(
            [number, f"{100000000 + number}", f"{placed:%Y-%m-%d %H:%M:%S}", status, customer, place, total]
        )
    spend: list[list[object]] = [["Day", "Campaign", "Cost", "Clicks", "Impr."]]
    for day in range(DAYS):
        for campaign, most in (("Brand", 900), ("Kitchen", 2600)):
            clicks = random_.randint(5, 60)
            cost = Decimal(random_.randint(most // 3, most)) / 100
            date = FIRST_DAY + dt.timedelta(days=day)
            spend.append([f"{date:%Y-%m-%d}", campaign, cost, clicks, clicks * random_.randint(18, 40)])
    return {
        "sales_order.csv": orders,
        "sales_order_item.csv": items,
        "sales_creditmemo_item.csv": refunds,
        "google_ads.csv": spend,
    }


def main(folder: Path) -> None:
    """Write the files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in rows().items():
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "files")
