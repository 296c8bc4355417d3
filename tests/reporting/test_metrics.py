"""The metric registry: complete, and true to the models that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis_lib.errors import SettingsError
from analysis_lib.models import read_project
from analysis_lib.pages import funnel, funnel_findings, headline, stock
from analysis_lib.reporting.metrics import metric, registry
from analysis_lib.shop import Shop

PROJECT = read_project("thelook")
ENTRY = """
net_revenue:
  label: Net revenue
  unit: currency
  format: money
  definition: What is left.
  formula: gross − returns
  model: fct_daily_pnl
  column: net_revenue
  changed_on: 2026-11-21
"""


@pytest.mark.parametrize("name", registry())
def test_every_metric_names_columns_that_its_model_declares(name: str) -> None:
    found = metric(name)
    declared = PROJECT.get(found.model).contract.columns
    assert found.columns
    for column in found.columns:
        assert column in declared, f"{name}: {found.model} has no column {column}"
    for word in re.findall(
        r"\b[a-z_]+_[a-z_]+\b", re.sub(r"'[^']*'", "", found.where + " " + found.expression)
    ):
        assert word in declared or word == "safe_divide", f"{name}: {word}"


@pytest.mark.parametrize("name", registry())
def test_units_agree_with_the_models(name: str) -> None:
    found = metric(name)
    unit = PROJECT.get(found.model).contract.columns[found.columns[0]].unit
    if found.column and not found.expression and found.format in ("money", "rate"):
        assert unit == {"money": "currency", "rate": "share"}[found.format]
    assert (
        found.unit
        == {
            "money": "currency",
            "count": "count",
            "rate": "share",
            "ratio": "ratio",
            "score": "score",
            "days": "days",
            "duration": "seconds",
        }[found.format]
    )


@pytest.mark.parametrize("name", registry())
def test_the_words_are_sentences_for_a_stakeholder(name: str) -> None:
    found = metric(name)
    assert found.definition.endswith(".")
    assert not found.formula.endswith(".")
    assert "_" not in found.label + found.definition + found.formula + found.caveat, (
        "no column names in words"
    )
    assert found.caveat == "" or found.caveat.endswith(".")


@pytest.mark.parametrize("name", registry())
def test_the_sql_of_a_metric_runs_on_its_model(name: str, two_months: Shop) -> None:
    found = metric(name)
    if found.is_estimate:
        with pytest.raises(SettingsError, match=f"Read the column {found.column} of the row that stands for"):
            _ = found.aggregate
        rows = two_months.sql(f"select {found.column} from {found.model} limit 1")
        assert list(rows.columns) == [found.column]
        return
    rows = two_months.sql(f"select {found.aggregate} as value from {found.model}")
    assert len(rows) == 1


def test_medians_and_kaplan_meier_shares_are_never_added_up() -> None:
    estimates = {name for name, found in registry().items() if found.is_estimate}
    assert {"bought_within_7_days", "bought_within_30_days", "median_time_to_purchase"} <= estimates
    assert all(not found.is_estimate for found in registry().values() if found.denominator)
    assert {name for name in registry() if name.startswith("median_")} <= estimates


def test_every_metric_on_a_card_is_in_the_registry() -> None:
    shown = {
        *headline.SUMS,
        *headline.LINES,
        *funnel.RATES,
        *funnel.TIMES,
        *funnel_findings.CARDS,
        *stock.METRICS,
    }
    assert shown <= set(registry())


def test_ratios_are_sums_over_sums() -> None:
    assert metric("roas").aggregate == (
        "safe_divide(cast(sum(net_revenue) as float64), cast(sum(ad_spend) as float64))"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("  label: Net revenue\n", ""), "net_revenue lacks its label"),
        (("label:", "lable:"), 'unknown part lable. Did you mean "label"'),
        (("format: money", "format: dollars"), "there is no format dollars"),
        (("format: money", "format: rate"), "needs both a numerator and a denominator"),
        (("2026-11-21", "yesterday"), "changed_on must be a date"),
        (("  column: net_revenue\n", ""), "needs a column"),
        (("  column:", "  good: sideways\n  column:"), "good must be up, down or neither"),
    ],
)
def test_a_faulty_entry_is_refused_in_a_sentence(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    path = tmp_path / "metrics.yml"
    path.write_text(ENTRY.replace(*change), encoding="utf-8")
    with pytest.raises(SettingsError, match=re.escape(message)):
        registry(path)


def test_an_unknown_metric_gets_the_nearest_one() -> None:
    with pytest.raises(SettingsError, match='Did you mean "net_revenue"'):
        metric("net_revenu")
