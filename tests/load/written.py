"""Files of values written in some way, and what a load made of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from analysis_lib.errors import BadDataError
from analysis_lib.sources.summary import LoadSummary
from tests.load.shop import Shop, csv_text


def day(month: int, day_: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    """Midnight, or another time, of a day of 2020."""
    return dt.datetime(2020, month, day_, hour, minute, tzinfo=dt.UTC)


def amounts(*texts: str, start: int = 1) -> str:
    """A file of order lines with these prices, quoted."""
    rows = [{"id": str(start + n), "sale_price": f'"{text}"'} for n, text in enumerate(texts)]
    return csv_text("order_items", *rows)


def times(*texts: str, start: int = 1) -> str:
    """A file of events at these times, quoted."""
    return csv_text(
        "events", *({"id": str(start + n), "created_at": f'"{text}"'} for n, text in enumerate(texts))
    )


def read_times(shop: Shop) -> list[dt.datetime]:
    """The times of the events in the order of their keys."""
    return [row[0] for row in shop.query("select created_at from raw_events order by id")]


def read_amounts(shop: Shop) -> list[Decimal]:
    """The prices in the order of their keys."""
    return [row[0] for row in shop.query("select sale_price from raw_order_items order by id")]


def decisions(summary: LoadSummary) -> list[str]:
    """The lines of a load about how columns are read."""
    return [line.strip() for line in summary.lines() if " is read " in line]


def refused(shop: Shop, text: str, name: str = "events.csv", **options: object) -> str:
    """What a load of this text says when it stops."""
    with pytest.raises(BadDataError) as error:
        shop.load_text(name, text, **options)
    return str(error.value)
