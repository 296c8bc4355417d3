"""The list `editions` of `reports.yml`: reports of a past period, or of some of the shop's people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.editions.spec import DIMENSIONS, Edition
from analysis_lib.errors import ParameterError, SettingsError, did_you_mean
from analysis_lib.parameters import make_parameters
from analysis_lib.publish.entries import check_keys, check_unique, entries, identifier, line_of_text, names

ALWAYS, ASKED = "always", "asked"
_KEYS = (
    *("id", "title", "description", "parameters", "restrict", "each", "most"),
    *("pages", "briefs", "publish"),
)


@dataclass(frozen=True)
class EditionEntry:
    """One entry of `editions`. With `each` it stands for several, one for each of the largest values.

    `pages` is None for all of them; `publish` is `always` or `asked`.
    """

    id: str
    title: str
    description: str
    parameters: Mapping[str, object]
    dimension: str
    value: str
    each: str
    most: int
    pages: tuple[str, ...] | None
    briefs: tuple[str, ...]
    publish: str

    @property
    def edition(self) -> Edition:
        """The one edition that an entry without `each` stands for."""
        return Edition(
            self.id, self.title, self.description, self.parameters, self.dimension, self.value, self.id
        )

    def edition_of(self, value: str, slug: str) -> Edition:
        """The edition of one value of `each`."""
        name = f"{self.id}-{slug}"
        return Edition(name, value, self.description, self.parameters, self.each, value, self.id)


def read_editions(
    file: str, document: Mapping[str, Any], pages: Sequence[str], briefs: Sequence[str]
) -> tuple[EditionEntry, ...]:
    """Read and check the list `editions`.

    Parameters
    ----------
    file
        The file's name, for messages.
    document
        The content of `reports.yml`.
    pages, briefs
        The ids that entries may name.

    Raises
    ------
    SettingsError
        An entry has an unknown or missing key, a parameter or dimension that there is not, or names a page
        or brief that does not exist; the sentence names the entry.
    """
    found = tuple(_entry(named, pages, briefs) for named in entries(file, document, "edition"))
    check_unique(f"{file}, editions", "id", [entry.id for entry in found])
    return found


def _entry(
    named: tuple[str, dict[str, Any]], page_ids: Sequence[str], brief_ids: Sequence[str]
) -> EditionEntry:
    where, entry = named
    check_keys(where, entry, _KEYS)
    dimension, value = _restriction(where, entry)
    each = _each(where, entry)
    if each and dimension:
        raise SettingsError(f"{where}: it has both each and restrict.", "Keep one of them.")
    parameters = _parameters(where, entry)
    if not (parameters or dimension or each):
        raise SettingsError(
            f"{where}: without parameters, restrict or each it would be the whole report again."
        )
    most = entry.get("most", 5)
    if isinstance(most, bool) or not isinstance(most, int) or most < 1 or ("most" in entry and not each):
        raise SettingsError(f"{where}: most must be a number from 1, beside each, not {most!r}.")
    publish = entry.get("publish", ALWAYS)
    if publish not in (ALWAYS, ASKED):
        raise SettingsError(f"{where}: publish must be {ALWAYS} or {ASKED}, not {publish!r}.")
    pages = names(where, entry, "pages") if "pages" in entry else None
    briefs = names(where, entry, "briefs")
    for kind, chosen, known in (("page", pages or (), page_ids), ("brief", briefs, brief_ids)):
        for name in chosen:
            if name not in known:
                raise SettingsError(f"{where}: there is no {kind} {name}.", did_you_mean(name, known))
    if pages == ():
        raise SettingsError(f"{where}: pages must name at least one page.", "Leave it out for all of them.")
    return EditionEntry(
        id=identifier(where, entry, "id"),
        title=line_of_text(where, entry, "title"),
        description=line_of_text(where, entry, "description", default=""),
        parameters=parameters,
        dimension=dimension,
        value=value,
        each=each,
        most=most,
        pages=pages,
        briefs=briefs,
        publish=publish,
    )


def _restriction(where: str, entry: Mapping[str, Any]) -> tuple[str, str]:
    restrict = entry.get("restrict") or {}
    if not isinstance(restrict, dict) or len(restrict) > 1:
        raise SettingsError(f"{where}: restrict takes one of {', '.join(DIMENSIONS)} with a value.")
    for dimension, value in restrict.items():
        _check_dimension(where, str(dimension))
        if not isinstance(value, str) or not value.strip():
            raise SettingsError(f"{where}: {dimension} must be restricted to a text, not {value!r}.")
        return str(dimension), value
    return "", ""


def _each(where: str, entry: Mapping[str, Any]) -> str:
    each = entry.get("each", "")
    if each:
        _check_dimension(where, str(each))
    return str(each)


def _check_dimension(where: str, name: str) -> None:
    if name not in DIMENSIONS:
        raise SettingsError(f"{where}: people are not known by {name}.", did_you_mean(name, DIMENSIONS))


def _parameters(where: str, entry: Mapping[str, Any]) -> dict[str, object]:
    """The run parameters of an entry, as plain texts and numbers; checked with the defaults for the rest."""
    given = entry.get("parameters") or {}
    if not isinstance(given, dict):
        raise SettingsError(f"{where}: parameters must be names with their values, not {given!r}.")
    try:
        make_parameters(given)
    except ParameterError as error:
        raise SettingsError(f"{where}: {error.message}", error.hint) from error
    return {
        str(name): value.isoformat() if isinstance(value, dt.date) else value for name, value in given.items()
    }
