"""Sentences computed from the rows that the charts show.

A finding names a number, its direction and what contributed most. It calls a difference one only when
a test said so, with Holm's correction over every comparison of the page; else it says that there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    """

    headline: str
    detail: str = ""
    tone: Tone | str = "neutral"
    is_claim: bool = False

    @property
    def text(self) -> str:
        """Both as plain text."""
        return f"{self.headline} {self.detail}".strip()


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
    return f"{opening}<strong>{escape(finding.headline)}</strong>{detail}</div>"
