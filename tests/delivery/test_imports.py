"""Every module of the delivery can be imported first: `shopbook summary` begins there, a run does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import analysis_lib.delivery

MODULES = sorted(path.stem for path in Path(analysis_lib.delivery.__file__).parent.glob("[a-z]*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_needs_no_other_to_be_imported_before(name: str) -> None:
    program = f"import analysis_lib.delivery.{name}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
