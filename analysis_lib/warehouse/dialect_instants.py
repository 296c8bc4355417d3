"""Between dates, instants, wall clocks, texts and seconds since 1970.

Every conversion says its zone; without one it is UTC. A parsed or counted time is an instant, never a
naive one.
"""

from __future__ import annotations

import re

from sqlglot import exp

from analysis_lib.warehouse.dialect_rewrite import Untranslatable, duck, has_type, need_type, rule
from analysis_lib.warehouse.dialect_text import TEXT, read_text
from analysis_lib.warehouse.dialect_time import DATE, INSTANT, as_clock, as_instant, is_clock, is_utc


@rule(exp.Date)
def date_of(node: exp.Expr) -> exp.Expr:
    """The day on which an instant falls in a zone, or the date in a text or wall clock."""
    this, zone = node.this, node.args.get("zone")
    need_type(this)
    if node.expressions:
        raise Untranslatable(
            "this form of date() is not translated", "Use date(timestamp, zone) or date(y, m, d)."
        )
    if has_type(this, INSTANT):
        return duck("cast(:x as date)", x=as_clock(this, zone))
    if zone is not None:
        raise Untranslatable("a zone needs a TIMESTAMP", "Cast the value to timestamp first.")
    return read_text(this, "DATE") if has_type(this, *TEXT) else duck("cast(:x as date)", x=this)


@rule(exp.DateFromParts)
def date_from_parts(node: exp.Expr) -> exp.Expr:
    """date(year, month, day)."""
    return duck("make_date(:y, :m, :d)", y=node.args["year"], m=node.args["month"], d=node.args["day"])


@rule(exp.Timestamp)
def timestamp_of(node: exp.Expr) -> exp.Expr:
    """The instant of a date, a wall clock or a text, in a zone."""
    this, zone = node.this, node.args.get("zone")
    need_type(this)
    if has_type(this, INSTANT):
        return duck(":x", x=this)
    if has_type(this, DATE) or is_clock(this):
        return as_instant(duck("cast(:x as timestamp)", x=this), zone)
    if not is_utc(zone):
        raise Untranslatable("a text with a zone is not translated", "Write timestamp(datetime '…', zone).")
    return read_text(this, "TIMESTAMP")


@rule(exp.Datetime, exp.TsOrDsToDatetime)
def datetime_of(node: exp.Expr) -> exp.Expr:
    """The wall clock of an instant in a zone, or of a date."""
    this, zone = node.this, node.args.get("expression")
    need_type(this)
    if has_type(this, INSTANT):
        return as_clock(this, zone)
    if zone is not None:
        raise Untranslatable("a zone needs a TIMESTAMP", "Cast the value to timestamp first.")
    return read_text(this, "DATETIME") if has_type(this, *TEXT) else duck("cast(:x as timestamp)", x=this)


@rule(exp.TimestampFromParts)
def datetime_from_parts(node: exp.Expr) -> exp.Expr:
    """datetime(year, month, day, hour, minute, second)."""
    parts = {key: node.args.get(key) for key in ("year", "month", "day", "hour", "min", "sec")}
    if any(part is None for part in parts.values()):
        raise Untranslatable("this form of datetime() is not translated", "Give all six parts.")
    return duck("make_timestamp(:year, :month, :day, :hour, :min, :sec)", **parts)  # type: ignore[arg-type]


@rule(exp.UnixSeconds, exp.UnixMillis, exp.UnixMicros, exp.UnixDate)
def since_epoch(node: exp.Expr) -> exp.Expr:
    """Whole units since 1970, rounded down."""
    if isinstance(node, exp.UnixDate):
        return duck("(:x - cast('1970-01-01' as date))", x=node.this)
    if isinstance(node, exp.UnixMicros):
        return duck("epoch_us(:x)", x=node.this)
    unit, size = ("second", 10**6) if isinstance(node, exp.UnixSeconds) else ("millisecond", 1000)
    # cutting first rounds down; // alone would round towards zero before 1970
    return duck("(epoch_us(date_trunc(:unit, :x)) // :size)", unit=unit, x=node.this, size=size)


@rule(exp.UnixToTime)
def from_epoch(node: exp.Expr) -> exp.Expr:
    """timestamp_seconds, timestamp_millis and timestamp_micros are instants."""
    scale = node.args.get("scale")
    size = {"6": 1, "3": 1000}.get(scale.name if scale is not None else "", 10**6)
    return duck("make_timestamptz(cast(:x as bigint) * :size)", x=node.this, size=size)


@rule(exp.DateFromUnixDate)
def date_from_epoch(node: exp.Expr) -> exp.Expr:
    """The date so many days after 1970-01-01."""
    return duck("cast(cast('1970-01-01' as date) + cast(:x as integer) as date)", x=node.this)


# DuckDB's strftime and strptime give the same for these; %Q and %e are put together by hand
_PARSED = "YmdHMSyjbBf%"
_WRITTEN = "YmdHMSyjbBaAuwUWGV%"
_BY_HAND = {"%Q": "cast(quarter(:x) as varchar)", "%-d": "lpad(cast(day(:x) as varchar), 2, ' ')"}


def _formats(node: exp.Expr) -> list[str]:
    """The layouts to try; `%E*S` reads seconds with and without a fraction."""
    layout = node.args["format"]
    if not isinstance(layout, exp.Literal):
        raise Untranslatable("the format must be written out", "Give it as a text.")
    text = layout.name
    for fraction in ("%E*S", "%E6S", "%E3S"):
        text = text.replace(fraction, "%S.%f")
    for code in re.findall(r"%(-?.)", text):
        if code not in _PARSED:
            raise Untranslatable(f"the format %{code} is not translated", "Use %Y %m %d %H %M %S %E*S.")
    return [text, text.replace(".%f", "")] if ".%f" in text else [text]


@rule(exp.StrToTime, exp.StrToDate, exp.ParseDatetime)
def parsed(node: exp.Expr) -> exp.Expr:
    """parse_timestamp gives an instant, parse_date a date, parse_datetime a wall clock."""
    layouts = exp.Array(expressions=[exp.Literal.string(layout) for layout in _formats(node)])
    clock = duck("strptime(:x, :f)", x=node.this, f=layouts)
    if isinstance(node, exp.StrToTime):
        return as_instant(clock, node.args.get("zone"))
    return clock if isinstance(node, exp.ParseDatetime) else duck("cast(:x as date)", x=clock)


@rule(exp.TsOrDsToDate, exp.TsOrDsToTimestamp)
def formatted_value(node: exp.Expr) -> exp.Expr | None:
    """What format_date and format_timestamp wrap their argument in."""
    return node.this.copy() if isinstance(node.parent, exp.TimeToStr) else None


@rule(exp.TsOrDsToTime)
def time_of(node: exp.Expr) -> exp.Expr:
    """The time of day of an instant, in UTC, or of a wall clock."""
    need_type(node.this)
    this = as_clock(node.this, None) if has_type(node.this, INSTANT) else node.this
    return duck("cast(:x as time)", x=this)


@rule(exp.TimeToStr)
def formatted(node: exp.Expr) -> exp.Expr:
    """format_date, format_datetime, format_timestamp with the codes that both engines write alike."""
    this, layout = node.this, node.args["format"]
    need_type(this)
    if not isinstance(layout, exp.Literal):
        raise Untranslatable("the format must be written out", "Give it as a text.")
    clock = as_clock(this, node.args.get("zone")) if has_type(this, INSTANT) else this
    pieces: list[exp.Expr] = []
    for piece in re.split(f"({'|'.join(_BY_HAND)})", layout.name):
        if piece in _BY_HAND:
            pieces.append(duck(_BY_HAND[piece], x=clock))
        elif piece:
            for code in re.findall(r"%(-?.)", piece):
                if code not in _WRITTEN:
                    raise Untranslatable(
                        f"the format %{code} is not translated", "Use %Y %m %d %b %B %H %M %S %Q."
                    )
            pieces.append(duck("strftime(:x, :f)", x=clock, f=piece))
    text = pieces[0] if pieces else exp.Literal.string("")
    for piece in pieces[1:]:
        text = exp.DPipe(this=text, expression=piece)
    return exp.Paren(this=text)


@rule(exp.Sub)
def no_interval(node: exp.Expr) -> None:
    """The difference of two dates or times is an INTERVAL in BigQuery, and a number in DuckDB."""
    if all(has_type(side, DATE, INSTANT) or is_clock(side) for side in (node.this, node.expression)):
        raise Untranslatable(
            "the difference of two times is an interval", "Write date_diff or timestamp_diff."
        )


@rule(exp.Add, exp.Sub)
def no_date_and_interval(node: exp.Expr) -> None:
    """date + interval is a DATETIME in BigQuery, which hardly anyone means."""
    sides = (node.this, node.expression)
    if any(has_type(side, DATE) for side in sides) and any(
        has_type(side, exp.DType.INTERVAL) for side in sides
    ):
        raise Untranslatable("a date and an interval make a DATETIME", "Write date_add(d, interval 1 day).")
