"""Alerts: what may stand in reports.yml, and when one is raised."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.delivery.alert_states import AlertState, as_documents, callouts, evaluate, raise_on_alert
from analysis_lib.delivery.alerts import CONDITIONS, AlertSpec, read_alerts
from analysis_lib.delivery.facts import Figure, PageFacts
from analysis_lib.errors import AlertError, SettingsError
from analysis_lib.publish.plan import read_reports
from tests.delivery.documents import S, figure, overview_facts, plan

ROOT = Path(__file__).parents[2]
PAGES = ["overview", "funnel"]


def write(folder: Path, *entries: str) -> Path:
    path = folder / "reports.yml"
    path.write_text("alerts:\n" + "".join(f"  - {entry}\n" for entry in entries), encoding="utf-8")
    return path


def one(folder: Path, metric: str, when: str, more: str = "") -> AlertSpec:
    [alert] = read_alerts(write(folder, f"{{id: a, metric: {metric}, when: {{{when}}}{more}}}"), PAGES)
    return alert


def state(alert: AlertSpec, *figures: Figure) -> AlertState:
    [made] = evaluate([alert], plan(*PAGES), {"overview": PageFacts(figures)}, "USD")
    return made


class TestReading:
    def test_the_committed_list_is_valid_and_so_are_its_examples(self, tmp_path: Path) -> None:
        path = ROOT / "reports" / "reports.yml"
        reports = read_reports(path, ROOT / "notebooks")
        pages = [page.id for page in reports.pages]
        editions = [edition.id for edition in reports.editions]
        active = read_alerts(path, pages, editions)
        assert active, "the committed list has an alert"
        text = path.read_text(encoding="utf-8")
        examples = [line.removeprefix("#  - ") for line in text.splitlines() if line.startswith("#  - {id:")]
        assert len(examples) >= 5
        assert len(read_alerts(write(tmp_path, *examples), pages)) == len(examples)

    def test_no_alert_is_fine(self, tmp_path: Path) -> None:
        assert read_alerts(write(tmp_path), PAGES) == ()

    @pytest.mark.parametrize(
        ("metric", "when", "threshold"),
        [
            ("net_revenue", "below: 1000", "1000"),
            ("net_revenue", "below: 1_000.50", "1000.5"),
            ("contribution", "below: 0", "0"),
            ("conversion_rate", "below: 3 %", "0.03"),
            ("net_revenue", "change_below: -20 %", "-0.2"),
            ("net_revenue", "change_below: -20%", "-0.2"),
            ("net_revenue", "change_below: −20 percent", "-0.2"),
            ("conversion_rate", "change_below: -1 points", "-0.01"),
            ("conversion_rate", "year_change_above: 0.5 point", "0.005"),
            ("rows_rejected", "above: 100", "100"),
        ],
    )
    def test_a_threshold_is_read_exactly(
        self, tmp_path: Path, metric: str, when: str, threshold: str
    ) -> None:
        assert str(one(tmp_path, metric, when).threshold) == threshold

    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            (
                "{id: a, metric: net_revenu, when: {below: 1}}",
                'no metric net_revenu. Did you mean "net_revenue"',
            ),
            ("{id: a, metric: orders, when: {belo: 1}}", 'no condition belo. Did you mean "below"'),
            ("{id: a, metric: orders, when: {below: 1}, page: funel}", 'Did you mean "funnel"'),
            ("{id: a, metric: orders, when: {below: 1}, edition: de}", "no edition de"),
            ("{id: a, metric: orders, when: {below: 1}, severity: loud}", "no severity loud"),
            ("{id: a, metric: orders, whn: {below: 1}}", 'Did you mean "when"'),
            ("{id: a, metric: orders}", "one condition"),
            ("{id: a, metric: orders, when: below 1}", "one condition"),
            ("{id: a, metric: orders, when: {below: 1, above: 9}}", "one condition"),
            ("{metric: orders, when: {below: 1}}", "alert 1: the key id is missing"),
            ("{id: a, when: {below: 1}}", "the key metric is missing"),
            ("{id: a, metric: orders, when: {below: many}}", "takes a number, not 'many'"),
            ("{id: a, metric: orders, when: {below: yes}}", "takes a number, not True"),
            ("{id: a, metric: orders, when: {below: .nan}}", "takes a number"),
            ("{id: a, metric: orders, when: {below: .inf}}", "takes a number"),
            ("{id: a, metric: orders, when: {below: }}", "takes a number, not None"),
            ("{id: a, metric: orders, when: {below: 5 %}}", "in the metric's own unit"),
            ("{id: a, metric: orders, when: {below: 0}}", "would be met never"),
            ("{id: a, metric: orders, when: {above: -1}}", "would be met always"),
            ("{id: a, metric: conversion_rate, when: {below: 3}}", "takes a percentage, not 3. Write 3 %"),
            ("{id: a, metric: conversion_rate, when: {above: 130 %}}", "between 0 % and 100 %"),
            ("{id: a, metric: conversion_rate, when: {above: 100 %}}", "would be met never"),
            ("{id: a, metric: conversion_rate, when: {below: 0 %}}", "would be met never"),
            ("{id: a, metric: conversion_rate, when: {change_below: -20 %}}", "in points"),
            ("{id: a, metric: orders, when: {change_below: -20}}", "in percent, not -20. Write -20 %"),
            ("{id: a, metric: orders, when: {change_below: 20 %}}", "takes a fall, with a minus"),
            ("{id: a, metric: orders, when: {change_above: -20 %}}", "takes a rise"),
            ("{id: a, metric: orders, when: {change_below: -100 %}}", "never be met"),
        ],
    )
    def test_nonsense_is_named_before_any_work(self, tmp_path: Path, entry: str, said: str) -> None:
        with pytest.raises(SettingsError) as error:
            read_alerts(write(tmp_path, entry), PAGES)
        assert said in str(error.value)
        assert "reports.yml, alert" in str(error.value)

    def test_an_id_stands_once(self, tmp_path: Path) -> None:
        entry = "{id: a, metric: orders, when: {below: 1}}"
        with pytest.raises(SettingsError, match="more than once"):
            read_alerts(write(tmp_path, entry, entry), PAGES)


class TestEvaluating:
    @pytest.mark.parametrize(
        ("when", "value", "expected"),
        [
            ("below: 100", 99.99, "raised"),
            ("below: 100", 100, "ok"),
            ("above: 100", 100.01, "raised"),
            ("above: 100", 100, "ok"),
        ],
    )
    def test_the_threshold_itself_is_ok(self, tmp_path: Path, when: str, value: float, expected: str) -> None:
        assert state(one(tmp_path, "net_revenue", when), figure("net_revenue", value)).state == expected

    @pytest.mark.parametrize(
        ("when", "figures", "expected"),
        [
            ("change_below: -20 %", (79.99, 100, 200), "raised"),
            ("change_below: -20 %", (80, 100, 200), "ok"),
            ("change_above: 20 %", (120.01, 100, 200), "raised"),
            ("year_change_below: -20 %", (100, 100, 200), "raised"),
            ("year_change_below: -20 %", (100, 100, None), "not known"),
            ("year_change_above: 20 %", (100, 10, 200), "ok"),
            ("change_below: -20 %", (-5, 100, None), "raised"),
            ("change_below: -20 %", (5, 0, None), "not known"),
            ("change_below: -20 %", (5, -3, None), "not known"),
            ("change_below: -20 %", (5, None, None), "not known"),
            ("change_below: -20 %", (None, 100, 100), "not known"),
        ],
    )
    def test_a_change_is_of_what_was_before(
        self, tmp_path: Path, when: str, figures: tuple[float | None, ...], expected: str
    ) -> None:
        made = state(one(tmp_path, "net_revenue", when), figure("net_revenue", *figures))
        assert made.state == expected, made.text

    def test_a_decimal_threshold_is_not_a_float(self, tmp_path: Path) -> None:
        # As floats, 0.3 − 0.1 is less than 0.2.
        made = state(
            one(tmp_path, "conversion_rate", "change_above: 20 points"), figure("conversion_rate", 0.3, 0.1)
        )
        assert made.state == "ok"

    def test_a_rate_changes_in_points(self, tmp_path: Path) -> None:
        alert = one(tmp_path, "conversion_rate", "change_below: -1 points")
        made = state(alert, figure("conversion_rate", 0.05, 0.07))
        assert (made.state, made.text) == ("raised", f"5.0{S}% (was 7.0{S}%, −2.0{S}points)")
        assert made.condition == f"fell by more than 1{S}points against the window before"
        assert state(alert, figure("conversion_rate", 0.065, 0.07)).state == "ok"

    def test_what_is_not_known_is_never_ok_and_says_why(self, tmp_path: Path) -> None:
        alert = one(tmp_path, "roas", "below: 3")
        made = state(alert, figure("roas", None, note="no ad spend data"))
        assert (made.state, made.text) == ("not known", "no ad spend data")
        made = state(alert, figure("orders", 5))
        assert (made.state, made.text) == ("not known", "no page shows a card of it")

    def test_a_rate_on_few_units_is_not_known(self, tmp_path: Path) -> None:
        alert = one(tmp_path, "conversion_rate", "below: 60 %")
        note = "1 of 2: too few to rely on (n < 30)"
        made = state(alert, figure("conversion_rate", 0.5, note=note, few=("value",)))
        assert (made.state, made.text) == ("not known", f"50.0{S}%, {note}")
        change = one(tmp_path, "conversion_rate", "change_below: -1 points")
        assert state(change, figure("conversion_rate", 0.5, 0.9, few=("previous",))).state == "not known"
        assert state(alert, figure("conversion_rate", 0.5, 0.9, few=("previous",))).state == "raised"

    def test_a_page_without_data_gives_not_known_with_the_reason(self, tmp_path: Path) -> None:
        alert = one(tmp_path, "sessions", "below: 5", ", page: funnel")
        left_out = plan("overview", left_out={"funnel": "fct_sessions is not available"})
        [made] = evaluate([alert], left_out, {"overview": PageFacts((figure("sessions", 9),))}, "USD")
        assert (made.state, made.page) == ("not known", "funnel")
        assert made.text == "the page funnel has no data (fct_sessions is not available)"

    def test_the_named_page_is_read_else_the_first_that_shows_it(self, tmp_path: Path) -> None:
        facts = {page: PageFacts((figure("sessions", n),)) for page, n in zip(PAGES, (9, 3), strict=True)}
        first, named = (
            one(tmp_path, "sessions", "below: 5"),
            one(tmp_path, "sessions", "below: 5", ", page: funnel"),
        )
        made = evaluate([first, named], plan(*PAGES), facts, "USD")
        assert [(s.page, s.state) for s in made] == [("overview", "ok"), ("funnel", "raised")]

    def test_an_alert_of_an_edition_that_is_not_published_is_not_known(self) -> None:
        alert = AlertSpec("a", "orders", "below", Decimal(500), edition="de")
        facts = {"overview": overview_facts()}
        [made] = evaluate([alert], plan(*PAGES), facts, "USD")
        assert (made.state, made.text) == ("not known", "the edition de is not published")
        [made] = evaluate([alert], plan(*PAGES), facts, "USD", edition="de")
        assert (made.state, made.edition) == ("raised", "de")

    @given(
        st.sampled_from([c for c in CONDITIONS if not c.startswith("year")]),
        st.integers(1, 10**9),
        st.integers(1, 10**9),
        st.integers(0, 99),
    )
    def test_below_and_above_are_never_both_raised(
        self, condition: str, value: int, before: int, size: int
    ) -> None:
        share = Decimal(size) / 100
        opposite = condition.replace("below", "x").replace("above", "below").replace("x", "above")
        states = []
        for name in (condition, opposite):
            sign = (-1 if name.endswith("below") else 1) if "change" in name else 1
            alert = AlertSpec("a", "orders", name, sign * share if "change" in name else Decimal(size))
            states.append(state(alert, figure("orders", value, before)).state)
        assert "not known" not in states
        assert states != ["raised", "raised"]


class TestShowing:
    def states(self, tmp_path: Path) -> tuple[AlertState, ...]:
        alerts = read_alerts(
            write(
                tmp_path,
                "{id: low, metric: sessions, page: funnel, when: {below: 5}, message: Look *here*.}",
                "{id: ads, metric: roas, when: {below: 3}}",
                "{id: fine, metric: orders, when: {below: 5}}",
            ),
            PAGES,
        )
        facts = {"overview": overview_facts(), "funnel": PageFacts((figure("sessions", 3),))}
        return evaluate(alerts, plan(*PAGES), facts, "USD")

    def test_a_callout_stands_on_its_page_and_on_the_first(self, tmp_path: Path) -> None:
        made = callouts(self.states(tmp_path), plan(*PAGES))
        for page in PAGES:
            assert '::: {.callout-warning title="Alert"}' in made[page]
            assert "**Sessions is below 5**: 3. Look &#42;here&#42;." in made[page]
            assert "fine" not in made[page]
        assert '::: {.callout-note title="Alert not known"}' in made["overview"]
        assert "no ad spend data" in made["overview"]
        assert "no ad spend data" not in made["funnel"]

    def test_nothing_is_shown_where_all_is_well(self, tmp_path: Path) -> None:
        fine = [made for made in self.states(tmp_path) if made.state == "ok"]
        assert fine
        assert callouts(fine, plan(*PAGES)) == {}

    def test_the_exit_code_is_asked_for_and_only_of_raised_alerts(self, tmp_path: Path) -> None:
        documents = as_documents(self.states(tmp_path))
        with pytest.raises(AlertError, match="1 alert raised: low") as error:
            raise_on_alert(documents)
        assert error.value.exit_code == 24
        raise_on_alert(documents, "page")  # it is of severity warn
        raise_on_alert([one for one in documents if one["state"] != "raised"])
