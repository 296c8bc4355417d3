"""What a shop says of itself in a cell: its period, how its checks went, and what can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis_lib.explore.explanation import definition_list
from analysis_lib.explore.marts import MART_LAYERS
from analysis_lib.publish.plan import read_reports
from analysis_lib.reporting.html import escape
from analysis_lib.reporting.numbers import plural
from analysis_lib.reporting.windows import day, windows

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_APART = "these marts are for other parameters than those of the shop's last build, which stay as they are"
_ASK = (
    'book.marts() · book.mart("fct_daily_pnl") · book.sql("select …") · book.metrics() · '
    'book.explain("net_revenue")'
)


def facts(book: Shop) -> list[tuple[str, str]]:
    """Label and text, in the order in which they are read."""
    parameters = book.parameters
    found = windows(book.data_through, parameters.window_days)
    return [
        ("Edition", f"{book.edition.title}, of the shop {book.shop_name}" if book.edition else ""),
        ("Data through", day(book.data_through)),
        (
            "Window",
            f"{found.current.text} ({plural(found.current.days, 'day')}), before it {found.previous.text}",
        ),
        ("Days and money", f"days in {parameters.timezone}, money in {parameters.currency}"),
        ("Checks", _checks(book)),
        ("Marts", _marts(book)),
        ("Pages", _pages(book)),
        ("Kept apart", book.kept_apart and f"{_APART} ({book.kept_apart})"),
        ("Ask", _ASK),
    ]


def as_text(book: Shop) -> str:
    """The facts as aligned lines."""
    lines = [f"{label:<15} {text}" for label, text in facts(book) if text]
    return "\n".join([f"Shop {book.name}", *lines])


def as_html(book: Shop) -> str:
    """The facts as a definition list."""
    told = [(label, text) for label, text in facts(book) if text]
    return f"<p><strong>Shop {escape(book.name)}</strong></p>\n{definition_list(told)}"


def _checks(book: Shop) -> str:
    found = book.checks()
    if found.empty:
        return "not run; run them with: shopbook check"
    counts = found["status"].value_counts()
    named = [
        f"{int(counts[status]):,} {status}" for status in ("passed", "warned", "failed") if status in counts
    ]
    return ", ".join(named)


def _marts(book: Shop) -> str:
    marts = [model.name for model in book.project.models.values() if model.layer in MART_LAYERS]
    lacking = sorted(name for name in marts if book.lacks(name))
    there = f"{len(marts) - len(lacking)} of {len(marts)}"
    return f"{there}; not available: {', '.join(lacking)}" if lacking else there


def _pages(book: Shop) -> str:
    path = book.settings.reports / "reports.yml"
    if not path.is_file():
        return ""
    pages = read_reports(path, book.settings.notebooks).pages
    return ", ".join(
        page.id + (" (not available)" if any(not book.available(name) for name in page.requires) else "")
        for page in pages
    )
