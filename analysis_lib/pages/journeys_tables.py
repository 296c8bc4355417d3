"""How often buyers came before, and the quartiles of the way by source and by cohort."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import journeys_rows, journeys_tests
from analysis_lib.pages.journeys_findings import sessions, wait
from analysis_lib.pages.journeys_rows import LAST_DAY, TEST_DAYS, Cohort
from analysis_lib.pages.journeys_tests import Compared
from analysis_lib.reporting import charts, downloads, numbers
from analysis_lib.reporting.charts import Bar, Words
from analysis_lib.reporting.figure import SERIES
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

# How often buyers came before, in groups where few did.
_GROUPS = (
    (0, 0, "None: in the first"),
    (1, 1, "1 session"),
    (2, 2, "2 sessions"),
    (3, 5, "3–5 sessions"),
    (6, 10, "6–10 sessions"),
    (11, None, "over 10 sessions"),
)
_MOST_MONTHS = 18
_IN_BRACKETS = (
    "in brackets the middle half of the buyers beside their median, the 95\u00a0% interval beside a share"
)


def sessions_before(book: Shop) -> Html:
    """How many buyers came how often before the session of the first order."""
    found = journeys_rows.read(book)
    if found is None:
        return empty(journeys_rows.nothing(book))
    buyers = sum(number for _, number in found.sessions)
    if not buyers:
        return empty(f"None of the {found.since} has bought yet.")
    rows = []
    for low, high, label in _GROUPS:
        number = sum(n for before, n in found.sessions if before >= low and (high is None or before <= high))
        text = f"{numbers.percent(number / buyers)} · {numbers.plural(number, 'buyer')}"
        rows.append(Bar(label, float(number), text, SERIES[0]))
    words = Words(
        f"Sessions before the first purchase, buyers up to {day(book.data_through)}",
        f"{numbers.plural(buyers, 'buyer')}; the session of the purchase itself is not counted.",
        "Bar chart of buyers by the number of sessions before the first purchase. "
        + "; ".join(f"{row.label}: {row.text}" for row in rows)
        + ".",
    )
    made = charts.bars("journeys-sessions", rows, words)
    download = _frame(found.sessions)
    return join(
        [made.without_values, downloads.offer(download, "journeys-sessions", "Buyers by sessions before")]
    )


def _few(least: int) -> str:
    return (
        f"Too few: fewer than {least} visitors, {numbers.too_few(least)}. Medians in italics: of fewer "
        f"than {least} "
        "buyers, too few to rely on."
    )


def _frame(counted: Sequence[tuple[int, int]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(counted, columns=["sessions_before", "buyers"])


def by_source(book: Shop) -> Html:
    """Quartiles and shares by source of the first visit, with the verdict of the tests."""
    found = journeys_rows.read(book)
    if found is None:
        return empty(journeys_rows.nothing(book))
    compared = journeys_tests.compare(book)
    rows = [
        {
            **_row(source, lambda _: True),
            "at_once": _at_once(found.at_once.get(source.name), book.parameters.min_sample),
            "verdict": _verdict(compared.bought.get(source.name)),
        }
        for source in [*found.sources, found.whole]
    ]
    rows[-1] |= {"name": "All sources", "verdict": ""}
    rows[-1]["at_once"] = _at_once(
        (
            sum(one for one, _ in found.at_once.values()),
            sum(of for _, of in found.at_once.values()),
        ),
        book.parameters.min_sample,
    )
    least = book.parameters.min_sample
    few = _few(least)
    return table(
        _table(rows),
        [
            Column("name", "First source"),
            *_columns(least, [TEST_DAYS]),
            Column("verdict", f"Within {TEST_DAYS} days, against the others"),
            Column("at_once", f"Of buyers within {TEST_DAYS} days, in the first session", _as_it_is),
        ],
        "journeys-sources",
        "The way to the first purchase by source",
        f"All {found.since}; {_IN_BRACKETS}",
        [
            "Higher and lower: two-proportion tests of the Kaplan–Meier estimates, with Holm's correction "
            f"over the page ({numbers.plural(compared.number, 'test')}). In the first session: of those who "
            f"bought within {TEST_DAYS} days and came at least {TEST_DAYS} days ago.",
            few,
        ],
        download=_download([*found.sources, found.whole]),
        download_label="All columns by source",
        bold_rows=[len(rows) - 1],
    )


def by_month(book: Shop) -> Html:
    """Quartiles and shares by month of the first visit, the newest first."""
    found = journeys_rows.read(book)
    if found is None:
        return empty(journeys_rows.nothing(book))
    as_of, least = book.data_through, book.parameters.min_sample
    shown = list(found.months[:_MOST_MONTHS])
    rows = [_row(cohort, functools.partial(cohort.is_watched, as_of=as_of)) for cohort in shown]
    rows.append({**_row(found.whole, lambda _: True), "name": "All months"})
    hidden = len(found.months) - len(shown)
    notes = [
        f"Medians are those of who has bought; they stand once all visitors of a month were watched for "
        f"{LAST_DAY} days, since before that the slow buyers are missing. Shares stand as soon as some "
        "visitors were watched for so long.",
        _few(least),
        "The first months hold visitors as well who had come before the data began and were not new.",
    ]
    if hidden:
        notes.append(f"{numbers.plural(hidden, 'earlier month')} in the download.")
    return table(
        _table(rows),
        [Column("name", "First visit"), *_columns(least, [7, TEST_DAYS, LAST_DAY])],
        "journeys-months",
        "The way to the first purchase by month of the first visit",
        f"Data through {day(as_of)}; {_IN_BRACKETS}",
        notes,
        download=_download([*found.months, found.whole]),
        download_label="All columns by month",
        bold_rows=[len(rows) - 1],
    )


def _row(cohort: Cohort, is_watched: Callable[[int], bool]) -> dict[str, Any]:
    has_quartiles = is_watched(LAST_DAY)
    return {
        "name": cohort.name.replace(" ", numbers.NO_BREAK) if cohort.first else cohort.name,
        "visitors": cohort.visitors,
        "buyers": cohort.buyers,
        "sessions": _quartiles(cohort, "sessions_before", sessions) if has_quartiles else None,
        "wait": _quartiles(cohort, "days_to_purchase", wait) if has_quartiles else None,
        **{f"share_{days}": _share(cohort, days) for days in (7, TEST_DAYS, LAST_DAY)},
    }


def _quartiles(cohort: Cohort, column: str, write: Callable[[float | None], str]) -> str | None:
    low, median, high = (cohort.value(f"{part}_{column}") for part in ("p25", "median", "p75"))
    return None if median is None else _with_range(write(median), f"{write(low)} to {write(high)}")


def _share(cohort: Cohort, days: int) -> str | None:
    share, limits = cohort.share(days), cohort.limits(days)
    if share is None:
        return None
    limits_text = numbers.percent_range(*limits).replace("–", " to ") if limits else ""
    return _with_range(numbers.percent(share), limits_text)


def _with_range(value: str, limits: str) -> str:
    """A value and its range, which a narrow column may put on a second line, each unbroken."""
    return f"{value} ({limits.replace(' ', numbers.NO_BREAK)})" if limits else value


def _at_once(counts: tuple[int, int] | None, least: int) -> str:
    at_once, buyers = counts or (0, 0)
    if buyers < least:
        return f"{numbers.count(at_once)} of {numbers.count(buyers)}" if buyers else numbers.NOT_AVAILABLE
    return numbers.rate(at_once, buyers, least).replace("n = ", f"n{numbers.NO_BREAK}={numbers.NO_BREAK}")


def _verdict(compared: Compared | None) -> str:
    if compared is None or compared.p_value is None:
        return "not tested"
    if not compared.is_found:
        return "no clear difference"
    word = "higher" if compared.rate > compared.other_rate else "lower"
    return f"{word} ({numbers.p_value(compared.p_value)})"


def _if_enough(name: str, least: int) -> Callable[[Any], str]:
    return lambda row: _as_it_is(getattr(row, name)) if row.visitors >= least else "too few"


def _columns(least: int, days: Sequence[int]) -> list[Column]:
    def few_visitors(row: Any) -> bool:
        return bool(row.visitors < least)

    def few_buyers(row: Any) -> bool:
        return bool(row.buyers < least)

    return [
        Column("visitors", "Visitors", numbers.count),
        Column("buyers", "Bought so far", numbers.count),
        Column("sessions", "Sessions before", _as_it_is, is_few=few_buyers),
        Column("wait", "Time to the purchase", _as_it_is, is_few=few_buyers),
        *(
            Column(
                f"share_{one}",
                f"Bought within {one} days",
                _if_enough(f"share_{one}", least),
                True,
                few_visitors,
            )
            for one in days
        ),
    ]


def _as_it_is(text: Any) -> str:
    return numbers.NOT_AVAILABLE if text is None or text != text else str(text)


def _table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows))


def _download(cohorts: Sequence[Cohort]) -> pd.DataFrame:
    """The rows of the mart, as they are."""
    import pandas as pd

    rows = pd.DataFrame([dict(cohort.row) for cohort in cohorts])
    return rows.drop(columns=["at_risk_30d", "buyers_30d"])
