"""Whatever is written in one way is read as what it was, or refused; it is never read as another value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.load.fuzz_shop import FuzzShop
from tests.load.written import amounts, times

CASES = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
DATES: dict[str, Callable[[dt.datetime], str]] = {
    "day first": lambda t: f"{t.day:02}.{t.month:02}.{t.year} {t:%H:%M:%S}",
    "day first, short": lambda t: f"{t.day}/{t.month}/{t.year} {t.hour}:{t:%M:%S}",
    "month first": lambda t: f"{t.month}/{t.day}/{t.year} {t:%I:%M:%S %p}",
    "month first, dashes": lambda t: f"{t.month:02}-{t.day:02}-{t.year}T{t:%H:%M:%S}",
    "names": lambda t: f"{t:%a, %d %b %Y %H:%M:%S} +0000",
    "American names": lambda t: f"{t:%B} {t.day}, {t.year}, {t:%I:%M:%S %p}",
    "logs": lambda t: f"{t:%d/%b/%Y:%H:%M:%S} +0000",
    "compact": lambda t: f"{t:%Y%m%d%H%M%S}",
    "ISO": lambda t: f"{t:%Y-%m-%d %H:%M:%S}",
}
TELLING = ("names", "American names", "logs", "compact", "ISO")
SIGNS = ["", "€", "$", "EUR ", "kr "]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], FuzzShop]:
    folder = tmp_path_factory.mktemp("written")
    return lambda: FuzzShop(folder, "thelook")


def moments() -> st.SearchStrategy[dt.datetime]:
    return st.datetimes(dt.datetime(1990, 1, 2), dt.datetime(2099, 12, 30)).map(
        lambda t: t.replace(microsecond=0)
    )


def grouped(amount: Decimal, places: int, by: str, decimal: str) -> str:
    """An amount with so many places and its thousands in groups."""
    text = f"{amount:,.{places}f}"
    return text.replace(",", "\0").replace(".", decimal).replace("\0", by)


@CASES
@given(st.sampled_from(list(DATES)), st.lists(moments(), min_size=1, max_size=5))
@example("day first", [dt.datetime(2020, 4, 3), dt.datetime(2020, 5, 5)])
@example("month first", [dt.datetime(2020, 1, 25), dt.datetime(2020, 1, 2, 12)])
def test_times(shop: Callable[[], FuzzShop], style: str, written: list[dt.datetime]) -> None:
    text = times(*(DATES[style](moment) for moment in written))
    with shop() as one:
        path = one.write("events.csv", text)
        said = one.take(path)
        if said:
            # Only dates that could be either may be refused, and one date that could not decides for all.
            assert "no value of the column tells which" in said
            assert style not in TELLING
            assert all(moment.day <= 12 for moment in written)
            return
        found = one.query("select created_at from raw_events order by id")
        assert [row[0] for row in found] == [moment.replace(tzinfo=dt.UTC) for moment in written]


@CASES
@given(
    st.sampled_from([",.", ".,", " .", " ,", "\u202f,", "'.", "’."]),
    st.sampled_from(SIGNS),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 10**10), st.integers(0, 4)), min_size=1, max_size=5),
)
@example(".,", "", False, [(1_234, 0), (5, 0)])
@example(",.", "$", False, [(1_234_500, 3)])
def test_amounts(
    shop: Callable[[], FuzzShop], style: str, sign: str, is_behind: bool, numbers: list[tuple[int, int]]
) -> None:
    values = [Decimal(number).scaleb(-places) for number, places in numbers]
    texts = [grouped(value, places, *style) for value, (_, places) in zip(values, numbers, strict=True)]
    texts = [f"{text} {sign.strip()}" if is_behind and sign else f"{sign}{text}" for text in texts]
    with shop() as one:
        said = one.take(one.write("order_items.csv", amounts(*texts)))
        if said:
            assert "with a decimal point and" in said
            return
        found = [row[0] for row in one.query("select sale_price from raw_order_items order by id")]
        assert found == values


@CASES
@given(st.permutations(["25/01/2020", "03/04/2020", "2020-04-05", "6 May 2020"]), st.integers(1, 3))
def test_the_order_of_rows_and_files_does_not_matter(
    shop: Callable[[], FuzzShop], texts: list[str], cut: int
) -> None:
    expected = {
        "25/01/2020": dt.date(2020, 1, 25), "03/04/2020": dt.date(2020, 4, 3),
        "2020-04-05": dt.date(2020, 4, 5), "6 May 2020": dt.date(2020, 5, 6),
    }  # fmt: skip
    with shop() as one:
        first = one.write("events_1.csv", times(*texts[:cut]))
        second = one.write("events_2.csv", times(*texts[cut:], start=cut + 1))
        assert one.take(first, second) == ""
        found = one.query("select cast(created_at as date) from raw_events order by id")
        assert [row[0] for row in found] == [expected[text] for text in texts]
