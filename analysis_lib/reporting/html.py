"""HTML as a value: what a page's functions return and a notebook shows.

The classes are those of the theme (reports/theme/shopbook.css). In JupyterLab, which does not load the
theme, :func:`notebook_style` gives the same classes a plain look.
"""

from __future__ import annotations

import html
import os
from collections.abc import Iterable
from dataclasses import dataclass

_NOTEBOOK_STYLE = """
.kpi-grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; }
.kpi-card, .sb-figure, .finding, .table-box { border: 1px solid #d9dee5; border-radius: .5rem; }
.kpi-card, .sb-figure, .finding, .table-box { padding: .75rem; margin: .5rem 0; }
.kpi-label, .kpi-note, .sb-figure figcaption, .stamp { color: #667085; font-size: .85rem; }
.kpi-value { font-size: 1.4rem; font-weight: 600; }
.is-good { color: #1a7f4b; } .is-bad { color: #b42318; } .is-warn { color: #b25e09; }
.finding { border-left: 4px solid #667085; color: inherit; }
.sb-figure { background: #fdfdfe; color: #2b303a; } .sb-figure svg { max-width: 100%; height: auto; }
.few { color: #667085; font-style: italic; }
"""

NO_MATHS = "mathjax_ignore"  # the class of what JupyterLab must not search for maths
_PUBLISHED = "SHOPBOOK_DOWNLOADS"  # set by the publisher alone; see downloads.py


def shown(text: str) -> str:
    """HTML as a cell shows it: in JupyterLab "$5 of $9" would be set as maths, also within HTML.

    Published pages and briefs take it as it is; their renderers are told that "$" never starts maths.
    """
    return text if _PUBLISHED in os.environ else f'<div class="{NO_MATHS}">\n{text}\n</div>'


@dataclass(frozen=True)
class Html:
    """A piece of a page. Shown by JupyterLab, Papermill and every renderer as HTML."""

    text: str

    def _repr_html_(self) -> str:
        return shown(self.text)

    def __repr__(self) -> str:
        return f"Html({len(self.text)} characters)"


def join(parts: Iterable[Html]) -> Html:
    """Several pieces under each other.

    Examples
    --------
    >>> join([Html("<p>a</p>"), Html("<p>b</p>")]).text
    '<p>a</p>\\n<p>b</p>'
    """
    return Html("\n".join(part.text for part in parts if part.text))


def escape(text: str) -> str:
    """Text that stands for itself inside HTML, in attributes as well.

    Examples
    --------
    >>> escape('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    return html.escape(text, quote=True)


def paragraph(text: str, css_class: str = "") -> Html:
    """A paragraph of plain text."""
    attribute = f' class="{css_class}"' if css_class else ""
    return Html(f"<p{attribute}>{escape(text)}</p>")


def empty(sentence: str) -> Html:
    """What stands in the place of a chart or table that has nothing to show: a sentence.

    Examples
    --------
    >>> empty("No orders in this period.").text
    '<div class="empty">No orders in this period.</div>'
    """
    return Html(f'<div class="empty">{escape(sentence)}</div>')


def notebook_style() -> Html:
    """A plain look for the theme's classes in JupyterLab; published pages have the theme instead."""
    return Html(f"<style>{_NOTEBOOK_STYLE}</style>")
