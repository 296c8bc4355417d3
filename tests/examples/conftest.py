"""A fake `shopbook` that ends as it is told, for what the examples do with its exit codes."""

from __future__ import annotations

import importlib.util
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

# Fixtures of the command's tests: a small shop, loaded and built.
from tests.core.conftest import built_project, project, shop_files
from tests.translations import KEPT_THERE

__all__ = ["built_project", "project", "shop_files"]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# Answers with the next exit code of `codes` (the last one stays) and writes down how it was called.
_FAKE = """#!/bin/sh
echo "$@" >> "{folder}/calls"
case "$*" in *summary*) {summary}; exit 0;; "--quiet graph") cat "{folder}/graph"; exit 0;; esac
case "$*" in *check*) cat "{folder}/check";; esac
code=$(head -n 1 "{folder}/codes")
[ "$(wc -l < "{folder}/codes")" -gt 1 ] && sed -i 1d "{folder}/codes"
echo "shopbook: said by the fake" >&2
exit "$code"
"""


class FakeCommand:
    """A `shopbook` in a folder of its own; see :func:`fake`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "calls").touch()
        self.path = script(
            folder / "shopbook", _FAKE.format(folder=folder, summary=f'cat "{folder}/summary"')
        )
        self.summary("the summary\n")

    def summary(self, text: str) -> None:
        """What `shopbook summary` prints."""
        (self.folder / "summary").write_text(text, encoding="utf-8")

    def models(self, **facts: dict[str, object]) -> None:
        """What `shopbook check` says of the models, each of which needs the one before."""
        nodes = [{"name": "raw_events", "room": "loaded", "needs": []}]
        for name in facts:
            room = "staging" if name.startswith("stg_") else "marts"
            nodes.append({"name": name, "room": room, "needs": [nodes[-1]["name"]]})
        fine = {"state": "built", "reason": "new", "rows": 1, "seconds": 0.1, "checks": 2, "not_passed": []}
        said = {"models": {name: fine | own for name, own in facts.items()}}
        (self.folder / "graph").write_text(json.dumps({"nodes": nodes}), encoding="utf-8")
        (self.folder / "check").write_text(json.dumps(said), encoding="utf-8")

    def ends_with(self, *codes: int) -> None:
        """The exit codes of the next calls; the last one stays."""
        (self.folder / "codes").write_text("".join(f"{code}\n" for code in codes), encoding="utf-8")

    @property
    def calls(self) -> list[str]:
        """The arguments of each call."""
        return (self.folder / "calls").read_text(encoding="utf-8").splitlines()


def definitions() -> ModuleType:
    """The Dagster example, read anew for the project that the environment names."""
    place = importlib.util.spec_from_file_location(
        "shopbook_definitions", EXAMPLES / "dagster" / "shopbook_definitions.py"
    )
    assert place
    assert place.loader
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


def script(path: Path, text: str) -> Path:
    """An executable file."""
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def fake(tmp_path: Path) -> FakeCommand:
    """A `shopbook` that ends with 0 until it is told otherwise."""
    made = FakeCommand(tmp_path / "fake")
    made.ends_with(0)
    return made


@pytest.fixture
def environment() -> Callable[..., dict[str, str]]:
    """An environment without the settings of who runs the tests, with some of its own."""

    def make(**values: object) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SHOPBOOK_", "REPORT_", "AIRFLOW_"))}
        return {**kept, **KEPT_THERE, **{name: str(value) for name, value in values.items()}}

    return make
