"""A shop that is one table of product events, as CSV: 60 days of users, sessions and purchases."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from analysis_lib.pages import quality_source
from analysis_lib.shop import Shop

from . import from_files
from .conftest import Loader
from .published import overview_numbers, plan_of, sections

STEPS = (("Page Viewed", 1.0), ("product_view", 0.8), ("add-to-cart", 0.3), ("purchase", 0.2))


def rows() -> pd.DataFrame:
    """Visits of 400 users; a purchase in ten states no amount, a tenth of the visitors are not known."""
    draw = random.Random(7)
    start = pd.Timestamp("2024-03-01")
    made = []
    for visit in range(1500):
        time = start + pd.Timedelta(seconds=draw.randrange(60 * 86_400))
        user = "" if draw.random() < 0.1 else f"U{int(400 * draw.random() ** 2)}"
        device, country = draw.choice(["desktop", "mobile"]), draw.choice(["DE", "FR", ""])
        for step, share in STEPS:
            if draw.random() > share:
                break
            is_priced = step == "purchase" and draw.random() > 0.1
            amount = f"{draw.randrange(500, 20_000) / 100:.2f}" if is_priced else ""
            made.append((f"E{len(made)}", user, step, f"{time} UTC", device, country, amount, f"S{visit}"))
            time += pd.Timedelta(seconds=draw.randrange(20, 400))
        made.append((f"E{len(made)}", user, "newsletter", f"{time} UTC", device, country, "", f"S{visit}"))
    columns = ["event_id", "user_id", "event_type", "timestamp", "device", "country", "amount", "session_id"]
    return pd.DataFrame(made, columns=columns)


@pytest.fixture(scope="module")
def written() -> pd.DataFrame:
    return rows()


@pytest.fixture(scope="module")
def book(make: Loader, written: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("events_raw")
    half = len(written) // 2
    # The later file first and with rows of the first one, as exports overlap: an event is known by its key.
    files = [folder / "events_raw_2024_04.csv", folder / "events_raw_2024_03.csv"]
    written.iloc[half - 100 :].to_csv(files[0], index=False)
    written.iloc[:half].to_csv(files[1], index=False)
    return make("product_events", files)


def test_every_page_is_published_but_inventory(book: Shop) -> None:
    assert plan_of(book).left_out == {"inventory": "the shop has no stock (table inventory_items)"}


def test_the_headline_figures_are_those_of_the_files(book: Shop, written: pd.DataFrame) -> None:
    known = written["user_id"] != ""
    events = from_files.with_sessions(
        pd.DataFrame(
            {
                "visitor": written["user_id"].where(known, written["session_id"]),
                "time": pd.to_datetime(written["timestamp"], format="%Y-%m-%d %H:%M:%S UTC"),
                "place": written.index,
                "type": written["event_type"].replace({"product_view": "view"}),
                "amount": pd.to_numeric(written["amount"]).fillna(0),
            }
        )
    )
    bought = events[events["type"] == "purchase"]
    expected = from_files.numbers(events, bought.assign(order=bought["session"]))
    assert expected["orders"] > 20
    assert overview_numbers(book) == pytest.approx(expected)


def test_the_quality_page_counts_what_is_particular(book: Shop, written: pd.DataFrame) -> None:
    found = dict(quality_source.facts(book).set_index("fact")["counted"])
    bought = written[written["event_type"] == "purchase"]
    assert found == {
        "rows that equal another one in everything": 0,
        "events of a word that is not known": int((written["event_type"] == "newsletter").sum()),
        "events without a user, with a session key": int((written["user_id"] == "").sum()),
        "events without a user and without a session key": 0,
        "purchases without an amount": int((bought["amount"] == "").sum()),
        "purchases without a product": len(bought),
        "product views without a product": int((written["event_type"] == "product_view").sum()),
    }


@pytest.mark.parametrize("page", ["overview", "products", "cross_sell", "quality"])
def test_every_published_section_says_something(book: Shop, page: str) -> None:
    for name, text in sections(book, page):
        assert text, name
        assert not {"nan", "NaN", "NaT", "inf"} & set(text.split()), name
