"""GoogleSQL types and values between Python and ZetaSQL's protocol buffers."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from zetasql.wasi._pb2.zetasql.public import type_pb2, value_pb2

KINDS = {
    "INT64": type_pb2.TYPE_INT64,
    "FLOAT64": type_pb2.TYPE_DOUBLE,
    "STRING": type_pb2.TYPE_STRING,
    "BOOL": type_pb2.TYPE_BOOL,
    "DATE": type_pb2.TYPE_DATE,
    "TIMESTAMP": type_pb2.TYPE_TIMESTAMP,
    "DATETIME": type_pb2.TYPE_DATETIME,
    "NUMERIC": type_pb2.TYPE_NUMERIC,
    "BYTES": type_pb2.TYPE_BYTES,
    "BIGNUMERIC": type_pb2.TYPE_BIGNUMERIC,
    "JSON": type_pb2.TYPE_JSON,
    "TIME": type_pb2.TYPE_TIME,
    "INTERVAL": type_pb2.TYPE_INTERVAL,
}
_NAMES = {kind: name for name, kind in KINDS.items()}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_WIDE = decimal.Context(prec=90)


def to_type(name: str) -> type_pb2.TypeProto:
    """The protocol buffer of a type's name: `INT64`, `ARRAY<STRING>`, `STRUCT<a STRING, b INT64>`."""
    kind = type_pb2.TypeProto()
    name = name.strip()
    if name.upper().startswith("ARRAY<"):
        kind.type_kind = type_pb2.TYPE_ARRAY
        kind.array_type.element_type.CopyFrom(to_type(name[len("ARRAY<") : -1]))
    elif name.upper().startswith("STRUCT<"):
        kind.type_kind = type_pb2.TYPE_STRUCT
        kind.struct_type.SetInParent()
        for part in _fields(name[len("STRUCT<") : -1]):
            field_name, _, field_type = part.strip().partition(" ")
            field = kind.struct_type.field.add()
            field.field_name = field_name
            field.field_type.CopyFrom(to_type(field_type))
    else:
        kind.type_kind = KINDS[name.upper()]
    return kind


def _fields(text: str) -> list[str]:
    """The parts of `a STRING, b STRUCT<c DATE, d DATE>` at the commas outside brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def type_name(kind: type_pb2.TypeProto) -> str:
    """The name of a type."""
    if kind.type_kind == type_pb2.TYPE_ARRAY:
        return f"ARRAY<{type_name(kind.array_type.element_type)}>"
    if kind.type_kind == type_pb2.TYPE_STRUCT:
        fields = (f"{field.field_name} {type_name(field.field_type)}" for field in kind.struct_type.field)
        return f"STRUCT<{', '.join(fields)}>"
    return _NAMES.get(kind.type_kind, f"type {kind.type_kind}")


def type_of(value: object) -> str:
    """The type a query parameter is declared with; NULL is a STRING."""
    if isinstance(value, list | tuple):
        return f"ARRAY<{type_of(value[0] if value else None)}>"
    for python_type, name in (
        (bool, "BOOL"),
        (int, "INT64"),
        (float, "FLOAT64"),
        (Decimal, "NUMERIC"),
        (dt.datetime, "TIMESTAMP"),
        (dt.date, "DATE"),
    ):
        if isinstance(value, python_type):
            return name
    return "STRING"


def to_value(value: Any, kind: type_pb2.TypeProto) -> value_pb2.ValueProto:
    """A Python value as ZetaSQL's; None is NULL."""
    proto = value_pb2.ValueProto()
    if value is None:
        return proto
    if kind.type_kind == type_pb2.TYPE_ARRAY:
        proto.array_value.SetInParent()
        proto.array_value.element.extend(to_value(item, kind.array_type.element_type) for item in value)
        return proto
    if kind.type_kind == type_pb2.TYPE_STRUCT:
        proto.struct_value.SetInParent()
        for field in kind.struct_type.field:
            proto.struct_value.field.append(to_value(value.get(field.field_name), field.field_type))
        return proto
    name = _NAMES[kind.type_kind]
    if name == "INT64":
        proto.int64_value = int(value)
    elif name == "FLOAT64":
        proto.double_value = float(value)
    elif name == "STRING":
        proto.string_value = value
    elif name == "BOOL":
        proto.bool_value = value
    elif name == "BYTES":
        proto.bytes_value = value
    elif name == "DATE":
        proto.date_value = (value - _EPOCH.date()).days
    elif name == "TIMESTAMP":
        since = value - _EPOCH
        proto.timestamp_value.seconds = since.days * 86400 + since.seconds
        proto.timestamp_value.nanos = since.microseconds * 1000
    elif name == "DATETIME":
        date = (value.year << 26) | (value.month << 22) | (value.day << 17)
        proto.datetime_value.bit_field_datetime_seconds = (
            date | (value.hour << 12) | (value.minute << 6) | value.second
        )
        proto.datetime_value.nanos = value.microsecond * 1000
    elif name == "NUMERIC":
        proto.numeric_value = _numeric_bytes(Decimal(value))
    else:
        raise ValueError(f"cannot send a {name} to ZetaSQL")
    return proto


def _numeric_bytes(value: Decimal) -> bytes:
    """NUMERIC as the shortest little-endian two's complement of the value times 10^9."""
    scaled = int(value.scaleb(9, _WIDE).to_integral_exact(context=_WIDE))
    data = scaled.to_bytes(17, "little", signed=True)
    while len(data) > 1 and (data[-1], data[-2] >= 128) in ((0, False), (255, True)):
        data = data[:-1]
    return data


def from_value(proto: value_pb2.ValueProto, kind: type_pb2.TypeProto) -> Any:
    """ZetaSQL's value as Python's: instants are in UTC, NUMERIC is Decimal, a STRUCT a dict."""
    field = proto.WhichOneof("value")
    if field is None:
        return None
    if kind.type_kind == type_pb2.TYPE_ARRAY:
        return [from_value(item, kind.array_type.element_type) for item in proto.array_value.element]
    if kind.type_kind == type_pb2.TYPE_STRUCT:
        return _struct(proto.struct_value.field, kind)
    name = _NAMES[kind.type_kind]
    if name == "DATE":
        return _EPOCH.date() + dt.timedelta(days=proto.date_value)
    if name == "TIMESTAMP":
        stamp = proto.timestamp_value
        return _EPOCH + dt.timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)
    if name in ("NUMERIC", "BIGNUMERIC"):
        scaled = int.from_bytes(getattr(proto, field), "little", signed=True)
        return Decimal(scaled).scaleb(-9 if name == "NUMERIC" else -38, _WIDE)
    if name == "DATETIME":
        bits = proto.datetime_value.bit_field_datetime_seconds
        year, month, day = bits >> 26, (bits >> 22) & 15, (bits >> 17) & 31
        return dt.datetime(
            year,
            month,
            day,
            (bits >> 12) & 31,
            (bits >> 6) & 63,
            bits & 63,
            proto.datetime_value.nanos // 1000,
        )
    if name == "TIME":
        bits, nanos = proto.time_value >> 30, proto.time_value & ((1 << 30) - 1)
        return dt.time((bits >> 12) & 31, (bits >> 6) & 63, bits & 63, nanos // 1000)
    return getattr(proto, field)


def _struct(fields: Sequence[value_pb2.ValueProto], kind: type_pb2.TypeProto) -> dict[str, Any]:
    return {
        declared.field_name: from_value(value, declared.field_type)
        for value, declared in zip(fields, kind.struct_type.field, strict=True)
    }
