"""Shops with a profile: what the commands take from it, and that two shops do not touch each other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from analysis_lib import cli
from analysis_lib.settings import all_settings, load_settings
from analysis_lib.verbs.load import Wanted, profile_load
from analysis_lib.verbs.load_database import DatabaseChoice
from tests.core.reporting_project import add_report

LAST_RUN = "reports/_build/last_run.json"
Command = Callable[..., tuple[int, str, str]]
EVENTS = [
    ("e1", "u1", "page_view", "2026-03-01T10:00:00Z", ""),
    ("e2", "u1", "purchase", "2026-03-01T10:05:00Z", "20"),
    ("e3", "u2", "page_view", "2026-03-02T11:00:00Z", ""),
    ("e4", "u2", "page_view", "2026-03-02T11:40:00Z", ""),
]
LATE = ("e5", "u3", "page_view", "2026-04-01T09:00:00Z", "")
PROFILES = """
[parameters]
currency = "EUR"

[shops.west]
source = "thelook"
from = "files"
parameters = {{timezone = "Europe/Berlin", window_days = {west_days}}}

[shops.north]
source = "product_events"
from = ["events/*.csv"]
site = "reports/_site_north"
parameters = {{session_gap_minutes = {north_gap}}}
"""


def write_events(path: Path, rows: list[tuple[str, ...]]) -> None:
    path.parent.mkdir(exist_ok=True)
    lines = ["event_id,user_id,event_type,timestamp,amount", *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_profiles(root: Path, west_days: int = 28, north_gap: int = 30) -> None:
    text = PROFILES.format(west_days=west_days, north_gap=north_gap)
    (root / "shopbook.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def two_shops_built(tmp_path_factory: pytest.TempPathFactory, shop_files: Path) -> Path:
    root = tmp_path_factory.mktemp("two") / "project"
    root.mkdir()
    (root / "_quarto.yml").touch()
    shutil.copytree(shop_files, root / "files")
    write_events(root / "events" / "march.csv", EVENTS)
    write_profiles(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPBOOK_PROJECT", str(root))
        for shop in ("west", "north"):
            assert cli.main(["--quiet", "load", "--shop", shop]) == 0
            assert cli.main(["--quiet", "build", "--shop", shop]) == 0
    return root


@pytest.fixture
def two_shops(tmp_path: Path, two_shops_built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    shutil.copytree(two_shops_built, root)
    monkeypatch.setenv("SHOPBOOK_PROJECT", str(root))
    return root


class TestTwoShopsInOneWarehouse:
    """Sources side by side, each under its own name with its own parameters."""

    def test_each_holds_its_own_source(self, two_shops, shopbook: Command):
        assert shopbook("models", "--shop", "west")[1].startswith("shop west (source thelook)")
        assert shopbook("models", "--shop", "north")[1].startswith("shop north (source product_events)")
        count = "select count(*) as n from raw_events"
        assert shopbook("query", count, "--csv", "--shop", "north")[1] == "n\n4\n"
        assert shopbook("query", count, "--csv", "--shop", "west")[1] != "n\n4\n"

    def test_each_is_built_with_its_own_parameters_and_the_projects(self, two_shops):
        kept = {}
        with duckdb.connect(str(two_shops / "data" / "warehouse.duckdb"), read_only=True) as connection:
            for shop in ("west", "north"):
                rows = connection.execute(f"select name, value from {shop}.run_parameters").fetchall()
                kept[shop] = {name: str(value) for name, value in rows}
        names = ("timezone", "window_days", "session_gap_minutes", "currency")
        assert [kept["west"][name] for name in names] == ["Europe/Berlin", "28", "30", "EUR"]
        assert [kept["north"][name] for name in names] == ["UTC", "30", "30", "EUR"]

    def test_a_parameter_of_one_rebuilds_nothing_of_the_other(self, two_shops, shopbook: Command):
        write_profiles(two_shops, west_days=14, north_gap=50)
        assert "window_days 28 → 14" in shopbook("build", "--shop", "west")[1]
        write_profiles(two_shops, west_days=14)
        assert "nothing changed" in shopbook("build", "--shop", "north")[1]
        assert "nothing changed" in shopbook("build", "--shop", "west")[1]

    def test_a_parameter_of_one_changes_its_numbers(self, two_shops, shopbook: Command):
        sessions = ("query", "select count(*) as n from fct_sessions", "--csv", "--shop", "north")
        assert shopbook(*sessions)[1] == "n\n3\n"  # 40 minutes pass between two views
        write_profiles(two_shops, north_gap=50)
        assert shopbook("build", "--shop", "north")[0] == 0
        assert shopbook(*sessions)[1] == "n\n2\n"

    def test_new_files_of_one_leave_the_other_alone(self, two_shops, shopbook: Command):
        write_events(
            two_shops / "events" / "april.csv", [("e5", "u3", "page_view", "2026-04-01T09:00:00Z", "")]
        )
        assert "1 rows read" in shopbook("load", "--shop", "north")[1]
        assert "nothing changed" in shopbook("load", "--shop", "west")[1]
        assert "nothing changed" in shopbook("build", "--shop", "west")[1]

    def test_shops_lists_both_with_what_they_hold(self, two_shops, shopbook: Command):
        code, out, _ = shopbook("shops")
        lines = {line.split()[0]: line for line in out.splitlines()}
        assert (code, list(lines)) == (0, ["shop", "west", "north"])
        north = lines["north"].split()
        assert north[1:5] == ["product_events", "yes", "events/*.csv", "data/warehouse.duckdb"]
        assert lines["north"].endswith("2026-03-02")


class TestWhichShop:
    def test_with_several_and_no_name_every_command_asks_for_one(self, two_shops, shopbook: Command):
        for verb in (["load"], ["build"], ["check"], ["models"], ["query", "select 1"]):
            code, _, err = shopbook(*verb)
            assert code == 11, verb
            assert "Several shops have a profile in shopbook.toml: west, north." in err

    def test_the_environment_names_one(self, two_shops, shopbook: Command, monkeypatch):
        monkeypatch.setenv("SHOPBOOK_SHOP", "north")
        assert "shop north" in shopbook("models")[1]
        assert "nothing changed" in shopbook("load")[1]

    def test_files_that_are_named_go_into_the_profiles_shop(self, two_shops, shopbook: Command, tmp_path):
        write_events(
            tmp_path / "late" / "events.csv", [("e9", "u9", "page_view", "2026-03-02T09:00:00Z", "")]
        )
        out = shopbook("load", "--from", str(tmp_path / "late"), "--shop", "north")[1]
        assert out.startswith("shop north:")

    def test_a_shop_of_another_source_than_its_profiles_is_refused(self, two_shops, shopbook: Command):
        code, _, err = shopbook("load", "rees46", "--from", "files", "--shop", "west")
        assert (code, "is of the source thelook in shopbook.toml, not of rees46" in err) == (11, True)

    def test_a_shop_without_a_profile_needs_to_be_told_what_to_load(self, two_shops, shopbook: Command):
        code, _, err = shopbook("load", "--shop", "south")
        assert (code, "The shop south has no profile" in err) == (11, True)

    def test_a_profile_that_was_not_loaded_yet_says_how(self, two_shops, shopbook: Command):
        (two_shops / "shopbook.toml").write_text('[shops.east]\nsource = "thelook"\n', encoding="utf-8")
        code, _, err = shopbook("build")
        assert (code, "shopbook load --shop east" in err) == (12, True)
        code, _, err = shopbook("load")
        assert (code, "[shops.east] has no key from" in err) == (11, True)
        assert "nothing has been loaded yet for the shop east" in shopbook_list(two_shops, shopbook)


def shopbook_list(root: Path, shopbook: Command) -> str:
    add_report(root)
    return shopbook("report", "--list")[1]


class TestADatabase:
    TEXT = '[shops.live]\nsource = "product_events"\nfrom = "postgresql://reader@db.example/shop"\n{}'

    def wanted(self, root: Path, more: str) -> Wanted:
        (root / "shopbook.toml").write_text(self.TEXT.format(more), encoding="utf-8")
        return profile_load(load_settings(root, env={}))

    def test_its_address_stays_one_and_a_query_file_starts_at_the_project(self, two_shops, monkeypatch):
        monkeypatch.delenv("SHOPBOOK_PROJECT")
        wanted = self.wanted(two_shops, 'query_file = "sql/events.sql"\nlook_back_days = 40')
        assert wanted.places == ["postgresql://reader@db.example/shop"]
        assert wanted.choice == DatabaseChoice(
            query_file=str(two_shops.resolve() / "sql" / "events.sql"), look_back_days=40
        )

    def test_how_columns_are_written_is_handed_on(self, two_shops):
        wanted = self.wanted(two_shops, 'formats = ["orders.date=day_first"]')
        assert wanted.formats == ("orders.date=day_first",)

    def test_a_flag_for_what_is_read_takes_the_place_of_the_profiles(self, two_shops):
        profile = self.wanted(two_shops, 'table = "events_raw"\nlook_back_days = 40').choice
        given = DatabaseChoice(query="select 1", is_full=True).over(profile)
        assert given == DatabaseChoice(query="select 1", is_full=True, look_back_days=40)

    def test_its_keys_for_files_are_refused(self, two_shops, shopbook: Command):
        text = '[shops.west]\nsource = "thelook"\nfrom = "files"\ntable = "events_raw"\n'
        (two_shops / "shopbook.toml").write_text(text, encoding="utf-8")
        code, _, err = shopbook("load")
        assert (code, "is for a database" in err) == (10, True)


def test_on_bigquery_no_duckdb_file_is_taken_in_its_place(two_shops, shopbook: Command, monkeypatch):
    monkeypatch.setenv("SHOPBOOK_WAREHOUSE", "bigquery")
    code, _, err = shopbook("models", "--shop", "west")
    assert code != 0
    assert "Traceback" not in err


def test_what_is_loaded_for_a_shop_on_bigquery_does_not_go_into_the_duckdb_file(
    two_shops, shopbook, monkeypatch
):
    """It goes there: tests/bigquery/test_load.py. Without a project nothing is loaded at all."""
    write_events(two_shops / "events" / "april.csv", [LATE])
    monkeypatch.setenv("SHOPBOOK_WAREHOUSE", "bigquery")
    code, _, err = shopbook("load", "--shop", "north")
    assert (code, "No Google Cloud project is named" in err) == (11, True)
    with duckdb.connect(str(two_shops / "data" / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from north.raw_events").fetchone() == (len(EVENTS),)


def test_every_profile_has_settings_of_its_own(two_shops):
    found = all_settings()
    assert list(found) == ["", "west", "north"]
    assert found["north"].site.name == "_site_north"
    assert found[""].source == ""


class TestReport:
    """One command from files to the published site."""

    @pytest.fixture
    def reporting(self, project: Path, shop_files: Path) -> Path:
        add_report(project)
        shutil.copytree(shop_files, project / "files")
        text = '[shops.small]\nsource = "thelook"\nfrom = "files"\nrenderer = "builtin"\n'
        (project / "shopbook.toml").write_text(text, encoding="utf-8")
        return project

    def test_it_loads_what_is_new_and_nothing_new_costs_nothing(self, reporting, shopbook: Command):
        site = reporting / "reports" / "_site" / "build.json"
        assert shopbook("report")[0] == 0
        first = site.stat().st_mtime_ns
        with duckdb.connect() as connection:
            orders = reporting / "files" / "orders.parquet"
            connection.execute(
                f"copy (select * replace (order_id + 1000000 as order_id) from '{orders}' limit 3) "
                f"to '{reporting / 'files' / 'orders_late.parquet'}' (format parquet)"
            )
        code, out, err = shopbook("report")
        assert (code, out.startswith("loaded: 1 file of thelook, 3 rows read")) == (0, True), out + err
        last_run = json.loads(
            (reporting / "reports" / "_build" / "last_run.json").read_text(encoding="utf-8")
        )
        assert last_run["loaded"].startswith("loaded: 1 file")
        assert site.stat().st_mtime_ns > first

        published, warehouse = site.stat().st_mtime_ns, reporting / "data" / "warehouse.duckdb"
        before = warehouse.read_bytes()
        code, out, _ = shopbook("report")
        assert (code, "nothing changed since the site was built" in out) == (0, True)
        assert site.stat().st_mtime_ns == published
        assert warehouse.read_bytes() == before

    def test_without_loading_new_files_are_left_alone(self, reporting, shopbook: Command):
        (reporting / "files" / "broken.parquet").write_bytes(b"")
        (reporting / "files" / "orders_late.csv").write_bytes(b"")
        assert shopbook("report")[0] == 14
        last_run = json.loads(
            (reporting / "reports" / "_build" / "last_run.json").read_text(encoding="utf-8")
        )
        assert last_run["exit_code"] == 14
        assert shopbook("report", "--no-load")[0] == 0

    def test_a_dry_run_says_where_it_would_look(self, reporting, shopbook: Command):
        assert "would load what is new in files (source thelook)" in shopbook("report", "--dry-run")[1]

    def test_a_folder_that_is_no_site_is_never_replaced(self, reporting, shopbook: Command):
        with (reporting / "shopbook.toml").open("a", encoding="utf-8") as file:
            file.write('site = "notebooks"\n')
        code, _, err = shopbook("report")
        assert (code, "which holds something else" in err) == (11, True)
        assert (reporting / "notebooks" / "overview.ipynb").is_file()

    def test_doctor_names_the_profile_and_unread_variables(self, reporting, shopbook: Command, monkeypatch):
        monkeypatch.setenv("SHOPBOOK_TIMEZON", "UTC")
        out = shopbook("doctor")[1]
        assert "small (default)" in out
        assert "nothing reads it; did you mean SHOPBOOK_TIMEZONE?" in out
