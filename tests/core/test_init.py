"""`shopbook init`: a profile by asking or from flags, and a project where there is none."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from analysis_lib.errors import MissingInputError, SettingsError, ShopbookError
from analysis_lib.profiles.document import parse_document
from analysis_lib.profiles.write import NewProfile, add_profile, profile_text
from analysis_lib.settings import load_settings
from analysis_lib.verbs.asking import Asker
from analysis_lib.verbs.init import Answers, init
from analysis_lib.verbs.new_project import PARTS

ROOT = Path(__file__).resolve().parents[2]
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def root(tmp_path: Path, shop_files: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without settings; the small shop's files lie in its folder data/files."""
    monkeypatch.delenv("SHOPBOOK_PROJECT", raising=False)
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "_quarto.yml").touch()
    shutil.copytree(shop_files, folder / "data" / "files")
    return folder


def asked(root: Path, *answers: str, given: Answers | None = None) -> tuple[list[str], str]:
    """The command's last lines, and what was said while it asked."""
    out = io.StringIO()
    typed = io.StringIO("".join(f"{answer}\n" for answer in answers))
    return init(given or Answers(), Asker(typed, out), root), out.getvalue()


def written(root: Path) -> dict[str, object]:
    return tomllib.loads((root / "shopbook.toml").read_text(encoding="utf-8"))


class TestAsking:
    def test_with_only_the_place_every_other_answer_has_a_default(self, root):
        lines, said = asked(root, "data/files", "", "", "", "", "", "")
        assert written(root) == {"shops": {"thelook": {"source": "thelook", "from": ["data/files"]}}}
        assert "recognised: distribution_centers, events, inventory_items" in said
        kinds = "clickstream, ga4, product_events, rees46, thelook"
        assert f"What kind of data is it ({kinds}) [thelook]:" in said
        assert lines[-1] == "next: shopbook report"

    def test_answers_are_written_with_what_they_mean(self, root):
        asked(root, "data/files", "", "west", "Europe/Berlin", "eur", "2026-01-31", "yes")
        text = (root / "shopbook.toml").read_text(encoding="utf-8")
        assert 'timezone = "Europe/Berlin"' in text
        assert "# where a day begins" in text
        west = load_settings(root, env={})
        assert (west.shop, west.source, west.parameters["currency"]) == ("west", "thelook", "EUR")
        assert str(west.parameters["as_of"]) == "2026-01-31"

    def test_a_wrong_answer_is_explained_and_asked_again(self, root):
        answers = [
            "data/fils",
            "data/files",
            "thelok",
            "thelook",
            "My Shop",
            "west",
            "Berlin",
            "Europe/Berlin",
        ]
        _, said = asked(root, *answers, "euro", "EUR", "yesterday", "", "maybe", "yes")
        for sentence in (
            "There is no file or folder",
            'Did you mean "files"?',
            'There is no source thelok. Did you mean "thelook"?',
            "The shop name 'My Shop' cannot be used.",
            'Did you mean "Europe/Berlin"?',
            "it takes a three-letter currency code",
            "it takes a date as YYYY-MM-DD",
            "Answer yes or no.",
        ):
            assert sentence in said
        assert written(root)["shops"]["west"]["parameters"] == {
            "timezone": "Europe/Berlin",
            "currency": "EUR",
        }

    def test_what_a_flag_says_is_not_asked(self, root):
        given = Answers(
            "west", "thelook", ["data/files"], {"timezone": "UTC", "currency": "USD", "as_of": "newest"}
        )
        _, said = asked(root, "yes", given=given)
        assert said.count("?") + said.count("]:") == 1

    def test_no_at_the_end_writes_nothing(self, root):
        with pytest.raises(SettingsError, match="Nothing was written"):
            asked(root, "data/files", "", "", "", "", "", "no")
        assert not (root / "shopbook.toml").exists()

    def test_an_end_of_the_input_in_the_middle_writes_nothing(self, root):
        with pytest.raises(SettingsError, match="before the last question"):
            asked(root, "data/files", "")
        assert not (root / "shopbook.toml").exists()

    def test_a_place_with_a_password_is_not_taken(self, root):
        _, said = asked(root, "postgresql://a:hunter2@db/shop", "data/files", "", "", "", "", "", "")
        assert "holds a password" in said
        assert "hunter2" not in (root / "shopbook.toml").read_text(encoding="utf-8")

    def test_files_that_no_source_knows_are_said_to_be_so(self, root):
        (root / "mine").mkdir()
        (root / "mine" / "sales.csv").write_text("when,what\n2026-01-01,a\n", encoding="utf-8")
        _, said = asked(root, "mine", "thelook", "", "", "", "", "")
        assert "None of these files looks like a table of thelook" in said


class TestFlags:
    def test_without_a_terminal_flags_say_what_is_needed(self, root):
        with pytest.raises(SettingsError, match="The flag --from was not given, and there is no terminal"):
            init(Answers(), None, root)

    def test_places_are_relative_to_the_project_wherever_the_command_was_called(self, root):
        init(Answers(places=["files/*.parquet"]), None, root / "data")
        assert written(root)["shops"]["thelook"]["from"] == ["data/files/*.parquet"]
        assert load_settings(root, env={}).places == ("data/files/*.parquet",)

    def test_a_place_that_is_not_there_is_refused(self, root):
        with pytest.raises(MissingInputError, match="nowhere"):
            init(Answers(places=["nowhere"]), None, root)
        assert not (root / "shopbook.toml").exists()

    def test_the_command_needs_no_terminal_with_flags(self, root, shopbook: Command, monkeypatch):
        monkeypatch.chdir(root)
        code, out, err = shopbook("init", "--from", "data/files", "--shop", "west", "--set", "window_days=7")
        assert (code, out.splitlines()[-1]) == (0, "next: shopbook report"), err
        assert written(root)["shops"]["west"]["parameters"] == {"window_days": 7}
        assert shopbook("load")[0] == 0
        assert "shop west (source thelook)" in shopbook("models")[1]


class TestAFileThatIsThere:
    MINE = '# mine\r\nthreads = 1  # one is enough\r\n\r\n[shops.west]  # the first\r\nsource = "thelook"\r\n'

    def test_a_profile_is_added_and_every_byte_before_it_stays(self, root):
        (root / "shopbook.toml").write_bytes(self.MINE.encode())
        lines = init(Answers("north", "", ["data/files"]), None, root)
        text = (root / "shopbook.toml").read_bytes().decode()
        assert text.startswith(self.MINE.rstrip())
        assert list(parse_document(text).profiles) == ["west", "north"]
        # Two shops never publish into one folder, and none is taken silently.
        assert load_settings(root, env={}, shop="north").site.name == "_site_north"
        assert any("name one with --shop" in line for line in lines)
        assert lines[-1] == "next: shopbook report --shop north"

    def test_a_shop_that_has_a_profile_is_never_overwritten(self, root):
        (root / "shopbook.toml").write_bytes(self.MINE.encode())
        with pytest.raises(ShopbookError, match=r"west has a profile in shopbook\.toml already"):
            init(Answers("west", "", ["data/files"]), None, root)
        assert (root / "shopbook.toml").read_bytes().decode() == self.MINE

    def test_a_file_that_cannot_be_added_to_stays_as_it_is(self, root):
        text = 'shops = {west = {source = "thelook"}}\n'
        (root / "shopbook.toml").write_text(text, encoding="utf-8")
        with pytest.raises(SettingsError, match="could not be added") as caught:
            init(Answers("north", "", ["data/files"]), None, root)
        assert "[shops.north]" in str(caught.value)
        assert (root / "shopbook.toml").read_text(encoding="utf-8") == text

    def test_a_file_with_faults_is_not_added_to(self, root):
        (root / "shopbook.toml").write_text("thread = 1\n", encoding="utf-8")
        with pytest.raises(SettingsError, match='Did you mean "threads"'):
            init(Answers("north", "", ["data/files"]), None, root)


@pytest.mark.parametrize("place", ['a "b".csv', "c:\\x\\y", "tab\there", "ümläut/日本.csv", "it's.csv"])
def test_any_place_is_read_back_as_it_was_written(tmp_path, place):
    add_profile(tmp_path / "shopbook.toml", NewProfile("west", "thelook", [place], {"as_of": None}))
    [profile] = parse_document((tmp_path / "shopbook.toml").read_text(encoding="utf-8")).profiles.values()
    assert profile.values["from"] == (place.strip(),)
    assert profile.parameters == {"as_of": None}


def test_a_written_profile_shows_only_keys_that_there_are():
    """A comment that offers a key is a promise: uncommented, it must be read."""
    text = profile_text(NewProfile("west", "thelook", ["a"], {"window_days": 7}))
    offered = "\n".join(line.removeprefix("# ") for line in text.splitlines())
    assert parse_document(offered).profiles["west"].values["renderer"] == "auto"


class TestOutsideOfAProject:
    def test_a_project_is_made_with_all_that_a_report_needs(self, root, tmp_path):
        lines = init(Answers("west", "", ["data/files"], folder="../new"), None, root)
        new = tmp_path / "new"
        assert [part for part in PARTS if not (new / part).exists()] == []
        assert not (new / "reports" / "_site").exists()
        assert load_settings(new, env={}).source == "thelook"
        assert lines[-1] == f"next: cd {new} && shopbook report"

    def test_nothing_that_is_there_is_touched(self, root, tmp_path):
        (tmp_path / "new" / "reports").mkdir(parents=True)
        with pytest.raises(SettingsError, match="there is reports already"):
            init(Answers("west", "", ["data/files"], folder="../new"), None, root)
        assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "reports"]

    def test_the_package_brings_every_file_that_a_project_is_made_of(self):
        """What `pip install` puts beside the package is what stands in the repository, file for file."""
        pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        shipped = {
            f"{folder.removeprefix('share/shopbook').strip('/')}/{path.name}".lstrip("/")
            for folder, patterns in pyproject["tool"]["setuptools"]["data-files"].items()
            for pattern in patterns
            for path in ROOT.glob(pattern)
        }
        done = subprocess.run(
            ["git", "ls-files", *PARTS], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip("not a git checkout, so what is committed is not known")
        assert shipped == set(done.stdout.split())


def test_on_a_terminal_the_command_asks(root):
    """The real command on a pseudo-terminal, as a person meets it."""
    command = ["-m", "analysis_lib.cli", "init"]
    child = pexpect.spawn(sys.executable, command, cwd=str(root), timeout=120, encoding="utf-8")
    for question, answer in (
        ("Where are the shop's data", "data/files"),
        ("What kind of data", ""),
        ("What is the shop's name", "west"),
        ("In which time zone", "Europe/Berlin"),
        ("In which currency", ""),
        ("Which last day", ""),
        ("Write this to shopbook.toml", "yes"),
    ):
        child.expect(question)
        child.sendline(answer)
    child.expect("next: shopbook report")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert load_settings(root, env={}).parameters == {"timezone": "Europe/Berlin"}
