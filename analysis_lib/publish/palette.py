"""The colours of figures, each with a twin for dark pages.

A figure is drawn once, in the light colours. In the published HTML they become CSS variables of the theme,
so that the figure follows the reader's light or dark mode; in JupyterLab and in PDFs they stay as drawn.
"""

from __future__ import annotations

import re

# name: (light, dark). reports/theme/shopbook.css defines the same variables as --sb-<name>; a test compares.
PALETTE: dict[str, tuple[str, str]] = {
    "ink": ("#2b303a", "#e6e9ef"),
    "muted": ("#667085", "#a3adbd"),
    "grid": ("#d9dee5", "#3a424f"),
    "previous": ("#b3bac5", "#657084"),
    "surface": ("#fdfdfe", "#1e232c"),
    "series-1": ("#3b6fb6", "#7aa7e6"),
    "series-2": ("#d97a1e", "#f0a35e"),
    "series-3": ("#1f9e89", "#5cc9b5"),
    "series-4": ("#8a5fb5", "#b794e0"),
    "series-5": ("#c44e6b", "#ea8aa2"),
    "series-6": ("#a08a1c", "#d6c25a"),
    "series-7": ("#6b7a8f", "#a3b0c2"),
    "series-8": ("#8c5a3c", "#c79a7d"),
    "label-2": ("#a85a0c", "#f0a35e"),
    "label-3": ("#147564", "#5cc9b5"),
    "label-5": ("#b53d5b", "#ea8aa2"),
    "label-6": ("#7a6912", "#d6c25a"),
    "label-7": ("#5b697d", "#a3b0c2"),
    "good": ("#1a7f4b", "#4cc38a"),
    "bad": ("#b42318", "#f2857a"),
    "warn": ("#b25e09", "#f0b45a"),
}
_VARIABLES = {light: f"var(--sb-{name}, {light})" for name, (light, _) in PALETTE.items()}
_COLOUR = re.compile(rf"(?:{'|'.join(_VARIABLES)})(?![0-9a-f])", re.IGNORECASE)
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)


def themed(html: str) -> str:
    """HTML whose inline SVG figures take their colours from the theme.

    Examples
    --------
    >>> themed('<svg><path style="fill: #3b6fb6"/></svg>')
    '<svg><path style="fill: var(--sb-series-1, #3b6fb6)"/></svg>'
    """

    def one(figure: re.Match[str]) -> str:
        return _COLOUR.sub(lambda found: _VARIABLES[found.group().lower()], figure.group())

    return _SVG.sub(one, html)
