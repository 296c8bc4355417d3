"""Small texts that are kept in a folder from run to run, each under the digest of all it was made from.

What is found under a key is what would be made again, so that nobody has to say when something is out of
date: another input is another key. The folder may go at any time, and may be shared by any number of
processes: an entry is written whole or not at all, and one that does not read back as written is not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

MAX_ENTRIES = 20_000
MAX_BYTES = 128 * 1024**2
# How many are written before the folder is looked over again.
_LOOK_EVERY = 500


class Kept:
    """Texts by key, in a folder; without one, for as long as the process runs.

    Parameters
    ----------
    folder
        Where they are kept; made when it is not there. One that cannot be written to is no error.
    max_entries, max_bytes
        How much may be kept; the oldest go first, a quarter at a time.

    Examples
    --------
    >>> kept = Kept(None)
    >>> kept.put("k", "text")
    >>> kept.get("k"), kept.get("other")
    ('text', None)
    """

    def __init__(
        self, folder: Path | None, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES
    ) -> None:
        self.folder = folder
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self._known: dict[str, str] = {}
        self._written = 0

    def get(self, key: str) -> str | None:
        """The text of a key, or None."""
        if key not in self._known and (text := self._read(key)) is not None:
            self._known[key] = text
        return self._known.get(key)

    def put(self, key: str, text: str) -> None:
        """Keep a text; whoever is first with a key wins nothing, because all have the same text for it."""
        self._known[key] = text
        if self.folder is None:
            return
        # A full disk or a folder of someone else's costs the time that would have been saved, no more.
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._written % _LOOK_EVERY == 0:
                self._make_room(self.folder)
            self._written += 1
            self._write(self.folder, key, text)

    def _read(self, key: str) -> str | None:
        if self.folder is None:
            return None
        try:
            seal, _, body = (self.folder / key).read_bytes().partition(b"\n")
        except OSError:
            return None
        return body.decode("utf-8") if seal == _seal(body) else None

    def _write(self, folder: Path, key: str, text: str) -> None:
        body = text.encode("utf-8")
        handle, name = tempfile.mkstemp(dir=folder, prefix=".")
        try:
            with open(handle, "wb") as file:
                file.write(_seal(body) + b"\n" + body)
            os.replace(name, folder / key)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def _make_room(self, folder: Path) -> None:
        """Drop the oldest entries where there are too many; another process may be doing the same."""
        found = []
        with os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    status = entry.stat()
                    found.append((status.st_mtime_ns, status.st_size, entry.path))
        total = sum(size for _, size, _ in found)
        if len(found) < self.max_entries and total < self.max_bytes:
            return
        left, room = len(found), total
        for _, size, path in sorted(found):
            if left <= self.max_entries * 3 // 4 and room <= self.max_bytes * 3 // 4:
                break
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            left, room = left - 1, room - size


def _seal(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
