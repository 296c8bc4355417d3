"""How well the velocity that the reorder list rests on foretold what was sold, beside a naive forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis_lib.pages.periods import records
from analysis_lib.reporting import numbers
from analysis_lib.reporting.html import Html, empty, join, paragraph
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import Window

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_ALL = "(all)"
_QUALITY = """
select slice, value, baseline_value, baseline_name, sample_size, note
from int_velocity_quality
where metric = 'wape'
order by slice
"""
_UNITS = """
with both_ways as (
    select '(all)' as slice, * from int_velocity_backtest
    union all
    select concat('abc_class ', abc_class) as slice, * from int_velocity_backtest
)
select
    slice,
    sum(backtest_actual_units) as units_sold,
    sum(backtest_forecast_units) as units_forecast,
    sum(backtest_naive_units) as units_naive,
from both_ways
group by slice
"""


def foretold(book: Shop) -> Html:
    """Units sold in the last look-back beside both forecasts of them, over all products and by ABC class."""
    import pandas as pd

    quality = {row["slice"]: row for row in records(book, _QUALITY)}
    units = {row["slice"]: row for row in records(book, _UNITS)}
    whole = quality.get(_ALL)
    if whole is None or whole["value"] is None:
        why = whole["note"].removeprefix("not known: ") if whole else "no product was ever stocked"
        return empty(f"The forecast of sales cannot be tried on the past: {why}.")
    rows = pd.DataFrame([{**quality[name], **units[name]} for name in sorted(quality) if name in units])
    rows["part"] = ["All products" if name == _ALL else f"Class {name[-1]}" for name in rows["slice"]]
    rows["closer"] = [
        closer(value, naive) for value, naive in zip(rows["value"], rows["baseline_value"], strict=True)
    ]
    days, as_of = book.parameters.velocity_days, book.data_through
    window = Window(as_of, as_of).earlier(days - 1).first
    least = book.parameters.min_sample
    text = Window(window, as_of).text

    def few(row: Any) -> bool:
        return not numbers.is_reliable(row.units_sold, least)

    return join(
        [
            paragraph(sentence(whole, days)),
            table(
                rows,
                [
                    Column("part", "Products"),
                    Column("sample_size", "Number of them", numbers.count),
                    Column("units_sold", "Units sold", numbers.count),
                    Column("units_forecast", "Units forecast", numbers.count),
                    Column("value", "WAPE", _share, is_few=few),
                    Column("units_naive", "Units, naive", numbers.count),
                    Column("baseline_value", "WAPE, naive", _share, is_few=few),
                    Column("closer", "Closer"),
                ],
                "velocity-backtest",
                f"The forecast of sales tried on {text}",
                f"made on the evening before, from the sales of the {numbers.days(days)} up to then",
                [
                    "WAPE: the absolute errors in units, product by product, divided by the units sold; 0 "
                    "% is best, above "
                    "100 % to forecast no sale at all would have been closer. Naive: the last 7 days "
                    "carried forward.",
                    f"Italic: on fewer than {least} units sold, too few to rely on.",
                ],
                download=rows.drop(columns=["part", "note", "baseline_name"]),
                download_label="The forecast of sales on the past",
            ),
        ]
    )


def sentence(whole: dict[str, Any], days: int) -> str:
    """What the back-test says of the reorder list, in words."""
    ours, naive = _share(whole["value"]), _share(whole["baseline_value"])
    return (
        f"Over the last {numbers.days(days)} the forecast behind the reorder list was off by {ours} of the "
        f"units sold, counted product by product; the last 7 days carried forward, by {naive}. The errors of "
        "products that sell a few units a month are large by chance; the safety stock is held for them."
    )


def _better(ours: float, naive: float) -> str:
    if abs(ours - naive) < 0.0005:
        return "equal"
    return "model" if ours < naive else "naive"


def closer(ours: float | None, naive: float | None) -> str:
    """Which of two errors is smaller, as a word for the table.

    Examples
    --------
    >>> closer(0.5, 0.7), closer(0.7, 0.5), closer(0.5, 0.5), closer(None, None)
    ('forecast', 'naive', 'equal', '–')
    """
    known = [numbers.number_or_none(value) for value in (ours, naive)]
    if known[0] is None or known[1] is None:
        return numbers.NOT_AVAILABLE
    return {"model": "forecast", "naive": "naive", "equal": "equal"}[_better(known[0], known[1])]


def _share(value: Any) -> str:
    return numbers.percent(value, 1)
