"""The shop's own tables: products, orders, stock, ad spend and events, built from what happened."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa

from analysis_lib.simulate import behaviour
from analysis_lib.simulate.arrays import Array, ranges
from analysis_lib.simulate.catalogue import Catalogue
from analysis_lib.simulate.clock import Period
from analysis_lib.simulate.fulfilment import STATUSES, Fulfilment
from analysis_lib.simulate.marketing import CAMPAIGNS, Plan
from analysis_lib.simulate.sessions import Sessions
from analysis_lib.simulate.shelves import shelf_departments
from analysis_lib.simulate.stock import Stock
from analysis_lib.simulate.tables import labels, money, timestamps
from analysis_lib.simulate.users import Users
from analysis_lib.simulate.vocabulary import BRANDS, CATEGORIES, CENTERS


def centers_table() -> pa.Table:
    """theLook's table distribution_centers."""
    names, latitudes, longitudes = zip(*CENTERS, strict=True)
    return pa.table(
        {"id": np.arange(len(CENTERS)) + 1, "name": names, "latitude": latitudes, "longitude": longitudes}
    )


def products_table(catalogue: Catalogue) -> pa.Table:
    """theLook's table products, in order of the id."""
    order = np.argsort(catalogue.product_id)
    described = {
        "id": catalogue.product_id,
        "cost": money(catalogue.cost),
        "name": np.array(catalogue.name),
        "retail_price": money(catalogue.price),
        "distribution_center_id": catalogue.center,
        "sku": np.array([_sku(number) for number in catalogue.product_id.tolist()]),
    }
    columns: dict[str, object] = {name: values[order] for name, values in described.items()}
    return pa.table(columns | _labelled(catalogue, order))


def _labelled(catalogue: Catalogue, product: Array) -> dict[str, object]:
    """Category, brand and department of products, as coded text."""
    return {
        "category": labels([row.name for row in CATEGORIES], catalogue.category[product]),
        "brand": labels(BRANDS, catalogue.brand[product]),
        "department": labels(behaviour.DEPARTMENTS, shelf_departments()[catalogue.shelf[product]]),
    }


def _sku(product_id: int) -> str:
    return hashlib.md5(f"shopbook {product_id}".encode(), usedforsecurity=False).hexdigest().upper()


def order_tables(
    catalogue: Catalogue,
    sessions: Sessions,
    users: Users,
    stock: Stock,
    discount: Array,
    fulfilment: Fulfilment,
    unit_ids: Array,
) -> dict[str, pa.Table]:
    """theLook's tables orders and order_items.

    Parameters
    ----------
    discount
        Cents a unit, one entry a line.
    unit_ids
        The id of each line's first unit in inventory_items.
    """
    lines, orders = stock.lines, len(fulfilment.order_created)
    session_of_order = np.zeros(orders, dtype=np.int64)
    session_of_order[lines.order] = lines.session
    user = users.user_of_person[sessions.person[session_of_order]]
    list_price = catalogue.price[lines.product]
    return {
        "orders": pa.table(
            {
                "order_id": np.arange(orders) + 1,
                "user_id": user,
                "status": labels(STATUSES, fulfilment.order_status),
                "gender": labels(("F", "M"), np.where(users.is_woman[user - 1], 0, 1)),
                "created_at": timestamps(fulfilment.order_created),
                "returned_at": timestamps(fulfilment.order_returned),
                "shipped_at": timestamps(fulfilment.order_shipped),
                "delivered_at": timestamps(fulfilment.order_delivered),
                "num_of_item": np.bincount(lines.order, lines.quantity, orders).astype(np.int64),
            }
        ),
        "order_items": pa.table(
            {
                "id": np.arange(lines.size) + 1,
                "order_id": lines.order + 1,
                "user_id": user[lines.order],
                "product_id": catalogue.product_id[lines.product],
                "inventory_item_id": unit_ids,
                "status": labels(STATUSES, fulfilment.line_status),
                "created_at": timestamps(fulfilment.order_created[lines.order]),
                "shipped_at": timestamps(fulfilment.line_shipped),
                "delivered_at": timestamps(fulfilment.line_delivered),
                "returned_at": timestamps(fulfilment.line_returned),
                "sale_price": money(list_price - discount),
                "quantity": lines.quantity,
                "list_price": money(list_price),
                "discount": money(discount),
            }
        ),
    }


def inventory_table(catalogue: Catalogue, stock: Stock, created: Array) -> tuple[pa.Table, Array]:
    """theLook's table inventory_items, a row a unit, in order of arrival; and the lines' first units.

    Parameters
    ----------
    created
        When each line was placed, seconds since 1970.

    Returns
    -------
    tuple[pa.Table, Array]
        The table, and for each line the id of its first unit.
    """
    batch = np.lexsort((stock.receipt_second, stock.receipt_product))
    quantity = stock.receipt_quantity[batch]
    product = np.repeat(stock.receipt_product[batch], quantity)
    arrived = np.repeat(stock.receipt_second[batch], quantity)
    first_of_product = np.searchsorted(product, np.arange(catalogue.size))

    lines, sold = stock.lines, np.zeros(len(product), dtype=np.int64)
    first_unit = first_of_product[lines.product] + stock.unit
    kept = ~lines.cancelled
    units = np.repeat(first_unit[kept], lines.quantity[kept]) + ranges(lines.quantity[kept])
    sold[units] = np.repeat(created[kept], lines.quantity[kept])

    order = np.argsort(arrived, kind="stable")
    ids = np.empty(len(order), dtype=np.int64)
    ids[order] = np.arange(len(order)) + 1
    product = product[order]
    described = _labelled(catalogue, product)
    table = pa.table(
        {
            "id": np.arange(len(order)) + 1,
            "product_id": catalogue.product_id[product],
            "created_at": timestamps(arrived[order]),
            "sold_at": timestamps(sold[order]),
            "cost": money(catalogue.cost[product]),
            "product_category": described["category"],
            "product_name": labels(catalogue.name, product),
            "product_brand": described["brand"],
            "product_retail_price": money(catalogue.price[product]),
            "product_department": described["department"],
            "product_sku": labels([_sku(number) for number in catalogue.product_id.tolist()], product),
            "product_distribution_center_id": catalogue.center[product],
        }
    )
    return table, ids[first_unit]


def spend_table(rng: np.random.Generator, period: Period, plan: Plan, sessions: Sessions) -> pa.Table:
    """The table marketing_spend: a row for each campaign and day on which it runs."""
    shape = (len(CAMPAIGNS), period.days)
    paid = sessions.campaign >= 0
    cell = sessions.campaign[paid].astype(np.int64) * period.days + period.day_of(sessions.start[paid])
    visits = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    clicks = visits + rng.poisson(visits * 0.07)
    rate = plan.click_through_rate[:, None]
    impressions = clicks + rng.poisson((clicks + 0.5) / rate * (1 - rate))
    day, campaign = np.nonzero((plan.runs & ((plan.spend > 0) | (clicks > 0))).T)
    dates = np.array(period.dates(), dtype="datetime64[D]")
    return pa.table(
        {
            "date": pa.array(dates[day]),
            "campaign_id": labels([row.campaign_id for row in CAMPAIGNS], campaign),
            "platform": labels([row.platform for row in CAMPAIGNS], campaign),
            "spend": money(plan.spend[campaign, day]),
            "clicks": clicks[campaign, day],
            "impressions": impressions[campaign, day],
        }
    )
