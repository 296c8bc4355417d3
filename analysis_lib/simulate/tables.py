"""theLook's tables: columns, types and the arrays that fill them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis_lib.simulate.arrays import Array

_TIME = pa.timestamp("us")
_INT, _TEXT, _FLOAT = pa.int64(), pa.string(), pa.float64()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


SCHEMAS: dict[str, pa.Schema] = {
    "users": _schema(
        id=_INT, first_name=_TEXT, last_name=_TEXT, email=_TEXT, age=_INT, gender=_TEXT, state=_TEXT,
        street_address=_TEXT, postal_code=_TEXT, city=_TEXT, country=_TEXT, latitude=_FLOAT,
        longitude=_FLOAT, traffic_source=_TEXT, created_at=_TIME,
    ),
    "products": _schema(
        id=_INT, cost=_FLOAT, category=_TEXT, name=_TEXT, brand=_TEXT, retail_price=_FLOAT,
        department=_TEXT, sku=_TEXT, distribution_center_id=_INT,
    ),
    "distribution_centers": _schema(id=_INT, name=_TEXT, latitude=_FLOAT, longitude=_FLOAT),
    "orders": _schema(
        order_id=_INT, user_id=_INT, status=_TEXT, gender=_TEXT, created_at=_TIME, returned_at=_TIME,
        shipped_at=_TIME, delivered_at=_TIME, num_of_item=_INT,
    ),
    "order_items": _schema(
        id=_INT, order_id=_INT, user_id=_INT, product_id=_INT, inventory_item_id=_INT, status=_TEXT,
        created_at=_TIME, shipped_at=_TIME, delivered_at=_TIME, returned_at=_TIME, sale_price=_FLOAT,
        quantity=_INT, list_price=_FLOAT, discount=_FLOAT,
    ),
    "inventory_items": _schema(
        id=_INT, product_id=_INT, created_at=_TIME, sold_at=_TIME, cost=_FLOAT, product_category=_TEXT,
        product_name=_TEXT, product_brand=_TEXT, product_retail_price=_FLOAT, product_department=_TEXT,
        product_sku=_TEXT, product_distribution_center_id=_INT,
    ),
    "events": _schema(
        id=_INT, user_id=_INT, sequence_number=_INT, session_id=_TEXT, created_at=_TIME, ip_address=_TEXT,
        city=_TEXT, state=_TEXT, postal_code=_TEXT, browser=_TEXT, traffic_source=_TEXT, uri=_TEXT,
        event_type=_TEXT, device=_TEXT, country=_TEXT, campaign_id=_TEXT,
    ),
    "marketing_spend": _schema(
        date=pa.date32(), campaign_id=_TEXT, platform=_TEXT, spend=_FLOAT, clicks=_INT, impressions=_INT,
    ),
}  # fmt: skip


def timestamps(seconds: Array) -> pa.Array:
    """Timestamps of seconds since 1970; 0 stands for none.

    Examples
    --------
    >>> timestamps(np.array([86_400, 0])).to_pylist()
    [datetime.datetime(1970, 1, 2, 0, 0), None]
    """
    return pa.array(seconds.astype(np.int64) * 1_000_000, mask=seconds == 0).cast(_TIME)


def optional(values: Array) -> pa.Array:
    """Ids, where 0 stands for none.

    Examples
    --------
    >>> optional(np.array([5, 0])).to_pylist()
    [5, None]
    """
    return pa.array(values.astype(np.int64), mask=values == 0)


def labels(words: Sequence[str], codes: Array) -> pa.DictionaryArray:
    """Words by their code; -1 stands for none. A word may stand in the list twice.

    Examples
    --------
    >>> labels(("a", "b"), np.array([1, -1])).to_pylist()
    ['b', None]
    """
    # Parquet writes a coded column well, and always with the same bytes, only if no word repeats.
    distinct = {word: number for number, word in enumerate(dict.fromkeys(words))}
    number_of = np.array([distinct[word] for word in words], dtype=np.int32)
    indices = pa.array(number_of[codes] if words else codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(distinct), pa.string()))


def repeated(values: pa.Array, row: Array) -> pa.DictionaryArray:
    """The text of `values` at each of `row`, coded.

    Examples
    --------
    >>> repeated(pa.array(["a", "b", "a"]), np.array([2, 1])).to_pylist()
    ['a', 'b']
    """
    coded = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(coded.indices.take(pa.array(row)), coded.dictionary)


def money(cents: Array) -> Array:
    """Cents as the nearest double, so that rounding to two places gives them back.

    Examples
    --------
    >>> money(np.array([1999])).tolist()
    [19.99]
    """
    return np.asarray(cents / 100)


_HEX = np.frombuffer(bytes("".join(f"{byte:02x}" for byte in range(256)), "ascii"), np.uint8).reshape(256, 2)
_UUID_PLACES = [place for place in range(36) if place not in (8, 13, 18, 23)]


def uuids(rng: np.random.Generator, count: int) -> pa.Array:
    """Random version-4 UUIDs as text.

    Examples
    --------
    >>> len(uuids(np.random.default_rng(1), 2)[0].as_py())
    36
    """
    raw = rng.integers(0, 256, (count, 16), dtype=np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    text = np.full((count, 36), ord("-"), dtype=np.uint8)
    text[:, _UUID_PLACES] = _HEX[raw].reshape(count, 32)
    offsets = np.arange(count + 1, dtype=np.int32) * 36
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text.ravel()))


def addresses(octets: Array) -> pa.Array:
    """Dotted IP addresses of rows of four bytes.

    Examples
    --------
    >>> addresses(np.array([[10, 0, 0, 1]], dtype=np.uint8)).to_pylist()
    ['10.0.0.1']
    """
    parts = [pa.array(octets[:, place]).cast(pa.string()) for place in range(4)]
    return pc.binary_join_element_wise(*parts, ".")


def fit(table: pa.Table, name: str) -> pa.Table:
    """The table with exactly the columns of `SCHEMAS[name]`, in their order; text may stay coded."""
    schema = SCHEMAS[name]
    columns = []
    for field in schema:
        column = table[field.name]
        is_coded = pa.types.is_dictionary(column.type)
        columns.append(column if is_coded else column.cast(field.type))
    return pa.table(columns, names=schema.names)
