"""Aggregates and arrays, where BigQuery and DuckDB part over NULL, limits and positions."""

from __future__ import annotations

from sqlglot import exp

from analysis_lib.warehouse.dialect_rewrite import Untranslatable, duck, has_type, rule
from analysis_lib.warehouse.dialect_types import INTEGERS


@rule(exp.CountIf)
def count_if(node: exp.Expr) -> exp.Expr:
    """0 over no rows, where DuckDB's count_if gives NULL."""
    if isinstance(node.this, exp.Distinct):
        raise Untranslatable("countif(distinct …) is not translated", "Write count(distinct if(…, x, null)).")
    return duck("count(case when :x then 1 end)", x=node.this)


@rule(exp.AnyValue)
def any_value(node: exp.Expr) -> exp.Expr | None:
    """`having max` takes the value of the row with the greatest key, NULL or not."""
    chosen = node.this
    if not isinstance(chosen, exp.HavingMax):
        return None
    name = "arg_max_null" if chosen.args.get("max") else "arg_min_null"
    return duck(f"{name}(:x, :y)", x=chosen.this, y=chosen.expression)


def _first(whole: exp.Expr, count: exp.Expr) -> exp.Expr:
    """The first elements of an array."""
    return duck("(:x)[1:cast(:n as bigint)]", x=whole, n=count)


@rule(exp.ArrayAgg)
def array_agg(node: exp.Expr) -> exp.Expr | None:
    """`limit n` takes the first n after the order."""
    if isinstance(node.parent, exp.IgnoreNulls) or not isinstance(node.this, exp.Limit):
        return None
    return _first(exp.ArrayAgg(this=node.this.this.copy()), node.this.expression)


@rule(exp.IgnoreNulls)
def array_agg_without_nulls(node: exp.Expr) -> exp.Expr | None:
    """`ignore nulls` comes before the limit."""
    inner = node.this
    if not isinstance(inner, exp.ArrayAgg) or not isinstance(inner.this, exp.Limit):
        return None
    whole = exp.IgnoreNulls(this=exp.ArrayAgg(this=inner.this.this.copy()))
    return _first(whole, inner.this.expression)


@rule(exp.GroupConcat)
def string_agg(node: exp.Expr) -> exp.Expr | None:
    """`limit n` joins the first n after the order."""
    if not isinstance(node.this, exp.Limit):
        return None
    whole = exp.IgnoreNulls(this=exp.ArrayAgg(this=node.this.this.copy()))
    separator = node.args.get("separator") or exp.Literal.string(",")
    return duck("array_to_string(:x, :s)", x=_first(whole, node.this.expression), s=separator)


@rule(exp.ApproxQuantiles)
def approx_quantiles(node: exp.Expr) -> exp.Expr:
    """n + 1 cut points, exact where BigQuery's are approximate."""
    number = node.args.get("expression")
    if not isinstance(number, exp.Literal):
        raise Untranslatable("the number of quantiles must be written out", "Write approx_quantiles(x, 100).")
    count = int(number.name)
    cuts = exp.Array(expressions=[exp.Literal.number(i / count) for i in range(count + 1)])
    return duck("quantile_disc(:x, :cuts)", x=node.this, cuts=cuts)


@rule(exp.Unnest)
def unnest(node: exp.Expr) -> exp.Expr | None:
    """`with offset` counts from 0: the elements and their positions side by side."""
    offset = node.args.get("offset")
    if not offset:
        return None
    alias = node.args.get("alias")
    column = alias.columns[0] if alias is not None and alias.columns else None
    if alias is None or column is None or len(node.expressions) != 1:
        raise Untranslatable(
            "with offset needs a name for the element",
            "Write unnest(x) as item with offset as position.",
        )
    rows = duck("(select unnest(:x) as item, unnest(range(0, len(:x))) as place)", x=node.expressions[0])
    table = alias.this.copy() if alias.this is not None else exp.to_identifier(f"_{column.name}")
    names = exp.TableAlias(this=table, columns=[column.copy(), offset.copy()])
    rows.set("alias", names)
    join = node.parent
    if isinstance(join, exp.Join) and join.side and not join.args.get("on"):
        join.set("on", exp.true())  # an array joins to its own row without a condition
    return rows


@rule(exp.GenerateSeries)
def number_series(node: exp.Expr) -> exp.Expr:
    """generate_array of INT64; both ends included."""
    start, end, step = node.args["start"], node.args["end"], node.args.get("step")
    if not all(has_type(edge, *INTEGERS) for edge in (start, end)):
        raise Untranslatable("generate_array is translated for INT64 only", "Cast both ends to int64.")
    return duck(
        "generate_series(cast(:a as bigint), cast(:b as bigint), cast(:s as bigint))",
        a=start,
        b=end,
        s=step or exp.Literal.number(1),
    )


@rule(exp.Bracket)
def element(node: exp.Expr) -> exp.Expr | None:
    """Positions from `offset` (0) or `ordinal` (1); DuckDB counts from 1, and from the end below 0."""
    if len(node.expressions) != 1 or has_type(node.this, exp.DType.JSON, exp.DType.STRUCT):
        return None
    index = duck("cast(:i as bigint)", i=node.expressions[0])
    if not node.args.get("offset"):
        index = duck("(:i + 1)", i=index)
    first = index.find(exp.Literal)
    if first is not None and index.find(exp.Column, exp.Neg) is None:
        return duck("list_extract(:x, :i)", x=node.this, i=index)
    return duck("case when :i > 0 then list_extract(:x, :i) end", x=node.this, i=index)
