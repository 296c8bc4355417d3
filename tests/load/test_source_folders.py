"""Sources of the project's own, tables without a key, and the numbers of files."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from analysis_lib.errors import MissingInputError, SettingsError
from analysis_lib.models import read_project
from analysis_lib.sources.definition import make_source, read_source
from analysis_lib.sources.place import PACKAGED, source_folder, source_names
from tests.load.shop import Shop, assert_row_equation

REES46 = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
VIEW = "2019-10-01 00:00:00 UTC,view,5,2103807459595387724,phones.smart,apple,9.99,7,a-1\n"
BOUGHT = "2019-10-01 00:00:01 UTC,purchase,5,2103807459595387724,phones.smart,apple,9.99,7,a-1\n"
OWN = """
name: mine
description: A shop of one table.
tables:
  visits:
    description: One row a visit.
    without: nothing can be reported
    columns:
      id: {type: STRING, key: true, description: The visit.}
"""


def _own(folder: Path, name: str, text: str = OWN) -> Path:
    (folder / name).mkdir(parents=True)
    (folder / name / "source.yml").write_text(text, encoding="utf-8")
    return folder


def test_a_source_of_the_project_is_found_beside_those_of_the_package(tmp_path: Path) -> None:
    own = _own(tmp_path, "mine")
    assert {"mine", "thelook", "rees46"} <= set(source_names(own))
    assert source_folder("mine", own) == own / "mine"
    assert source_folder("thelook", own) == PACKAGED / "thelook"
    assert list(read_source("mine", own).tables) == ["visits"]


def test_the_project_s_own_source_wins_over_the_package_s_of_the_same_name(tmp_path: Path) -> None:
    own = _own(tmp_path, "thelook")
    assert list(read_source("thelook", own).tables) == ["visits"]
    assert "raw_visits" in read_project("thelook", own_sources=own).raw_schemas


def test_a_source_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"There is no source rees64.*rees46"):
        source_folder("rees64", tmp_path)
    with pytest.raises(MissingInputError, match=r"There are: .*thelook"):
        source_folder("zzzzzzz", tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tables: [", "not valid YAML"),
        ("name: mine\ndescription: x\n", "lists no tables"),
        (OWN.replace("key: true, ", ""), "no column is marked as key"),
        (OWN.replace("    without", "    keyless: true\n    without"), "is keyless, but a column is marked"),
        (OWN.replace("    without", "    keyless: often\n    without"), "keyless must be true or false"),
    ],
)
def test_a_definition_that_means_nothing_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read_source("mine", _own(tmp_path, "mine", text))


def test_rows_alike_in_a_table_without_a_key_are_kept_and_counted(shop: Shop) -> None:
    file = shop.write("2019-Oct.csv", REES46 + VIEW + VIEW + BOUGHT + VIEW)
    summary = shop.load(file, source="rees46")
    assert shop.query("select count(*), count(*) filter (is_duplicate) from raw_events") == [(4, 0)]
    assert shop.query("select identical_rows from load_counts") == [(2,)]
    assert (
        "events: 4 read = 4 kept + 0 rejected + 0 duplicates; 2 equal another row in everything and were kept"
        in (summary.lines())
    )
    assert_row_equation(shop, ["events"])


def test_months_loaded_in_any_order_make_the_same_rows_of_the_same_numbers(tmp_path: Path) -> None:
    november = VIEW.replace("2019-10", "2019-11")
    rows = []
    for place, names in (("a", ("2019-Oct.csv", "2019-Nov.csv")), ("b", ("2019-Nov.csv", "2019-Oct.csv"))):
        shop = Shop(tmp_path / place)
        for name in names:
            text = VIEW + BOUGHT if "Oct" in name else november
            shop.load(shop.write(name, REES46 + text), source="rees46")
        rows.append(set(shop.query("select * from raw_events")))
    assert rows[0] == rows[1]
    assert len(rows[0]) == 3


def test_the_same_month_again_changes_nothing_and_a_copy_keeps_what_it_holds(shop: Shop) -> None:
    shop.load(shop.write("2019-Oct.csv", REES46 + VIEW + BOUGHT), source="rees46")
    before = shop.query("select * from raw_events order by all")
    assert not shop.load(
        shop.write("again/2019-Oct-copy.csv", REES46 + VIEW + BOUGHT), source="rees46"
    ).is_changed
    assert shop.query("select * from raw_events order by all") == before
    corrected = shop.write("2019-Oct.csv", REES46 + VIEW + BOUGHT + BOUGHT)
    told = "\n".join(shop.load(corrected, source="rees46").lines())
    assert shop.query("select count(*) from raw_events") == [(5,)], "the copy is still what it was"
    assert "2019-Oct-copy.csv → events: kept, it has the rows that" in told


def test_a_corrected_month_takes_the_place_of_its_rows(shop: Shop) -> None:
    shop.load(shop.write("2019-Oct.csv", REES46 + VIEW + BOUGHT), source="rees46")
    shop.load(shop.write("2019-Oct.csv", REES46 + VIEW + BOUGHT + BOUGHT), source="rees46")
    assert shop.query("select count(*) from raw_events") == [(3,)]


def test_a_cut_line_a_missing_user_and_an_unknown_event_are_rejected(shop: Shop) -> None:
    text = REES46 + VIEW + VIEW.replace(",7,", ",,") + VIEW.replace(",view,", ",wish,") + VIEW[:60]
    shop.load(shop.write("2019-Oct.csv", text), source="rees46", max_rejected_share=1)
    reasons = shop.rejects("reason")
    assert [reason.split(" ")[0] for reason in reasons] == ["missing", "event_type:", "line"]
    assert_row_equation(shop, ["events"])


def test_the_head_of_a_real_month(shop: Shop, shared_data: Path) -> None:
    shop.load(shared_data / "rees46", source="rees46")
    assert shop.counts("events")[:4] == (17_435, 17_434, 1, 0)
    assert shop.query("select identical_rows from load_counts") == [(5,)]
    with (shared_data / "rees46" / "2019-Oct_head17k.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["user_session"]]  # the last line is cut off
    for column in ("brand", "category_code"):
        expected = sum(not row[column] for row in rows)
        assert shop.query(f"select count(*) from raw_events where {column} is null") == [(expected,)]
    assert shop.query("select sum(price) from raw_events") == [(sum(Decimal(row["price"]) for row in rows),)]


def test_a_column_of_an_unknown_type_is_refused() -> None:
    columns = {"id": {"type": "MONEY", "key": True, "description": "x"}}
    with pytest.raises(SettingsError, match="there is no type MONEY"):
        make_source(
            "mine",
            {"description": "x", "tables": {"t": {"description": "x", "without": "y", "columns": columns}}},
        )
