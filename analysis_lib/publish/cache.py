"""Executed notebooks that are kept, and the reason why one is used again or not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_lib.publish.fingerprint import difference, hash_bytes, hash_files
from analysis_lib.publish.notebook import Notebook, read_notebook, write_notebook


@dataclass(frozen=True)
class Entry:
    """The place of one page's executed notebook and of the files that it offers."""

    folder: Path

    @property
    def notebook(self) -> Path:
        """The executed, normalised notebook."""
        return self.folder / "executed.ipynb"

    @property
    def downloads(self) -> Path:
        """The files that it offers for download."""
        return self.folder / "downloads"

    @property
    def record(self) -> Path:
        """What it was made from."""
        return self.folder / "record.json"


def why_run(entry: Entry, inputs: Mapping[str, Any], force: bool = False) -> str:
    """The reason to run the notebook again, or an empty text when the kept one still holds.

    A kept notebook that was touched or cut off since is never used.
    """
    if force:
        return "asked for"
    if not entry.record.is_file():
        return "not run before"
    try:
        record = json.loads(entry.record.read_text(encoding="utf-8"))
        before, content = record["inputs"], record["content"]
    except (ValueError, KeyError):
        return "its record cannot be read"
    changed = difference(before, inputs)
    if changed:
        return changed
    if not entry.notebook.is_file() or _content(entry) != content:
        return "its kept copy was changed or is incomplete"
    return ""


def keep(entry: Entry, executed: Notebook, downloads: Path, inputs: Mapping[str, Any]) -> None:
    """Put a freshly executed notebook and its downloads into the cache, the record last."""
    shutil.rmtree(entry.folder, ignore_errors=True)
    write_notebook(executed, entry.notebook)
    shutil.copytree(downloads, entry.downloads)
    record = {"inputs": dict(inputs), "content": _content(entry)}
    entry.record.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load(entry: Entry) -> Notebook:
    """The kept notebook."""
    return read_notebook(entry.notebook)


def _content(entry: Entry) -> str:
    files = [file for file in sorted(entry.downloads.rglob("*")) if file.is_file()]
    return hash_bytes((hash_files(entry.folder, [entry.notebook, *files])).encode())
