"""seaborn's columns, without the second of import that they do not need."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

from analysis_lib.explore.kernel import READ_ONLY
from analysis_lib.imports import left_out

_own: dict[str, ModuleType] = {}


def barplot(**given: Any) -> None:
    """`seaborn.barplot` on given axes.

    In the kernels of a published run it is that of a seaborn of our own without densities, clusters and
    widgets, because these bring in scipy.stats, which takes a second of each notebook. A page that imports
    seaborn itself gets all of it.
    """
    if not os.environ.get(READ_ONLY) or "seaborn" in sys.modules:
        import seaborn

        seaborn.barplot(**given)
        return
    sys.modules.update(_own)
    try:
        with left_out("scipy.stats", "scipy.cluster", "ipywidgets"):
            import seaborn

            seaborn.barplot(**given)
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "seaborn"]:
            _own[name] = sys.modules.pop(name)
