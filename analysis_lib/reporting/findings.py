"""Sentences computed from the rows that the charts show.

A finding names a number, its direction and what contributed most. It calls a difference one only when
a test said so, with Holm's correction over every comparison of the page; else it says that there is none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from analysis_lib.reporting.changes import Tone
from analysis_lib.reporting.html import Html, escape
from analysis_lib.statistics.multiple import holm

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Finding:
    """One finding.

    Parameters
    ----------
    headline
        What was found, as a sentence with its number; shown bold.
    detail
        The evidence: interval, test, main contributor.
    tone
        Whether it is good or bad news; neutral where no test says that it is news at all.
    is_claim
        Whether it says, on the strength of a test or a threshold, that something differs, changed,
        contributes most, is wrong or should be done; False where it describes what was counted.
    see
        The page that answers the question which the finding raises, and that question; see :func:`see`.
    """

    headline: str
    detail: str = ""
    tone: Tone | str = "neutral"
    is_claim: bool = False
    see: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        """Both as plain text."""
        return f"{self.headline} {self.detail}".strip()


@overload
def see(finding: Finding, page: str, question: str) -> Finding: ...
@overload
def see(finding: None, page: str, question: str) -> None: ...
@overload
def see(finding: Finding | None, page: str, question: str) -> Finding | None: ...
def see(finding: Finding | None, page: str, question: str) -> Finding | None:
    """The finding with a link to the page where a reader would go next; nothing stays nothing.

    Parameters
    ----------
    finding
        The finding, if there is one.
    page
        The name of the page's notebook.
    question
        What the page answers, as the end of a sentence.

    Examples
    --------
    >>> linked = see(Finding("Conversion was 3 %."), "funnel", "where visits stop")
    >>> show([linked], "").text.split("</strong>")[1]
    '<p class="page-links"><a href="funnel.ipynb">Funnel</a>: where visits stop.</p></div>'
    """
    return dataclasses.replace(finding, see=(page, question)) if finding is not None else None


def see_claim(finding: Finding | None, page: str, question: str) -> Finding | None:
    """The same where the finding is a claim: that nothing was found raises no question.

    Examples
    --------
    >>> see_claim(Finding("No product moved."), "inventory", "whether the stock lasts").see is None
    True
    """
    return see(finding, page, question) if finding is not None and finding.is_claim else finding


def is_found(adjusted_p: float | None) -> bool:
    """Whether a comparison may be called a difference, by its p-value after Holm.

    Examples
    --------
    >>> is_found(0.049), is_found(0.05), is_found(None)
    (True, False, False)
    """
    return adjusted_p is not None and adjusted_p < SIGNIFICANT


def adjusted(p_values: Sequence[float | None]) -> list[float | None]:
    """The p-values of one page's comparisons after Holm, in their order."""
    return holm(p_values)


def show(findings: Sequence[Finding], when_none: str) -> Html:
    """The findings under each other; a sentence when there is none.

    Parameters
    ----------
    findings
        The most important first.
    when_none
        Said in their place.

    Examples
    --------
    >>> show([], "Nothing changed.").text
    '<div class="finding is-neutral" data-claim="false">Nothing changed.</div>'
    >>> show([Finding("Orders rose.", is_claim=True)], "").text
    '<div class="finding is-neutral" data-claim="true"><strong>Orders rose.</strong></div>'
    """
    if not findings:
        return Html(f'<div class="finding is-neutral" data-claim="false">{escape(when_none)}</div>')
    return Html("\n".join(_box(finding) for finding in findings))


def _box(finding: Finding) -> str:
    detail = f" {escape(finding.detail)}" if finding.detail else ""
    opening = f'<div class="finding is-{finding.tone}" data-claim="{str(finding.is_claim).lower()}">'
    return f"{opening}<strong>{escape(finding.headline)}</strong>{detail}{_link(finding)}</div>"


def _link(finding: Finding) -> str:
    """A line of its own, which briefs leave out."""
    if finding.see is None:
        return ""
    page, question = finding.see
    title = page.replace("_", "-").capitalize()
    return f'<p class="page-links"><a href="{page}.ipynb">{title}</a>: {escape(question)}.</p>'
