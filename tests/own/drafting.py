"""A shop whose files are text: drafted as a source, and tried out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis_lib.settings import Settings
from analysis_lib.sources.definition import read_source
from analysis_lib.sources.draft.draft import Draft, draft
from analysis_lib.sources.trial import Trial, try_source


class Drafting:
    """Files in a folder, the source that is drafted of them, and what came of trying it.

    Parameters
    ----------
    settings
        The project that the source is written into.
    files
        The folder of the files.
    """

    def __init__(self, settings: Settings, files: Path) -> None:
        self.settings = settings
        self.files = files
        self.drafted: Draft | None = None
        self.trial: Trial | None = None
        files.mkdir()

    def write(self, name: str, text: str, encoding: str = "utf-8") -> Path:
        """Write a file; the lines may be indented."""
        lines = [line.strip() for line in text.strip().splitlines()]
        path = self.files / name
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return path

    def draft(self, zone: str = "") -> Draft:
        """Draft the source `mine` of the files, and write it."""
        drafted = draft("mine", [self.files], zone)
        assert self.settings.sources is not None
        drafted.write(self.settings.sources, replace=True)
        read_source.cache_clear()
        return drafted

    def try_out(self) -> Trial:
        """Try the source on the files."""
        return try_source(self.settings, "mine", [self.files])

    def totals(self, zone: str = "") -> dict[str, Any]:
        """Draft, try out, and sum the months; every fault is an error."""
        self.drafted = self.draft(zone)
        self.trial = trial = self.try_out()
        assert trial.faults == []
        names = ("orders", "units", "gross", "discounts", "cancelled", "returned")
        sums = [sum((row[n] or 0) for row in trial.months) for n in range(1, 7)]
        return dict(zip(names, map(float, sums), strict=True))


def rows_of(trial: Trial | None, model: str, *columns: str) -> list[tuple[Any, ...]]:
    """The first rows of a staging table (at most three), in the order of its key."""
    assert trial is not None
    [tried] = [tried for tried in trial.tried if tried.model.name == model]
    return [tuple(row[column] for column in columns) for row in tried.samples]
