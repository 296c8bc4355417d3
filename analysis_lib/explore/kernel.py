"""How Shopbook behaves inside IPython: names complete, and the warehouse is let go after each cell.

All is registered once a kernel by :func:`prepare`; nothing is outside IPython and in a published run.
"""

from __future__ import annotations

import os
import re
import sys
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis_lib.warehouse import run_ledger

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

# Set for the kernels of a published run: none may build behind the report's back, nor two at once.
READ_ONLY = "SHOPBOOK_READ_ONLY"
_OPEN: weakref.WeakSet[Shop] = weakref.WeakSet()
_CALL = re.compile(r"(\w+)\.(mart|describe|explain)\(\s*[\"']([\w.]*)$")
_COLUMNS = re.compile(r"(\w+)\.mart\(\s*[\"'](\w+)[\"'][^()]*[\"'](\w*)$")
_KEY = re.compile(r"(\w+)(?:\.marts)?\[\s*[\"'](\w*)$")
_COLUMN_KEY = re.compile(
    r"(\w+)(?:(?:\.marts)?\[\s*[\"'](\w+)[\"']\s*\]|\.marts\.(\w+))\[\[?(?:[^\]]*,)?\s*[\"'](\w*)$"
)
_SQL = re.compile(r"(\w+)\.sql\(\s*[rf]?(?:\"\"\"|'''|\"|').*?(\w+)$", re.DOTALL)


def prepare() -> None:
    """Set up the kernel that this runs in, if it is one that a person works in; once is enough."""
    shell = _shell()
    if shell is None or _let_go in shell.events.callbacks["post_run_cell"]:
        return
    run_ledger.begin()
    shell.events.register("post_run_cell", _let_go)
    shell.Completer.custom_matchers.append(_matcher(shell))


def attach(book: Shop) -> None:
    """Make a shop known, so that it can be let go."""
    if not os.environ.get(READ_ONLY):
        _OPEN.add(book)


def say(text: str) -> None:
    """A line for a person who waits in a notebook."""
    if _shell() is not None:
        print(text, flush=True)


def release_all() -> None:
    """Let go of the warehouse in every shop of this process; each opens it again when it is asked."""
    for book in list(_OPEN):
        book.release()


def _let_go(*_: object) -> None:
    """After each cell: a notebook that is only open must not keep a report from building."""
    release_all()


def _shell() -> Any:
    # Asking IPython costs an import; where nobody has imported it there is no kernel either.
    if "IPython" not in sys.modules or os.environ.get(READ_ONLY):
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()


def _matcher(shell: Any) -> Any:
    """A matcher of IPython's second API, which sees all lines of the cell up to the cursor."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher()  # type: ignore[untyped-decorator]
    def shopbook_names(context: Any) -> dict[str, Any]:
        *above, _ = context.full_text.split("\n")[: context.cursor_line + 1]
        before = "\n".join([*above, context.text_until_cursor])
        fragment = re.search(r"[\w.]*$", before)
        typed = fragment[0] if fragment else ""
        found = [name for name in _names(shell.user_ns, before) if name.startswith(typed)]
        return {
            "completions": [SimpleCompletion(name, type="shopbook") for name in found],
            "matched_fragment": typed,
            "suppress": bool(found),
            "ordered": True,
        }

    return shopbook_names


def _names(namespace: Mapping[str, Any], before: str) -> list[str]:
    """The names for the shop that the call at the end of `before` is made on."""
    from analysis_lib.shop import Shop

    for pattern in (_COLUMN_KEY, _COLUMNS, _KEY, _CALL, _SQL):
        found = pattern.search(before)
        if found and isinstance(namespace.get(found[1]), Shop):
            return names_for(namespace[found[1]], before)
    return []


def names_for(book: Shop, before: str) -> list[str]:
    """What may be written at the end of `before`, the code up to the cursor."""
    from analysis_lib.reporting.metrics import registry

    models = book.project.models
    if found := _COLUMN_KEY.search(before) or _COLUMNS.search(before):
        model = found[2] or found[3]
        return sorted(models[model].contract.columns) if model in models else []
    if _KEY.search(before):
        return sorted(models)
    if found := _CALL.search(before):
        model, dot, _ = found[3].partition(".")
        if found[2] == "explain" and dot:
            return [f"{model}.{name}" for name in models[model].contract.columns] if model in models else []
        return sorted(models) + (sorted(registry()) if found[2] == "explain" else [])
    if found := _SQL.search(before):
        tables = [name for name in models if re.search(rf"\b{name}\b", before)]
        columns = {name for table in tables for name in models[table].contract.columns}
        return sorted({*models, *columns})
    return []
