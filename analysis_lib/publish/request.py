"""What is asked of a publishing run, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from analysis_lib.publish.notebook_parameters import Literal
from analysis_lib.reporting.numbers import plural
from analysis_lib.settings import Settings


class Progress(Protocol):
    """The part of :class:`analysis_lib.progress.Progress` that publishing uses."""

    def say(self, line: str) -> None:
        """Print one line."""

    def stage(self, name: str) -> AbstractContextManager[Callable[[str, int, int], None]]:
        """Time a stage; the value shows a step `(label, done, total)` of it."""


@dataclass(frozen=True)
class Stamp:
    """The facts that every page and brief carries, so that it can be traced months later.

    `period` and `data_through` are texts as shown, for example "1 June – 30 June 2026" and "2026-06-30";
    `commit` is short, with "+changes" where the work tree differs from it, or empty outside git;
    `parameters` are those to print, name to text; `not_passed` are the checks that some rows break, each with
    its `model`, `check` (in words), `status` and `rows`; `edition` says which edition it is and what it is
    restricted to and `edition_title` is its title, both empty for the whole report.
    """

    shop: str
    data_through: str
    period: str
    commit: str = ""
    currency: str = ""
    checks_passed: int = 0
    checks_warned: int = 0
    checks_failed: int = 0
    parameters: Mapping[str, str] = field(default_factory=dict)
    not_passed: Sequence[Mapping[str, str | int]] = ()
    edition: str = ""
    edition_title: str = ""

    @property
    def source(self) -> str:
        """The shop, and the edition where it is one."""
        return " · ".join(part for part in (self.shop, self.edition) if part)

    @property
    def checks(self) -> str:
        """The checks in words, for example "18 checks passed, 1 warned"."""
        total = self.checks_passed + self.checks_warned + self.checks_failed
        if not total:
            return "no checks run"
        words = [f"{self.checks_passed} of {total} checks passed"]
        words += [f"{self.checks_warned} warned"] if self.checks_warned else []
        words += [f"{self.checks_failed} failed"] if self.checks_failed else []
        return ", ".join(words)


@dataclass(frozen=True)
class EditionRequest:
    """One edition of a run: what its pages depend on, and what the index of editions says of it.

    Parameters
    ----------
    id, title, description
        As in `reports.yml`; the id is its address, `editions/<id>/`.
    entry
        The id of the entry of `reports.yml` that it comes from.
    restriction
        Which people it holds, in words; empty: all.
    parameters, fingerprints, availability, stamp
        As in :class:`PublishRequest`, for this edition.
    remedy
        What to do about a page without data.
    pages, briefs
        The ids of the pages (None: all) and briefs that it has.
    """

    id: str
    title: str
    description: str
    entry: str
    restriction: str
    parameters: Mapping[str, Literal]
    fingerprints: Mapping[str, str]
    availability: Mapping[str, bool | str]
    stamp: Stamp
    remedy: str = ""
    pages: Sequence[str] | None = None
    briefs: Sequence[str] | None = None


@dataclass(frozen=True)
class PublishRequest:
    """Everything a run depends on. Same request and same project files: same bytes.

    Parameters
    ----------
    settings
        Where the project, the site and the build folder are.
    parameters
        Every parameter a notebook may declare, as plain literals (dates as ISO texts), `shop` included.
    fingerprints
        Model name to the fingerprint of its content; a notebook is run again when one changes.
    availability
        Model name to True, or to False or the reason why it is not available.
    stamp
        The facts printed on every page.
    required_parameters
        Names that every notebook must declare.
    renderer
        ``auto``, ``quarto`` or ``builtin``.
    only
        Page ids: make a preview of these pages and leave the published site alone; of the editions, where
        there are any, and else of the whole report.
    force
        Run every notebook again.
    cell_timeout
        Seconds after which a cell is stopped.
    environment
        Environment variables for the kernels, beside the process's own.
    editions
        The editions to make beside the whole report.
    remedy
        What to do about a page without data, as Markdown.
    """

    settings: Settings
    parameters: Mapping[str, Literal]
    fingerprints: Mapping[str, str]
    availability: Mapping[str, bool | str]
    stamp: Stamp
    required_parameters: Sequence[str] = ("shop",)
    renderer: str = "auto"
    only: Sequence[str] | None = None
    force: bool = False
    cell_timeout: int = 900
    environment: Mapping[str, str] = field(default_factory=dict)
    editions: Sequence[EditionRequest] = ()
    remedy: str = ""


@dataclass(frozen=True)
class PublishSummary:
    """What a run did.

    Attributes
    ----------
    site
        The folder of the finished site (of the preview, with `only`).
    up_to_date
        True when nothing had changed and nothing was done.
    renderer
        ``quarto 1.10.18`` or ``builtin …``, as it stands in build.json.
    executed, reused
        Page id to the reason why its notebook was run, or was not; `edition/page` in an edition.
    left_out
        Page id to the reason why it has no data.
    pages, briefs
        Page and brief ids to the files of the site.
    notes
        What a person should look at: warnings that notebooks wrote, a brief of another length.
    seconds
        Stage to seconds.
    editions
        Edition id to what was done with it: made, unchanged, or kept as it was published.
    """

    site: Path
    up_to_date: bool
    renderer: str
    executed: Mapping[str, str]
    reused: Mapping[str, str]
    left_out: Mapping[str, str]
    pages: Mapping[str, Path]
    briefs: Mapping[str, Path]
    notes: Sequence[str]
    seconds: Mapping[str, float]
    editions: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The summary as lines for the terminal."""
        if self.up_to_date:
            counts = [plural(len(self.pages), "page")]
            counts += [plural(len(self.editions), "edition")] if self.editions else []
            head = [f"site up to date: nothing changed since it was built ({', '.join(counts)})"]
        else:
            head = [f"ran {page}: {reason}" for page, reason in self.executed.items()]
            head += [f"reused {page}: {reason}" for page, reason in self.reused.items()]
            head += [f"edition {name}: {what}" for name, what in self.editions.items()]
        head += [f"no data for {page}: {reason}" for page, reason in self.left_out.items()]
        return [*head, *self.notes, f"site: {self.site / 'index.html'}"]
