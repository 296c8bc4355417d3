"""Shops of a few rows: staging rows by hand, and every mart made from them by the project's own SQL.

A shop is a real :class:`~analysis_lib.shop.Shop` over a DuckDB file in a temporary folder, so that a page is
tested with the queries, the dialect and the parameters that it will meet.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from analysis_lib.computed import PythonModel, RuleTable
from analysis_lib.models import Project, read_project
from analysis_lib.parameters import make_parameters
from analysis_lib.settings import Settings
from analysis_lib.shop import Shop
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from analysis_lib.warehouse.translations import ModelQuery
from tests.translations import TRANSLATIONS

Rows = Sequence[Mapping[str, Any]]
AS_OF = dt.date(2026, 9, 30)


@functools.cache
def _project() -> Project:
    """The models, read and parsed once."""
    return read_project("thelook")


def at(day: dt.date, hour: int = 12, minute: int = 0) -> dt.datetime:
    """A time of a day, in UTC."""
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=dt.UTC)


def make_shop(
    folder: Path,
    staging: Mapping[str, Rows] | None = None,
    marts: Mapping[str, Rows] | None = None,
    as_of: dt.date = AS_OF,
    **parameters: object,
) -> Shop:
    """A shop from staging rows; columns that a row does not name are NULL.

    `marts` replaces whole marts by rows of its own, for what is tedious to reach through events.
    """
    project = _project()
    settings = Settings(
        root=folder,
        warehouse=folder / "warehouse.duckdb",
        site=folder / "_site",
        build_dir=folder / "_build",
        temp_dir=folder / "tmp",
        translations=TRANSLATIONS,
        memory_limit="1GB",
        threads=1,
    )
    run = make_parameters({"as_of": as_of, **parameters})
    values = run.as_query_parameters()
    warehouse = DuckDBWarehouse(settings, "tiny")
    given = {**(staging or {}), **(marts or {})}
    warehouse.create_empty_table("load_counts", project.raw_schemas["load_counts"])
    with warehouse.transaction():  # else every row is flushed by itself
        for model in project.ordered():
            if model.layer == "stg" or model.name in given:
                _fill(warehouse, model.name, model.contract.schema, given.get(model.name, ()))
            elif isinstance(model, RuleTable):
                warehouse.create_table_from_frame(model.name, model.contract.schema, model.compute())
            elif isinstance(model, PythonModel):
                frames = {name: warehouse.query(f"select * from {name}") for name in sorted(model.inputs)}
                frame = model.compute(frames, {name: values[name] for name in model.parameters})
                warehouse.create_table_from_frame(model.name, model.contract.schema, frame)
            else:
                needed = {name: values[name] for name in model.parameters}
                warehouse.create_table(model.name, ModelQuery(model.sql), needed)
    return Shop(warehouse, project, run, {}, dict.fromkeys(project.models, ()))


def _fill(warehouse: DuckDBWarehouse, name: str, schema: Mapping[str, str], rows: Rows) -> None:
    unknown = {column for row in rows for column in row} - schema.keys()
    assert not unknown, f"{name} has no columns {sorted(unknown)}"
    warehouse.create_empty_table(name, schema)
    warehouse.append(name, schema, [[row.get(column) for column in schema] for row in rows])


class Story:
    """Staging rows written as what happened: visits, orders, stock, spend."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def _add(self, table: str, **row: Any) -> None:
        self.rows.setdefault(table, []).append(row)

    def visit(
        self,
        visitor: str,
        day: dt.date,
        *steps: str,
        device: str = "desktop",
        source: str = "Email",
        country: str = "Germany",
        hour: int = 12,
    ) -> Story:
        """A session of one event a minute, such as `page_view`, `product_view`, `add_to_cart`, `purchase`."""
        for minute, step in enumerate(steps):
            number = len(self.rows.get("stg_events", ())) + 1
            self._add(
                "stg_events",
                event_id=f"e{number}",
                user_id=visitor,
                visitor_id=f"u:{visitor}",
                source_session_id=f"{visitor}-{day}-{hour}",
                event_time=at(day, hour, minute),
                event_order=number,
                event_type=step,
                product_id="p1" if step in ("product_view", "add_to_cart") else None,
                traffic_source=source,
                device=device,
                country=country,
            )
        return self

    def order(
        self,
        user: str,
        day: dt.date,
        price: str = "50.00",
        cost: str = "20.00",
        discount: str = "0.00",
        product: str = "p1",
        status: str = "complete",
        returned_on: dt.date | None = None,
        hour: int = 13,
    ) -> Story:
        """An order of one line and one unit."""
        number = len(self.rows.get("stg_orders", ())) + 1
        placed = at(day, hour)
        returned = at(returned_on) if returned_on else None
        self._add(
            "stg_orders",
            order_id=f"o{number}",
            user_id=user,
            visitor_id=f"u:{user}",
            status="returned" if returned else status,
            created_at=placed,
            returned_at=returned,
            delivered_at=placed + dt.timedelta(days=2),
        )
        self._add(
            "stg_order_items",
            order_item_id=f"i{number}",
            order_id=f"o{number}",
            user_id=user,
            product_id=product,
            quantity=1,
            list_price=Decimal(price),
            discount=Decimal(discount),
            sale_price=Decimal(price) - Decimal(discount),
            unit_cost=Decimal(cost),
            created_at=placed,
            returned_at=returned,
        )
        return self

    def product(self, product: str = "p1", name: str | None = "Wool Coat", cost: str = "20.00") -> Story:
        """A product of the catalogue."""
        self._add(
            "stg_products",
            product_id=product,
            name=name,
            category="Coats",
            cost=Decimal(cost),
            retail_price=Decimal("50.00"),
        )
        return self

    def stock(self, units: int, came: dt.date, product: str = "p1", cost: str | None = "20.00") -> Story:
        """Units on the shelf."""
        for _ in range(units):
            number = len(self.rows.get("stg_inventory_items", ())) + 1
            self._add(
                "stg_inventory_items",
                inventory_item_id=f"s{number}",
                product_id=product,
                created_at=at(came),
                cost=Decimal(cost) if cost else None,
            )
        return self

    def spend(self, day: dt.date, amount: str) -> Story:
        """Ad spend of a day."""
        self._add("stg_marketing_spend", date=day, campaign_id="c1", platform="Search", spend=Decimal(amount))
        return self


BUYS = ("page_view", "product_view", "add_to_cart", "purchase")


def one_order() -> Story:
    """One customer, one visit, one order, one product of which one unit is left. No ad spend."""
    day = AS_OF - dt.timedelta(days=3)
    story = Story().product().stock(1, day - dt.timedelta(days=40))
    return story.visit("1", day, *BUYS).order("1", day)


def two_months() -> Story:
    """Seventy days of two visits a day; every third visit buys; ad spend, returns, a cancellation, stock.

    On mobile nobody buys.
    """
    story = Story().product().product("p2", name=None, cost="5.00")
    story.stock(40, AS_OF - dt.timedelta(days=200)).stock(3, AS_OF - dt.timedelta(days=10), "p2", "5.00")
    for offset in range(70):
        day = AS_OF - dt.timedelta(days=offset)
        buyer, browser = f"b{offset % 30}", f"v{offset}"
        if offset % 3 == 0:
            story.visit(buyer, day, *BUYS, source="Email" if offset % 2 else "Search")
            returned = day + dt.timedelta(days=4) if offset == 33 else None
            status = "cancelled" if offset == 36 else "complete"
            product = "p2" if offset < 12 else "p1"
            story.order(buyer, day, f"{40 + offset % 7}.50", discount="2.50", product=product, status=status,
                        returned_on=returned)  # fmt: skip
        else:
            story.visit(buyer, day, "page_view", "product_view", source="Email")
        story.visit(browser, day, "page_view", "product_view", device="mobile", source="Search", hour=18)
        story.spend(day, "7.25")
    return story
