"""What is known about one name, for a reader: as text with `print`, as HTML in JupyterLab."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from analysis_lib.reporting.html import NO_MATHS, escape

_WIDTH = 100
_INDENT = "  "
_LIST = "display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; max-width: 65rem"
_LABEL = "font-weight: 600; float: none; width: auto; white-space: nowrap"
_TEXT = "margin: 0; float: none; width: auto"


@dataclass(frozen=True)
class Fold:
    """A longer text that is folded in HTML: a model's SQL, or a picture that only HTML can show."""

    summary: str
    sql: str = ""
    html: str = ""


@dataclass(frozen=True)
class Explanation:
    """The answer of :meth:`Shop.explain`.

    Parameters
    ----------
    name
        As it is written in code.
    title
        What a reader calls it.
    kind
        `metric`, `mart` or `column`.
    definition
        One or two sentences.
    facts
        Label and text, in the order in which they are read.
    folds
        Longer texts.
    sql
        The GoogleSQL that the number comes from; Python's source text for a model that Python computes.
    """

    name: str
    title: str
    kind: str
    definition: str
    facts: Sequence[tuple[str, str]]
    folds: Sequence[Fold] = ()
    sql: str = ""

    @property
    def text(self) -> str:
        """The whole as plain text, without the SQL.

        Examples
        --------
        >>> print(Explanation("orders", "Orders", "metric", "How many.", [("unit", "count")]).text)
        Orders (metric orders)
          How many.
        <BLANKLINE>
          unit  count
        """
        title = f"{self.title} ({self.kind} {self.name})" if self.title != self.name else self.name
        width = max((len(label) for label, _ in self.facts), default=0)
        lines = [title, *_wrapped(self.definition, _INDENT), ""]
        for label, text in self.facts:
            lines += _wrapped(text, f"{_INDENT}{label:<{width}}  ", f"{_INDENT}{'':<{width}}  ")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        code = f" <code>{escape(self.name)}</code>" if self.title != self.name else ""
        return (
            f'<div class="explanation {NO_MATHS}">\n<p><strong>{escape(self.title)}</strong>{code}<br>'
            f"{escape(self.definition)}</p>\n{definition_list(self.facts)}\n"
            + "\n".join(_fold(fold) for fold in self.folds)
            + "\n</div>"
        )


def definition_list(facts: Sequence[tuple[str, str]]) -> str:
    """Labels and texts in two columns; JupyterLab floats definition lists, so this one says how it stands."""
    rows = "\n".join(
        f'<dt style="{_LABEL}">{escape(label)}</dt><dd style="{_TEXT}">{_lines(text)}</dd>'
        for label, text in facts
    )
    return f'<dl style="{_LIST}">\n{rows}\n</dl>'


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.splitlines())


def _fold(fold: Fold) -> str:
    body = fold.html or f'<pre class="sql"><code class="language-sql">{escape(fold.sql.strip())}</code></pre>'
    return f"<details><summary>{escape(fold.summary)}</summary>\n{body}\n</details>"


def _wrapped(text: str, first: str, later: str = "") -> list[str]:
    lines: list[str] = []
    for line in text.splitlines():
        lines += textwrap.wrap(
            line,
            _WIDTH,
            initial_indent=later or first if lines else first,
            subsequent_indent=later or first,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines or [first.rstrip()]
