"""What a page and the site depend on, as hashes that can be compared and explained."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

_CODE = {".py", ".sql", ".yml", ".csv", ".typ", ".css"}
# These rooms do not act inside a notebook: they simulate, load, publish or parse the command line.
_NOT_IN_NOTEBOOKS = ("publish/", "delivery/", "simulate/", "verbs/", "cli.py", "progress.py")
_LIBRARIES = (
    "duckdb",
    "great_tables",
    "ipykernel",
    "ipython",
    "matplotlib",
    "numpy",
    "pandas",
    "papermill",
    "scipy",
    "seaborn",
    "sqlglot",
)


def hash_bytes(content: bytes) -> str:
    """The SHA-256 of some bytes.

    Examples
    --------
    >>> hash_bytes(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(content).hexdigest()


def hash_value(value: Any) -> str:
    """The hash of anything that JSON can hold; the order of keys does not matter."""
    return hash_bytes(json.dumps(value, sort_keys=True, ensure_ascii=False).encode())


def hash_files(root: Path, files: Iterable[Path]) -> str:
    """One hash of several files, by their paths below `root` and their contents."""
    parts = {file.relative_to(root).as_posix(): hash_bytes(file.read_bytes()) for file in files}
    return hash_value(parts)


def code_of_notebooks(library: Path) -> str:
    """The hash of the code that a notebook can reach: `analysis_lib` without the rooms that only publish."""
    return hash_files(
        library,
        [
            file
            for file in code_files(library)
            if not file.relative_to(library).as_posix().startswith(_NOT_IN_NOTEBOOKS)
        ],
    )


def code_files(library: Path) -> list[Path]:
    """Every source file of the library, in order."""
    return sorted(
        file for file in library.rglob("*") if file.suffix in _CODE and "__pycache__" not in file.parts
    )


def libraries() -> dict[str, str]:
    """The versions that a notebook's output depends on; a missing library is left out."""
    versions = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """The first thing that changed, in words; empty when nothing did.

    Both are flat or have one level of mappings, as the caches of this package write them.

    Examples
    --------
    >>> difference({"parameters": {"shop": "a"}}, {"parameters": {"shop": "b"}})
    'parameters: shop changed'
    """
    for key, value in now.items():
        old = before.get(key)
        if old == value:
            continue
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            names = [name for name in {**old, **value} if old.get(name) != value.get(name)]
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            return f"{key}: {shown} changed"
        return f"{key} changed"
    return ""
