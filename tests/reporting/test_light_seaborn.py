"""In a published run seaborn is imported without what no chart uses; the drawings are the same."""

from __future__ import annotations

import os
import subprocess
import sys

from analysis_lib.explore.kernel import READ_ONLY

DRAW = """
import sys
from analysis_lib.reporting.chart import Words
from analysis_lib.reporting.charts import Bar, bars
chart = bars("sessions", [Bar("mobile", 3, "3"), Bar("desktop", -1, "-1")], Words("Sessions", "a", "b"))
bars("again", [Bar("mobile", 3, "3")], Words("Sessions", "a", "b"))
print(chart.svg)
print("scipy.stats" in sys.modules, "ipywidgets" in sys.modules, file=sys.stderr)
import seaborn, seaborn.matrix
print(seaborn.matrix._no_scipy, "scipy.stats" in sys.modules, file=sys.stderr)
"""


def drawn(**environment: str) -> tuple[str, list[str]]:
    """The chart of a process of its own, and which modules it has before and after it imports seaborn."""
    kept = {name: value for name, value in os.environ.items() if name != READ_ONLY}
    done = subprocess.run(
        [sys.executable, "-c", DRAW], env={**kept, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout, done.stderr.split("\n")[:2]


def test_the_drawing_is_the_same_and_a_page_that_imports_seaborn_has_all_of_it() -> None:
    whole, with_all = drawn()
    light, without = drawn(**{READ_ONLY: "1"})
    assert light == whole
    assert "<svg" in light
    assert with_all[1] == "False True"
    assert without == ["False False", "False True"]
