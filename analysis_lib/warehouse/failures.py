"""What the engine and the disk report, in the analyst's words."""

from __future__ import annotations

import errno
import re

import duckdb

from analysis_lib.errors import (
    BadDataError,
    DiskFullError,
    MissingInputError,
    ModelError,
    QueryError,
    SettingsError,
    ShopbookError,
    WarehouseLockedError,
)

_FULL_ERRNO = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_TEXT = (
    "no space left on device",
    "disk quota exceeded",
    "file too large",
    "max_temp_directory_size",
    "not enough disk space",
)
_LOCK_TEXT = ("could not set lock on file", "conflicting lock", "being used by another process")
_DENIED_TEXT = ("permission denied", "read-only file system")
_NOT_A_DATABASE = ("not a valid duckdb database file", "with version number", "corrupt")


def _first_lines(error: BaseException) -> str:
    """The engine's sentence without its class name, its advice and the echo of the query."""
    text = str(error).split("\n\nLINE ")[0].split("\nLINE ")[0].split("\n\nPossible")[0]
    text = re.split(r"\nPossible |\n +file = ", text)[0].strip()
    text = re.sub(r"^[A-Za-z ]+ Error: ", "", text)
    return re.sub(r"\s*\n\s*", " ", text).rstrip(".")


def is_disk_full(error: BaseException) -> bool:
    """Whether the error says that a disk, quota or DuckDB's room for temporary files is used up.

    Examples
    --------
    >>> is_disk_full(OSError(28, "No space left on device"))
    True
    """
    if isinstance(error, OSError) and error.errno in _FULL_ERRNO:
        return True
    return any(word in str(error).lower() for word in _FULL_TEXT)


def _locked(error: BaseException, what: str) -> ShopbookError:
    found = re.search(r"PID (\d+)", str(error))
    holder = f" (process {found[1]})" if found else ""
    return WarehouseLockedError(
        f"The warehouse {what or 'file'} is in use by another process{holder}.",
        "Close that notebook or wait for that command to end, then try again.",
    )


def translate(error: BaseException, what: str = "") -> ShopbookError:
    """The error as a sentence with its own exit code.

    Parameters
    ----------
    error
        What DuckDB or the operating system raised.
    what
        What was worked on: the warehouse file's name, a file that is read, a model.

    Returns
    -------
    ShopbookError
        WarehouseLockedError, DiskFullError, SettingsError (too little memory, no permission),
        MissingInputError, BadDataError (not a warehouse), else ModelError where `what` is named and
        QueryError where it is not.

    Examples
    --------
    >>> translate(OSError(28, "No space left on device"), "warehouse.duckdb").exit_code
    17
    >>> str(translate(duckdb.BinderException("Binder Error: no column x"), "fct_sessions"))
    'fct_sessions failed: no column x.'
    """
    if isinstance(error, ShopbookError):
        return error
    text = str(error).lower()
    where = f" while working on {what}" if what else ""
    if any(word in text for word in _LOCK_TEXT):
        return _locked(error, what)
    if is_disk_full(error):
        return DiskFullError(
            f"There is no disk space left{where}; nothing was changed.",
            "Free some space, or point temp_dir in shopbook.toml to a larger disk.",
        )
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return SettingsError(
            f"The memory limit was reached{where}.",
            "Raise memory_limit in shopbook.toml, or lower threads.",
        )
    if isinstance(error, PermissionError) or any(word in text for word in _DENIED_TEXT):
        return SettingsError(f"{what or 'A file'} may not be opened: {_first_lines(error)}.")
    if isinstance(error, FileNotFoundError) or "database does not exist" in text:
        return MissingInputError(f"{what or 'A file'} is not there: {_first_lines(error)}.")
    if isinstance(error, duckdb.IOException | duckdb.SerializationException) and any(
        word in text for word in _NOT_A_DATABASE
    ):
        return BadDataError(
            f"The warehouse {what or 'file'} is not a DuckDB file of this version.",
            "Move it away and load the shop again.",
        )
    if what:
        return ModelError(f"{what} failed: {_first_lines(error)}.")
    return QueryError(f"The query failed: {_first_lines(error)}.")
