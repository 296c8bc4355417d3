"""Which process this is, in a text by which another one on the same machine can tell that it has ended."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")


def this_process() -> str:
    """Machine and boot, process namespace, number and start of this process; empty where none can be read.

    Examples
    --------
    >>> has_ended(this_process())
    False
    """
    place = _place()
    return f"{place}/{os.getpid()}/{_started(os.getpid())}" if place else ""


def has_ended(process: str) -> bool:
    """Whether a process that wrote its text is known to have ended: only on the machine that it ran on.

    Examples
    --------
    >>> has_ended("another machine/1/99"), has_ended("")
    (False, False)
    """
    place, _, rest = process.partition("/")
    number, _, started = rest.partition("/")
    if not place or place != _place() or not number.isdigit():
        return False
    return _started(int(number)) != started


def _place() -> str:
    """Numbers of processes mean something within one boot of one machine and one container only."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(number: int) -> str:
    """When a process was started, in ticks since the boot; empty when it has ended."""
    try:
        text = (_PROC / str(number) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]  # ended, and not yet waited for
