"""The written files: bytes, columns, keys, times, and a folder that is whole or untouched."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from analysis_lib.errors import DiskFullError, ParameterError
from analysis_lib.simulate import files, simulate
from analysis_lib.simulate.tables import SCHEMAS
from tests.simulate.recount import end_of
from tests.simulate.shops import SimulatedShop, shared_data

EXTRA_COLUMNS = {
    "events": ["device", "country", "campaign_id"],
    "order_items": ["quantity", "list_price", "discount"],
}
REFERENCES = (
    ("events", "user_id", "users", "id"),
    ("orders", "user_id", "users", "id"),
    ("order_items", "order_id", "orders", "order_id"),
    ("order_items", "product_id", "products", "id"),
    ("order_items", "inventory_item_id", "inventory_items", "id"),
    ("inventory_items", "product_id", "products", "id"),
    ("products", "distribution_center_id", "distribution_centers", "id"),
    ("events", "campaign_id", "marketing_spend", "campaign_id"),
)
TIMES = {
    "events": ["created_at"],
    "users": ["created_at"],
    "orders": ["created_at", "shipped_at", "delivered_at", "returned_at"],
    "order_items": ["created_at", "shipped_at", "delivered_at", "returned_at"],
    "inventory_items": ["created_at", "sold_at"],
}


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_same_seed_gives_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        simulate(3000, 4, seed, tmp_path / name)
    one, again, other = (digests(tmp_path / name) for name in ("one", "again", "other"))
    assert set(one) == set(files.FILES)
    assert one == again
    same_whatever_the_seed = {"distribution_centers.parquet"}
    assert {name for name in one if one[name] == other[name]} == same_whatever_the_seed


def test_columns_are_thelooks_and_the_extra_ones(small_shop: SimulatedShop) -> None:
    folder = shared_data("thelook")
    for name in SCHEMAS:
        if name == "marketing_spend":
            continue
        theirs = pq.read_schema(folder / f"{name}.parquet").remove_metadata()
        ours = pq.read_schema(small_shop.folder / f"{name}.parquet").remove_metadata()
        assert ours.names == theirs.names + EXTRA_COLUMNS.get(name, []), name
        assert ours.types[: len(theirs.types)] == theirs.types, name


def test_text_reads_back_as_plain_text(small_shop: SimulatedShop) -> None:
    for name, schema in SCHEMAS.items():
        read = pq.read_schema(small_shop.folder / f"{name}.parquet").remove_metadata()
        assert read == schema, name


def test_uris_are_in_thelooks_style(small_shop: SimulatedShop) -> None:
    style = {
        "home": r"/home",
        "department": r"/department/(women|men)/category/[^/ A-Z]+/brand/[^/ A-Z]+",
        "product": r"/product/\d+",
        "cart": r"/cart",
        "purchase": r"/purchase",
        "cancel": r"/cancel",
    }
    uris = small_shop.query("select distinct event_type, uri from events")
    assert set(uris["event_type"]) == set(style)
    for kind, uri in uris.itertuples(index=False):
        assert re.fullmatch(style[kind], uri), uri


@pytest.mark.parametrize(("table", "column", "other", "key"), REFERENCES)
def test_every_reference_is_met(shop: SimulatedShop, table: str, column: str, other: str, key: str) -> None:
    missing = f"select count(*) from {table} where {column} not in (select {key} from {other})"
    assert shop.value(missing) == 0


@pytest.mark.parametrize("table", [name for name in SCHEMAS if name != "marketing_spend"])
def test_keys_are_unique_and_rows_are_counted(shop: SimulatedShop, table: str) -> None:
    key = "order_id" if table == "orders" else "id"
    rows, distinct = shop.query(f"select count(*), count(distinct {key}) from {table}").iloc[0]
    assert rows == distinct == shop.truth["rows"][table]


@pytest.mark.parametrize(("table", "columns"), TIMES.items())
def test_nothing_happens_after_the_last_day(shop: SimulatedShop, table: str, columns: list[str]) -> None:
    for column in columns:
        latest = shop.value(f"select max({column}) from {table}")
        assert latest < end_of(shop), column


def test_events_of_a_source_session_are_numbered_in_order_of_time(shop: SimulatedShop) -> None:
    disorder = """
        select count(*) from (
            select
                sequence_number - row_number() over (partition by session_id order by created_at, id) as off
            from events
        ) where off <> 0
    """
    assert shop.value(disorder) == 0


def test_money_is_in_whole_cents(shop: SimulatedShop) -> None:
    for table, column in (
        ("order_items", "sale_price"),
        ("order_items", "discount"),
        ("products", "cost"),
        ("marketing_spend", "spend"),
    ):
        off = shop.value(f"select count(*) from {table} where {column} <> round({column}, 2) or {column} < 0")
        assert off == 0, (table, column)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"visitors": 0}, "visitors was given 0"),
        ({"visitors": 2.5}, "visitors was given 2.5"),
        ({"months": 61}, "from 1 to 60"),
        ({"months": True}, "months was given True"),
        ({"seed": -1}, "seed was given -1"),
        ({"end_date": dt.date(1900, 1, 1)}, "end_date was given 1900-01-01"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_written(
    tmp_path: Path, given: dict[str, object], words: str
) -> None:
    arguments = {"visitors": 10, "months": 1, "seed": 1, "out": tmp_path / "shop", **given}
    with pytest.raises(ParameterError, match=words):
        simulate(**arguments)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(ParameterError, match=r"thesis\.docx"):
        simulate(10, 1, 1, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file")
    with pytest.raises(ParameterError, match="is a file"):
        simulate(10, 1, 1, tmp_path / "shop")
    with pytest.raises(ParameterError, match="cannot be written"):
        simulate(10, 1, 1, tmp_path / "shop" / "below")


def test_an_earlier_shop_is_replaced_whole(tmp_path: Path) -> None:
    simulate(300, 2, 1, tmp_path / "shop")
    before = digests(tmp_path / "shop")
    simulate(10, 1, 2, tmp_path / "shop")
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]
    assert set(digests(tmp_path / "shop")) == set(before)
    assert digests(tmp_path / "shop") != before


def test_a_full_disk_leaves_the_earlier_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(300, 2, 1, tmp_path / "shop")
    before = digests(tmp_path / "shop")

    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.TableWriter, "write", no_space)
    with pytest.raises(DiskFullError, match="no space left"):
        simulate(300, 2, 2, tmp_path / "shop")
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]
    assert digests(tmp_path / "shop") == before


def test_progress_is_told_and_ends_complete(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    summary = simulate(50, 1, 1, tmp_path / "shop", lambda *step: told.append(step))
    assert dict.fromkeys(stage for stage, _, _ in told) == dict.fromkeys(
        ("visits", "orders and stock", "events", "tables")
    )
    assert all(0 <= done <= total for _, done, total in told)
    last = {stage: (done, total) for stage, done, total in told}
    assert all(done == total for done, total in last.values())
    assert summary.rows["events"] == pq.read_metadata(summary.out / "events.parquet").num_rows
