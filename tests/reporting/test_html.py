"""HTML in JupyterLab and on published pages."""

from __future__ import annotations

import pytest

from analysis_lib.reporting.html import Html

TEXT = "<p>Net revenue was $18,138, against $19,618.</p>"


def test_jupyterlab_is_told_that_amounts_of_money_are_no_maths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOPBOOK_DOWNLOADS", raising=False)
    assert Html(TEXT)._repr_html_() == f'<div class="mathjax_ignore">\n{TEXT}\n</div>'


def test_a_published_page_gets_the_html_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPBOOK_DOWNLOADS", "downloads")
    assert Html(TEXT)._repr_html_() == TEXT
