"""The quality page: what it says of checks, rows, sums, forecasts, models; and that it equals the tables."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis_lib.checks import DQ_CHECKS
from analysis_lib.pages import (
    quality,
    quality_data,
    quality_findings,
    quality_forecasts,
    quality_glossary,
    quality_rows,
)
from analysis_lib.reporting.cards import anchor
from analysis_lib.reporting.metrics import registry
from analysis_lib.shop import Shop
from analysis_lib.sources.decisions import COLUMNS
from tests.reporting import shops
from tests.reporting.test_pages_on_small_shops import text_of

S = "\u00a0"
SECTIONS = [getattr(quality, name) for name in quality.__all__]
REJECTED = {
    "source": "STRING",
    "table_name": "STRING",
    "file_id": "INT64",
    "file_name": "STRING",
    "row_number": "INT64",
    "reason": "STRING",
    "row_as_read": "STRING",
}
DECISIONS = {
    name: {"VARCHAR": "STRING", "BIGINT": "INT64", "BOOLEAN": "BOOL"}[kind] for name, kind in COLUMNS.items()
}
SUM = {"left_name": "one way", "right_name": "the other way", "note": "why"}


def _check(model: str, brief: str, failing: int = 0, sample: str = "", **other: str) -> list[Any]:
    severity = other.get("severity", "error")
    status = "passed" if not failing else {"error": "failed", "warn": "warned"}[severity]
    row = {
        "model": model,
        "column_name": other.get("column", ""),
        "check_name": other.get("kind", "expression"),
        "severity": severity,
        "brief": brief,
        "failing_rows": failing,
        "sample": sample,
        "status": status,
        "fingerprint": "f",
    }
    return [row[name] for name in DQ_CHECKS]


def _add(shop: Shop, table: str, schema: dict[str, str], rows: Sequence[Sequence[Any]]) -> None:
    if table not in shop._warehouse.tables():
        shop._warehouse.create_empty_table(table, schema)
    shop._warehouse.append(table, schema, rows)


COUNTS = {
    "table_name": "STRING",
    **dict.fromkeys(("rows_read", "rows_staged", "rows_rejected", "duplicates_dropped"), "INT64"),
}


def _forecast(model: str, metric: str, value: float | None, naive: float | None, part: str = "(all)") -> Any:
    return {
        "model_name": model,
        "metric": metric,
        "slice": part,
        "value": value,
        "baseline_name": "same as before",
        "baseline_value": naive,
        "sample_size": 40,
        "note": "too few buyers to fit" if value is None else "what it is",
    }


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop where something of everything is wrong."""
    marts = {
        "dq_reconciliation": [
            {"reconciliation": "session revenue", "left_value": 10, "right_value": 12, "difference": -2,
             "is_ok": False, **SUM},
            {"reconciliation": "attributed orders, linear", "left_value": 3, "right_value": 3,
             "difference": 0, "is_ok": True, **SUM},
            {"reconciliation": "rows of events", "left_value": 100, "right_value": 100, "difference": 0,
             "is_ok": True, **SUM},
        ],
        "dq_model_quality": [
            _forecast("inventory_velocity", "wape", 0.5, 0.8),
            _forecast("inventory_velocity", "wape", 0.9, 0.8, "abc_class A"),
            _forecast("bg_nbd", "holdout_orders_ratio", 1.5, 0.9),
            _forecast("gamma_gamma", "holdout_order_value_ratio", None, None),
            _forecast("purchase_probability", "decile_purchase_rate", 0.02, 0.01, "decile 01"),
        ],
    }  # fmt: skip
    made = shops.make_shop(tmp_path_factory.mktemp("troubled"), marts=marts)
    _add(made, "load_counts", COUNTS, [["events", 100, 90, 7, 3], ["orders", 20, 20, 0, 0]])
    rejected = [["thelook", "events", 1, "events.csv", n, "no time", '{"email": "jane@x"}'] for n in range(5)]
    rejected += [["thelook", "events", 2, "late.csv", n, "no type", ""] for n in range(2)]
    _add(made, "rejected_rows", REJECTED, rejected)
    decided = [
        ["orders", "created_at", 1, "a.csv", "day_first", "", 4, 1, False, "said"],
        ["orders", "created_at", 2, "b.csv", "day_first", "", 1, 2, False, "said"],
        ["orders", "created_at", 3, "plain.csv", "day_first", "", 0, 0, False, ""],
        ["order_items", "sale_price", 4, "c.csv", "decimal_comma", "EUR", 0, 9, True, "said"],
    ]
    _add(made, "load_decisions", DECISIONS, decided)
    sample = json.dumps([{"user_id": "104722", "email": "jane@shop.example", "orders": "-1"}])
    checks = [
        _check("dim_customers", "orders is at least 0", 4, sample, column="orders", kind="min"),
        _check("fct_sessions", "one row a session", 2, '[["99887766", "2"]]', column="session_id",
               kind="unique", severity="warn"),
        _check("fct_sessions", "visitor_id is never missing"),
    ]  # fmt: skip
    _add(made, "dq_checks", DQ_CHECKS, checks)
    missing = {**dict.fromkeys(made._project.models, ()), "fct_attribution": ("raw_events",)}
    yield Shop(made._warehouse, made._project, made.parameters, {}, missing)
    made.close()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_section_says_something_and_nothing_raw(section: Any, small_shop: Shop) -> None:
    text = text_of(section(small_shop))
    assert text
    if section in (quality.status, quality.headline, quality.key_findings, quality.forecasts):
        assert not {"nan", "nat", "none", "inf", "null"} & set(
            text.lower().replace("none failed", "").split()
        )


def test_without_checks_the_page_says_so(small_shops: dict[str, Shop]) -> None:
    book = small_shops["two months"]
    cards = text_of(quality.headline(book))
    assert "Checks passed – no checks were run" in cards
    assert "Rows rejected – nothing was loaded" in cards  # a shop made by hand loaded no file
    assert quality_findings.write(book)[0].headline == "No checks were run."
    assert "No checks were run on these models." in text_of(quality.outcomes(book))


def test_an_empty_shop_has_nothing_to_compare(small_shops: dict[str, Shop]) -> None:
    book = small_shops["empty"]
    assert "Nothing was loaded, so there are no rows to count." in text_of(quality.sums(book))
    assert "No statistical model could be tried" in text_of(quality.forecasts(book))


def test_the_sums_of_a_small_shop_hold(two_months: Shop) -> None:
    rows = two_months.mart("dq_reconciliation")
    found = next(one for one in quality_findings.write(two_months) if "reconciliation" in one.headline)
    assert found.headline == f"All {len(rows)} reconciliations hold to the last digit."
    assert f"Reconciliations that hold {len(rows)} of {len(rows)}" in text_of(quality.headline(two_months))


def test_the_cards_of_a_troubled_shop(troubled: Shop) -> None:
    assert text_of(quality.headline(troubled)) == (
        "Checks passed 1 of 3 checks Warnings 1 1 failed Rows rejected 7 of 120 rows read "
        "Reconciliations that hold 2 of 3"
    )


def test_the_findings_of_a_troubled_shop(troubled: Shop) -> None:
    found = quality_findings.write(troubled)
    assert [one.headline for one in found] == [
        "1 failed and 1 warned of 3 checks; 1 passed.",
        f"7 rows of 120 were rejected (5.8{S}%).",
        "1 of 3 reconciliations does not hold.",
        "On days that they had not seen, the models came closer than a naive forecast in 1 of 2 figures.",
        f"1 of {len(troubled._project.models)} models is not available.",
    ]
    assert [one.tone for one in found] == ["bad", "warn", "bad", "neutral", "warn"]
    details = [one.detail for one in found]
    assert details[0].startswith("Most rows break this one: dim_customers, “orders is at least 0”, 4 rows.")
    assert "The most frequent reason: events, no time (5 rows)." in details[1]
    assert details[2] == "The largest difference is in session revenue: −$2.00."
    assert "Repeat purchases (BG/NBD): order days expected for each that came" in details[3]
    assert details[4] == "The shop has no events."


def test_what_did_not_pass_has_a_sample_without_names(troubled: Shop, downloads: Path) -> None:
    text = text_of(quality.outcomes(troubled))
    assert "user_id …722, email (hidden), orders -1" in text
    assert "session_id …766, rows 2" in text
    assert "stops publishing" in text
    assert "shown here" in text
    written = "".join(path.read_text(encoding="utf-8") for path in downloads.glob("*.csv"))
    assert "104722" not in written
    assert "jane" not in written
    assert len(pd.read_csv(downloads / "checks-not-passed.csv")) == 3, "the passed ones as well"


def test_checks_are_counted_by_layer(troubled: Shop) -> None:
    assert "Marts 2 3 1 1 1" in text_of(quality.outcomes(troubled))
    assert "All 2 3 1 1 1" in text_of(quality.outcomes(troubled))


def test_every_row_read_is_accounted_for(troubled: Shop, downloads: Path) -> None:
    text = text_of(quality_rows.sums(troubled))
    assert "events 100 90 7 3 0" in text
    assert "All tables 120 110 7 3 0" in text
    assert "events no time 5 1 events.csv" in text
    assert "jane" not in text, "a rejected row as it was read may hold a name"
    counts = pd.read_csv(downloads / "loaded-rows.csv")
    assert counts["rows_read"].sum() == 120
    assert len(pd.read_csv(downloads / "reconciliations.csv")) == 3


def test_how_columns_were_read_is_shown_by_column_and_reading(troubled: Shop, downloads: Path) -> None:
    text = text_of(quality_rows.sums(troubled))
    assert "orders created_at with the day first 5 3 2 a.csv" in text
    assert (
        "order_items sale_price with a decimal comma and as amounts in EUR, as it was said 0 9 1 c.csv"
        in text
    )
    assert "plain.csv" not in text, "what every program writes in one way is no decision"
    assert list(pd.read_csv(downloads / "load-decisions.csv")["files"]) == [1, 2]


def test_plain_files_need_no_decisions(two_months: Shop) -> None:
    assert "How dates and numbers were read" not in text_of(quality_rows.sums(two_months))


def test_what_does_not_agree_stands_on_top_with_its_difference(troubled: Shop) -> None:
    text = text_of(quality_rows.reconciled(troubled))
    assert text.index("Does not agree") < text.index("Orders and customers")
    assert "session revenue one way $10.00 the other way $12.00 −$2.00 why" in text
    assert "attributed orders, linear one way 3 the other way 3 0 why" in text


def test_sums_that_differ_only_in_the_model_of_attribution_are_one_row(two_months: Shop) -> None:
    text = text_of(quality_rows.reconciled(two_months))
    assert "attributed revenue, 6 ways" in text
    assert "first_touch" not in text


def test_the_naive_forecast_is_shown_where_it_wins(troubled: Shop) -> None:
    text = text_of(quality.forecasts(troubled))
    assert "Weighted absolute error (WAPE) 0.50 0.80 model" in text
    assert "Weighted absolute error (WAPE) ABC class A 0.90 0.80 naive" in text
    assert "Order days expected for each that came 1.50 0.90 naive" in text
    assert "Value of an order (Gamma–Gamma): too few buyers to fit." in text
    assert "1 2.0 % 1.0 % 40" in text


@pytest.mark.parametrize(
    ("metric", "value", "naive", "expected"),
    [
        ("auc", 0.7, 0.6, "model"),
        ("wape", 0.7, 0.6, "naive"),
        ("calibration_ratio", 0.5, 2.0, "equal"),
        ("calibration_ratio", 0.0, 9.0, "naive"),
        ("calibration_slope", 1.2, 0.9, "–"),
        ("never heard of", 1.2, 0.9, "–"),
    ],
)
def test_which_came_closer(metric: str, value: float, naive: float, expected: str) -> None:
    row = {"metric": metric, "value": value, "baseline_value": naive}
    assert quality_forecasts.closer(row) == expected


def test_what_is_not_available_names_the_input(troubled: Shop) -> None:
    text = text_of(quality.sources(troubled))
    assert "fct_attribution not built events" in text
    assert "stg_users" in text
    assert "without a part" in text, "dq_reconciliation was built without the attribution"
    drawing = quality.sources(troubled).text
    assert "stroke-dasharray" in drawing
    assert "What is not available has a dashed outline." in text


def test_the_picture_has_every_model_and_every_line(two_months: Shop) -> None:
    drawing = quality.sources(two_months).text.split("</svg>")[0]
    models = two_months._project.models
    raw = {name for model in models.values() for name in model.inputs if name.startswith("raw_")}
    assert drawing.count("<rect") == len(models) + len(raw)
    known = models.keys() | raw
    assert drawing.count("<path") == sum(len(model.inputs & known) for model in models.values())
    assert 'role="img" aria-label="Diagram of' in drawing
    assert quality.sources(two_months).text == quality.sources(two_months).text


def test_the_glossary_has_every_metric_with_its_address(two_months: Shop, downloads: Path) -> None:
    made = quality.glossary(two_months)
    for metric in registry().values():
        assert made.text.count(f'id="{anchor(metric)}"') == 1
        assert f'href="#{anchor(metric)}"' in made.text
    rows = pd.read_csv(downloads / "glossary.csv")
    assert set(rows["metric"]) == set(registry())
    assert set(rows[rows["unit"] == "USD"]["metric"]) == {
        name for name, metric in registry().items() if metric.unit == "currency"
    }


def test_no_address_stands_twice_on_the_page(two_months: Shop) -> None:
    own = {metric.name for metric in quality.METRICS}
    assert not own & set(registry())


def test_the_newest_entry_of_the_change_log(tmp_path: Path) -> None:
    path = tmp_path / "CHANGELOG.md"
    path.write_text(
        "# Changelog\n\n## 0.2.0\n\n### Metric changes\n- `roas` counts [returns](docs/x.md) <now>,\n"
        "  from 1 May.\n- Second.\n\nA line\nof text.\n\n## 0.1.0\n- Old.\n",
        encoding="utf-8",
    )
    assert quality_glossary.newest_entry(path).text == (
        "<p><strong>0.2.0</strong></p>\n<p><em>Metric changes</em></p>\n"
        "<ul><li><code>roas</code> counts returns &lt;now&gt;, from 1 May.</li><li>Second.</li></ul>\n"
        "<p>A line of text.</p>"
    )
    assert "not part of this installation" in quality_glossary.newest_entry(tmp_path / "none.md").text
    path.write_text("# Changelog\n", encoding="utf-8")
    assert "has no entry yet" in quality_glossary.newest_entry(path).text


def test_the_definitions_by_day_count_every_metric(two_months: Shop, downloads: Path) -> None:
    quality.changes(two_months)
    rows = pd.read_csv(downloads / "definitions-by-day.csv")
    assert rows["metrics"].sum() == len(registry())


def test_a_model_that_is_not_available_leaves_its_section_in_words(troubled: Shop) -> None:
    missing = dict(troubled._missing) | {"dq_reconciliation": ("raw_x",), "dq_model_quality": ("raw_y",)}
    book = Shop(troubled._warehouse, troubled._project, troubled.parameters, {}, missing)
    assert "Sums cannot be compared: the shop has no raw_x." in text_of(quality.sums(book))
    assert "No statistical model could be tried" in text_of(quality.forecasts(book))
    assert "Reconciliations that hold – nothing could be compared" in text_of(quality.headline(book))


def test_layers_are_those_of_the_models(two_months: Shop) -> None:
    layers = {quality_data.layer(model) for model in two_months._project.models.values()}
    assert layers == set(quality_data.LAYERS)
    assert dt.date(2026, 1, 1) < min(metric.changed_on for metric in quality.METRICS)
