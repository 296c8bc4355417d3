"""One try at installing Quarto into this environment, bounded in time; `make report` goes on without it."""

from __future__ import annotations

import subprocess
import sys

REQUIREMENT = "quarto-cli>=1.8"


def install_quarto(seconds: float) -> bool:
    """Whether pip could install Quarto within the time.

    The wheel's set-up fetches a release from elsewhere, which closed networks refuse; no state is left
    behind then.
    """
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", REQUIREMENT]
    try:
        done = subprocess.run(pip, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    raise SystemExit(0 if install_quarto(float(sys.argv[1])) else 1)
