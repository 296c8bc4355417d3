"""`shopbook lab` opens what was meant, with the kernel of this environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from analysis_lib import cli
from analysis_lib.settings import Settings, load_settings
from analysis_lib.verbs import lab

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "_quarto.yml").touch()
    (tmp_path / "notebooks").mkdir()
    for name in ("funnel", "tutorial"):
        (tmp_path / "notebooks" / f"{name}.ipynb").touch()
    return load_settings(env={"SHOPBOOK_PROJECT": str(tmp_path)})


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[list[str]]:
    """The commands that `shopbook lab` would start in that project."""
    commands: list[list[str]] = []

    def become(program: str, command: list[str], environment: dict[str, str]) -> None:
        assert program == command[0]
        assert environment["SHOPBOOK_PROJECT"] == str(settings.root)
        commands.append(command)

    monkeypatch.setenv("SHOPBOOK_PROJECT", str(settings.root))
    monkeypatch.setattr(lab.os, "execve", become)
    return commands


@pytest.mark.parametrize(
    ("given", "opened"),
    [
        ([], ["notebooks"]),
        (["--no-browser", "--port", "8899"], ["notebooks", "--no-browser", "--port", "8899"]),
        (["tutorial"], ["notebooks/tutorial.ipynb"]),
        (["tutorial.ipynb", "--port=1"], ["notebooks/tutorial.ipynb", "--port=1"]),
        (["notebooks/funnel.ipynb"], ["notebooks/funnel.ipynb"]),
    ],
)
def test_a_notebook_by_name_and_every_flag_reach_jupyterlab(
    started: list[list[str]], settings: Settings, given: list[str], opened: list[str]
) -> None:
    cli.main(["lab", *given])
    first, *others = opened
    assert started == [[sys.executable, "-m", "jupyterlab", str(settings.root / first), *others]]


def test_a_notebook_that_is_not_there_gets_the_nearest_name(
    started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["lab", "tutorail"]) == 12
    assert capsys.readouterr().err == (
        'shopbook: There is no notebook tutorail.ipynb. Did you mean "tutorial"?\n'
    )
    assert started == []


def test_flags_of_other_verbs_are_still_checked(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--quiet", "models", "--no-browser"])
    assert stopped.value.code == 2
    with pytest.raises(SystemExit) as stopped:
        cli.main(["lab", "--help"])
    assert stopped.value.code == 0
    assert "usage: shopbook lab" in capsys.readouterr().out


def test_the_kernel_is_this_interpreter_in_this_project(settings: Settings) -> None:
    folder = lab.kernel_folder(settings)
    kernel = json.loads((folder / "kernels" / "python3" / "kernel.json").read_text(encoding="utf-8"))
    assert kernel["argv"][0] == sys.executable
    assert kernel["env"] == {"SHOPBOOK_PROJECT": str(settings.root)}
