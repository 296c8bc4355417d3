"""The real GA4 sample, once in daily shards and once whole, against pandas on the file itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from analysis_lib.pages import quality_source
from analysis_lib.shop import Shop

from . import from_files
from .conftest import Loader
from .published import overview_numbers, plan_of, sections

_SHARED = Path(os.environ.get("SHOPBOOK_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "ga4"
FILE = _SHARED / "ga4_events_sampled.snappy.parquet"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="the folder ../shared/data is not there")
TYPES = {"view_item": "view", "purchase": "purchase"}
SHARDS = ("20201101", "20201123", "20201215", "20210110")


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The sample as tables `events_YYYYMMDD`, each with the days up to the next one."""
    folder = tmp_path_factory.mktemp("shards")
    files = []
    for first, after in zip(SHARDS, (*SHARDS[1:], "99999999"), strict=True):
        files.append(folder / f"events_{first}.parquet")
        part = f"select * from '{FILE}' where event_date >= '{first}' and event_date < '{after}'"
        duckdb.connect().execute(f"copy ({part}) to '{files[-1]}' (format parquet)")
    return files


@pytest.fixture(scope="module")
def book(make: Loader, shards: list[Path]) -> Shop:
    return make("ga4", shards)


def known(value: Any) -> Any:
    """A text that says something; None for what is missing, empty or `(not set)`."""
    return None if value is None or value != value or str(value).strip() in ("", "(not set)") else value


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return pd.read_parquet(FILE).reset_index(drop=True)


@pytest.fixture(scope="module")
def events(raw: pd.DataFrame) -> pd.DataFrame:
    return from_files.with_sessions(
        pd.DataFrame(
            {
                "visitor": raw["user_pseudo_id"],
                "time": pd.to_datetime(raw["event_timestamp"].astype("int64"), unit="us"),
                "place": raw.index,
                "type": raw["event_name"].map(TYPES),
                "transaction": [known((one or {}).get("transaction_id")) for one in raw["ecommerce"]],
                "revenue": [(one or {}).get("purchase_revenue") for one in raw["ecommerce"]],
                "items": raw["items"],
            }
        )
    )


@pytest.fixture(scope="module")
def lines(events: pd.DataFrame) -> pd.DataFrame:
    """Amounts of purchases: the first event of each transaction; without a number, all of a session."""
    bought = events[events["type"] == "purchase"].sort_values(["time", "place"])
    numbered = bought[bought["transaction"].notna()].drop_duplicates("transaction")
    kept = pd.concat([numbered, bought[bought["transaction"].isna()]])
    amounts = []
    for items, revenue in zip(kept["items"], kept["revenue"], strict=True):
        listed = [] if items is None else list(items)
        of_items = sum((one["price"] or 0) * max(one["quantity"] or 1, 1) for one in listed)
        amounts.append(of_items if listed else (revenue if revenue == revenue else 0) or 0)
    order = kept["transaction"].where(kept["transaction"].notna(), "s" + kept["session"].astype(str))
    return pd.DataFrame({"order": order, "time": kept["time"], "amount": amounts})


def test_every_page_is_published_but_inventory(book: Shop) -> None:
    plan = plan_of(book)
    assert plan.left_out == {"inventory": "the shop has no stock (table inventory_items)"}
    assert len(plan.with_data) == 8


def test_the_headline_figures_are_those_of_the_file(
    book: Shop, events: pd.DataFrame, lines: pd.DataFrame
) -> None:
    expected = from_files.numbers(events, lines)
    assert expected["orders"] > 100
    assert overview_numbers(book) == pytest.approx(expected)


def test_sessions_users_orders_and_revenue_of_all_time_are_those_of_the_file(
    book: Shop, events: pd.DataFrame, lines: pd.DataFrame
) -> None:
    sums = "select count(*), count(distinct visitor_id), count(distinct user_id) from fct_sessions"
    users = events["visitor"].nunique()
    assert tuple(book.sql(sums).iloc[0]) == (events["session"].nunique(), users, users)
    placed = "select count(*) as orders, sum(net_revenue) as revenue from int_orders where is_counted"
    found = book.sql(placed).iloc[0]
    assert found["orders"] == lines["order"].nunique()
    assert float(found["revenue"]) == pytest.approx(lines["amount"].sum())
    buyers = book.sql("select count(*) from dim_customers where orders > 0").iloc[0, 0]
    assert buyers == events.loc[events["type"] == "purchase", "visitor"].nunique() - _only_repeats(events)


def _only_repeats(events: pd.DataFrame) -> int:
    """Browsers whose purchases are all repeats of transactions of another browser."""
    bought = events[events["type"] == "purchase"].sort_values(["time", "place"])
    first = bought.drop_duplicates("transaction")[["transaction", "visitor"]].dropna()
    owner = dict(zip(first["transaction"], first["visitor"], strict=True))
    owners = [
        owner.get(transaction, visitor)
        for transaction, visitor in zip(bought["transaction"], bought["visitor"], strict=True)
    ]
    return len(set(bought["visitor"]) - set(owners))


def test_a_browser_is_a_customer_where_no_event_names_a_user(book: Shop) -> None:
    said = dict(sections(book, "customers"))
    assert "Nobody has bought" not in said["headline"]
    facts = quality_source.facts(book).set_index("fact")
    assert facts.loc["events that name a user", "counted"] == 0
    assert "each browser counts as a user" in facts.loc["events that name a user", "consequence"]


def test_the_quality_page_counts_what_is_particular(book: Shop, raw: pd.DataFrame) -> None:
    found = quality_source.facts(book).set_index("fact")["counted"]
    bought = raw[raw["event_name"] == "purchase"]
    numbers = pd.Series([known((one or {}).get("transaction_id")) for one in bought["ecommerce"]])
    revenue = pd.Series([(one or {}).get("purchase_revenue") for one in bought["ecommerce"]], dtype=float)
    wanted = raw[raw["event_name"].isin(["view_item", "add_to_cart", "remove_from_cart", "select_item"])]
    listed = [[] if items is None else list(items) for items in wanted["items"]]
    expected = {
        "events that name a user": 0,
        "events without a browser key": 0,
        "events on another day than the export says": 0,
        "purchases without a transaction number or with (not set)": int(numbers.isna().sum()),
        "purchases that repeat a transaction number": int(numbers.dropna().duplicated().sum()),
        "purchases without revenue": int(revenue.isna().sum()),
        "product events without a product or with (not set)": sum(
            not items or known(items[0]["item_id"]) is None for items in listed
        ),
        "product events that list several products": sum(len(items) > 1 for items in listed),
    }
    assert {fact: found[fact] for fact in expected} == expected
    assert expected["purchases without revenue"] == 49


def test_what_ads_cost_is_not_known_and_the_page_does_not_ask_to_load_what_the_source_has_not(
    book: Shop,
) -> None:
    said = dict(sections(book, "marketing"))["key_findings"]
    assert "There is no ad spend data" in said
    assert ("Load the table marketing_spend" in said) == ("stg_marketing_spend" in book.project.models)


def test_days_of_another_time_zone_are_noticed(make: Loader, shards: list[Path]) -> None:
    there = make("ga4", shards[:1], timezone="America/Los_Angeles")
    facts = quality_source.facts(there).set_index("fact")
    row = facts.loc["events on another day than the export says"]
    assert 0 < row["counted"] < row["counted_of"]
