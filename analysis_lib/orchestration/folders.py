"""The files of a shop in folders of this machine, beside the ledger: a :class:`arrivals.Place`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from analysis_lib.errors import MissingInputError
from analysis_lib.settings import Settings
from analysis_lib.sources.find import find_files
from analysis_lib.sources.plan import shown_path
from analysis_lib.sources.read import digest_of
from analysis_lib.warehouse.opening import open_warehouse, shops

# Read in one tick, so that it ends within the minute that a scheduler gives it; the rest in the next ones.
BYTES_PER_TICK = 2 * 1024**3
# A file that would take longer alone is known by its stamp: the load reads it, and knows it if it was loaded.
LARGEST_READ = 8 * 1024**3


class Folders:
    """The files that a shop's places mean, by the names that the ledger gives them.

    Parameters
    ----------
    settings
        The settings of the shop's profile; its `lock_wait_seconds` is how long a tick waits for a writer.
    shop
        The shop's name.
    places
        Folders, files and patterns.
    """

    may_grow = True

    def __init__(self, settings: Settings, shop: str, places: list[Path]) -> None:
        self.settings = settings
        self.shop = shop
        self.places = places
        self._paths: dict[str, Path] = {}
        self._read_bytes = 0

    def listed(self) -> Mapping[str, str]:
        """Name to stamp: whatever changes when a file is written, replaced or moved.

        The times in it are compared with nothing but themselves.
        """
        try:
            found, _ = find_files(self.places)
        except MissingInputError:
            return {}
        self._paths = {shown_path(file.path, self.settings.root): file.path for file in found}
        stamps = {name: _stamp(path) for name, path in self._paths.items()}
        return {name: stamp for name, stamp in stamps.items() if stamp}

    def content(self, name: str, stamp: str) -> str | None:
        """The SHA-256 of a file; None when it changed meanwhile, or this tick has read enough."""
        path = self._paths[name]
        size = int(stamp.split(":")[0])
        if size > LARGEST_READ:
            return f"unread {stamp}"
        if self._read_bytes and self._read_bytes + size > BYTES_PER_TICK:
            return None
        self._read_bytes += size
        try:
            content = digest_of(path)
        except OSError:
            return None
        return content if _stamp(path) == stamp else None

    def loaded(self) -> Mapping[str, frozenset[str]]:
        """What the ledger, and the list of repeats beside it, have under each name."""
        return ledger_of(self.settings, self.shop)


def _stamp(path: Path) -> str:
    """Size, inode and times of a file; empty when it is gone."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size}:{found.st_ino}:{found.st_mtime_ns}:{found.st_ctime_ns}"


def ledger_of(settings: Settings, shop: str) -> dict[str, frozenset[str]]:
    """Each name in a shop's ledger with its contents; those of repeats have no rows, but are known.

    Raises
    ------
    WarehouseLockedError
        Another process is writing.
    """
    if shop not in shops(settings):
        return {}
    with open_warehouse(settings, shop, read_only=True) as warehouse:
        tables = sorted({"load_ledger", "load_repeats"} & warehouse.tables())
        # One query: on BigQuery each one is billed as ten megabytes at least.
        query = " union all ".join(f"select path, content_sha256 from {table}" for table in tables)
        rows = warehouse.rows(query) if tables else []
    found: dict[str, set[str]] = {}
    for path, content in rows:
        found.setdefault(path, set()).add(content)
    return {path: frozenset(contents) for path, contents in found.items()}
