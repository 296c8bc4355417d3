"""What a PostgreSQL server or its driver reports, in the analyst's words."""

from __future__ import annotations

import re

from analysis_lib.errors import (
    ColumnError,
    MissingInputError,
    QueryError,
    ServerError,
    SettingsError,
    ShopbookError,
    WarehouseLockedError,
)
from analysis_lib.sources.postgres.address import Address

_REFUSED = (
    *("password authentication failed", "no password supplied", "no pg_hba.conf entry"),
    *("authentication failed", "permission denied", "not permitted to log in"),
)
_UNKNOWN = ("does not exist", "definition of service", "service file")
_UNREACHABLE = "Check that the server runs and that host and port are right, then try again."
_RIGHTS = "Ask for the right to read it, or come as another user (PGUSER and ~/.pgpass)."
_AGAIN = "Nothing was changed; try again."


def words_of(error: BaseException, address: Address) -> str:
    """The server's own sentence, without the query, the driver's wrapping and anything secret.

    Examples
    --------
    >>> words_of(OSError('IO: [libpq] Failed to connect: FATAL:  role "joe" does not exist\\n'), Address(""))
    'role "joe" does not exist'
    """
    text = str(error).split("\nLINE ")[0].split("\n\nQuery was:")[0].split(". SQLSTATE")[0]
    text = re.split(r"(?:ERROR|FATAL|PANIC):\s+", text)[-1]
    text = re.sub(r"^.*?(\[libpq\] (Failed to [a-z ]+|Execution error[^:]*): )", "", text, flags=re.DOTALL)
    # What follows may show a row of the table.
    text = re.split(r"\n(?:DETAIL|CONTEXT|HINT):", text)[0]
    return address.redact(re.sub(r"\s*\n\s*", " ", text).strip().rstrip("."))


def cannot_connect(error: BaseException, address: Address) -> ShopbookError:
    """Why there is no connection: no server, no such database, or the server refuses the user."""
    said = words_of(error, address)
    low = said.lower()
    sentence = f"The PostgreSQL server was not reached: {said}."
    if any(part in low for part in _REFUSED):
        hint = "Check the user and its password (PGUSER, PGPASSWORD, ~/.pgpass, a service file)."
        return SettingsError(f"The PostgreSQL server refuses the user: {said}.", hint)
    if any(part in low for part in _UNKNOWN):
        return MissingInputError(f"The PostgreSQL server was asked in vain: {said}.", "Check the address.")
    return ServerError(sentence, _UNREACHABLE)


def cannot_write(error: BaseException, address: Address, what: str) -> ShopbookError:
    """Why a table cannot be written, by the server's SQLSTATE; the database is as it was."""
    state = str(getattr(error, "sqlstate", None) or "")
    said = words_of(error, address)
    if state == "3F000":
        return MissingInputError(f"{what} cannot be written: {said}.", "Create the schema first.")
    if state == "42501" or "permission denied" in said.lower():
        return SettingsError(f"{what} may not be written: {said}.", "Come as a user who may create tables.")
    if state[:2] in {"22", "23", "25", "2B", "42"}:
        return QueryError(f"{what} cannot be written: {said}.", "Nothing was changed.")
    return ServerError(
        f"The PostgreSQL server went away or stopped while {what} was written: {said}.", _AGAIN
    )


def cannot_read(error: BaseException, address: Address, what: str) -> ShopbookError:
    """Why a table or query cannot be read, by the server's SQLSTATE.

    Parameters
    ----------
    error
        What the driver raised, or DuckDB while it took the rows.
    address
        Where the table is; its secrets are left out.
    what
        The table or query.
    """
    state = str(getattr(error, "sqlstate", None) or "")
    said = words_of(error, address)
    if state == "42P01":
        return MissingInputError(f"{what} cannot be read: {said}.", "Name it with --table schema.name.")
    if state == "42501" or "permission denied" in said.lower():
        return SettingsError(f"{what} may not be read: {said}.", _RIGHTS)
    if state == "42703":
        return ColumnError(f"{what} cannot be read: {said}.", "Mend the query.")
    if state == "55P03":
        return WarehouseLockedError(f"{what} is locked by another session of the server: {said}.", _AGAIN)
    if state == "25006":
        return QueryError(f"{what} would change the database: {said}.", "A query for loading only reads.")
    if state[:2] in {"22", "42", "0A"}:
        return QueryError(f"{what} cannot be read: {said}.", "Mend the query or the view.")
    return ServerError(f"The PostgreSQL server stopped while {what} was read: {said}.", _AGAIN)
