"""`shopbook report --list` and `--dry-run`: they say what there is and would be done, and touch nothing."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EDITIONS = """
editions:
  - {id: de, title: Germany, restrict: {country: Germany}}
  - {id: then, title: Then, parameters: {window_days: 7}, publish: asked}
  - {id: device, title: Devices, each: device, most: 2, publish: asked}
"""
Shopbook = Callable[..., tuple[int, str, str]]


@pytest.fixture
def listed(project: Path) -> Path:
    """The built project with the real pages and three editions."""
    shutil.copytree(ROOT / "notebooks", project / "notebooks")
    (project / "reports").mkdir()
    text = (ROOT / "reports/reports.yml").read_text(encoding="utf-8").split("\neditions:\n")[0]
    (project / "reports/reports.yml").write_text(text + EDITIONS, encoding="utf-8")
    return project


def contents(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_list_shows_pages_briefs_and_editions_with_their_addresses(listed: Path, shopbook: Shopbook) -> None:
    before = contents(listed)
    code, out, _ = shopbook("report", "--list")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert any(line.startswith("page overview index.html fct_daily_pnl") for line in lines)
    assert any(line.startswith("brief executive briefs/executive.pdf pages overview") for line in lines)
    assert "de editions/de/index.html people whose country is Germany always" in lines
    assert "then editions/then/index.html the whole shop; window_days 7 asked" in lines
    devices = [line for line in lines if line.startswith("device-")]
    assert len(devices) == 2
    assert all("people whose first device is" in line for line in devices)
    assert contents(listed) == before


def test_dry_run_says_what_would_be_built_and_run_and_writes_nothing(
    listed: Path, shopbook: Shopbook
) -> None:
    before = contents(listed)
    code, out, _ = shopbook("report", "--dry-run")
    assert code == 0
    assert "no model would be built" in out
    assert "edition de: its models would be built, because it was not made before" in out
    assert "would run overview: not run before" in out
    assert "edition then" not in out
    assert out.rstrip().endswith("dry run: nothing was written")
    assert contents(listed) == before


def test_dry_run_with_another_window_names_what_is_stale(listed: Path, shopbook: Shopbook) -> None:
    _, out, _ = shopbook("report", "--dry-run", "--window-days", "7", "--limit", "0")
    assert "would build, because window_days 30 → 7:" in out
    assert "edition" not in out


@pytest.mark.parametrize("how", [["--list"], ["--dry-run"], []])
def test_an_edition_that_does_not_exist_is_told_with_the_nearest(
    listed: Path, shopbook: Shopbook, how: list[str]
) -> None:
    code, _, err = shopbook("report", *how, "--edition", "thn")
    assert code == 11
    assert 'There is no edition thn in reports.yml. Did you mean "then"?' in err


def test_a_limit_that_is_no_number_is_refused(listed: Path, shopbook: Shopbook) -> None:
    code, _, err = shopbook("report", "--limit", "-1")
    assert code == 2
    assert "--limit" in err
