"""A small simulated shop, made once, and a project folder that has it loaded and built."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis_lib import cli
from analysis_lib.simulate import simulate
from tests.shared_by_workers import made_once

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shop_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a simulated shop of 300 visitors over three months."""
    return made_once(tmp_path_factory, "small_shop_files", lambda folder: simulate(300, 3, 5, folder))


@pytest.fixture(scope="session")
def built_project(tmp_path_factory: pytest.TempPathFactory, shop_files: Path) -> Path:
    """A project folder whose warehouse holds the small shop, built and checked."""

    def build(root: Path) -> None:
        (root / "_quarto.yml").touch()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SHOPBOOK_PROJECT", str(root))
            assert cli.main(["--quiet", "load", "thelook", "--from", str(shop_files), "--shop", "small"]) == 0
            assert cli.main(["--quiet", "check"]) == 0

    return made_once(tmp_path_factory, "small_project", build)


@pytest.fixture
def project(tmp_path: Path, built_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the built project for one test, which the command works in."""
    root = tmp_path / "project"
    shutil.copytree(built_project, root)
    monkeypatch.setenv("SHOPBOOK_PROJECT", str(root))
    return root


@pytest.fixture
def shopbook(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = cli.main(["--quiet", *arguments])
        except SystemExit as stop:  # argparse ends by itself when the flags are wrong
            code = int(stop.code or 0)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run
