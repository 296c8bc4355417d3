"""The demo shop, published once for a whole test run: what tests read that look at real pages and PDFs.

Making it takes about a minute, so that every worker of a run shares one; nobody may change it. Who works on
tests keeps one: `python -m tests.demo_site FOLDER` makes it or brings it up to date, and with
SHOPBOOK_TESTS_DEMO=FOLDER the tests read it instead of making their own.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.translations import KEPT_THERE

ROOT = Path(__file__).parents[1]
_COPIED = ("_quarto.yml", "notebooks", "reports/reports.yml", "reports/theme")
_MADE = "made"
KEPT = "SHOPBOOK_TESTS_DEMO"


@dataclass(frozen=True)
class DemoSite:
    """A project folder with the published demo shop."""

    root: Path

    @property
    def site(self) -> Path:
        """The published site."""
        return self.root / "reports" / "_site"

    @property
    def briefs(self) -> Path:
        """The folder of the PDFs."""
        return self.site / "briefs"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file; the shop is the schema `demo`."""
        return self.root / "data" / "warehouse.duckdb"


def environment_of(root: Path) -> dict[str, str]:
    """The environment of a command on the project in `root`, without the settings of who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOPBOOK_")}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return {**kept, **KEPT_THERE, "SHOPBOOK_PROJECT": str(root), "PYTHONPATH": str(ROOT)}


def copy_project(root: Path) -> Path:
    """The project's notebooks, theme and list of reports in a folder of their own, without data."""
    for name in _COPIED:
        source, target = ROOT / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        else:
            shutil.copy(source, target)
    return root


def run(root: Path, module: str, *arguments: str, **variables: str) -> str:
    """Run a module of the library on the project in `root`, with environment variables; what it printed.

    An exit code other than 0 fails the test with everything that the command said.
    """
    command = [sys.executable, "-m", module, *arguments]
    environment = {**environment_of(root), **variables}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command[2:])} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def published_demo(folder: Path) -> DemoSite:
    """The published demo shop in `folder`; the first to come makes it, others wait for it.

    What `make report` does on a machine without data, with the built-in renderer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = DemoSite(folder / "project")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / _MADE).is_file():
            shutil.rmtree(made.root, ignore_errors=True)
            publish(made.root)
            (folder / _MADE).touch()
    return made


def publish(root: Path) -> str:
    """Make the project in `root` or bring it up to date; what the command printed."""
    copy_project(root)
    return run(root, "analysis_lib.verbs.make_report", "--", "--renderer", "builtin")


if __name__ == "__main__":
    kept = Path(sys.argv[1]).resolve()
    print(publish(kept / "project"))
    (kept / _MADE).touch()
