"""Each lint rule has SQL that breaks it and SQL that keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

import analysis_lib
from analysis_lib.warehouse.lint import REASONS, LintFinding, header, lint

HEADER = "-- purpose: a test.\n-- grain: one row a day.\n-- inputs: t.\n"

PACKAGE = Path(analysis_lib.__file__).parent
MODELS = sorted([*(PACKAGE / "sources").glob("*/*.sql"), *(PACKAGE / "sql").rglob("*.sql")])

# rule, what breaks it, what keeps it
CASES = [
    ("syntax", "select (1 as x", "select (1) as x"),
    ("syntax", "create table y as select 1 as x", "select 1 as x"),
    ("syntax", "select 'open as x", "select 'closed' as x"),
    ("templating", "select {{ days }} as x", "select @days as x"),
    ("templating", "select '{day}' as x", "select 'day' as x"),
    ("upper-case", "SELECT 1 as x", "select 1 as x"),
    ("upper-case", "select Total as x from t", "select `Total` as x, 'Total' as y from t"),
    ("upper-case", "select a from t GROUP BY a", "select a from t group by a"),
    ("leading-comma", "select 1 as x\n    , 2 as y", "select 1 as x,\n    2 as y,"),
    ("tab", "select\n\t1 as x", "select\n    1 as x"),
    ("clock", "select current_date() as x", "select @as_of as x"),
    ("clock", "select current_timestamp as x", "select created_at as x from t"),
    ("clock", "select rand() as x", "select 0.5 as x"),
    ("clock", "select generate_uuid() as x", "select concat(a, b) as x from t"),
    (
        "approximate",
        "select approx_quantiles(a, 4) as x from t",
        "select percentile_cont(a, 0.5) over () as x from t",
    ),
    ("approximate", "select approx_count_distinct(a) as x from t", "select count(distinct a) as x from t"),
    ("not-bigquery", "select max_by(a, b) as x from t", "select any_value(a having max b) as x from t"),
    ("not-bigquery", "select min_by(a, b) as x from t", "select any_value(a having min b) as x from t"),
    ("not-bigquery", "select contains_substr(a, 'b') as x from t", "select strpos(a, 'b') > 0 as x from t"),
    ("text-format", "select format('%d', a) as x from t", "select a as x from t"),
    (
        "text-format",
        "select format_timestamp('%F', a, 'UTC') as x from t",
        "select format_date('%Y', a) as x from t",
    ),
    (
        "text-format",
        "select cast(sum(a) as string) as x from t",
        "select cast(order_id as string) as x from t",
    ),
    (
        "text-format",
        "select cast(a * 2 as string) as x from t",
        "select cast(safe_cast(a as int64) as string) as x from t",
    ),
    ("instr", "select instr(a, 'b', 1, 2) as x from t", "select instr(a, 'b') as x from t"),
    ("like-escape", "select a like '100\\\\%' as x from t", "select a like 'a%' as x from t"),
    ("substr-zero", "select substr(a, 0, 2) as x from t", "select substr(a, 1, 2) as x from t"),
    ("division", "select a / b as x from t", "select safe_divide(a, b) as x from t"),
    ("division", "select a / 0 as x from t", "select a / 7 as x from t"),
    ("week", "select date_trunc(a, week) as x from t", "select date_trunc(a, week(monday)) as x from t"),
    ("week", "select extract(week from a) as x from t", "select extract(isoweek from a) as x from t"),
    (
        "week",
        "select timestamp_trunc(a, week, 'UTC') as x from t",
        "select date_add(a, interval 1 week) as x from t",
    ),
    ("date-diff-week", "select date_diff(a, b, week) as x from t", "select date_diff(a, b, day) as x from t"),
    (
        "date-diff-week",
        "select date_diff(a, b, isoweek) as x from t",
        "select date_diff(a, b, month) as x from t",
    ),
    (
        "elapsed-unit",
        "select timestamp_diff(a, b, minute) as x from t",
        "select timestamp_diff(a, b, microsecond) as x from t",
    ),
    (
        "percentile-over",
        "select percentile_cont(a, 0.5) as x from t",
        "select percentile_cont(a, 0.5) over (partition by b) as x from t",
    ),
    (
        "window-order",
        "select row_number() over (partition by a) as x from t",
        "select row_number() over (partition by a order by b) as x from t",
    ),
    (
        "window-order",
        "select lag(a) over () as x from t",
        "select lag(a) over w as x from t window w as (order by b)",
    ),
    (
        "window-order",
        "select first_value(a ignore nulls) over (partition by (b)) as x from t",
        "select first_value(a ignore nulls) over (partition by (b) order by c) as x from t",
    ),
    ("aggregate-order", "select array_agg(a) as x from t", "select array_agg(a order by a) as x from t"),
    (
        "aggregate-order",
        "select string_agg(a, ',') as x from t",
        "select string_agg(a, ',' order by a) as x from t",
    ),
    ("any-value", "select any_value(a) as x from t", "select any_value(a having max b) as x from t"),
    (
        "safe-offset",
        "select split(a, ',')[offset(0)] as x from t",
        "select split(a, ',')[safe_offset(0)] as x from t",
    ),
    ("safe-offset", "select a[ordinal(1)] as x from t", "select a[safe_ordinal(1)] as x from t"),
    (
        "day-zone",
        "select date(a) as x from t",
        "select date(a, @timezone) as x, date(2024, 1, 1) as y from t",
    ),
    (
        "select-star",
        "with a as (select b from t) select * from a join u using (b)",
        "with a as (select * from t) select * from a",
    ),
    (
        "select-star",
        "with a as (select *, 1 as n from t) select n from a",
        "with a as (select * from t where b), c as (select *, 1 as n from a) select n from c",
    ),
    (
        "cte-name",
        "with t as (select * from t) select a from t",
        "with u as (select * from t) select a from u",
    ),
    ("comma-join", "select a from t, u", "select a from t cross join u"),
    ("comma-join", "select a from t, unnest(b) as c", "select a, b, from t where c in (1, 2)"),
    ("join-condition", "select a from t join u", "select a from t join u using (b)"),
    (
        "join-condition",
        "select a from t left join u",
        "select a from t cross join u left join unnest(v) as w",
    ),
    (
        "correlated",
        "select (select max(b) from u where u.a = t.a) as x from t",
        "select (select max(b) from u) as x from t",
    ),
    (
        "correlated",
        "select (select max(b) from u where u.a = t.a) as x from t",
        "select (select max(b) from unnest(t.items) as b) as x from t",
    ),
    ("final-order", "select a from t order by a", "select a from t order by a limit 3"),
    ("limit-order", "select a from t limit 3", "select a from t order by a limit 3"),
    (
        "group-by-number",
        "select a, count(*) as n from t group by 1",
        "select a, count(*) as n from t group by a",
    ),
]


@pytest.mark.parametrize(("rule", "broken", "kept"), CASES)
def test_rule(rule: str, broken: str, kept: str) -> None:
    assert rule in {finding.rule for finding in lint(HEADER + broken)}
    assert rule not in {finding.rule for finding in lint(HEADER + kept)}


def test_every_rule_has_a_case_and_a_reason() -> None:
    assert {rule for rule, _, _ in CASES} | {"header"} == set(REASONS)
    assert all(reason and not reason.endswith(".") for reason in REASONS.values())


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("select 1 as x", ["purpose", "grain", "inputs"]),
        ("-- purpose: a.\n-- inputs: t.\nselect 1 as x", ["grain"]),
        ("-- purpose: a.\n-- grain:\n-- inputs: t.\nselect 1 as x", ["grain"]),
        ("\n-- purpose: a.\n-- grain: b.\n-- inputs: t.\nselect 1 as x", ["purpose", "grain", "inputs"]),
    ],
)
def test_header_parts_that_are_missing(text: str, missing: list[str]) -> None:
    messages = [finding.message for finding in lint(text) if finding.rule == "header"]
    assert messages == sorted(
        f"the model must start with a comment that has `-- {name}: …`" for name in missing
    )


def test_header_out_of_order() -> None:
    text = "-- grain: b.\n-- purpose: a.\n-- inputs: t.\nselect 1 as x"
    assert [finding.message for finding in lint(text)] == ["the header's order is purpose, grain, inputs"]


def test_header_is_read_over_several_lines() -> None:
    assert header(HEADER + "-- and u.\nselect 1")["inputs"] == "t. and u."


def test_findings_name_their_line_in_order() -> None:
    sql = HEADER + "select\n    a / b as x,\n    date(c) as y,\n    'multi',\nfrom t\nlimit 3"
    assert [(finding.line, finding.rule) for finding in lint(sql)] == [
        (5, "division"),
        (6, "day-zone"),
        (9, "limit-order"),
    ]


def test_a_finding_reads_as_a_sentence() -> None:
    [finding] = lint(HEADER + "select date(a) as x from t")
    assert finding == LintFinding(4, "day-zone", finding.message)
    assert str(finding) == (
        "line 4: write date(ts, @timezone), or cast(x as date) for what is no instant [day-zone]"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "select any_value(a) as x,  -- lint allow any-value: it follows from the key\nfrom t",
        "select\n    -- lint allow any-value: it follows from the key\n    any_value(a) as x,\nfrom t",
    ],
)
def test_a_line_is_let_off_with_a_reason(sql: str) -> None:
    assert lint(HEADER + sql) == []


@pytest.mark.parametrize(
    "comment", ["-- lint allow any-value", "-- lint allow any-value:", "-- lint allow division: a reason"]
)
def test_a_line_is_not_let_off_without_a_reason_or_for_another_rule(comment: str) -> None:
    assert [finding.rule for finding in lint(f"{HEADER}select any_value(a) as x,  {comment}\nfrom t")] == [
        "any-value"
    ]


@pytest.mark.parametrize("path", MODELS, ids=[path.stem for path in MODELS])
def test_every_model_keeps_the_rules(path: Path) -> None:
    findings = lint(path.read_text(encoding="utf-8"))
    assert not findings, "\n".join(f"{path.name} {finding}" for finding in findings)


def test_comments_and_texts_break_no_rule() -> None:
    sql = "-- SELECT rand() / 0, {{ x }}\nselect 'SELECT rand() / 0' as x from t"
    assert lint(HEADER + sql) == []


def test_the_documentation_lists_every_rule() -> None:
    text = (PACKAGE.parent / "docs" / "googlesql.md").read_text(encoding="utf-8")
    assert [rule for rule in REASONS if f"| `{rule}` | {REASONS[rule]} |" not in text] == []
