"""A summary as Markdown (a chat, a pull request, a job's page) and as HTML for an e-mail.

The HTML has its styles inline and fetches nothing: mail programs strip style sheets and block pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from analysis_lib.delivery.texts import alert_lines, heading_lines, headline_rows, state_lines

_FONT = "font-family: Arial, Helvetica, sans-serif; color: #2b303a;"
_CELL = "padding: 4px 12px 4px 0; border-bottom: 1px solid #d9dee5;"
_MARKUP = frozenset("\\*_[]<>|`#~")
_TONES = {"good": "#1a7f4b", "bad": "#b42318", "warn": "#b25e09"}


def markdown_mail(document: Mapping[str, Any], url: str = "", failed: str = "") -> str:
    """The summary as Markdown.

    Parameters
    ----------
    document
        A summary; see docs/summary.schema.json.
    url
        Where the site is served; pages become links to it.
    failed
        What to say first where the last run failed; empty where it did not.
    """
    first, second = heading_lines(document)
    parts = [f"## {_plain(first)}", _plain(second)]
    parts += [f"**{_plain(failed)}**"] if failed else []
    alerts = alert_lines(document)
    parts += ["\n".join(f"- {_plain(line)}" for line in alerts)] if alerts else []
    rows = headline_rows(document)
    if rows:
        table = ["| | value | change | |", "|---|---:|---|---|"]
        table += [
            f"| {' | '.join(_plain(text) for text in (row.label, row.value, row.change, row.year_before))} |"
            for row in rows
        ]
        parts.append("\n".join(table))
    for page in _pages_with_claims(document):
        link = f"[{_plain(page['title'])}]({_address(url, page)})" if url else _plain(page["title"])
        findings = "\n".join(f"- {_plain(found['headline'])}" for found in _claims(page))
        parts.append(f"**{link}**\n\n{findings}")
    parts.append("  \n".join(_plain(line) for line in state_lines(document)))
    return "\n\n".join(parts) + "\n"


def html_mail(document: Mapping[str, Any], url: str = "", failed: str = "") -> str:
    """The summary as an HTML document for an e-mail; parameters as of :func:`markdown_mail`."""
    first, second = heading_lines(document)
    parts = [f'<h1 style="font-size: 18px; margin: 0 0 4px;">{escape(first)}</h1>', _small(second)]
    parts += [_box(failed, _TONES["bad"])] if failed else []
    for line in alert_lines(document):
        parts.append(_box(line, _TONES["bad"]) if line.startswith("ALERT") else _small(line))
    rows = headline_rows(document)
    if rows:
        cells = "\n".join(
            f'<tr><td style="{_CELL}">{escape(row.label)}</td>'
            f'<td style="{_CELL} text-align: right; white-space: nowrap;"><b>{escape(row.value)}</b></td>'
            f'<td style="{_CELL}">{escape(row.change)}</td>'
            f'<td style="{_CELL} color: #667085;">{escape(row.year_before)}</td></tr>'
            for row in rows
        )
        parts.append(f'<table style="border-collapse: collapse; font-size: 14px;">\n{cells}\n</table>')
    for page in _pages_with_claims(document):
        title = escape(page["title"])
        if url:
            title = f'<a href="{escape(_address(url, page))}">{title}</a>'
        items = "".join(
            f'<li style="color: {_TONES.get(found["tone"], "#2b303a")};">{escape(found["headline"])}</li>'
            for found in _claims(page)
        )
        parts += [
            f'<h2 style="font-size: 15px; margin: 14px 0 2px;">{title}</h2>',
            f'<ul style="margin: 2px 0;">{items}</ul>',
        ]
    parts += [_small(line) for line in state_lines(document)]
    if url:
        parts.append(f'<p><a href="{escape(url)}">Open the report</a></p>')
    body = "\n".join(parts)
    head = f'<meta charset="utf-8"><title>{escape(first)}</title>'
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>\n'
        f'<body style="{_FONT} font-size: 14px; line-height: 1.45;">\n{body}\n</body></html>\n'
    )


def _plain(text: str) -> str:
    """A text as Markdown that shows exactly this text, and stays readable where Markdown is not rendered."""
    return "".join(f"\\{char}" if char in _MARKUP else char for char in text)


def _small(text: str) -> str:
    return f'<p style="color: #667085; font-size: 13px; margin: 4px 0;">{escape(text)}</p>'


def _box(text: str, colour: str) -> str:
    style = f"border-left: 4px solid {colour}; padding: 4px 10px; margin: 8px 0;"
    return f'<p style="{style}"><b>{escape(text)}</b></p>'


def _claims(page: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What a test or a threshold stands behind; the rest is on the page."""
    return [found for found in page["findings"] if found["claim"]]


def _pages_with_claims(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [page for page in document["pages"] if _claims(page)]


def _address(url: str, page: Mapping[str, Any]) -> str:
    return f"{url.rstrip('/')}/{page['address']}"
