"""A REES46 shop of three months: gzipped CSV, Parquet and plain CSV, with the faults of such files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis_lib.pages import quality_source
from analysis_lib.shop import Shop
from benchmarks.rees46_files import Shape, write

from . import from_files
from .conftest import Loader
from .published import overview_numbers, plan_of, sections

SHAPE = Shape(9_000, 3, seed=5, user_rows=12, products=150)
FORMATS = ("csv.gz", "parquet", "csv")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write(tmp_path_factory.mktemp("rees46"), SHAPE, FORMATS)


@pytest.fixture(scope="module")
def book(make: Loader, files: list[Path]) -> Shop:
    return make("rees46", files)


@pytest.fixture(scope="module")
def rows(files: list[Path]) -> pd.DataFrame:
    """All rows of the files, as text, without those that name no user."""
    read = [
        pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str) for path in files
    ]
    every = pd.concat(read, ignore_index=True).assign(place=lambda frame: range(len(frame)))
    return every[every["user_id"].notna()].reset_index(drop=True)


@pytest.fixture(scope="module")
def events(rows: pd.DataFrame) -> pd.DataFrame:
    return from_files.with_sessions(
        pd.DataFrame(
            {
                "visitor": rows["user_id"],
                "time": pd.to_datetime(rows["event_time"], format="%Y-%m-%d %H:%M:%S UTC"),
                "place": rows["place"],
                "type": rows["event_type"],
                "amount": rows["price"].astype(float),
            }
        )
    )


def test_every_page_is_published_but_inventory(book: Shop) -> None:
    plan = plan_of(book)
    assert plan.left_out == {"inventory": "the shop has no stock (table inventory_items)"}
    assert {brief.id for brief in plan.briefs} == {page.id for page in plan.with_data} | {"executive"}


def test_the_headline_figures_are_those_of_the_files(book: Shop, events: pd.DataFrame) -> None:
    bought = events[events["type"] == "purchase"]
    lines = bought.assign(order=bought["session"])
    expected = from_files.numbers(events, lines)
    assert expected["orders"] > 30
    assert overview_numbers(book) == pytest.approx(expected)


def test_what_is_not_known_is_said_and_not_zero(book: Shop) -> None:
    overview = " ".join(text for _, text in sections(book, "overview"))
    assert "The data do not say what became of an order" in overview
    assert "The shop states no costs, so that gross profit and contribution are not known." in overview
    assert "No visit names where it came from" in overview
    marketing = dict(sections(book, "marketing"))
    assert "no visit names a traffic source" in marketing["headline"]
    assert "$" not in marketing["headline"] + marketing["over_time"]
    assert "$0" not in marketing["acquisition"]


def test_cross_sell_goes_by_the_probability_where_no_margin_is_known(book: Shop) -> None:
    said = dict(sections(book, "cross_sell"))
    assert "margin of –" not in said["key_findings"]
    assert "Expected margin" not in said["wanted_products"]
    assert (
        "Margins are not known" in said["wanted_products"]
        or "Without probabilities" in said["wanted_products"]
    )


def test_the_quality_page_counts_what_is_particular(book: Shop, rows: pd.DataFrame) -> None:
    found = quality_source.facts(book).set_index("fact")["counted"]
    months = rows["event_time"].str[:7]
    products = rows.groupby("product_id")
    reliable = rows[months.isin(["2019-10", "2019-11"]) & rows["category_code"].notna()]
    has_code = set(rows.loc[rows["category_code"].notna(), "product_id"])
    times = pd.to_datetime(rows["event_time"], format="%Y-%m-%d %H:%M:%S UTC")
    of_keys = times.groupby(rows["user_session"])
    assert dict(found) == {
        "rows that equal another one in everything": int(
            rows.drop(columns="place").astype({"price": float}).duplicated().sum()
        ),
        "products under several brands": int((products["brand"].nunique() > 1).sum()),
        "products under several category codes": int((products["category_code"].nunique() > 1).sum()),
        "products without a category code in a reliable period": len(has_code - set(reliable["product_id"])),
        "products without any category code": rows["product_id"].nunique() - len(has_code),
        "products that never had a price above 0": int(
            (rows["price"].astype(float).groupby(rows["product_id"]).max() == 0).sum()
        ),
        "purchases at a price of 0": int(
            ((rows["event_type"] == "purchase") & (rows["price"].astype(float) == 0)).sum()
        ),
        "session keys in use for more than a day": int(
            ((of_keys.max() - of_keys.min()) > pd.Timedelta(days=1)).sum()
        ),
    }
    assert sum(count > 0 for count in found) >= 5, "the files have these faults"


def test_the_quality_page_states_the_rule_of_the_category_periods(book: Shop) -> None:
    said = dict(sections(book, "quality"))["sums"]
    assert "1 Oct 2019" in said
    assert "30 Nov 2019" in said
    assert "smartphones stand under construction.tools.light" in said


def test_a_product_stands_under_its_category_of_the_reliable_months(book: Shop, rows: pd.DataFrame) -> None:
    months = rows["event_time"].str[:7]
    coded = rows[months.isin(["2019-10", "2019-11"]) & rows["category_code"].notna()]
    counts = coded.groupby(["product_id", "category_code"]).size().reset_index(name="events")
    first = counts.sort_values(["product_id", "events", "category_code"], ascending=[True, False, True])
    expected = first.drop_duplicates("product_id").set_index("product_id")["category_code"]
    found = book.sql("select product_id, category from stg_products").set_index("product_id")["category"]
    assert (found.loc[expected.index] == expected.str.replace(".", " > ")).all()


def test_the_order_of_the_files_makes_no_difference(make: Loader, files: list[Path]) -> None:
    first, last = make.staged("rees46", files), make.staged("rees46", files[::-1])
    for model, rows in first.items():
        pd.testing.assert_frame_equal(rows, last[model])
