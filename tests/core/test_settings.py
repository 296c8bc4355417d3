"""Settings: where the project is, what the file and the environment may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_lib.errors import SettingsError
from analysis_lib.settings import load_settings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "_quarto.yml").write_text("", encoding="utf-8")
    return tmp_path


def test_the_project_is_found_from_any_folder_below_it(root):
    (root / "a" / "b").mkdir(parents=True)
    assert load_settings(root / "a" / "b", env={}).root == root.resolve()


def test_outside_a_project_the_command_says_so(tmp_path):
    with pytest.raises(SettingsError, match="No Shopbook project"):
        load_settings(tmp_path, env={})


def test_the_environment_wins_over_the_file(root):
    (root / "shopbook.toml").write_text('warehouse = "a.duckdb"\nthreads = 1\n', encoding="utf-8")
    found = load_settings(root, env={"SHOPBOOK_WAREHOUSE": "b.duckdb"})
    assert found.warehouse == (root / "b.duckdb").resolve()
    assert found.threads == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('warehuse = "x"', 'Did you mean "warehouse"'),
        ("threads = 0", "threads"),
        ("threads = [", "cannot be read"),
        ("parameters = 1", r"\[parameters\]"),
    ],
)
def test_a_faulty_settings_file_is_refused(root, text, said):
    (root / "shopbook.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        load_settings(root, env={})
