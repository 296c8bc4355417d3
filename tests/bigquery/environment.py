"""The emulator's own Python 3.13 environment: found, made once, or told why not.

Run by `make test`: `python -m tests.bigquery.environment` makes it inside the project's environment (about a
minute, once). The emulator needs another Python than Shopbook and older packages than Shopbook's, so that it
never shares an environment with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMED_BY = "SHOPBOOK_PYTHON_3_13"
EMULATOR = ["local-bigquery==0.4.0"]
# Installed over it: the released emulator downloads extensions of the newest DuckDB, these bring their own.
PINS = [
    "duckdb==1.5.5",
    "duckdb-extensions==1.5.5",
    "duckdb-extension-ducklake==1.5.5",
    "duckdb-extension-httpfs==1.5.5",
]
FOLDER = Path(sys.prefix) / "bigquery-emulator"
PYTHON = FOLDER / "bin" / "python"
_MADE = FOLDER / "made"
_HINT = f"install Python 3.13 or name one in {NAMED_BY}, then run make emulator"


def why_not() -> str:
    """Why the emulator cannot be started; empty when it can."""
    if _MADE.is_file() and _MADE.read_text(encoding="utf-8") == _wanted():
        return ""
    if find_python() is None:
        return f"the BigQuery emulator needs Python 3.13, which this machine does not have ({_HINT})"
    return "the BigQuery emulator's environment is not made: run make emulator"


def _wanted() -> str:
    return "\n".join([*EMULATOR, *PINS])


def find_python() -> Path | None:
    """A Python 3.13 that runs: the one that is named, on the path, of pyenv or of uv; None without one."""
    named = os.environ.get(NAMED_BY)
    places = [Path(named)] if named else []
    places += [Path(found) for found in [shutil.which("python3.13")] if found]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places += sorted(pyenv.glob("versions/3.13*/bin/python3.13"), reverse=True)
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", Path.home() / ".local" / "share" / "uv" / "python"))
    places += sorted(uv.glob("cpython-3.13*/bin/python3.13"), reverse=True)
    return next((place for place in places if _is_3_13(place)), None)


def _is_3_13(place: Path) -> bool:
    # A pyenv shim is there and does not run: only a Python that answers counts.
    asked = [str(place), "-c", "import sys, ensurepip, venv; print(sys.version_info[:2] == (3, 13))"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout.strip() == "True"


def make() -> str:
    """Make the environment where it is missing or of other versions; what was done, in a sentence."""
    if not why_not():
        return "emulator: ready"
    python = find_python()
    if python is None:
        return f"emulator: {why_not()}; its tests are skipped"
    _MADE.unlink(missing_ok=True)
    install = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    for command in (
        [str(python), "-m", "venv", "--clear", str(FOLDER)],
        [*install, *EMULATOR],
        [*install, "--no-deps", *PINS],
    ):
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            return f"emulator: could not be installed, its tests are skipped: {done.stderr.strip()[-300:]}"
    _MADE.write_text(_wanted(), encoding="utf-8")
    return f"emulator: installed with {python}"


if __name__ == "__main__":
    print(make())
