"""A simulated shop's events as a tracker writes them: one table, purchases with their amount."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from analysis_lib.sources.read import one_file

if TYPE_CHECKING:
    import pyarrow as pa

# PostgreSQL's types of the table events_raw.
COLUMNS = {
    "event_id": "bigint primary key",
    "user_id": "bigint",
    "event_type": "text not null",
    "timestamp": "timestamptz not null",
    "device": "text",
    "country": "text",
    "amount": "numeric(12, 2)",
    "product_id": "bigint",
    "session_id": "text",
}
TIME = "timestamp"
_ROWS_OF_A_BATCH = 100_000


def tracker_events(connection: duckdb.DuckDBPyConnection, folder: Path) -> pa.RecordBatchReader:
    """The events of a simulated shop in the columns of `events_raw`, in the order of time, batch by batch.

    A purchase is an event for each unit that was bought, at its price: what trackers send for an order of
    several products. An addition to the cart names the product that was looked at just before.

    Parameters
    ----------
    connection
        Any connection to DuckDB; it must stay open until all is read.
    folder
        What :func:`analysis_lib.simulate.simulate` wrote.

    Examples
    --------
    >>> tracker_events(duckdb.connect(), Path("data/demo")).schema.names  # doctest: +SKIP
    ['event_id', 'user_id', 'event_type', 'timestamp', …]
    """
    events, orders, lines = (
        f"read_parquet({one_file(folder / f'{name}.parquet')})"
        for name in ("events", "orders", "order_items")
    )
    connection.execute("set TimeZone = 'UTC'")
    return connection.sql(
        rf"""
        with events as (
            select *, try_cast(regexp_extract(uri, '^/product/([0-9]+)$', 1) as bigint) as viewed
            from {events}
        ),
        purchases as (
            select id, user_id, created_at from events where event_type = 'purchase'
        ),
        -- The shop notes an order up to a minute and a half after the purchase event that makes it.
        placed as (
            select orders.order_id, purchases.id as event_id
            from {orders} as orders
            asof join purchases on orders.user_id = purchases.user_id
                and orders.created_at >= purchases.created_at
        ),
        units as (
            select placed.event_id, lines.id, lines.product_id, lines.sale_price,
                unnest(range(coalesce(lines.quantity, 1))) as unit
            from {lines} as lines
            inner join placed using (order_id)
        ),
        written as (
            select events.id, coalesce(units.id, 0) as line, coalesce(units.unit, 0) as unit,
                events.user_id, events.session_id, events.created_at, events.device, events.country,
                events.event_type, units.sale_price as amount,
                coalesce(units.product_id, events.viewed, before.viewed) as product_id
            from events
            left join units on events.id = units.event_id
            left join events as before on events.event_type = 'cart' and before.id = events.id - 1
        )
        select
            row_number() over (order by created_at, id, line, unit) as event_id,
            user_id,
            case event_type
                when 'product' then 'product_view' when 'cart' then 'add_to_cart'
                when 'purchase' then 'purchase' when 'cancel' then 'cancel'
                else 'page_view'
            end as event_type,
            created_at::timestamptz as timestamp,
            cast(device as varchar) as device,
            cast(country as varchar) as country,
            cast(amount as decimal(12, 2)) as amount,
            product_id,
            session_id
        from written
        order by event_id"""
    ).to_arrow_reader(_ROWS_OF_A_BATCH)
