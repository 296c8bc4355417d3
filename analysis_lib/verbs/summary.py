"""`shopbook summary`: what the last published report says, for an e-mail, a chat or another program."""

from __future__ import annotations

import json

from analysis_lib.delivery.last_run import read_last_run
from analysis_lib.delivery.mail import html_mail, markdown_mail
from analysis_lib.delivery.summary import read_summary
from analysis_lib.delivery.texts import summary_lines
from analysis_lib.settings import Settings


def summary(settings: Settings, form: str = "text", url: str = "") -> str:
    """The published site's summary as `text`, `markdown`, `html` or `json`; nothing is built.

    Parameters
    ----------
    settings
        Where the site is.
    form
        How to write it.
    url
        Where the site is served; pages become links to it.

    Raises
    ------
    MissingInputError
        Nothing has been published yet.
    """
    document = read_summary(settings.site)
    if form == "json":
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    failed = _failure(settings)
    if form == "markdown":
        return markdown_mail(document, url, failed)
    if form == "html":
        return html_mail(document, url, failed)
    place = url or str(settings.site / "index.html")
    return "\n".join(summary_lines(document, [*([failed] if failed else []), f"site: {place}"])) + "\n"


def _failure(settings: Settings) -> str:
    """What to say where the last run failed, so that the site is older than a reader would think."""
    last = read_last_run(settings)
    # An alert ends a run that has published.
    if not last or last["exit_code"] in (0, 24):
        return ""
    return f"THE LAST RUN FAILED (exit code {last['exit_code']}, {last['finished_at']}): {last['error']}"
