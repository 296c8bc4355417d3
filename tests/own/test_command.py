"""`shopbook source`: list, new, check, and sources in a folder outside the project."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis_lib.models import read_project
from analysis_lib.sources.definition import read_source
from analysis_lib.sources.trial import check_model, null_columns
from tests.own.drafting import Drafting

Command = Callable[..., tuple[int, str, str]]
ORDERS = """
    order_id,created_at,customer_id,status,total
    1,2024-01-01 10:00:00 UTC,7,paid,20.00
    2,2024-02-02 10:00:00 UTC,8,shipped,30.50
    3,2024-02-03 10:00:00 UTC,7,cancelled,5.00
"""


def _files(shop: Drafting) -> str:
    shop.write("orders.csv", ORDERS)
    return str(shop.files)


def _model(folder: Path, name: str) -> Path:
    return folder / "mine" / f"{name}.sql"


def test_new_writes_a_source_that_list_and_load_find(shop: Drafting, shopbook: Command) -> None:
    files = _files(shop)
    code, out, _ = shopbook("source", "new", "mine", "--from", files)
    assert code == 0
    assert "orders.csv → orders: orders, 3 rows, key order_id" in out
    assert f"next: shopbook source check mine --from {files}" in out
    code, out, _ = shopbook("source", "list")
    assert re.search(r"^mine +sources/mine +orders +order_items, orders$", out, flags=re.M)
    assert re.search(r"^thelook +packaged", out, flags=re.M)
    assert shopbook("load", "mine", "--from", files)[0] == 0


def test_the_days_of_the_report_begin_where_the_source_says(shop: Drafting, shopbook: Command) -> None:
    shop.write("orders.csv", ORDERS.replace(" UTC", "").replace("02-03 10:00", "02-03 23:30"))
    assert shopbook("source", "new", "mine", "--from", str(shop.files), "--timezone", "Asia/Tokyo")[0] == 0
    assert shopbook("load", "mine", "--from", str(shop.files))[0] == 0
    days = ("query", "select order_date from int_orders order by order_id", "--csv")
    models = ("build", "--select", "+int_orders")
    assert shopbook(*models)[0] == 0
    assert shopbook(*days)[1].split()[1:] == ["2024-01-01", "2024-02-02", "2024-02-03"]
    # 2 February 10:00 in Tokyo is 1 February 15:00 in Honolulu: what is said in the run wins.
    assert shopbook(*models, "--set", "timezone=Pacific/Honolulu")[0] == 0
    assert shopbook(*days)[1].split()[1:] == ["2023-12-31", "2024-02-01", "2024-02-03"]


def test_new_leaves_a_source_of_that_name_alone_unless_told(shop: Drafting, shopbook: Command) -> None:
    files = _files(shop)
    assert shopbook("source", "new", "mine", "--from", files)[0] == 0
    code, _, err = shopbook("source", "new", "mine", "--from", files)
    assert code == 11
    assert "--replace" in err
    assert shopbook("source", "new", "mine", "--from", files, "--replace")[0] == 0


def test_check_prints_rows_columns_sums_samples_and_what_is_missing(
    shop: Drafting, shopbook: Command
) -> None:
    files = _files(shop)
    shopbook("source", "new", "mine", "--from", files)
    code, out, _ = shopbook("source", "check", "mine", "--from", files)
    assert code == 0
    assert "orders: 3 read = 3 kept + 0 rejected + 0 duplicates" in out
    assert "null, as the SQL says: shipped_at, delivered_at, returned_at" in out
    assert "not filled: stg_events" in out
    months = [line.split() for line in out.splitlines() if re.match(r"  (2024-|all)", line)]
    assert months == [
        ["2024-01", "1", "1", "20.00", "0.00", "0.00", "0.00", "20.00"],
        ["2024-02", "1", "2", "35.50", "0.00", "5.00", "0.00", "30.50"],
        ["all", "2", "3", "55.50", "0.00", "5.00", "0.00", "50.50"],
    ]
    assert re.search(r"without fct_sessions: no stg_events", out)
    assert not (shop.settings.root / "data").exists()


def test_check_without_files_says_what_the_sql_alone_tells(shop: Drafting, shopbook: Command) -> None:
    shopbook("source", "new", "mine", "--from", _files(shop))
    code, out, _ = shopbook("source", "check", "mine")
    assert code == 0
    assert "stg_orders: columns and types are those of the contract" in out


@pytest.mark.parametrize(
    ("model", "old", "new", "said"),
    [
        (
            "stg_orders",
            "lower(trim(status))",
            "lower(trim(statuss))",
            r"line \d+: .*statuss.*Did you mean \"status\"",
        ),
        ("stg_orders", "        created_at,\n", "", r"the column created_at \(TIMESTAMP\) is missing"),
        (
            "stg_orders",
            "customer_id as user_id",
            "1 as user_id",
            r"line \d+: user_id is INT64, the contract wants STRING",
        ),
        (
            "stg_orders",
            "from raw\n",
            "from raw where x = @nothing\n",
            r"line \d+: there is no parameter @nothing",
        ),
        ("stg_orders", "raw_orders", "raw_order", r"line \d+: There is no table raw_order"),
        ("stg_orders", "select * from final", "select * from final where", r"line \d+"),
        (
            "stg_order_items",
            "quantity,\n",
            "quantity,\n        1 as colour,\n",
            "the contract has no column colour",
        ),
        (
            "stg_orders",
            "from raw\n",
            "from raw where date(created_at, @timezone) <= @as_of\n",
            "must not use @as_of",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(
    shop: Drafting, model: str, old: str, new: str, said: str
) -> None:
    _files(shop)
    shop.draft()
    sources = shop.settings.sources
    assert sources is not None
    path = _model(sources, model)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(new.join(text.rsplit(old, 1)), encoding="utf-8")
    project = read_project("mine", own_sources=sources)
    try:
        faults = check_model(project, project.models[model])
    except Exception as error:  # noqa: BLE001 - a traceback here is what the test is against
        pytest.fail(f"it ended in {error!r}")
    assert len(faults) >= 1
    assert faults[0].startswith(f"mine/{model}.sql")
    assert re.search(said, faults[0]), faults[0]


def test_a_faulty_source_ends_with_the_code_of_checks_and_names_everything(
    shop: Drafting, shopbook: Command
) -> None:
    files = _files(shop)
    shopbook("source", "new", "mine", "--from", files)
    assert shop.settings.sources is not None
    for model, old, new in (
        ("stg_orders", "customer_id as user_id", "1 as user_id"),
        ("stg_order_items", "1 as quantity", "'1' as quantity"),
    ):
        path = _model(shop.settings.sources, model)
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    code, out, err = shopbook("source", "check", "mine", "--from", files)
    assert code == 19
    assert "2 things of the source mine must be mended" in err
    assert "orders: 3 read = 3 kept" in out


def test_a_folder_of_sources_outside_the_project_and_the_package(
    shop: Drafting, shopbook: Command, tmp_path: Path
) -> None:
    files, elsewhere = _files(shop), tmp_path / "elsewhere"
    assert shopbook("source", "new", "mine", "--from", files, "--sources", str(elsewhere))[0] == 0
    assert (elsewhere / "mine" / "source.yml").is_file()
    assert not (shop.settings.root / "sources").exists()
    code, out, _ = shopbook("source", "list", "--sources", str(elsewhere))
    assert str(elsewhere / "mine") in out
    assert shopbook("load", "mine", "--from", files)[0] == 12
    assert shopbook("load", "mine", "--from", files, "--sources", str(elsewhere))[0] == 0
    assert shopbook("build", "--select", "stg_orders", "--sources", str(elsewhere))[0] == 0
    code, out, _ = shopbook(
        "query", "select count(*) as n from stg_orders", "--csv", "--sources", str(elsewhere)
    )
    assert (code, out.split()) == (0, ["n", "3"])
    assert "SHOPBOOK_SOURCES" not in os.environ


def test_null_is_followed_through_ctes_joins_and_unions(shop: Drafting) -> None:
    _files(shop)
    shop.draft()
    sources = shop.settings.sources
    assert sources is not None
    path = _model(sources, "stg_orders")
    path.write_text(
        """
        with raw as (select * from raw_orders),
        a as (select order_id, cast(null as timestamp) as shipped_at, created_at from raw),
        b as (select a.order_id, coalesce(a.shipped_at, cast(null as timestamp)) as shipped_at, a.created_at
              from a left join raw on a.order_id = raw.order_id),
        final as (
            select order_id, customer_id as user_id, null as visitor_id, status, created_at,
                cast(null as timestamp) as shipped_at, null as delivered_at, null as returned_at from raw
            union all
            select order_id, null as user_id, null as visitor_id, 'complete' as status, created_at,
                shipped_at, created_at as delivered_at, null as returned_at from b
        )
        select * from final
        """,
        encoding="utf-8",
    )
    read_source.cache_clear()
    model = read_project("mine", own_sources=sources).models["stg_orders"]
    assert null_columns(model) == {"visitor_id", "shipped_at", "returned_at"}
