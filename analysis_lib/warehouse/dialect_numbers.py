"""NUMERIC, INT64 and FLOAT64: arithmetic with BigQuery's types and rounding.

NUMERIC is decimal(38,9), rounded half away from zero after every step; INT64 / INT64 is FLOAT64; a sum of
INT64 is INT64. DuckDB widens scales, divides decimals as doubles, sums integers as HUGEINT, and reads a
small integer as 32 bits and `0.5` as a decimal.
"""

from __future__ import annotations

from sqlglot import exp

from analysis_lib.warehouse.dialect_rewrite import Untranslatable, duck, has_type, is_unknown, need_type, rule
from analysis_lib.warehouse.dialect_types import INTEGERS

NUMERIC = exp.DType.DECIMAL
DOUBLE = exp.DType.DOUBLE
_VALUES = (
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Mod,
    exp.IntDiv,
    exp.Neg,
    exp.Case,
    exp.If,
    exp.Coalesce,
    exp.Nullif,
    exp.Greatest,
    exp.Least,
    exp.Alias,
    exp.SafeAdd,
    exp.SafeSubtract,
    exp.SafeMultiply,
    exp.SafeNegate,
    exp.Array,
    exp.Struct,
    exp.PropertyEQ,
    exp.Sum,
    exp.Min,
    exp.Max,
)


def as_numeric(node: exp.Expr) -> exp.Expr:
    """The node rounded to NUMERIC; DuckDB's cast between decimals rounds half away from zero."""
    new = duck("cast(:x as decimal(38, 9))", x=node)
    new.type = exp.DataType.build("NUMERIC", dialect="bigquery")
    return new


def as_double(node: exp.Expr) -> exp.Expr:
    """The node as FLOAT64."""
    new = duck("cast(:x as double)", x=node)
    new.type = exp.DataType.build("FLOAT64", dialect="bigquery")
    return new


def as_bigint(node: exp.Expr) -> exp.Expr:
    """The node as INT64."""
    new = duck("cast(:x as bigint)", x=node)
    new.type = exp.DataType.build("INT64", dialect="bigquery")
    return new


def outer(node: exp.Expr) -> exp.Expr:
    """The window, filter or null-treatment that an aggregate stands in, or the aggregate itself."""
    parent = node.parent
    while (
        isinstance(parent, exp.Window | exp.Filter | exp.IgnoreNulls | exp.RespectNulls)
        and parent.this is node
    ):
        node, parent = parent, parent.parent
    return node


@rule(exp.DataType)
def width(node: exp.Expr) -> exp.Expr | None:
    """NUMERIC is decimal(38, 9), where DuckDB's default is decimal(18, 3)."""
    if node.this != NUMERIC or node.expressions:
        return None
    return exp.DataType.build("DECIMAL(38, 9)", dialect="duckdb")


@rule(exp.Literal)
def literal(node: exp.Expr) -> exp.Expr | None:
    """Integers are INT64 where they are values; `0.5` is FLOAT64 unless it meets a NUMERIC."""
    if node.is_string:
        return None
    parent = node.parent
    while isinstance(parent, exp.Paren | exp.Neg):
        parent = parent.parent
    if "." not in node.name and "e" not in node.name.lower():
        if not isinstance(parent, _VALUES) or has_type(parent, exp.DType.DATE, exp.DType.TIMESTAMPTZ):
            return None
        return as_bigint(node)
    if has_type(parent, NUMERIC):
        return None
    beside = parent.iter_expressions() if isinstance(parent, exp.Predicate) else ()
    if any(has_type(other, NUMERIC) for other in beside):
        return None
    return as_double(node)


@rule(exp.Mul)
def product(node: exp.Expr) -> exp.Expr | None:
    """A product of two NUMERIC has scale 18 in DuckDB; it is rounded back to 9."""
    if any(has_type(side, DOUBLE) for side in (node.this, node.expression)):
        return None
    if all(has_type(side, *INTEGERS) for side in (node.this, node.expression)):
        return None
    need_type(node.this)
    need_type(node.expression)
    return as_numeric(node.copy()) if has_type(node, NUMERIC) else None


def _quotient(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """NUMERIC / NUMERIC, NULL over zero, exact.

    Both are scaled to whole numbers, divided to ten decimals and cut there; the cast to nine rounds half
    away from zero, which depends on the tenth decimal only. Good to 1.7e19.
    """
    return duck(
        "cast(cast(cast((cast(cast(:a as decimal(38, 9)) * 1000000000 as hugeint) * 10000000000) "
        "// nullif(cast(cast(:b as decimal(38, 9)) * 1000000000 as hugeint), 0) as decimal(38, 0)) "
        "* 0.0000000001 as decimal(38, 10)) as decimal(38, 9))",
        a=left,
        b=right,
    )


def _divide(node: exp.Expr, left: exp.Expr, right: exp.Expr) -> exp.Expr:
    for side in (left, right):
        need_type(side)
    if has_type(node, NUMERIC):
        return _quotient(left, right)
    return duck("cast(:a as double) / nullif(cast(:b as double), 0)", a=left, b=right)


@rule(exp.SafeDivide)
def safe_divide(node: exp.Expr) -> exp.Expr:
    """NULL over zero; NUMERIC where one side is, FLOAT64 for integers."""
    return exp.Paren(this=_divide(node, node.this, node.expression))


@rule(exp.Div)
def divide(node: exp.Expr) -> exp.Expr:
    """`/` raises over zero, as in BigQuery."""
    quotient = _divide(node, node.this, node.expression)
    divisor = node.expression.unnest()
    if isinstance(divisor, exp.Cast):
        divisor = divisor.this
    if isinstance(divisor, exp.Literal) and float(divisor.name) != 0:
        return exp.Paren(this=quotient)
    return duck("case when :b = 0 then error('division by zero') else :q end", b=node.expression, q=quotient)


@rule(exp.IntDiv)
def whole_quotient(node: exp.Expr) -> exp.Expr:
    """`div` is an operator in DuckDB, which needs parentheses; over zero it raises in BigQuery."""
    quotient = exp.Paren(
        this=exp.IntDiv(this=_bracketed(node.this), expression=_bracketed(node.expression)),
    )
    divisor = node.expression.unnest()
    if isinstance(divisor, exp.Neg | exp.Cast):
        divisor = divisor.this
    if isinstance(divisor, exp.Literal) and float(divisor.name) != 0:
        return quotient
    return duck("case when :b = 0 then error('division by zero') else :q end", b=node.expression, q=quotient)


def _bracketed(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=node.copy()) if isinstance(node, exp.Binary | exp.Unary) else node.copy()


@rule(exp.Sum)
def total(node: exp.Expr) -> exp.Expr | None:
    """The sum of INT64 is INT64."""
    if isinstance(outer(node), exp.Window | exp.Filter):
        return None
    return as_bigint(node) if has_type(node, *INTEGERS) else None


@rule(exp.Avg)
def mean(node: exp.Expr) -> exp.Expr | None:
    """The mean of NUMERIC is NUMERIC."""
    if isinstance(outer(node), exp.Window | exp.Filter):
        return None
    need_type(node.this)
    return _numeric_mean(node) if has_type(node, NUMERIC) else None


def _numeric_mean(whole: exp.Expr) -> exp.Expr:
    """sum / count of the same rows, in the same window."""
    counted, summed = whole.copy(), whole.copy()
    for copy, kind in ((counted, exp.Count), (summed, exp.Sum)):
        average = copy if isinstance(copy, exp.Avg) else copy.find(exp.Avg)
        assert average is not None
        new = kind(this=average.this.copy())
        if average is copy:
            copy = new
        else:
            average.replace(new)
        if kind is exp.Count:
            counted = copy
        else:
            summed = copy
    return _quotient(summed, counted)


@rule(exp.Window, exp.Filter)
def over(node: exp.Expr) -> exp.Expr | None:
    """Sums and means keep their type over a window too."""
    if outer(node) is not node:
        return None
    inner = node.this
    while isinstance(inner, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
        inner = inner.this
    if isinstance(inner, exp.Sum) and has_type(inner, *INTEGERS):
        return as_bigint(node)
    if isinstance(inner, exp.Avg):
        need_type(inner.this)
        if has_type(inner, NUMERIC):
            return _numeric_mean(node)
    return None


@rule(exp.SafeAdd, exp.SafeSubtract, exp.SafeMultiply, exp.SafeNegate)
def safe_arithmetic(node: exp.Expr) -> exp.Expr:
    """NULL where the plain operation overflows."""
    need_type(node)
    if isinstance(node, exp.SafeNegate):
        return duck("try(-:x)", x=node.this)
    operator = "+" if isinstance(node, exp.SafeAdd) else "-" if isinstance(node, exp.SafeSubtract) else "*"
    kind = "decimal(38, 9)" if has_type(node, NUMERIC) else "double" if has_type(node, DOUBLE) else "bigint"
    return duck(f"try(cast(:a {operator} :b as {kind}))", a=node.this, b=node.expression)


@rule(exp.Ln, exp.Log, exp.Sqrt)
def in_domain(node: exp.Expr) -> exp.Expr:
    """An error where DuckDB would give nan or -inf; NULL under `safe.`."""
    has_base = isinstance(node, exp.Log) and node.expression is not None
    # sqlglot keeps log(x, base) as Log(base, x)
    argument = node.expression if has_base else node.this
    if isinstance(node, exp.Sqrt):
        call = duck("sqrt(cast(:x as double))", x=argument)
    elif has_base and node.this.name == "10":
        call = duck("log10(cast(:x as double))", x=argument)
    elif has_base:
        call = duck("(ln(cast(:x as double)) / ln(cast(:b as double)))", x=argument, b=node.this)
    else:
        call = duck("ln(cast(:x as double))", x=argument)
    outside = "null" if isinstance(node.parent, exp.SafeFunc) else "error('argument out of range')"
    test = "<" if isinstance(node, exp.Sqrt) else "<="
    return duck(f"case when :x {test} 0 then {outside} else :call end", x=argument, call=call)


@rule(exp.Ceil, exp.Floor, exp.Round, exp.Trunc)
def rounded(node: exp.Expr) -> exp.Expr | None:
    """Whole numbers round to FLOAT64, NUMERIC stays NUMERIC."""
    need_type(node.this)
    digits = node.args.get("decimals")
    coarse = digits is not None and not (isinstance(digits, exp.Literal) and int(digits.name) >= 6)
    if coarse and isinstance(node, exp.Round) and has_type(node.this, DOUBLE):
        # 2.675 is a little less than that in binary: BigQuery gives 2.67, DuckDB 2.68
        raise Untranslatable(
            "FLOAT64 rounds to decimals differently on the two engines",
            "Write round(cast(… as numeric), n), or round to 6 decimals or more.",
        )
    if has_type(node.this, *INTEGERS):
        node.set("this", as_double(node.this))
        return None
    return as_numeric(node.copy()) if has_type(node.this, NUMERIC) else None


@rule(exp.PercentileCont)
def percentile(node: exp.Expr) -> exp.Expr | None:
    """Interpolated in FLOAT64; a NUMERIC has to be cast by the author."""
    if has_type(node.this, NUMERIC):
        raise Untranslatable("percentiles of NUMERIC differ between engines", "Write cast(… as float64).")
    if is_unknown(node.this):
        need_type(node.this)
    return None


@rule(exp.Greatest, exp.Least)
def extreme(node: exp.Expr) -> exp.Expr:
    """NULL when one argument is NULL; DuckDB would skip it."""
    name = "greatest" if isinstance(node, exp.Greatest) else "least"
    arguments = [node.this, *node.expressions]
    call = exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])
    nulls = [argument for argument in arguments if not _is_constant(argument)]
    if not nulls:
        return call
    condition = exp.or_(*(exp.Is(this=argument.copy(), expression=exp.Null()) for argument in nulls))
    return exp.Case(ifs=[exp.If(this=condition, true=exp.Null())], default=call)


def _is_constant(node: exp.Expr) -> bool:
    return (
        node.find(exp.Column, exp.Null) is None
        and node.find(exp.Literal) is not None
        and node.find(exp.Func) is None
    )
