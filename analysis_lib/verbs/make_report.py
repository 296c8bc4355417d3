"""What `make report` does: a report of the data that is given, loaded, or else simulated."""

from __future__ import annotations

import argparse
import sys

from analysis_lib import cli
from analysis_lib.errors import ShopbookError
from analysis_lib.settings import load_settings
from analysis_lib.warehouse.opening import shops

DEMO = ["--visitors", "20000", "--months", "18", "--seed", "7"]
DEMO_SHOP = "demo"
DATA_SHOP = "thelook"


def main(argv: list[str] | None = None) -> int:
    """Load DATA, or simulate and load the demo shop when there is no shop yet; then report.

    A shop that has a profile is loaded by the report itself.

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
            # A shop of its own, whatever shopbook.toml says: DATA is not what a profile names.
            steps.append(["load", "thelook", "--from", arguments.data, "--shop", DATA_SHOP])
            if "--shop" not in arguments.arguments:
                arguments.arguments += ["--shop", DATA_SHOP]
        elif not settings.profiles and not shops(settings):
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
