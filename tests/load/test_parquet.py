"""Parquet files: their types, and the same faults as in text."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from analysis_lib.errors import BadDataError, ColumnError
from tests.load.shop import ROWS, Shop, assert_row_equation

UTC = dt.UTC


def _select(table: str, rows: int = 1, **columns: str) -> str:
    """A query for rows without a fault, with some columns as SQL; `i` counts from 1."""
    values = {name: f"'{text}'" if text else "null::varchar" for name, text in ROWS[table].items()}
    key = next(iter(values))
    values |= {key: "i"} | columns
    listed = ", ".join(f'{sql} as "{name}"' for name, sql in values.items())
    return f"select {listed} from range(1, {rows + 1}) r(i)"


@pytest.mark.parametrize(
    "sql",
    [
        "timestamp '2024-03-01 10:00:00'",
        "timestamptz '2024-03-01 12:00:00+02'",
        "timestamp_ns '2024-03-01 10:00:00'",
        "timestamp_ms '2024-03-01 10:00:00'",
        "'2024-03-01 10:00:00 UTC'",
        "1709287200",
        "1709287200000",
        "1709287200000000::bigint",
        "1709287200.0::double",
    ],
)
def test_times_of_every_type(shop: Shop, sql: str) -> None:
    shop.parquet("events.parquet", _select("events", created_at=sql))
    shop.load()
    assert shop.values("events", "created_at") == [dt.datetime(2024, 3, 1, 10, tzinfo=UTC)]


def test_whole_numbers_that_were_exported_as_floats(shop: Shop) -> None:
    shop.parquet(
        "events.parquet",
        _select("events", 3, user_id="case i when 1 then 5.0::double when 2 then 'nan'::double end"),
    )
    shop.load()
    assert shop.values("events", "user_id") == [5, None, None]


def test_numbers_that_do_not_fit_are_rejected(shop: Shop) -> None:
    users = "case i when 1 then 1.5::double when 2 then 1e300 when 3 then 'inf' else 4 end"
    shop.parquet("events.parquet", _select("events", 9, user_id=users))
    shop.load()
    assert shop.counts("events") == (9, 6, 3, 0, 0)
    assert shop.rejects()[0] == (1, 'user_id: "1.5" is not a whole number')


def test_large_unsigned_numbers(shop: Shop) -> None:
    ids = "case i when 1 then 18446744073709551615::ubigint else i::ubigint end"
    shop.parquet("users.parquet", _select("users", 5, id=ids))
    shop.load()
    assert shop.rejects() == [(1, 'id: "18446744073709551615" is not within 64 bits')]


def test_money_is_the_same_from_floats_decimals_and_text(shop: Shop) -> None:
    prices = ["8.989999771118164::double", "8.989999771::decimal(20,9)", "'8.989999771118164'"]
    for number, price in enumerate(prices):
        shop.parquet(
            f"order_items_{number}.parquet", _select("order_items", id=str(number), sale_price=price)
        )
    shop.load()
    assert shop.values("order_items", "sale_price") == [Decimal("8.989999771")] * 3


def test_the_words_for_no_value_hold_in_parquet_too(shop: Shop) -> None:
    shop.parquet("events.parquet", _select("events", city="'null'", state="''", user_id="'\\N'"))
    shop.load()
    assert shop.values("events", "city", "state", "user_id") == [(None, None, None)]


def test_rejected_rows_of_parquet_keep_their_place_and_values(shop: Shop) -> None:
    kind = "case when i % 4 = 0 then 'foo' else 'home' end"
    shop.parquet("events.parquet", _select("events", 10, event_type=kind, extra="i * 2"))
    shop.load()
    assert shop.rejects() == [(4, 'event_type: unknown type "foo"'), (8, 'event_type: unknown type "foo"')]
    row = json.loads(shop.rejects("row_as_read")[0])
    assert (row["id"], row["extra"], row["uri"]) == ("4", "8", "/product/3")
    assert_row_equation(shop, ["events"])


def test_row_numbers_follow_the_file_over_many_row_groups(shop: Shop) -> None:
    shop.parquet("events.parquet", _select("events", 300_000))
    shop.load()
    assert shop.query("select count(*) from raw_events where id <> load_row_number") == [(0,)]


def test_row_numbers_follow_a_text_file_that_is_read_in_parallel(shop: Shop) -> None:
    path = shop.folder / "events.csv"
    shop.connection.execute(f"copy ({_select('events', 300_000)}) to '{path}' (header)")
    shop.load(path)
    assert shop.query("select count(*) from raw_events where id <> load_row_number") == [(0,)]


def test_parquet_without_rows(shop: Shop) -> None:
    shop.parquet("events.parquet", _select("events", 0))
    assert [file.rows_read for file in shop.load().files] == [0]
    assert shop.counts("events") == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("keep", [3, 4, 100, -1])
def test_parquet_that_is_cut_off(shop: Shop, keep: int) -> None:
    path = shop.parquet("events.parquet", _select("events", 100))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises((BadDataError, ColumnError), match=r"events\.parquet"):
        shop.load()


def test_parquet_with_damaged_pages(shop: Shop) -> None:
    path = shop.parquet("events.parquet", _select("events", 5000, uri="'/product/' || hash(i)"))
    data = bytearray(path.read_bytes())
    data[500:20_000] = b"\xff" * 19_500
    path.write_bytes(data)
    with pytest.raises(BadDataError, match=r"events\.parquet cannot be read to its end"):
        shop.load()


def test_parquet_under_the_name_of_text(shop: Shop) -> None:
    shop.parquet("p/events.parquet", _select("events")).rename(shop.folder / "events.csv")
    shop.load(shop.folder / "events.csv")
    assert shop.values("events", "id") == [1]


def test_lists_where_single_values_are_due(shop: Shop) -> None:
    shop.parquet("events.parquet", _select("events", created_at="[timestamp '2024-03-01']"))
    with pytest.raises(BadDataError, match=r"column created_at: it holds TIMESTAMP\[\] and not a time stamp"):
        shop.load()


def test_lists_in_columns_that_are_left_out_do_no_harm(shop: Shop) -> None:
    shop.parquet("events.parquet", _select("events", extra="[1, 2]", place="{'x': 1}", geom="'a'::blob"))
    assert shop.load().files[0].decisions["ignored_columns"] == ["extra", "place", "geom"]
