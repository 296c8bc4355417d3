"""Folders that are made once for all processes of a test run; nobody may change them.

Under pytest-xdist each worker runs its own session fixtures, so that what takes seconds to make would be made
in each of them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def folder_of_the_run(factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole run: under pytest-xdist each worker has one of its own in it."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of that name; the first process to come lets `make` fill it, others wait for it.

    Examples
    --------
    >>> made_once(factory, "shop", lambda folder: simulate(300, 3, 5, folder))  # doctest: +SKIP
    """
    place = folder_of_the_run(factory) / "shared"
    place.mkdir(exist_ok=True)
    folder, done = place / name, place / f"{name}.made"
    with (place / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
