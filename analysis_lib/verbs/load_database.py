"""What `shopbook load` is to read of a database, from its flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis_lib.errors import MissingInputError, ParameterError
from analysis_lib.sources.postgres.address import Address, is_address, read_address

if TYPE_CHECKING:
    from analysis_lib.sources.postgres.load import Wanted


@dataclass(frozen=True)
class DatabaseChoice:
    """The flags that only mean something for a database."""

    table: str = ""
    query: str = ""
    query_file: str = ""
    is_full: bool = False
    look_back_days: int | None = None

    @property
    def flags(self) -> list[str]:
        """The flags that were given.

        Examples
        --------
        >>> DatabaseChoice(table="public.events", is_full=True).flags
        ['--table', '--full']
        """
        given = {
            "--table": self.table,
            "--query": self.query,
            "--query-file": self.query_file,
            "--full": self.is_full,
            "--look-back-days": self.look_back_days is not None,
        }
        return [flag for flag, value in given.items() if value]

    def over(self, profile: DatabaseChoice) -> DatabaseChoice:
        """These flags, and what the profile says where they are silent: of what is read one alone counts.

        Examples
        --------
        >>> DatabaseChoice(is_full=True).over(DatabaseChoice(table="events", look_back_days=7))
        DatabaseChoice(table='events', query='', query_file='', is_full=True, look_back_days=7)
        """
        read = self if self.table or self.query or self.query_file else profile
        days = profile.look_back_days if self.look_back_days is None else self.look_back_days
        return DatabaseChoice(read.table, read.query, read.query_file, self.is_full, days)


NO_CHOICE = DatabaseChoice()


def wanted_database(
    places: Sequence[str | Path], choice: DatabaseChoice, tables: Sequence[str] | None = None
) -> tuple[Address, Wanted] | None:
    """The database and what is read of it; None where files are to be loaded.

    Parameters
    ----------
    places
        What was given after `--from`.
    choice
        The flags for a database.
    tables
        The tables of the source that were asked for: of a database one at a time.

    Raises
    ------
    ParameterError
        When flags or places do not go together, or a password stands in the address.
    SettingsError
        When an environment variable that should hold the address does not.
    MissingInputError
        When the file with the query is not there.
    """
    if not any(isinstance(place, str) and is_address(place) for place in places):
        if choice.flags:
            raise ParameterError(
                f"{choice.flags[0]} is for a database, and --from names files.",
                "Give --from postgresql://host/database.",
            )
        return None
    if len(places) > 1:
        raise ParameterError("--from takes one database at a time, and nothing else beside it.")
    clash = [flag for flag in choice.flags if flag in ("--table", "--query", "--query-file")]
    if len(clash) > 1:
        raise ParameterError(f"{' and '.join(clash)} do not go together.", "Give one of them.")
    if choice.query and not choice.query.strip(" ;\n\t"):
        raise ParameterError("The query after --query is empty.", "Give it a select.")
    if len(tables or ()) > 1:
        raise ParameterError(
            "One table of a database fills one table of the source.", "Name one in --tables."
        )
    from analysis_lib.sources.postgres.load import Wanted

    path = Path(choice.query_file)
    wanted = Wanted(
        table=choice.table,
        query=_text(path) if choice.query_file else choice.query,
        query_name=path.stem if choice.query_file else "",
        target=next(iter(tables or ()), ""),
        is_full=choice.is_full,
        look_back_days=choice.look_back_days,
    )
    return read_address(str(places[0])), wanted


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MissingInputError(
            f"The query file {path} cannot be read: {error}.", "Check --query-file."
        ) from error
    if not text.strip():
        raise ParameterError(f"The query file {path} is empty.")
    return text
