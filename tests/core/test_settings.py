"""Settings: where the project is, what the file, its profiles and the environment may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_lib.errors import SettingsError
from analysis_lib.parameters import PARAMETERS
from analysis_lib.profiles.environment import unknown_variables
from analysis_lib.profiles.keys import BIGQUERY_KEYS, BIGQUERY_PREFIX, KEYS
from analysis_lib.settings import Settings, load_settings

TWO_SHOPS = """
renderer = "builtin"
max_rejected_share = 0.4

[parameters]
timezone = "Europe/Berlin"
window_days = 28

[shops.west]
source = "thelook"
from = ["data/west", "data/late/*.csv"]
max_rejected_share = 0.1
parameters = {window_days = 7}

[shops.north]
source = "rees46"
from = "/srv/north/2019-*.csv.gz"
site = "reports/_site_north"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "_quarto.yml").write_text("", encoding="utf-8")
    return tmp_path


def settings_of(root: Path, text: str, shop: str = "", **env: str) -> Settings:
    (root / "shopbook.toml").write_text(text, encoding="utf-8")
    return load_settings(root, env=env, shop=shop)


def test_the_project_is_found_from_any_folder_below_it(root):
    (root / "a" / "b").mkdir(parents=True)
    assert load_settings(root / "a" / "b", env={}).root == root.resolve()


def test_outside_a_project_the_command_says_so(tmp_path):
    with pytest.raises(SettingsError, match="No Shopbook project"):
        load_settings(tmp_path, env={})


def test_the_environment_wins_over_the_file(root):
    found = settings_of(root, 'warehouse = "a.duckdb"\nthreads = 1\n', SHOPBOOK_WAREHOUSE="b.duckdb")
    assert found.warehouse == (root / "b.duckdb").resolve()
    assert found.threads == 1


class TestProfiles:
    def test_a_profile_wins_over_the_projects_defaults_key_by_key(self, root):
        west = settings_of(root, TWO_SHOPS, shop="west")
        assert (west.source, west.places) == ("thelook", ("data/west", "data/late/*.csv"))
        assert (west.max_rejected_share, west.renderer) == (0.1, "builtin")
        assert west.parameters == {"timezone": "Europe/Berlin", "window_days": 7}

    def test_one_profile_says_nothing_of_another_shop(self, root):
        north = settings_of(root, TWO_SHOPS, shop="north")
        assert (north.max_rejected_share, north.parameters["window_days"]) == (0.4, 28)
        unknown = settings_of(root, TWO_SHOPS, shop="south")
        assert (unknown.profile, unknown.source, unknown.places) == ("", "", ())

    def test_the_environment_wins_over_a_profile(self, root):
        env = {
            "SHOPBOOK_MAX_REJECTED_SHARE": "0.9",
            "SHOPBOOK_WINDOW_DAYS": "14",
            "SHOPBOOK_FROM": "a.csv; b,c.csv",
            "SHOPBOOK_EDITIONS": "country, champions",
        }
        west = settings_of(root, TWO_SHOPS, shop="west", **env)
        assert (west.max_rejected_share, west.parameters["window_days"]) == (0.9, 14)
        assert (west.places, west.editions) == (("a.csv", "b,c.csv"), ("country", "champions"))

    def test_an_empty_variable_says_nothing(self, root):
        west = settings_of(root, TWO_SHOPS, shop="west", SHOPBOOK_WINDOW_DAYS="", SHOPBOOK_SITE="")
        assert west.parameters["window_days"] == 7

    def test_the_shop_is_the_named_one_then_the_environments_then_the_files_then_the_only_one(self, root):
        text = 'shop = "north"\n' + TWO_SHOPS
        assert settings_of(root, text, shop="west", SHOPBOOK_SHOP="south").shop == "west"
        assert settings_of(root, text, SHOPBOOK_SHOP="west").profile == "west"
        assert settings_of(root, text).profile == "north"
        assert settings_of(root, TWO_SHOPS).shop is None
        assert settings_of(root, "[shops.east]").profile == "east"

    def test_an_edition_of_a_shop_has_the_shops_profile(self, root):
        assert settings_of(root, TWO_SHOPS, shop="west__country_germany").profile == "west"

    def test_a_shop_with_a_site_of_its_own_keeps_executed_notebooks_of_its_own(self, root):
        north, west = (settings_of(root, TWO_SHOPS, shop=shop) for shop in ("north", "west"))
        assert north.build_dir == (root / "reports" / "_build" / "shops" / "north").resolve()
        assert west.build_dir == (root / "reports" / "_build").resolve()

    def test_of_a_database_a_profile_says_what_is_read(self, root):
        text = '[shops.west]\nfrom = "env:SHOP_DB"\nquery_file = "sql/events.sql"\nlook_back_days = 40'
        west = settings_of(root, text, SHOPBOOK_LOOK_BACK_DAYS="7")
        assert west.database == {"query_file": "sql/events.sql", "look_back_days": 7}

    def test_bigquery_keys_are_put_together_key_by_key(self, root):
        text = (
            '[bigquery]\nproject = "acme"\nlocation = "EU"\n'
            '[shops.west]\nwarehouse = "bigquery"\n[shops.west.bigquery]\ndataset = "w"\nprice_per_tib = 5'
        )
        west = settings_of(root, text, SHOPBOOK_BIGQUERY_MAXIMUM_BYTES_BILLED="1000")
        assert west.engine == "bigquery"
        assert (west.bigquery.project, west.bigquery.dataset, west.bigquery.location) == ("acme", "w", "EU")
        assert (west.bigquery.maximum_bytes_billed, west.bigquery.price_per_tib) == (1000, 5.0)


class TestFaults:
    """The sentence names the file, the table and the key, and what would be right."""

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('warehuse = "x"', 'the top has no key warehuse. Did you mean "warehouse"?'),
            ("threads = 0", "threads in the top was given 0 (a whole number), but it takes a whole number"),
            ('threads = "two"', "was given 'two' (a text)"),
            ("threads = true", "(true or false)"),
            ("\n\nthreads = [", "cannot be read: Invalid value (at end of document)"),
            ("a = 1\nb = = 2", "line 2"),
            ("parameters = 1", "[parameters] must be a table of names and values, not a whole number"),
            ("shops = 1", "shops must hold a table for each shop. Write [shops.west]"),
            ("[shops]\nwest = 1", "shops must hold a table for each shop"),
            ("[shops.West]", "the shop name 'West' cannot be used"),
            ('[shops.west]\nsouce = "thelook"', '[shops.west] has no key souce. Did you mean "source"?'),
            ("[shops.west]\nthreads = 2", "has no key threads. It belongs to the top of the file"),
            ('source = "thelook"', "the top has no key source. It belongs into the profile of a shop"),
            ("[shops.west]\nfrom = []", "from in [shops.west] was given [] (a list), but it takes a folder"),
            ("[shops.west]\nfrom = [1]", "from in [shops.west]"),
            ("[shops.west]\nmax_rejected_share = 2", "it takes a share from 0 to 1"),
            ('[shops.west]\nrenderer = "word"', "it takes auto, quarto or builtin"),
            ("[shops.west]\nparameters = 3", "[shops.west.parameters] must be a table"),
            ("[shops.west.parameters]\nwindw_days = 3", "parameters]: There is no parameter windw_days. Did"),
            ("[parameters]\ncurrency = 'euro'", "[parameters]: The parameter currency was given 'euro'"),
            ("[shops.west.parameters]\nchurn_after_days = 20", "The parameters declining_after_days"),
            ("[shops.west.bigquery]\nprojct = 'x'", 'bigquery] has no key projct. Did you mean "project"?'),
            ("[bigquery]\nmaximum_bytes_billed = 0.5", "it takes a whole number of bytes from 1"),
        ],
    )  # fmt: skip
    def test_in_the_file(self, root, text, said):
        with pytest.raises(SettingsError) as caught:
            settings_of(root, text)
        assert said in str(caught.value)
        assert "shopbook.toml" in str(caught.value)

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("SHOPBOOK_THREADS", "many", "takes a whole number from 1"),
            ("SHOPBOOK_TIMEZONE", "Mars/Olympus", "The parameter timezone was given 'Mars/Olympus'"),
            ("SHOPBOOK_BIGQUERY_PRICE_PER_TIB", "-1", "takes an amount from 0"),
        ],
    )
    def test_in_the_environment(self, root, name, value, said):
        with pytest.raises(SettingsError, match=name) as caught:
            load_settings(root, env={name: value})
        assert said in str(caught.value)

    def test_thresholds_that_only_contradict_each_other_together(self, root):
        text = "[parameters]\nat_risk_after_days = 20\ndeclining_after_days = 10\n[shops.west.parameters]\n"
        assert settings_of(root, text + "churn_after_days = 21").parameters["churn_after_days"] == 21
        with pytest.raises(SettingsError, match=r"\[shops.west.parameters\]"):
            settings_of(root, text + "churn_after_days = 19")

    @pytest.mark.parametrize("site", ["reports/_site", "reports/_site/north", "reports"])
    def test_two_shops_never_publish_into_one_folder(self, root, site):
        text = f'[shops.west]\n[shops.north]\nsite = "{site}"'
        with pytest.raises(SettingsError, match="west and north publish into one folder"):
            settings_of(root, text)

    def test_a_file_that_is_not_utf_8(self, root):
        (root / "shopbook.toml").write_bytes('[parameters]\ncurrency = "€"'.encode("cp1252"))
        with pytest.raises(SettingsError, match="not UTF-8"):
            load_settings(root, env={})


class TestSecrets:
    """A password in the file is refused, wherever it stands, and never repeated."""

    @pytest.mark.parametrize(
        "text",
        [
            '[shops.west]\nfrom = "postgresql://reader:hunter2@db.example/shop"',
            '[shops.west]\nfrom = ["a.csv", "postgresql://reader:hun/ter2@db.example:5432/shop"]',
            '[shops.west]\nfrom = "postgresql://db.example/shop?user=a&password=hunter2"',
            '[shops.west]\nfrom = "host=db.example password=hunter2"',
            '[shops.west]\npassword = "hunter2"',
            '[shops.west.bigquery]\nclient_secret = "hunter2"',
            '[bigquery]\nproject = "-----BEGIN PRIVATE' + ' KEY----- hunter2"',
            "[shops.west.parameters]\napi_key = 42",
        ],
    )
    def test_is_refused(self, root, text):
        with pytest.raises(SettingsError, match="does not belong there") as caught:
            settings_of(root, text)
        assert "hunter2" not in str(caught.value)
        assert "PGPASSWORD" in str(caught.value)

    def test_in_the_environment_too_because_it_would_be_shown(self, root):
        with pytest.raises(SettingsError, match="SHOPBOOK_FROM holds a password") as caught:
            load_settings(root, env={"SHOPBOOK_FROM": "postgresql://reader:hunter2@db.example/shop"})
        assert "hunter2" not in str(caught.value)

    @pytest.mark.parametrize(
        "place",
        [
            "postgresql://reader@db.example:5432/shop",
            "postgresql:///shop?service=west",
            "C:\\exports\\a@b.csv",
        ],
    )
    def test_an_address_without_one_is_none(self, root, place):
        assert settings_of(root, f"[shops.west]\nfrom = '{place}'").places == (place,)


def test_every_variable_means_one_thing():
    """SHOPBOOK_ and a key, a parameter, or a key of the table bigquery: no two are alike."""
    names = [key.variable() for key in KEYS.values()] + [f"SHOPBOOK_{name.upper()}" for name in PARAMETERS]
    names += [key.variable(BIGQUERY_PREFIX) for key in BIGQUERY_KEYS.values()]
    assert len(set(names)) == len(names)
    assert unknown_variables(dict.fromkeys(names, "x")) == {}


def test_every_key_is_documented():
    text = (Path(__file__).resolve().parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
    assert [name for name in [*KEYS, *BIGQUERY_KEYS] if f"`{name}`" not in text] == []
