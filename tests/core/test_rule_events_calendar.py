"""The calendar of events: every date is worked out anew here, and what cannot be is refused."""

from __future__ import annotations

import calendar
import datetime as dt
from pathlib import Path

import pytest
from dateutil.easter import easter

from analysis_lib.contracts import read_contract
from analysis_lib.errors import RuleError
from analysis_lib.rules import events_calendar
from analysis_lib.rules.read import RuleRow, read_rules

FOLDER = Path(events_calendar.__file__).parent
CONTRACT = read_contract(FOLDER / "events_calendar.yml")
HEADER = "event_name,kind,first_date,last_date,country"
YEARS = range(2019, 2028)
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6


def read(tmp_path: Path, *lines: str) -> list[RuleRow]:
    """The events of a file with these lines under the header."""
    path = tmp_path / "events_calendar.csv"
    path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    return read_rules(path, CONTRACT)


def weekdays(year: int, month: int, weekday: int) -> list[dt.date]:
    """All days of that weekday in the month."""
    days = calendar.Calendar().itermonthdates(year, month)
    return [day for day in days if day.month == month and day.weekday() == weekday]


def days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


def expected(year: int) -> dict[str, tuple[dt.date, dt.date]]:
    """First and last day of every event of a year, by the rule that sets it."""
    thanksgiving = weekdays(year, 11, THURSDAY)[3]
    before_christmas = [day for day in weekdays(year, 12, SATURDAY) if day.day < 25]
    single = {
        "New Year's Day": dt.date(year, 1, 1),
        "Valentine's Day": dt.date(year, 2, 14),
        "Presidents' Day": weekdays(year, 2, MONDAY)[2],
        "Mothering Sunday": easter(year) - days(21),
        "Mother's Day": weekdays(year, 5, SUNDAY)[1],
        "Memorial Day": weekdays(year, 5, MONDAY)[-1],
        "Father's Day": weekdays(year, 6, SUNDAY)[2],
        "Independence Day": dt.date(year, 7, 4),
        "Labor Day": weekdays(year, 9, MONDAY)[0],
        "Halloween": dt.date(year, 10, 31),
        "Singles' Day": dt.date(year, 11, 11),
        "Thanksgiving": thanksgiving,
        "Black Friday": thanksgiving + days(1),
        "Cyber Monday": thanksgiving + days(4),
        "Green Monday": weekdays(year, 12, MONDAY)[1],
        "Super Saturday": before_christmas[-1],
        "Christmas Eve": dt.date(year, 12, 24),
        "Christmas Day": dt.date(year, 12, 25),
        "Boxing Day": dt.date(year, 12, 26),
        "New Year's Eve": dt.date(year, 12, 31),
    }
    return {name: (day, day) for name, day in single.items()} | {
        "Easter": (easter(year) - days(2), easter(year) + days(1))
    }


@pytest.fixture(scope="module")
def events() -> list[RuleRow]:
    return read_rules(FOLDER / "events_calendar.csv", CONTRACT)


@pytest.mark.parametrize("year", YEARS)
def test_every_event_of_a_year_stands_on_the_days_that_its_rule_gives(
    events: list[RuleRow], year: int
) -> None:
    found = {
        row.values["event_name"]: (row.values["first_date"], row.values["last_date"])
        for row in events
        if row.values["first_date"].year == year
    }
    assert found == expected(year)


def test_no_event_lies_outside_the_years(events: list[RuleRow]) -> None:
    assert len(events) == sum(len(expected(year)) for year in YEARS)
    assert {row.values["last_date"].year for row in events} == set(YEARS)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Black Friday", "2019-11-29"),
        ("Black Friday", "2024-11-29"),
        ("Cyber Monday", "2024-12-02"),
        ("Black Friday", "2025-11-28"),
        ("Mother's Day", "2025-05-11"),
        ("Mothering Sunday", "2025-03-30"),
        ("Super Saturday", "2021-12-18"),
        ("Thanksgiving", "2023-11-23"),
    ],
)
def test_days_that_everybody_remembers(events: list[RuleRow], name: str, day: str) -> None:
    assert any(
        row.values["event_name"] == name and row.values["first_date"].isoformat() == day for row in events
    )


# What is refused, by file and line


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["Spring sale,sael,2024-04-01,2024-04-07,"],
            "events_calendar.csv, line 2: there is no kind of event 'sael'. Did you mean \"sale\"?",
        ),
        (
            ["Spring sale,sale,2024-04-07,2024-04-01,"],
            "events_calendar.csv, line 2: Spring sale ends on 2024-04-01, before it starts on 2024-04-07.",
        ),
        (
            ["Sale,sale,2024-04-01,2024-04-07,", "sale,sale,2024-04-07,2024-04-09,"],
            "events_calendar.csv, line 3: sale falls on days that line 2 gives the same event.",
        ),
        (
            ["Sale,sale,2024-04-31,2024-05-01,"],
            "events_calendar.csv, line 2: first_date is '2024-04-31', but it takes a date as YYYY-MM-DD.",
        ),
        (["Sale,sale,2024-04-01,,"], "events_calendar.csv, line 2: last_date is empty."),
    ],
)
def test_an_event_that_cannot_stand_is_refused(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(RuleError) as raised:
        read(tmp_path, *lines)
    assert str(raised.value).startswith(message)
    assert raised.value.exit_code == 23


def test_the_same_event_may_come_back_and_may_fall_on_one_day_in_two_countries(tmp_path: Path) -> None:
    lines = [
        "Sale,sale,2024-04-01,2024-04-07,",
        "Sale,sale,2024-04-08,2024-04-09,",
        "Sale,sale,2024-04-01,2024-04-07,Spain",
    ]
    assert len(read(tmp_path, *lines)) == 3
