"""Puts a finished site in the place of the published one: in whole, or not at all."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis_lib.errors import RenderError, SettingsError
from analysis_lib.publish.site import BUILD

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def swap(new: Path, published: Path) -> None:
    """Make the folder `new` the published site; the old one is removed when the new one is in place.

    On Linux the two change places in one step of the file system. Elsewhere the old site moves aside
    first; a process killed between the two moves leaves it there, and :func:`recover` brings it back.

    Parameters
    ----------
    new
        The finished site. It is copied next to the published one first if it is on another file system.
    published
        The place of the published site.
    """
    published.parent.mkdir(parents=True, exist_ok=True)
    beside = _aside(published, "new")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        new.rename(beside)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copytree(new, beside)
    old = _aside(published, "old")
    shutil.rmtree(old, ignore_errors=True)
    if not published.exists():
        beside.rename(published)
    elif _exchange(beside, published):
        beside.rename(old)
    else:
        published.rename(old)
        beside.rename(published)
    shutil.rmtree(old, ignore_errors=True)


def recover(published: Path) -> None:
    """Bring the old site back if a process died in the middle of a swap, and clear what it left."""
    old = _aside(published, "old")
    if old.is_dir() and not published.exists():
        old.rename(published)
    for name in ("old", "new"):
        shutil.rmtree(_aside(published, name), ignore_errors=True)


def check_is_site(published: Path) -> None:
    """Refuse to replace a folder that holds something else than a published site.

    Raises
    ------
    SettingsError
        The folder is not empty and has no `build.json`, or it is a file.
    """
    if not published.exists() or (published / BUILD).is_file():
        return
    if not published.is_dir() or any(published.iterdir()):
        raise SettingsError(
            f"The site is to be published in {published}, which holds something else.",
            "Publishing replaces the whole folder: name another one as `site`, or empty it.",
        )


@contextmanager
def one_at_a_time(build_dir: Path) -> Iterator[None]:
    """Hold the build folder for this process.

    Raises
    ------
    RenderError
        Another process is publishing.
    """
    build_dir.mkdir(parents=True, exist_ok=True)
    with (build_dir / ".lock").open("w") as lock:
        if not _lock(lock.fileno()):
            raise RenderError("Another run is publishing this project.", "Wait until it has finished.")
        yield


def _lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # not on this system; two runs at once are then the user's care
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _aside(published: Path, name: str) -> Path:
    return published.with_name(f"{published.name}.{name}")


def _exchange(first: Path, second: Path) -> bool:
    """Let two folders change places in one step, where the system can; False where it cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    done = rename(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE)
    return int(done) == 0
