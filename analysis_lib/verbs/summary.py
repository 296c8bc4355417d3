"""`shopbook summary`: what the last published report says, for an e-mail, a chat or another program."""

from __future__ import annotations

import json

from analysis_lib.delivery.last_run import read_last_run
from analysis_lib.delivery.mail import html_mail, markdown_mail
from analysis_lib.delivery.summary import read_summary, with_editions
from analysis_lib.delivery.texts import summary_lines
from analysis_lib.errors import MissingInputError, did_you_mean
from analysis_lib.settings import Settings


def summary(settings: Settings, form: str = "text", url: str = "", edition: str = "") -> str:
    """The published site's summary as `text`, `markdown`, `html` or `json`; nothing is built.

    Parameters
    ----------
    settings
        Where the site is.
    form
        How to write it.
    url
        Where the site is served; pages become links to it.
    edition
        The id of an edition; empty for the whole report, with the alerts of all editions.

    Raises
    ------
    MissingInputError
        Nothing has been published yet, or no such edition.
    """
    document = read_summary(settings.site)
    address = ""
    if edition:
        published = {one["id"]: one["address"] for one in document["editions"]}
        if edition not in published:
            hint = did_you_mean(edition, published) if published else "There are no editions."
            raise MissingInputError(f"There is no edition {edition} in the published site.", hint)
        address = published[edition].removesuffix("index.html")
        document = read_summary(settings.site / address)
    elif form != "json":
        document = with_editions(settings.site, document)
    url = f"{url.rstrip('/')}/{address}" if url else ""
    if form == "json":
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    failed = _failure(settings)
    if form == "markdown":
        return markdown_mail(document, url, failed)
    if form == "html":
        return html_mail(document, url, failed)
    place = url or str(settings.site / address / "index.html")
    return "\n".join(summary_lines(document, [*([failed] if failed else []), f"site: {place}"])) + "\n"


def _failure(settings: Settings) -> str:
    """What to say where the last run failed, so that the site is older than a reader would think."""
    last = read_last_run(settings)
    # An alert ends a run that has published.
    if not last or last["exit_code"] in (0, 24):
        return ""
    return f"THE LAST RUN FAILED (exit code {last['exit_code']}, {last['finished_at']}): {last['error']}"
