"""What `make report` does: a report of the data that is given, loaded, or else simulated."""

from __future__ import annotations

import argparse
import sys

from analysis_lib import cli
from analysis_lib.errors import ShopbookError
from analysis_lib.settings import load_settings
from analysis_lib.warehouse.duckdb import shops

DEMO = ["--visitors", "20000", "--months", "18", "--seed", "7"]
DEMO_SHOP = "demo"


def main(argv: list[str] | None = None) -> int:
    """Load DATA, or simulate and load the demo shop when nothing was loaded yet; then report.

    Returns the exit code of the first step that fails.
    """
    parser = argparse.ArgumentParser(prog="make report")
    parser.add_argument("--data", default="")
    parser.add_argument("arguments", nargs="*")
    arguments = parser.parse_args(argv)
    try:
        settings = load_settings()
        steps: list[list[str]] = []
        if arguments.data:
            steps.append(["load", "thelook", "--from", arguments.data])
        elif not shops(settings):
            demo = settings.root / "data" / "demo"
            if not (demo / "truth.json").is_file():
                print("No data was given: simulating a demo shop (make report DATA=folder takes yours).")
                steps.append(["simulate", *DEMO, "--out", str(demo)])
            steps.append(["load", "thelook", "--from", str(demo), "--shop", DEMO_SHOP])
    except ShopbookError as error:
        print(f"make report: {error}", file=sys.stderr)
        return error.exit_code
    steps.append(["report", *arguments.arguments])
    for step in steps:
        code = cli.main(step)
        if code:
            return code
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
