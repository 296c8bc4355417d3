"""Publishing: from the marts and notebooks to the site and the briefs in `reports/_site`.

The one entry is :func:`publish`; see docs/rendering.md.
"""

from __future__ import annotations

from analysis_lib.publish.request import PublishRequest, PublishSummary, Stamp
from analysis_lib.publish.run import publish

__all__ = ["PublishRequest", "PublishSummary", "Stamp", "publish"]
