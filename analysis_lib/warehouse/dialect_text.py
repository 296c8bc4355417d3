"""Text and casts, where BigQuery and DuckDB part over NULL, white space, matches and what is a number."""

from __future__ import annotations

import re

from sqlglot import exp

from analysis_lib.warehouse.dialect_numbers import NUMERIC
from analysis_lib.warehouse.dialect_rewrite import Untranslatable, duck, has_type, need_type, rule, shown
from analysis_lib.warehouse.dialect_types import INTEGERS

_BLANKS = (
    " \t\n\r\f\v\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
TEXT = tuple(exp.DataType.TEXT_TYPES)


@rule(exp.Concat)
def concat(node: exp.Expr) -> exp.Expr:
    """NULL when one part is NULL; DuckDB's concat would skip it."""
    joined: exp.Expr = exp.Paren(this=node.expressions[0].copy())
    for part in node.expressions[1:]:
        joined = exp.DPipe(this=joined, expression=exp.Paren(this=part.copy()))
    return exp.Paren(this=joined)


@rule(exp.Length)
def length(node: exp.Expr) -> exp.Expr:
    """Characters of a STRING, bytes of BYTES."""
    need_type(node.this)
    return duck("octet_length(:x)" if has_type(node.this, exp.DType.BINARY) else "length(:x)", x=node.this)


@rule(exp.Trim)
def trim(node: exp.Expr) -> exp.Expr | None:
    """Every kind of white space, where DuckDB's trim takes off spaces only."""
    if node.args.get("expression") is not None:
        return None
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
    # nearly every text starts and ends with a printed ASCII character; the long list costs five times as much
    return duck(
        "case when ascii(:x) between 33 and 126 and ascii(right(:x, 1)) between 33 and 126 "
        f"then :x else {name}(:x, :blanks) end",
        x=node.this,
        blanks=_BLANKS,
    )


@rule(exp.Substring)
def substring(node: exp.Expr) -> exp.Expr | None:
    """Position 0 is the first character, as is one before the start."""
    start = node.args.get("start")
    if isinstance(start, exp.Literal) and int(start.name) > 0:
        return None
    begin = duck(
        "case when :p = 0 or :p < -length(:x) then 1 else :p end",
        p=start or exp.Literal.number(1),
        x=node.this,
    )
    count = node.args.get("length")
    if count is None:
        return duck("substr(:x, :p)", x=node.this, p=begin)
    return duck("substr(:x, :p, :n)", x=node.this, p=begin, n=count)


@rule(exp.StrPosition)
def position(node: exp.Expr) -> None:
    """Only the first occurrence."""
    if node.args.get("position") or node.args.get("occurrence"):
        raise Untranslatable("a position or occurrence is not translated", "Use strpos or regexp_extract.")


@rule(exp.RegexpExtract)
def regexp_extract(node: exp.Expr) -> exp.Expr:
    """The first match, or its one group; NULL without a match."""
    if node.args.get("position") or node.args.get("occurrence"):
        raise Untranslatable("position and occurrence are not translated", "Put them into the pattern.")
    group = node.args.get("group")
    return duck(
        "case when regexp_matches(:x, :p) then regexp_extract(:x, :p, :g) end",
        x=node.this,
        p=node.expression,
        g=int(group.name) if group is not None else 0,
    )


@rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr) -> exp.Expr:
    """Every match is replaced."""
    return duck("regexp_replace(:x, :p, :r, 'g')", x=node.this, p=node.expression, r=node.args["replacement"])


@rule(exp.SafeFunc)
def safe(node: exp.Expr) -> exp.Expr:
    """`safe.f(x)`: NULL where f raises."""
    return duck("try(:x)", x=node.this)


_KNOWN_TO_RULES = {"ERROR"}


@rule(exp.Anonymous)
def unknown_function(node: exp.Expr) -> exp.Expr | None:
    """What is not known as GoogleSQL does not reach DuckDB, which has other functions of its own."""
    name = str(node.this).upper()
    if name == "IEEE_DIVIDE":
        return duck("(cast(:a as double) / cast(:b as double))", a=node.expressions[0], b=node.expressions[1])
    if name not in _KNOWN_TO_RULES:
        raise Untranslatable(
            f"{name.lower()} is not a function that the translation knows", "Check its name."
        )
    return None


@rule(exp.Cast, exp.TryCast)
def cast(node: exp.Expr) -> exp.Expr | None:
    """Casts whose rounding, reading or text differs between the engines."""
    source, target = node.this, node.args["to"]
    kind = "try_cast" if isinstance(node, exp.TryCast) else "cast"
    if target.is_type(exp.DType.BIGDECIMAL, exp.DType.INTERVAL):
        raise Untranslatable("this type is not translated", "Use numeric.")
    if target.is_type(*INTEGERS) and has_type(source, exp.DType.DOUBLE):
        # BigQuery rounds halves away from zero, DuckDB to even
        return duck(f"{kind}(round(:x) as bigint)", x=source)
    if has_type(source, *TEXT):
        return from_text(source, target, kind)
    if target.is_type(*TEXT):
        return _to_text(source)
    if target.is_type(exp.DType.DATE) and has_type(source, exp.DType.TIMESTAMPTZ):
        return duck("cast(make_timestamp(epoch_us(:x)) as date)", x=source)
    return None


def _to_text(source: exp.Expr) -> exp.Expr | None:
    need_type(source)
    if has_type(source, NUMERIC):
        return duck(r"regexp_replace(cast(cast(:x as decimal(38, 9)) as varchar), '\.?0+$', '')", x=source)
    if has_type(source, exp.DType.DOUBLE, exp.DType.TIMESTAMPTZ, exp.DType.DATETIME):
        raise Untranslatable("its text differs between engines", "Format it in Python, or use format_date.")
    return None


_DAY = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_CLOCK = r"([ T]([01]?[0-9]|2[0-3]):[0-9]{1,2}:[0-9]{1,2}(\.[0-9]{1,9})?)?"
_ZONE = "( ?(Z|[+-][0-9]{1,2}(:?[0-9]{2})?| [A-Za-z]+(/[A-Za-z_/]+)?|UTC))?"
_BLANK = r"\s*"
# DuckDB would read '1.5' and '1e3' as whole numbers, 't' and '1' as true, '1_000' as a thousand, 'epoch',
# '24-01-31' and '2024/01/31' as dates, and 24:00:00 as the next day; BigQuery does not
_LAYOUTS: dict[exp.DType, str] = {
    **dict.fromkeys(INTEGERS, f"{_BLANK}[+-]?(0[xX][0-9a-fA-F]+|[0-9]+){_BLANK}"),
    **dict.fromkeys((NUMERIC, exp.DType.DOUBLE), "[^_]*"),
    exp.DType.BOOLEAN: "(?i)true|false",
    exp.DType.DATE: _DAY,
    exp.DType.TIMESTAMPTZ: _DAY + _CLOCK + _ZONE,
    exp.DType.TIMESTAMP: _DAY + _CLOCK,
    exp.DType.DATETIME: _DAY + _CLOCK,
}


def from_text(source: exp.Expr, target: exp.DataType, kind: str) -> exp.Expr | None:
    """A text is read by BigQuery's layouts, which are stricter than DuckDB's."""
    layout = _LAYOUTS.get(target.this)
    if layout is None or (isinstance(source, exp.Literal) and re.fullmatch(layout, source.name)):
        return None
    fits = duck("regexp_full_match(:x, :layout)", x=source, layout=layout)
    value = exp.Cast(this=source.copy(), to=target.copy())
    if kind == "try_cast":
        value = exp.TryCast(this=source.copy(), to=target.copy())
        return duck("case when :fits then :value end", fits=fits, value=value)
    return duck(
        "case when :x is null or :fits then :value else error(:x || :message) end",
        fits=fits,
        value=value,
        x=source,
        message=f" is not a value for {shown(target)}",
    )


def read_text(source: exp.Expr, kind: str) -> exp.Expr:
    """What `timestamp(text)` and its like do: a cast."""
    target = exp.DataType.build(kind, dialect="bigquery")
    return from_text(source, target, "cast") or exp.Cast(this=source.copy(), to=target)
