"""theLook's parquet files as the staging tables of definitions.md, section 2, in pandas.

Money is held as whole numbers of 1e-9 (the scale of NUMERIC) in int64 columns, so that sums are exact.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

UNIT = 1_000_000_000
CENT = UNIT // 100

DEFAULTS: dict[str, Any] = {
    "as_of": None,
    "window_days": 30,
    "timezone": "UTC",
    "currency": "USD",
    "session_gap_minutes": 30,
    "attribution_lookback_days": 30,
    "churn_after_days": 90,
    "at_risk_after_days": 60,
    "declining_after_days": 30,
    "velocity_days": 30,
    "lead_time_days": 14,
    "review_period_days": 30,
    "service_level": 0.95,
    "min_sample": 30,
    "conversion_window_days": 7,
    "propensity_horizon_days": 30,
    "min_pair_orders": 5,
}

EVENT_TYPES = {
    "home": "page_view",
    "department": "page_view",
    "category": "page_view",
    "brand": "page_view",
    "product": "product_view",
    "cart": "add_to_cart",
}
CONTRACT_TYPES = {
    "page_view",
    "search",
    "product_view",
    "click",
    "add_to_cart",
    "remove_from_cart",
    "checkout",
    "purchase",
    "cancel",
    "sign_up",
    "other",
}

COLUMNS = {
    "events": (
        "id user_id session_id created_at city state browser traffic_source uri event_type "
        "device country campaign_id"
    ),
    "orders": "order_id user_id status created_at returned_at shipped_at delivered_at",
    "order_items": (
        "id order_id user_id product_id inventory_item_id status created_at returned_at sale_price "
        "quantity list_price discount"
    ),
    "products": "id cost category name brand retail_price department",
    "users": "id age gender state city country traffic_source created_at",
    "inventory_items": "id product_id created_at sold_at cost",
    "marketing_spend": "date campaign_id platform spend clicks impressions",
}
KEYS = {
    "events": ["id"],
    "orders": ["order_id"],
    "order_items": ["id"],
    "products": ["id"],
    "users": ["id"],
    "inventory_items": ["id"],
    "marketing_spend": ["date", "campaign_id", "platform"],
}


@dataclass
class Staged:
    """The staging tables of one shop with the parameters of the run, as_of made explicit."""

    events: pd.DataFrame
    orders: pd.DataFrame
    order_items: pd.DataFrame
    products: pd.DataFrame
    users: pd.DataFrame
    inventory_items: pd.DataFrame
    marketing_spend: pd.DataFrame
    parameters: dict[str, Any]

    @property
    def has_orders(self) -> bool:
        """Whether the shop has any order line, whenever it was placed."""
        return len(self.order_items) > 0

    @property
    def as_of(self) -> pd.Timestamp:
        """The last day that counts, as midnight without a zone."""
        return pd.Timestamp(self.parameters["as_of"])

    def day(self, times: pd.Series) -> pd.Series:
        """The calendar day of each time stamp in the run's time zone, as midnight without a zone."""
        local = times.dt.tz_convert(self.parameters["timezone"])
        return local.dt.tz_localize(None).dt.floor("D").astype("datetime64[us]")


def units(values: pd.Series) -> pd.Series:
    """Binary or decimal numbers as whole 1e-9 units, missing as <NA>."""
    if values.dtype == object:
        exact = [None if _is_missing(value) else round(Decimal(str(value)) * UNIT) for value in values]
        return pd.Series(exact, index=values.index, dtype="Int64")
    return pd.Series(np.rint(values.astype("float64") * UNIT), index=values.index).astype("Int64")


def to_cents(amounts: pd.Series) -> pd.Series:
    """Whole 1e-9 units rounded to the cent, half away from zero (as ROUND of NUMERIC does)."""
    sign = amounts.map(lambda amount: -1 if amount < 0 else 1, na_action="ignore").astype("Int64")
    return (amounts.abs() + CENT // 2) // CENT * CENT * sign


def money(amounts: pd.Series) -> pd.Series:
    """Whole 1e-9 units as Decimals, for the finished mart."""
    return pd.Series(
        [None if _is_missing(amount) else Decimal(int(amount)).scaleb(-9) for amount in amounts],
        index=amounts.index,
        dtype=object,
    )


def ratio(numerator: pd.Series, denominator: pd.Series) -> pd.Series:
    """numerator / denominator as floats, missing where the denominator is 0 or either is missing."""
    above, below = numerator.astype("Float64"), denominator.astype("Float64")
    return (above / below.mask(below == 0)).astype("float64")


def read_shop(folder: Path | str, parameters: Mapping[str, Any] | None = None) -> Staged:
    """The staging tables of the parquet files in `folder`; a missing table or extra column is empty."""
    raw = {table: _read(Path(folder), table) for table in COLUMNS}
    return stage(raw, parameters)


def stage(raw: Mapping[str, pd.DataFrame], parameters: Mapping[str, Any] | None = None) -> Staged:
    """The staging tables of theLook's tables (with every column of COLUMNS) and the run's parameters.

    Of the rows with one key, which here are alike, the first counts.
    """
    raw = {table: rows.drop_duplicates(KEYS[table]) for table, rows in raw.items() if table in KEYS}
    given = {**DEFAULTS, **(parameters or {})}
    unknown = set(given) - set(DEFAULTS)
    assert not unknown, unknown
    staged = Staged(
        events=_events(raw["events"]),
        orders=_orders(raw["orders"]),
        order_items=_order_items(raw["order_items"], raw["products"], raw["inventory_items"]),
        products=_products(raw["products"]),
        users=_users(raw["users"]),
        inventory_items=_inventory_items(raw["inventory_items"]),
        marketing_spend=_marketing_spend(raw["marketing_spend"]),
        parameters=given,
    )
    if isinstance(given["as_of"], str):
        given["as_of"] = dt.date.fromisoformat(given["as_of"])
    if given["as_of"] is None:
        newest = pd.concat([staged.events["event_time"], staged.orders["created_at"]]).max()
        given["as_of"] = staged.day(pd.Series([newest])).iloc[0].date()
    return staged


def frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A raw table from rows that name only the columns they have."""
    columns = COLUMNS[table].split()
    unknown = {name for row in rows for name in row} - set(columns)
    assert not unknown, (table, unknown)
    return pd.DataFrame(rows, columns=columns)


def _read(folder: Path, table: str) -> pd.DataFrame:
    path = folder / f"{table}.parquet"
    if not path.exists():
        return frame(table, [])
    import pyarrow.parquet as pq

    wanted = [name for name in COLUMNS[table].split() if name in pq.read_schema(path).names]
    read = pq.read_table(path, columns=wanted).to_pandas()
    return read.reindex(columns=COLUMNS[table].split())


def _is_missing(value: object) -> bool:
    return (
        value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    )


def _text(values: pd.Series) -> pd.Series:
    """Text with the words for "nothing" (`null`, `\\N`, empty) as missing."""
    text = values.astype("string")
    return text.mask(text.isin(["null", r"\N", ""])).astype("str")


def _id(values: pd.Series) -> pd.Series:
    """Numeric ids as text, missing stays missing."""
    return values.astype("Int64").astype("string").astype("str")


def _time(values: pd.Series) -> pd.Series:
    return pd.to_datetime(values, utc=True).astype("datetime64[us, UTC]")


def _events(raw: pd.DataFrame) -> pd.DataFrame:
    kinds = _text(raw["event_type"]).str.lower()
    kinds = kinds.map(lambda kind: EVENT_TYPES.get(kind, kind), na_action="ignore")
    uri = _text(raw["uri"])
    product = uri.astype("string").str.extract(r"^/product/([0-9]+)", expand=False).astype("str")
    event_id, user_id, source_session_id = _id(raw["id"]), _id(raw["user_id"]), _text(raw["session_id"])
    return pd.DataFrame(
        {
            "event_id": event_id,
            "event_order": raw["id"].astype("int64"),
            "user_id": user_id,
            "visitor_id": ("u:" + user_id).fillna("s:" + source_session_id.fillna(event_id)),
            "source_session_id": source_session_id,
            "event_time": _time(raw["created_at"]),
            "event_type": kinds.where(kinds.isin(CONTRACT_TYPES), "other"),
            "product_id": product.where(kinds == "product_view").astype("str"),
            "traffic_source": _text(raw["traffic_source"]),
            "referrer": _text(pd.Series(None, index=raw.index, dtype=object)),
            "campaign_id": _text(raw["campaign_id"]),
            "device": _text(raw["device"]),
            "browser": _text(raw["browser"]),
            "country": _text(raw["country"]),
            "region": _text(raw["state"]),
            "city": _text(raw["city"]),
            "uri": uri,
        }
    )


def _orders(raw: pd.DataFrame) -> pd.DataFrame:
    user_id = _id(raw["user_id"])
    return pd.DataFrame(
        {
            "order_id": _id(raw["order_id"]),
            "user_id": user_id,
            "visitor_id": ("u:" + user_id).astype("str"),
            "status": _text(raw["status"]).str.lower(),
            **{
                name: _time(raw[name]) for name in ["created_at", "shipped_at", "delivered_at", "returned_at"]
            },
        }
    )


def _order_items(raw: pd.DataFrame, products: pd.DataFrame, stock: pd.DataFrame) -> pd.DataFrame:
    sale = to_cents(units(raw["sale_price"]))
    listed, discount = to_cents(units(raw["list_price"])), to_cents(units(raw["discount"]))
    listed = listed.fillna(sale + discount).fillna(sale)
    listed = listed.mask(listed < sale, sale)
    item_cost = stock.set_index("id")["cost"].reindex(raw["inventory_item_id"]).set_axis(raw.index)
    product_cost = products.set_index("id")["cost"].reindex(raw["product_id"]).set_axis(raw.index)
    return pd.DataFrame(
        {
            "order_item_id": _id(raw["id"]),
            "order_id": _id(raw["order_id"]),
            "user_id": _id(raw["user_id"]),
            "product_id": _id(raw["product_id"]),
            "status": _text(raw["status"]).str.lower(),
            "quantity": raw["quantity"].astype("Int64").fillna(1).astype("int64"),
            "list_price": listed.astype("int64"),
            "discount": (listed - sale).astype("int64"),
            "sale_price": sale.astype("int64"),
            "unit_cost": units(item_cost).fillna(units(product_cost)),
            "created_at": _time(raw["created_at"]),
            "returned_at": _time(raw["returned_at"]),
        }
    )


def _products(raw: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "product_id": _id(raw["id"]),
            **{name: _text(raw[name]) for name in ["name", "brand", "category", "department"]},
            "retail_price": to_cents(units(raw["retail_price"])),
            "cost": units(raw["cost"]),
        }
    )


def _users(raw: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "user_id": _id(raw["id"]),
            "created_at": _time(raw["created_at"]),
            "traffic_source": _text(raw["traffic_source"]),
            "age": raw["age"].astype("Int64"),
            "gender": _text(raw["gender"]),
            "country": _text(raw["country"]),
            "region": _text(raw["state"]),
            "city": _text(raw["city"]),
        }
    )


def _inventory_items(raw: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "inventory_item_id": _id(raw["id"]),
            "product_id": _id(raw["product_id"]),
            "created_at": _time(raw["created_at"]),
            "sold_at": _time(raw["sold_at"]),
            "cost": units(raw["cost"]),
        }
    )


def _marketing_spend(raw: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": pd.to_datetime(raw["date"]).astype("datetime64[us]"),
            "campaign_id": _text(raw["campaign_id"]),
            "platform": _text(raw["platform"]),
            "spend": units(raw["spend"]),
            "clicks": raw["clicks"].astype("Int64"),
            "impressions": raw["impressions"].astype("Int64"),
        }
    )
