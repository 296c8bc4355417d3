"""The published site is replaced in whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_lib.errors import RenderError
from analysis_lib.publish import swap as module
from analysis_lib.publish.swap import one_at_a_time, recover, swap


def folder(path: Path, text: str) -> Path:
    path.mkdir(parents=True)
    (path / "index.html").write_text(text)
    return path


def names(path: Path) -> list[str]:
    return sorted(child.name for child in path.iterdir())


@pytest.mark.parametrize("in_one_step", [True, False])
def test_a_new_site_takes_the_place_of_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_one_step: bool
) -> None:
    if not in_one_step:
        monkeypatch.setattr(module, "_exchange", lambda *_: False)
    site, new = folder(tmp_path / "_site", "old"), folder(tmp_path / "build/site", "new")
    (site / "gone.html").write_text("")
    swap(new, site)
    assert (site / "index.html").read_text() == "new"
    assert names(site) == ["index.html"]
    assert names(tmp_path) == ["_site", "build"]


def test_the_first_site_needs_no_old_one(tmp_path: Path) -> None:
    swap(folder(tmp_path / "new", "new"), tmp_path / "reports/_site")
    assert (tmp_path / "reports/_site/index.html").read_text() == "new"


def test_the_site_is_never_missing_while_it_is_replaced(tmp_path: Path) -> None:
    site = folder(tmp_path / "a", "old")
    other = folder(tmp_path / "b", "new")
    if not module._exchange(other, site):
        pytest.skip("this file system cannot exchange two folders in one step")
    assert (site / "index.html").read_text() == "new"
    assert (other / "index.html").read_text() == "old"


def test_a_site_on_another_file_system_is_copied_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, new = folder(tmp_path / "_site", "old"), folder(tmp_path / "new", "new")
    rename = Path.rename

    def other_device(self: Path, target: Path) -> Path:
        if self == new:
            raise OSError(18, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", other_device)
    swap(new, site)
    assert (site / "index.html").read_text() == "new"


def test_a_process_that_died_between_the_two_moves_is_made_good(tmp_path: Path) -> None:
    folder(tmp_path / "_site.old", "old")
    folder(tmp_path / "_site.new", "half")
    recover(tmp_path / "_site")
    assert (tmp_path / "_site/index.html").read_text() == "old"
    assert names(tmp_path) == ["_site"]


def test_a_process_that_died_before_the_moves_leaves_no_trace(tmp_path: Path) -> None:
    folder(tmp_path / "_site", "old")
    folder(tmp_path / "_site.new", "half")
    recover(tmp_path / "_site")
    assert (tmp_path / "_site/index.html").read_text() == "old"
    assert names(tmp_path) == ["_site"]


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    refused = pytest.raises(RenderError, match="Another run is publishing")
    with one_at_a_time(tmp_path), refused, one_at_a_time(tmp_path):
        pass
    with one_at_a_time(tmp_path):  # and free again afterwards
        pass
