"""Dates and instants: BigQuery's truncations, differences and zones in DuckDB.

TIMESTAMP is an instant (TIMESTAMP WITH TIME ZONE), DATETIME a wall clock (TIMESTAMP). The connection's zone
is UTC. Weeks start where the query says; a bare `week` starts on Sunday, as in BigQuery.
"""

from __future__ import annotations

from sqlglot import exp

from analysis_lib.warehouse.dialect_rewrite import Untranslatable, duck, has_type, need_type, rule

DATE, INSTANT, CLOCK = exp.DType.DATE, exp.DType.TIMESTAMPTZ, exp.DType.DATETIME
_WEEKDAYS = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"]
_DATE_UNITS = {"DAY", "MONTH", "QUARTER", "YEAR"}
_TIME_UNITS = {"MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR"}


def is_utc(zone: exp.Expr | None) -> bool:
    """Whether the zone is UTC, or none is given."""
    return zone is None or (isinstance(zone, exp.Literal) and zone.name.upper() in {"UTC", "ETC/UTC"})


def is_clock(node: exp.Expr) -> bool:
    """Whether the node is a DATETIME."""
    return has_type(node, CLOCK, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ)


def as_clock(instant: exp.Expr, zone: exp.Expr | None) -> exp.Expr:
    """The wall clock of an instant; for UTC plain arithmetic, many times faster than a zone's table."""
    if is_utc(zone):
        return duck("make_timestamp(epoch_us(:x))", x=instant)
    return duck("timezone(:zone, :x)", x=instant, zone=zone)  # type: ignore[arg-type]


def as_instant(clock: exp.Expr, zone: exp.Expr | None) -> exp.Expr:
    """The instant at which a zone's wall clock shows this."""
    if is_utc(zone):
        return duck("make_timestamptz(epoch_us(:x))", x=clock)
    return duck("timezone(:zone, :x)", x=clock, zone=zone)  # type: ignore[arg-type]


def week_start(unit: exp.Expr | None) -> int | None:
    """0 (Sunday) to 6 for a week unit, else None."""
    if isinstance(unit, exp.WeekStart):
        return _WEEKDAYS.index(unit.this.name.upper())
    if unit is not None and unit.name.upper() == "ISOWEEK":
        return 1
    if unit is not None and unit.name.upper() == "WEEK":
        return 0
    return None


def unit_name(unit: exp.Expr | None) -> str:
    """The unit in capitals; DAY when none is given."""
    return "DAY" if unit is None else unit.name.upper()


def truncated(clock: exp.Expr, unit: exp.Expr | None) -> exp.Expr:
    """A DATE or DATETIME cut to the start of the unit; DuckDB gives back a DATE or a DATETIME."""
    start = week_start(unit)
    if start == 1:
        return duck("date_trunc('week', :x)", x=clock)
    if start is not None:
        return duck("date_trunc('day', :x) - to_days((dayofweek(:x) + :shift) % 7)", x=clock, shift=7 - start)
    name = unit_name(unit)
    if name == "ISOYEAR":
        return duck("date_trunc('week', make_date(isoyear(:x), 1, 4))", x=clock)
    if name not in _DATE_UNITS | _TIME_UNITS:
        raise Untranslatable(
            f"the unit {name.lower()} is not known", "Use day, week(monday), month, quarter or year."
        )
    return duck("date_trunc(:unit, :x)", unit=name.lower(), x=clock)


@rule(exp.DateTrunc, exp.DatetimeTrunc, exp.TimestampTrunc)
def truncate(node: exp.Expr) -> exp.Expr:
    """`date_trunc` of a DATE is a DATE; `timestamp_trunc` cuts in the zone."""
    this, unit, zone = node.this, node.args.get("unit"), node.args.get("zone")
    need_type(this)
    if has_type(this, DATE) or (isinstance(node, exp.DateTrunc) and isinstance(this, exp.Literal)):
        return duck("cast(:x as date)", x=truncated(duck("cast(:x as date)", x=this), unit))
    if is_clock(this):
        return duck("cast(:x as timestamp)", x=truncated(this, unit))
    if unit_name(unit) in _TIME_UNITS:
        if is_utc(zone):
            return duck("date_trunc(:unit, :x)", unit=unit_name(unit).lower(), x=this)
        clock = as_clock(this, zone)
        # what the zone's clock shows beyond the full hour comes off the instant: right in a repeated hour
        return duck("(:x - (:clock - :cut))", x=this, clock=clock, cut=truncated(clock, unit))
    return as_instant(duck("cast(:x as timestamp)", x=truncated(as_clock(this, zone), unit)), zone)


@rule(exp.TimestampDiff)
def elapsed(node: exp.Expr) -> exp.Expr:
    """Whole units elapsed, towards zero; DuckDB's date_diff would count boundaries."""
    name = unit_name(node.args.get("unit"))
    if name not in _TIME_UNITS | {"DAY"}:
        raise Untranslatable(f"{name.lower()} is not a unit of timestamp_diff", "Use day or smaller.")
    if name == "MICROSECOND":
        return duck("(epoch_us(:a) - epoch_us(:b))", a=node.this, b=node.expression)
    micros = {
        "MILLISECOND": 1000,
        "SECOND": 10**6,
        "MINUTE": 60 * 10**6,
        "HOUR": 3600 * 10**6,
        "DAY": 86400 * 10**6,
    }
    return duck("((epoch_us(:a) - epoch_us(:b)) // :n)", a=node.this, b=node.expression, n=micros[name])


@rule(exp.DateDiff, exp.DatetimeDiff)
def boundaries(node: exp.Expr) -> exp.Expr:
    """Boundaries crossed between two dates or wall clocks."""
    unit = node.args.get("unit")
    need_type(node.this)
    if has_type(node.this, INSTANT):
        raise Untranslatable("date_diff takes dates", "Write date_diff(date(a, zone), date(b, zone), day).")
    kind = "date" if has_type(node.this, DATE) else "timestamp"
    later, earlier = (duck(f"cast(:x as {kind})", x=side) for side in (node.this, node.expression))
    if week_start(unit) is not None:
        days = [duck("cast(:x as date)", x=truncated(side, unit)) for side in (later, earlier)]
        return duck("((:a - :b) // 7)", a=days[0], b=days[1])
    if unit_name(unit) not in _DATE_UNITS | _TIME_UNITS:
        raise Untranslatable(
            f"the unit {unit_name(unit).lower()} is not translated", "Use day, month, quarter, year."
        )
    return duck("date_diff(:unit, :b, :a)", unit=unit_name(unit).lower(), a=later, b=earlier)


_INTERVALS = {
    "MICROSECOND": "to_microseconds(:n)",
    "MILLISECOND": "to_microseconds(:n * 1000)",
    "SECOND": "to_microseconds(:n * 1000000)",
    "MINUTE": "to_minutes(:n)",
    "HOUR": "to_hours(:n)",
    "DAY": "to_days(cast(:n as integer))",
    "WEEK": "to_weeks(cast(:n as integer))",
    "ISOWEEK": "to_weeks(cast(:n as integer))",
    "MONTH": "to_months(cast(:n as integer))",
    "QUARTER": "to_months(cast(3 * :n as integer))",
    "YEAR": "to_years(cast(:n as integer))",
}


def interval(amount: exp.Expr, unit: exp.Expr | None) -> exp.Expr:
    """DuckDB's interval of so many units."""
    name = "WEEK" if week_start(unit) is not None else unit_name(unit)
    if name not in _INTERVALS:
        raise Untranslatable(
            f"the interval unit {name.lower()} is not translated", "Use a unit from microsecond to year."
        )
    if isinstance(amount, exp.Literal):
        amount = exp.Literal.number(amount.name)
    return duck(_INTERVALS[name], n=exp.cast(amount, exp.DType.BIGINT))


@rule(exp.DateAdd, exp.DateSub, exp.DatetimeAdd, exp.DatetimeSub, exp.TimestampAdd, exp.TimestampSub)
def shifted(node: exp.Expr) -> exp.Expr:
    """A DATE stays a DATE; instants move by elapsed time."""
    step = interval(node.expression, node.args.get("unit"))
    sign = "+" if isinstance(node, exp.DateAdd | exp.DatetimeAdd | exp.TimestampAdd) else "-"
    need_type(node.this)
    this = node.this
    if isinstance(this, exp.Literal):
        kind = {"Date": "date", "Datetim": "timestamp", "Timestamp": "timestamptz"}[type(node).__name__[:-3]]
        this = duck(f"cast(:x as {kind})", x=this)
        this.type = {"date": DATE, "timestamp": CLOCK, "timestamptz": INSTANT}[kind]
    if has_type(this, DATE):
        return duck(f"cast(:x {sign} :step as date)", x=this, step=step)
    return duck(f"(:x {sign} :step)", x=this, step=step)


@rule(exp.Interval)
def interval_value(node: exp.Expr) -> exp.Expr | None:
    """`interval n unit` on its own, as in `ts + interval 1 day`."""
    if isinstance(node.parent, exp.GenerateDateArray | exp.GenerateTimestampArray) or node.this is None:
        return None
    return interval(node.this, node.args.get("unit"))


_PARTS = {
    "DAYOFWEEK": "(dayofweek(:x) + 1)",
    "ISOWEEK": "weekofyear(:x)",
    "ISOYEAR": "isoyear(:x)",
    "DAYOFYEAR": "dayofyear(:x)",
    "MILLISECOND": "(extract(millisecond from :x) % 1000)",
    "MICROSECOND": "(extract(microsecond from :x) % 1000000)",
    "DATE": "cast(:x as date)",
    "DATETIME": "cast(:x as timestamp)",
    "TIME": "cast(:x as time)",
    **{
        part: f"extract({part} from :x)"
        for part in ("YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
    },
}


@rule(exp.Extract)
def part_of(node: exp.Expr) -> exp.Expr:
    """`extract(part from x [at time zone z])`, with BigQuery's counting of days and weeks."""
    source, part = node.expression, node.this
    zone = None
    if isinstance(source, exp.AtTimeZone):
        source, zone = source.this, source.args["zone"]
    need_type(source)
    clock = as_clock(source, zone) if has_type(source, INSTANT) else source
    start = week_start(part)
    if start is not None and part.name.upper() != "ISOWEEK":
        # days before the year's first such weekday belong to week 0
        return duck("((dayofyear(:x) + 6 - (dayofweek(:x) + :shift) % 7) // 7)", x=clock, shift=7 - start)
    name = unit_name(part)
    if name not in _PARTS:
        raise Untranslatable(f"the part {name.lower()} is not translated", "Use year … microsecond or date.")
    return duck(_PARTS[name], x=clock)


@rule(exp.AtTimeZone)
def in_zone(node: exp.Expr) -> exp.Expr | None:
    """Only `extract` takes a zone this way."""
    if isinstance(node.parent, exp.Extract):
        return None
    raise Untranslatable(
        "at time zone stands only in extract()", "Write date(ts, zone) or datetime(ts, zone)."
    )


@rule(exp.LastDay)
def last_day(node: exp.Expr) -> exp.Expr:
    """The last day of the month, or of another unit."""
    need_type(node.this)
    day = duck("cast(:x as date)", x=node.this)
    unit = node.args.get("unit") or exp.var("MONTH")
    if week_start(unit) is not None:
        return duck("cast(:x + 6 as date)", x=duck("cast(:x as date)", x=truncated(day, unit)))
    step = interval(exp.Literal.number(1), unit)
    return duck("cast(:x + :step - to_days(1) as date)", x=truncated(day, unit), step=step)


@rule(exp.GenerateDateArray, exp.GenerateTimestampArray)
def series(node: exp.Expr) -> exp.Expr:
    """Both ends included; a DATE series is of DATEs."""
    step = node.args.get("step")
    one = exp.cast(exp.Literal.number(1), exp.DType.BIGINT)
    by = interval(step.this, step.args.get("unit")) if step is not None else interval(one, None)
    kind = "date" if isinstance(node, exp.GenerateDateArray) else "timestamptz"
    start, end = node.args["start"], node.args["end"]
    return duck(f"cast(generate_series(:a, :b, :by) as {kind}[])", a=start, b=end, by=by)
