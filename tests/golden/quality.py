"""Quality: checks, rejected rows and reconciliations, counted from what the runs wrote down."""

from __future__ import annotations

from . import wording
from .book import Book
from .wording import Figure


def checks(book: Book) -> dict[str, int]:
    """Checks by outcome; failing rows and severity say it, not the status that was written beside them."""
    rows = book.rows("select severity, failing_rows from dq_checks")
    broken = [row["severity"] for row in rows if row["failing_rows"]]
    failed = sum(severity == "error" for severity in broken)
    return {
        "all": len(rows),
        "passed": len(rows) - len(broken),
        "warned": len(broken) - failed,
        "failed": failed,
    }


def checks_text(book: Book) -> str:
    """The last part of a page's stamp."""
    found = checks(book)
    if not found["all"]:
        return "checks not run"
    words = [
        f"{wording.count(found[name])} check{'' if found[name] == 1 else 's'} {name}"
        for name in ("failed", "warned", "passed")
        if found[name]
    ]
    return ", ".join(words)


def quality(book: Book) -> dict[str, Figure]:
    """The headline figures of the quality page, by metric."""
    found = checks(book)
    failed = (f"{wording.count(found['failed'])} failed",) if found["failed"] else ()
    raw = book.rows(
        "select table_name from information_schema.tables where table_catalog = 'warehouse' "
        "and table_schema = current_schema() and table_name like 'raw\\_%' escape '\\'"
    )
    staged = sum(book.value(f'select count(*) from "{row["table_name"]}"') for row in raw)
    rejected = book.value("select count(*) from rejected_rows")
    held = book.row(
        "select count(*) as every, count(*) filter (left_value = right_value) as held from dq_reconciliation"
    )
    return {
        "checks_passed": Figure("count", found["passed"], said=(f"of {wording.count(found['all'])} check",)),
        "checks_warned": Figure("count", found["warned"], said=failed),
        "rows_rejected": Figure("count", rejected, said=(f"of {wording.count(staged + rejected)} row",)),
        "reconciliations_held": Figure("count", held["held"], said=(f"of {wording.count(held['every'])}",)),
    }
