"""Fixtures: a project folder of its own, and a shop's files drafted and tried in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis_lib import cli
from analysis_lib.settings import Settings, load_settings
from analysis_lib.sources.definition import read_source
from tests.own.drafting import Drafting


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of an empty project."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "_quarto.yml").touch()
    monkeypatch.setenv("SHOPBOOK_PROJECT", str(root))
    monkeypatch.delenv("SHOPBOOK_SOURCES", raising=False)
    read_source.cache_clear()
    return load_settings()


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Drafting:
    """Files of a shop, from which a source is drafted."""
    return Drafting(settings, tmp_path / "files")


@pytest.fixture
def shopbook(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(["--quiet", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run
