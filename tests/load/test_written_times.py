"""How times are written is told from the whole column, or the load stops and shows both readings."""

from __future__ import annotations

import re

import pytest

from analysis_lib.errors import BadDataError, ParameterError, SettingsError
from analysis_lib.sources.definition import read_source
from analysis_lib.sources.written import parse_formats
from tests.load.shop import Shop, csv_text
from tests.load.written import day, decisions, read_times, refused, times


def test_one_date_tells_that_the_day_comes_first(shop: Shop) -> None:
    shop.write("events.csv", times("03/04/2020", "25/01/2020 13:05", "04/03/2020 7:30:00 PM"))
    summary = shop.load()
    assert read_times(shop) == [day(4, 3), day(1, 25, 13, 5), day(3, 4, 19, 30)]
    assert decisions(summary) == [
        "created_at is read with the day first, as 1 value shows (25/01/2020 13:05)"
    ]


def test_one_date_tells_that_the_month_comes_first(shop: Shop) -> None:
    shop.write("events.csv", times("03/04/2020", "01/25/2020 1:05 PM", "04/03/2020"))
    summary = shop.load()
    assert read_times(shop) == [day(3, 4), day(1, 25, 13, 5), day(4, 3)]
    assert decisions(summary) == [
        "created_at is read with the month first, as 1 value shows (01/25/2020 1:05 PM)"
    ]


def test_the_telling_date_may_stand_anywhere(shop: Shop) -> None:
    rows = ["2020-01-01"] * 3_000 + ["03/04/2020"] + ["2020-01-02"] * 3_000 + ["25/12/2020"]
    shop.write("events.csv", times(*rows))
    shop.load()
    assert shop.query("select created_at from raw_events where id in (3001, 6002) order by id") == [
        (day(4, 3),), (day(12, 25),),
    ]  # fmt: skip


def test_dates_that_could_be_either_stop_the_load_with_both_readings(shop: Shop) -> None:
    text = times("2020-04-20", "03/03/2020", "03/04/2020", "05/06/2020")
    assert refused(shop, text) == (
        'events.csv, column created_at: "03/04/2020" (row 3) is 3 April 2020 with the day first and '
        "4 March 2020 with the month first; no value of the column tells which. "
        "Say it: --format events.created_at=day_first (or month_first). Nothing was changed."
    )
    assert shop.tables() == set()


def test_a_load_that_stops_leaves_other_files_alone(shop: Shop) -> None:
    shop.write("a_users.csv", csv_text("users", {}))
    refused(shop, times("03/04/2020"))
    with pytest.raises(BadDataError, match="no value of the column tells which"):
        shop.load()
    assert shop.tables() == set()


def test_dates_that_are_the_same_in_both_orders_need_no_decision(shop: Shop) -> None:
    shop.write("events.csv", times("03/03/2020", "12.12.2020"))
    summary = shop.load()
    assert read_times(shop) == [day(3, 3), day(12, 12)]
    assert decisions(summary) == ["created_at is read in ways with one meaning each"]


def test_what_was_said_decides(shop: Shop) -> None:
    formats = {("events", "created_at"): "month_first"}
    shop.write("events.csv", times("03/04/2020", "25/01/2020"))
    summary = shop.load(formats=formats, max_rejected_share=1)
    assert read_times(shop) == [day(3, 4)]
    assert shop.rejects() == [(2, 'created_at: "25/01/2020" is not a time stamp with the month first')]
    assert decisions(summary) == ["created_at is read with the month first, as it was said"]


def test_a_file_is_read_again_when_something_else_is_said(shop: Shop) -> None:
    shop.write("events.csv", times("03/04/2020"))
    shop.load(formats={("events", "created_at"): "month_first"})
    assert shop.load().files[0].outcome == "unchanged"
    again = shop.load(formats={("events", "created_at"): "day_first"})
    assert again.files[0].outcome == "replaced"
    assert read_times(shop) == [day(4, 3)]
    assert shop.load(formats={("events", "created_at"): "day_first"}).files[0].outcome == "unchanged"


@pytest.mark.parametrize(
    ("place", "reading", "said"),
    [
        (("evnts", "created_at"), "day_first", 'has no table evnts. Did you mean "events"?'),
        (("events", "made_at"), "day_first", "events has no column made_at"),
        (("events", "created_at"), "decimal_comma", "TIMESTAMP are written as day_first, month_first"),
        (("events", "city"), "day_first", "STRING are written in one way only"),
    ],
)
def test_what_cannot_be_said(shop: Shop, place: tuple[str, str], reading: str, said: str) -> None:
    with pytest.raises(ParameterError) as error:
        shop.load_text("events.csv", times("03/04/2020"), formats={place: reading})
    assert said in str(error.value)


def test_both_orders_in_one_column_stop_the_load(shop: Shop) -> None:
    assert refused(shop, times("25/01/2020", "01/25/2020", "03/04/2020")) == (
        'events.csv, column created_at is written in two ways: "25/01/2020" (row 1) can only be read with '
        'the day first, "01/25/2020" (row 2) can only be read with the month first; "03/04/2020" (row 3) '
        "could be either. Export it in one way, or say which one counts: "
        "--format events.created_at=day_first (or month_first); rows of the other way are then rejected. "
        "Nothing was changed."
    )


def test_one_stray_date_is_rejected_where_every_other_has_one_reading(shop: Shop) -> None:
    shop.load_text("events.csv", times(*["25/01/2020"] * 30, "01/25/2020"))
    assert shop.rejects() == [(31, 'created_at: "01/25/2020" is not a time stamp with the day first')]


def test_a_few_contradicting_dates_in_a_column_of_iso_8601_are_rejected(shop: Shop) -> None:
    shop.load_text("events.csv", times(*["2020-04-20"] * 50, "01/25/2020", "25/01/2020"))
    assert [number for number, _ in shop.rejects()] == [51, 52]


def test_times_of_every_style_with_one_reading_may_be_mixed(shop: Shop) -> None:
    texts = {
        "2020-04-20 07:30:00 UTC": day(4, 20, 7, 30), "2020.04.20": day(4, 20), "20200420": day(4, 20),
        "20200420T073000Z": day(4, 20, 7, 30), "20200420073000": day(4, 20, 7, 30),
        "20-Apr-2020": day(4, 20), "20 April 2020 07:30": day(4, 20, 7, 30), "2020-Apr-20": day(4, 20),
        "Apr 20, 2020, 7:30:00 PM": day(4, 20, 19, 30), "April 20th, 2020": day(4, 20),
        "Mon, 20 Apr 2020 09:30:00 +0200": day(4, 20, 7, 30), "20/Apr/2020:07:30:00 +0000": day(4, 20, 7, 30),
        "2020-04-20 07:30:00,000": day(4, 20, 7, 30), "4/20/2020 12:00:00 AM": day(4, 20),
        "4/20/2020 12:30 p.m.": day(4, 20, 12, 30), "04-20-2020": day(4, 20),
    }  # fmt: skip
    shop.load_text("events.csv", times(*texts))
    assert read_times(shop) == list(texts.values())


def test_dates_that_contradict_themselves_are_no_dates(shop: Shop) -> None:
    texts = [
        "Tue, 20 Apr 2020",
        "31/02/2020",
        "20/13/2020",
        "4/20/20",
        "20 Avril 2020",
        "2020-04-20 13:00 PM",
    ]
    shop.load_text("events.csv", times("20/04/2020", *texts), max_rejected_share=1)
    two_digits = {"4/20/20": ": its year has two digits"}
    assert shop.rejects("reason") == [
        f'created_at: "{text}" is not a time stamp{two_digits.get(text, "")}' for text in texts
    ]


def test_a_short_later_file_is_read_as_those_before(shop: Shop) -> None:
    shop.load_text("events_1.csv", times("25/01/2020"))
    shop.write("events_2.csv", times("03/04/2020", start=10))
    summary = shop.load()
    assert read_times(shop) == [day(1, 25), day(4, 3)]
    assert decisions(summary) == ["created_at is read with the day first, as in events_1.csv"]


def test_a_short_file_is_read_as_another_one_of_the_same_load_whatever_their_order(shop: Shop) -> None:
    shop.write("events_1.csv", times("03/04/2020"))
    shop.write("events_2.csv", times("01/25/2020", start=10))
    shop.load()
    assert read_times(shop) == [day(3, 4), day(1, 25)]


@pytest.mark.parametrize("first", [0, 1])
def test_files_that_contradict_each_other_stop_the_load_in_any_order(shop: Shop, first: int) -> None:
    files = {"events_1.csv": times("25/01/2020", "03/04/2020"), "events_2.csv": times("01/25/2020", start=10)}
    names = list(files)[::-1] if first else list(files)
    shop.load_text(names[0], files[names[0]])
    said = refused(shop, files[names[1]], names[1])
    assert "events_1.csv is written with the day first and events_2.csv with the month first" in said
    shop.load(shop.folder / names[1], formats={("events", "created_at"): ("month_first", "day_first")[first]})
    assert read_times(shop) == [day(1, 25), day(4, 3), day(1, 25)]


def test_files_that_contradict_each_other_are_fine_where_every_value_has_one_reading(shop: Shop) -> None:
    shop.write("events_1.csv", times("25/01/2020"))
    shop.write("events_2.csv", times("01/25/2020", start=10))
    shop.load()
    assert read_times(shop) == [day(1, 25), day(1, 25)]


def test_a_file_that_others_decided_stops_them_from_turning(shop: Shop) -> None:
    shop.load_text("events_1.csv", times("25/01/2020"))
    shop.load_text("events_2.csv", times("03/04/2020", start=10))
    said = refused(shop, times("01/25/2020"), "events_1.csv")
    assert "events_2.csv is written with the day first and events_1.csv with the month first" in said
    assert read_times(shop) == [day(1, 25), day(4, 3)]


def test_every_decision_is_kept_with_the_load(shop: Shop) -> None:
    shop.load_text("events.csv", times("25/01/2020", "03/04/2020"))
    assert shop.query(
        "select column_name, file_name, reading, deciding_values, undecided_values, is_said, decision "
        "from load_decisions where column_name = 'created_at'"
    ) == [
        ("created_at", "events.csv", "day_first", 1, 1, False,
         "created_at is read with the day first, as 1 value shows (25/01/2020)"),
    ]  # fmt: skip
    shop.load_text("events.csv", times("2020-01-25"))
    assert shop.query("select count(*) from load_decisions where decision <> ''") == [(0,)]


def test_counts_since_1970_are_found_beyond_empty_first_rows(shop: Shop) -> None:
    rows = [{"order_id": str(n), "shipped_at": "" if n < 1_500 else "1709287140"} for n in range(1, 1_600)]
    shop.write("orders.csv", csv_text("orders", *rows))
    assert "shipped_at is read as seconds since 1970" in decisions(shop.load())


def test_the_source_may_say_how_a_column_is_written(shop: Shop) -> None:
    own = shop.folder / "sources" / "mine"
    own.mkdir(parents=True)
    text = (
        "name: mine\ndescription: One.\ntables:\n  visits:\n    description: Visits.\n    without: nothing\n"
        "    columns:\n      id: {type: STRING, key: true, description: The visit.}\n"
        "      seen: {type: TIMESTAMP, format: %s, description: When.}\n"
    )
    (own / "source.yml").write_text(text % "day_first", encoding="utf-8")
    path = shop.write("visits.csv", "id,seen\na,03/04/2020\n")
    shop.load(path, source="mine", own_sources=own.parent)
    assert shop.values("visits", "seen") == [day(4, 3)]
    read_source.cache_clear()
    (own / "source.yml").write_text(text % "month_first", encoding="utf-8")
    again = shop.load(path, source="mine", own_sources=own.parent)
    assert again.files[0].outcome == "replaced"
    assert shop.values("visits", "seen") == [day(3, 4)]
    read_source.cache_clear()
    (own / "source.yml").write_text(text % "decimal_comma", encoding="utf-8")
    with pytest.raises(SettingsError, match="the format decimal_comma cannot be"):
        read_source("mine", own.parent)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("created_at=day_first", "takes TABLE.COLUMN=READING"),
        ("orders.created_at", "takes TABLE.COLUMN=READING"),
        ("orders.created_at=dayfirst", 'there is no reading dayfirst. Did you mean "day_first"?'),
    ],
)
def test_a_flag_that_says_nothing(text: str, said: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(said)):
        parse_formats([text])
