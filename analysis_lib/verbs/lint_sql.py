"""Lints the SQL models: `python -m analysis_lib.verbs.lint_sql`, part of `make lint`."""

from __future__ import annotations

from analysis_lib.models import PACKAGE
from analysis_lib.warehouse.lint import lint


def findings() -> list[str]:
    """Every finding in the package's models, as `file:line rule: message`.

    Examples
    --------
    >>> findings()
    []
    """
    return [
        f"{path.relative_to(PACKAGE.parent)}:{found.line} {found.rule}: {found.message}"
        for path in sorted(PACKAGE.rglob("*.sql"))
        for found in lint(path.read_text(encoding="utf-8"))
    ]


if __name__ == "__main__":
    found = findings()
    print("\n".join(found) if found else "All SQL checks passed!")
    raise SystemExit(1 if found else 0)
