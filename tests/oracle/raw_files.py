"""theLook's tables as plain rows, made one by one, and as parquet files with every column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

Rows = dict[str, list[dict[str, Any]]]

_TEXT, _WHOLE, _REAL = pa.string(), pa.int64(), pa.float64()
_TIME, _DAY = pa.timestamp("us"), pa.date32()
SCHEMAS: dict[str, dict[str, pa.DataType]] = {
    "events": {
        "id": _WHOLE,
        "user_id": _WHOLE,
        "sequence_number": _WHOLE,
        "session_id": _TEXT,
        "created_at": _TIME,
        "ip_address": _TEXT,
        "city": _TEXT,
        "state": _TEXT,
        "postal_code": _TEXT,
        "browser": _TEXT,
        "traffic_source": _TEXT,
        "uri": _TEXT,
        "event_type": _TEXT,
        "device": _TEXT,
        "country": _TEXT,
        "campaign_id": _TEXT,
    },
    "orders": {
        "order_id": _WHOLE,
        "user_id": _WHOLE,
        "status": _TEXT,
        "gender": _TEXT,
        "created_at": _TIME,
        "returned_at": _TIME,
        "shipped_at": _TIME,
        "delivered_at": _TIME,
        "num_of_item": _WHOLE,
    },
    "order_items": {
        "id": _WHOLE,
        "order_id": _WHOLE,
        "user_id": _WHOLE,
        "product_id": _WHOLE,
        "inventory_item_id": _WHOLE,
        "status": _TEXT,
        "created_at": _TIME,
        "shipped_at": _TIME,
        "delivered_at": _TIME,
        "returned_at": _TIME,
        "sale_price": _REAL,
        "quantity": _WHOLE,
        "list_price": _REAL,
        "discount": _REAL,
    },
    "products": {
        "id": _WHOLE,
        "cost": _REAL,
        "category": _TEXT,
        "name": _TEXT,
        "brand": _TEXT,
        "retail_price": _REAL,
        "department": _TEXT,
        "sku": _TEXT,
        "distribution_center_id": _WHOLE,
    },
    "users": {
        "id": _WHOLE,
        "first_name": _TEXT,
        "last_name": _TEXT,
        "email": _TEXT,
        "age": _WHOLE,
        "gender": _TEXT,
        "state": _TEXT,
        "street_address": _TEXT,
        "postal_code": _TEXT,
        "city": _TEXT,
        "country": _TEXT,
        "latitude": _REAL,
        "longitude": _REAL,
        "traffic_source": _TEXT,
        "created_at": _TIME,
    },
    "inventory_items": {
        "id": _WHOLE,
        "product_id": _WHOLE,
        "created_at": _TIME,
        "sold_at": _TIME,
        "cost": _REAL,
        "product_category": _TEXT,
        "product_name": _TEXT,
        "product_brand": _TEXT,
        "product_retail_price": _REAL,
        "product_department": _TEXT,
        "product_sku": _TEXT,
        "product_distribution_center_id": _WHOLE,
    },
    "distribution_centers": {"id": _WHOLE, "name": _TEXT, "latitude": _REAL, "longitude": _REAL},
    "marketing_spend": {
        "date": _DAY,
        "campaign_id": _TEXT,
        "platform": _TEXT,
        "spend": _REAL,
        "clicks": _WHOLE,
        "impressions": _WHOLE,
    },
}


def write(rows: Rows, folder: Path) -> Path:
    """The shop as parquet files; a table that `rows` does not name is not written."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, of_table in rows.items():
        pq.write_table(arrow_table(table, of_table), folder / f"{table}.parquet")
    return folder


def arrow_table(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    """The rows with every column of the table, NULL where a row does not say."""
    schema = SCHEMAS[table]
    unknown = {name for row in rows for name in row} - set(schema)
    assert not unknown, (table, unknown)

    def cell(row: dict[str, Any], name: str) -> Any:
        value = row.get(name)
        if value is None or not isinstance(value, str):
            return value
        if schema[name] == _TIME:
            return pd.Timestamp(value).to_pydatetime()
        return pd.Timestamp(value).date() if schema[name] == _DAY else value

    columns = {name: pa.array([cell(row, name) for row in rows], kind) for name, kind in schema.items()}
    return pa.table(columns)


_KINDS = {"home": "/home", "cart": "/cart", "purchase": "/purchase", "cancel": "/cancel"}


class Shop:
    """Collects rows; ids of events count up unless given."""

    def __init__(self) -> None:
        self.rows: Rows = {table: [] for table in SCHEMAS}
        self.rows["distribution_centers"].append(
            {"id": 1, "name": "Memphis TN", "latitude": 35.1, "longitude": -89.9}
        )

    def event(self, user: int | None, session: str | None, at: str, kind: str, **more: Any) -> None:
        """`kind` is theLook's event type, or `product/7` for a view of product 7."""
        rows = self.rows["events"]
        event_type = kind.split("/")[0]
        uri = f"/{kind}" if event_type == "product" else _KINDS.get(kind, f"/{kind}/x")
        defaults = {"id": len(rows) + 1, "browser": "Chrome", "traffic_source": "Email", "uri": uri}
        row = {"user_id": user, "session_id": session, "created_at": at, "event_type": event_type}
        rows.append({**defaults, "sequence_number": 1, **row, **more})

    def order(self, order: int, user: int, at: str, status: str, items: list[dict[str, Any]], **more: Any):
        """`items` name at least id, product_id and sale_price; the rest is taken from the order."""
        row = {"order_id": order, "user_id": user, "status": status, "created_at": at, "gender": "F"}
        self.rows["orders"].append({**row, "num_of_item": len(items), **more})
        defaults = {"order_id": order, "user_id": user, "status": status, "created_at": at}
        self.rows["order_items"] += [{**defaults, **item} for item in items]

    def stock(self, product: int, created: str, count: int = 1, sold: str | None = None, cost: float = 4.0):
        """`count` items of a product."""
        items = self.rows["inventory_items"]
        for _ in range(count):
            row = {"id": len(items) + 1, "product_id": product, "created_at": created, "sold_at": sold}
            items.append({**row, "cost": cost})
