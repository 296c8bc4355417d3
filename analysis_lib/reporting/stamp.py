"""The line under a page's title: which data this is, which window, and whether its checks passed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from analysis_lib.reporting.html import Html, escape, join
from analysis_lib.reporting.numbers import plural
from analysis_lib.reporting.windows import day, windows

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

STALE_AFTER_DAYS = 2
_STATUS = (("failed", "bad"), ("warned", "warn"), ("passed", "good"))


def stamp(book: Shop, newest: Mapping[str, dt.date | None] | None = None) -> Html:
    """Shop, data through, windows, time zone, currency and checks; a banner for what ends early.

    The commit that the page was built from stands in the site's footer, which the publisher writes: a page
    that is reused was not run at that commit.

    Parameters
    ----------
    book
        The shop.
    newest
        What the page shows, to the last day on which there is any of it; what ends more than two days
        before the last day gets a banner.
    """
    found = windows(book.data_through, book.parameters.window_days)
    parts = [
        f"Shop <b>{escape(book.shop_name)}</b>",
        f"<b>{escape(book.edition.label)}</b>" if book.edition else "",
        f"data through <b>{day(book.data_through)}</b>",
        f"window {found.current.text} ({plural(found.current.days, 'day')}), before it {found.previous.text}",
        f"days in {escape(book.parameters.timezone)}",
        f"money in {escape(book.parameters.currency)}",
        f'<a href="quality.ipynb">{badge(book)}</a>',
    ]
    line = f'<p class="stamp">{" · ".join(part for part in parts if part)}</p>'
    return join([Html(line), *_banners(book.data_through, newest or {})])


def badge(book: Shop) -> str:
    """How many checks of the marts passed, warned or failed, as HTML."""
    outcomes = book.checks()
    if outcomes.empty:
        return '<span class="badge is-warn">checks not run</span>'
    counts = outcomes["status"].value_counts()
    found = [(int(counts.get(status, 0)), status, tone) for status, tone in _STATUS]
    shown = [(number, status, tone) for number, status, tone in found if number]
    words = ", ".join(f"{plural(number, 'check')} {status}" for number, status, _ in shown)
    return f'<span class="badge is-{shown[0][2]}">{words}</span>'


def _banners(as_of: dt.date, newest: Mapping[str, dt.date | None]) -> list[Html]:
    banners = []
    for what, last in newest.items():
        if last is not None and (as_of - last).days > STALE_AFTER_DAYS:
            text = (
                f"The newest {what} is of {day(last)}, {plural((as_of - last).days, 'day')} before the last "
                "day: either nothing came since, or the data ends early."
            )
            banners.append(Html(f'<div class="finding is-warn">{escape(text)}</div>'))
    return banners
