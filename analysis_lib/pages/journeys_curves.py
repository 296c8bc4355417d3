"""Which share has bought by how many days: the whole shop, its traffic sources, its newest cohorts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis_lib.pages import journeys_rows, journeys_tests
from analysis_lib.pages.journeys_rows import ALL, NOT_SET, TEST_DAYS, Cohort, Journeys
from analysis_lib.reporting import downloads, numbers
from analysis_lib.reporting import figure as fig
from analysis_lib.reporting.charts import Formatter, Words, known
from analysis_lib.reporting.curves import Curve, curves
from analysis_lib.reporting.html import Html, empty, join

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

_MOST_SOURCES = 6
_MOST_MONTHS = 4
_AXIS = "days since the first visit"
_READ_AT = (1, 7, 30, 90)
_WHO = "visitors who came lately count for as long as they were watched"
_LEAST_WATCHED = 0.2  # of the visitors; beyond that a curve hangs on a few of them


def of_all(book: Shop) -> Html:
    """The curve of the whole shop with its band."""
    found = journeys_rows.read(book)
    if found is None:
        return empty(journeys_rows.nothing(book))
    if not found.whole.buyers:
        return empty(f"None of the {found.since} has bought yet.")
    rows = _rows(book, ALL, ALL)
    values = known(rows["converted_share"])
    line = Curve(_last(values), values, fig.SERIES[0], known(rows["lower"]), known(rows["upper"]))
    points = "; ".join(
        f"by day {day} {numbers.percent(values[day])}" for day in _READ_AT if values[day] is not None
    )
    words = Words(
        "Share of visitors who have bought, by days since their first visit",
        f"Kaplan–Meier estimate over {found.since} with its 95{numbers.NO_BREAK}% band; {_WHO}.",
        f"Line of the share of visitors who have bought, {points}.",
    )
    made = curves("journeys-all", [line], _axis(values), _AXIS, words)
    return join([made.without_values, downloads.offer(rows, "journeys-all", "The curve, day by day")])


def by_source(book: Shop) -> Html:
    """A curve for each of the larger sources of the first visit."""
    found = journeys_rows.read(book)
    if found is None:
        return empty(journeys_rows.nothing(book))
    least = book.parameters.min_sample
    enough = [source for source in found.sources if source.visitors >= least]
    sources = [source for source in enough if source.name != NOT_SET][:_MOST_SOURCES] or enough[:1]
    if not sources or not any(source.buyers for source in sources):
        return empty(f"No traffic source has {least} visitors, one of whom bought.")
    lines = [_source_line(book, source, fig.SERIES[place], least) for place, source in enumerate(sources)]
    words = Words(
        "Share of visitors who have bought, by source of their first visit",
        f"Kaplan–Meier estimates over all {found.since}, at the right the last known share. {_tested(book)}",
        "Lines of the share of visitors who have bought, by source; last known: "
        + "; ".join(line.label for line in lines)
        + f". {_tested(book)}",
    )
    made = curves("journeys-sources", lines, _axis(*(line.values for line in lines)), _AXIS, words)
    rows = journeys_rows.curves(book)
    rows = rows[(rows["cohort"] == ALL) & (rows["traffic_source"] != ALL)]
    return join(
        [made.without_values, downloads.offer(rows, "journeys-by-source", "The curves by source, day by day")]
    )


def _source_line(book: Shop, source: Cohort, color: str, least: int) -> Curve:
    values = _while_watched(_rows(book, ALL, source.name), least)
    return Curve(f"{source.name}, {_last(values)}", values, color)


def _tested(book: Shop) -> str:
    """Which of the lines may be called different."""
    compared = journeys_tests.compare(book).bought
    names = [name for name, one in compared.items() if one.is_found]
    if not any(one.p_value is not None for one in compared.values()):
        return "Too few visitors to test the differences."
    if not names:
        return f"By day {TEST_DAYS} no source differs from the others by more than chance explains."
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return (
        f"By day {TEST_DAYS} {listed} {'differs' if len(names) == 1 else 'differ'} from the other sources by "
        "more than chance explains; the rest may not."
    )


def by_month(book: Shop) -> Html:
    """The newest cohorts beside all visitors."""
    found = journeys_rows.read(book)
    if found is None:
        return empty(journeys_rows.nothing(book))
    least = book.parameters.min_sample
    cohorts = _newest(found, least)
    if not cohorts or not found.whole.buyers:
        return empty(f"No month has {least} first-time visitors, or nobody has bought yet.")
    whole = known(_rows(book, ALL, ALL)["converted_share"])
    lines = [Curve(f"All, {_last(whole)}", whole, is_reference=True)]
    for place, cohort in enumerate(cohorts):
        values = _while_watched(_rows(book, str(cohort.row["cohort"]), ALL), least)
        lines.append(Curve(f"{cohort.name}, {_last(values)}", values, fig.SERIES[place]))
    words = Words(
        "Share of visitors who have bought, by month of their first visit",
        f"Kaplan–Meier estimates of the newest months; a line ends where under "
        f"{numbers.percent(_LEAST_WATCHED, 0)} of its visitors, or fewer than {least}, have been watched for "
        "so long. Grey: all visitors since the data began. A gap between months may be "
        "chance; the key findings say whether recent months differ.",
        "Lines of the share of visitors who have bought, by month; last known: "
        + "; ".join(_with_day(line) for line in lines)
        + ".",
    )
    made = curves("journeys-months", lines, _axis(*(line.values for line in lines)), _AXIS, words)
    rows = journeys_rows.curves(book)
    rows = rows[rows["cohort"] != ALL]
    return join(
        [made.without_values, downloads.offer(rows, "journeys-by-month", "The curves by month, day by day")]
    )


def _with_day(line: Curve) -> str:
    return f"{line.label} by day {line.last_day}"


def _newest(found: Journeys, least: int) -> Sequence[Cohort]:
    return [cohort for cohort in found.months if cohort.visitors >= least][:_MOST_MONTHS]


def _rows(book: Shop, cohort: str, source: str) -> pd.DataFrame:
    rows = journeys_rows.curves(book)
    return rows[(rows["cohort"] == cohort) & (rows["traffic_source"] == source)]


def _while_watched(rows: pd.DataFrame, least: int) -> list[float | None]:
    """The shares up to the last day on which enough visitors were still watched or had bought."""
    watched = rows["at_risk"] + rows["buyers"]
    enough = ((watched >= least) & (watched >= _LEAST_WATCHED * rows["visitors"])).tolist()
    return [
        value if is_enough else None
        for value, is_enough in zip(known(rows["converted_share"]), enough, strict=True)
    ]


def _last(values: Sequence[float | None]) -> str:
    return numbers.percent(next((value for value in reversed(values) if value is not None), None))


def _axis(*values: Sequence[float | None]) -> Formatter:
    """Percent with a decimal where the whole axis is a few percent."""
    top = max((value for line in values for value in line if value is not None), default=0.0)
    return lambda value: numbers.percent(value, 1 if top < 0.1 else 0)
