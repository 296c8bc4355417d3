"""Marts for other parameters are built apart: the shop's own stay, and the numbers are those of a build."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

import analysis_lib.shop
from analysis_lib import open_shop
from analysis_lib.errors import DateRangeError, MissingInputError, ModelError
from analysis_lib.explore import apart
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.shop import READ_ONLY, Shop
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.core import small_project

EARLIER = "2026-03-02"


def own_state(settings: Settings) -> tuple[object, ...]:
    """Everything that the next report looks at: what was built, when, from what, with which parameters."""
    with DuckDBWarehouse(settings, "small", read_only=True) as warehouse:
        return (
            sorted(warehouse.rows("select model, fingerprint, built_at from meta_models")),
            sorted(warehouse.rows("select name, value from run_parameters")),
            warehouse.rows("select * from fct_total"),
        )


def total(book: Shop) -> float:
    return float(book.mart("fct_total")["amount"].iloc[0])


def rebuild(settings: Settings, **parameters: object) -> None:
    with DuckDBWarehouse(settings, "small") as warehouse:
        Runner(warehouse, small_project.orders_project(), make_parameters(parameters)).build()


def test_the_parameters_of_the_last_build_open_the_shops_own_marts(orders: Settings) -> None:
    with open_shop() as book, open_shop(as_of="2026-03-05") as same:
        assert (total(book), book.kept_apart) == (35.0, "")
        assert same.kept_apart == ""
    assert not (orders.warehouse.parent / apart.FOLDER).exists()


def test_another_day_is_built_apart_and_the_shops_own_marts_stay(orders: Settings) -> None:
    before = own_state(orders)
    with open_shop(as_of=EARLIER) as book:
        assert total(book) == 30.0
        assert book.data_through == dt.date(2026, 3, 2)
        assert book.kept_apart.startswith("small-")
        assert book.name == "small"
        assert "Kept apart" in repr(book)
    assert own_state(orders) == before


@pytest.mark.parametrize(
    "parameters", [{"as_of": EARLIER}, {"window_days": 7}, {"timezone": "Asia/Tokyo"}], ids=str
)
def test_the_numbers_apart_are_those_of_a_build(
    orders: Settings, parameters: Mapping[str, object], tmp_path: Path
) -> None:
    with open_shop(**parameters) as book:
        apart_rows = {name: book.mart(name) for name in ("stg_orders", "int_daily", "fct_total")}
        assert book.kept_apart
    rebuild(orders, **parameters)
    with open_shop(**parameters) as book:
        assert book.kept_apart == ""
        for name, rows in apart_rows.items():
            assert rows.equals(book.mart(name)), name


def test_what_the_parameters_do_not_touch_is_read_from_the_shops_own_marts(orders: Settings) -> None:
    with open_shop(window_days=7) as book:
        assert book._warehouse.views() == {"raw_orders", "load_ledger", "stg_orders", "int_daily"}
    with open_shop(as_of=EARLIER) as book:
        assert book._warehouse.views() == {"raw_orders", "load_ledger", "stg_orders"}


def test_marts_apart_are_found_again(orders: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    open_shop(as_of=EARLIER).close()

    def never(*_: object) -> None:
        raise AssertionError("built twice")

    monkeypatch.setattr(apart.Apart, "build", never)
    with open_shop(as_of=EARLIER) as book:
        assert total(book) == 30.0


def test_new_data_reaches_the_marts_apart(orders: Settings) -> None:
    open_shop(as_of=EARLIER).close()
    with DuckDBWarehouse(orders, "small") as warehouse:
        small_project.load_orders(warehouse, [(1, "2026-03-01 10:00", "1.00"), (4, "2026-03-09", "9")], "b")
    with open_shop(as_of=EARLIER) as book:
        assert (total(book), bool(book.kept_apart)) == (1.0, True)


def test_a_shared_mart_that_was_made_again_for_other_parameters_is_not_read_any_more(
    orders: Settings,
) -> None:
    with open_shop(window_days=7) as book:
        assert "int_daily" in book._warehouse.views()
    rebuild(orders, as_of=EARLIER)
    with open_shop(window_days=7) as book:
        assert (total(book), len(book.mart("int_daily"))) == (35.0, 3)
        assert "int_daily" not in book._warehouse.views()


def test_new_data_without_other_parameters_brings_the_shops_own_marts_up_to_date(orders: Settings) -> None:
    with DuckDBWarehouse(orders, "small") as warehouse:
        small_project.load_orders(warehouse, [(4, "2026-03-09 10:00", "9.00")], "b")
    with open_shop() as book:
        assert (total(book), book.kept_apart, book.data_through) == (9.0, "", dt.date(2026, 3, 9))


def test_a_shop_that_was_published_for_a_past_day_keeps_it(orders: Settings) -> None:
    rebuild(orders, as_of=EARLIER)
    before = own_state(orders)
    with open_shop() as newest:
        assert (total(newest), bool(newest.kept_apart)) == (35.0, True)
    assert own_state(orders) == before


def test_a_notebook_whose_marts_were_made_again_meanwhile_says_so(orders: Settings) -> None:
    own, beside = open_shop(), open_shop(window_days=7)
    for book in (own, beside):
        book.release()
    rebuild(orders, as_of=EARLIER)
    for book in (own, beside):
        with pytest.raises(
            ModelError, match=r"made again since this notebook opened it .* open_shop\(\) again"
        ):
            book.mart("fct_total")


def test_a_file_that_is_gone_is_said_and_built_again(orders: Settings) -> None:
    book = open_shop(as_of=EARLIER)
    book.release()
    for path in (orders.warehouse.parent / apart.FOLDER).iterdir():
        path.unlink()
    with pytest.raises(MissingInputError, match=r"not there any more. Run the cell with open_shop\(\) again"):
        book.mart("fct_total")
    with open_shop(as_of=EARLIER) as book:
        assert total(book) == 30.0


def test_only_the_files_that_were_used_last_are_kept(orders: Settings) -> None:
    folder = orders.warehouse.parent / apart.FOLDER
    names = []
    for days in range(2, 2 + apart.KEPT):
        with open_shop(window_days=days) as book:
            names.append(book.kept_apart)
        os.utime(folder / names[-1], (days, days))
    open_shop(window_days=2).close()  # the oldest is opened again
    open_shop(window_days=90).close()
    assert len(os.listdir(folder)) == apart.KEPT
    assert names[0] in os.listdir(folder)
    assert names[1] not in os.listdir(folder)


def test_a_day_outside_the_data_is_an_error_and_leaves_nothing(orders: Settings) -> None:
    with pytest.raises(DateRangeError, match="from 2026-03-01 to 2026-03-05"):
        open_shop(as_of="2027-01-01")
    assert not (orders.warehouse.parent / apart.FOLDER).exists()


def test_a_published_run_never_builds_apart(orders: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(READ_ONLY, "1")
    with pytest.raises(ModelError, match="a published run does not build"):
        open_shop(as_of=EARLIER)


def test_whose_marts_are_the_shops_own() -> None:
    newest = make_parameters({})
    recorded = {name: str(value) for name, value in dataclasses.asdict(newest).items()}
    recorded |= {"as_of": "2026-03-05", "data_range": "2026-03-01/2026-03-05"}
    assert apart.are_own({}, newest), "nothing was built yet"
    assert apart.are_own(recorded, newest), "the last build followed the newest day"
    assert apart.are_own(recorded, make_parameters({"as_of": "2026-03-05"}))
    assert not apart.are_own(recorded, make_parameters({"as_of": "2026-03-04"}))
    assert not apart.are_own(recorded, make_parameters({"window_days": 7}))
    assert not apart.are_own(recorded | {"as_of": "2026-03-02"}, newest), "the last build was of a past day"


def test_a_shop_that_was_never_built_is_built_for_its_first_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = small_project.settings(tmp_path)
    monkeypatch.setattr(analysis_lib.shop, "project_of", lambda *_: small_project.orders_project())
    with DuckDBWarehouse(settings, "small") as warehouse:
        small_project.load_orders(warehouse, [(1, "2026-03-01 10:00", "10.00")])
    with open_shop(settings=settings, window_days=7) as book:
        assert (total(book), book.kept_apart) == (10.0, "")
