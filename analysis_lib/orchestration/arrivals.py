"""Which files are new: what a scheduler asks at every tick, so that no content is skipped or loaded twice.

A content is new when the ledger does not have it under its name. Where the last run of the shop did not end
well, a further one is due even without new files, since what it loaded may not be published. No time is
compared with the clock: a file counts as finished when it was the same at the tick before, and a failed run
is repeated after a number of ticks. A lost cursor costs a tick, or a run that finds everything loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Protocol

# Ticks after which a run that neither ends nor fails is taken as dead: its process was killed.
MOST_WAITING = 120
# Ticks between two tries of files that cannot be loaded, at most.
LONGEST_PAUSE = 64
MOST_FILES_PER_RUN = 1000


class Place(Protocol):
    """Where a shop's files are, and what of them is loaded: a folder, or a bucket."""

    may_grow: bool  # whether a file that is listed may still be being written

    def listed(self) -> Mapping[str, str]:
        """Each file's name, as the ledger has it, to its stamp: another one whenever its content may be."""

    def content(self, name: str, stamp: str) -> str | None:
        """What the file holds, as the ledger names it; None when it is not known now, or not what it was."""

    def loaded(self) -> Mapping[str, frozenset[str]]:
        """The contents that the ledger has under each name; WarehouseLockedError while a run writes."""


@dataclass(frozen=True)
class Runs:
    """How the runs that were asked for a set of files went: how many ended well, failed, and did not end.

    `unlaunched` are those that the scheduler wrote down and did not start: it starts them when asked again.
    """

    succeeded: int = 0
    failed: int = 0
    unfinished: int = 0
    unlaunched: int = 0


@dataclass(frozen=True)
class Last:
    """The last run of the shop, whoever asked for it; `is_well` when it succeeded, or there was none."""

    run: str = ""
    is_well: bool = True


class History(Protocol):
    """What the scheduler remembers of the shop's runs."""

    def last(self) -> Last:
        """The run that was written down last."""

    def runs(self, label: str) -> Runs:
        """The runs of a label."""

    def is_busy(self) -> bool:
        """Whether a run is at work, whoever asked for it."""


@dataclass(frozen=True)
class Request:
    """A run to be started: its key is never that of another run, `label` says what it is for.

    `files` are all that it loads; none: it builds and publishes what is loaded.
    """

    run_key: str
    label: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Tick:
    """What a tick found: the cursor for the next one, and a run to start or the reason for none."""

    cursor: str
    request: Request | None
    reason: str = ""


@dataclass
class _Memory:
    """What is kept from tick to tick.

    `files` are names with stamp and content (empty: not known yet). `asked` are the files of the run that was
    asked for last, under `label`, when `succeeded` runs of that label had ended well; `left` are those that
    such a run did not load and that are the same since: they are no table of the shop. `busy` counts the
    ticks at which a run was at work, `paused` those since a failure: label, failures, ticks.
    """

    files: dict[str, list[str]] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)
    label: str = ""
    succeeded: int = 0
    busy: int = 0
    paused: tuple[str, int, int] = ("", 0, 0)

    @staticmethod
    def read(cursor: str | None) -> _Memory:
        """What a cursor holds; nothing where there is none or it was written by another version."""
        try:
            return _Memory(**json.loads(cursor or "{}"))
        except (ValueError, TypeError):
            return _Memory()

    @property
    def text(self) -> str:
        """The cursor."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


def look(place: Place, cursor: str | None, history: History) -> Tick:
    """One tick: note what is there, and ask for a run of the files that are new and finished.

    Parameters
    ----------
    place
        Where the files are.
    cursor
        That of the tick before; None or empty for the first.
    history
        The runs of the shop.

    Raises
    ------
    WarehouseLockedError
        The ledger cannot be read now; the cursor of before still holds.
    """
    memory = _Memory.read(cursor)
    unknown = _note(memory, place)
    # Before the ledger: what a run that has ended by now loaded is in it.
    last = history.last()
    asked = history.runs(memory.label) if memory.asked else Runs()
    loaded = place.loaded()
    _learn(memory, loaded, asked)
    new = _new(memory, loaded)
    if not new and last.is_well:
        memory.busy = 0
        waiting = f" Still being written, or not read yet: {_some(unknown)}." if unknown else ""
        return Tick(memory.text, None, f"No new files.{waiting}")
    what = _some(new) or "what is loaded and not published"
    memory.busy = memory.busy + 1 if history.is_busy() else 0
    if 0 < memory.busy <= MOST_WAITING:
        return Tick(memory.text, None, f"A run is at work; after it: {what}.")
    if history.last() != last:
        return Tick(memory.text, None, f"A run has just ended; next: {what}.")
    label = _digest(new) if new else _digest({name: sorted(found) for name, found in loaded.items()})
    past = history.runs(label)
    if pause := _pause(memory, label, past):
        return Tick(memory.text, None, f"The run of {what} failed; again after {pause} more ticks.")
    # What was left alone is looked at again: it may have had the rows of a file that is replaced now.
    memory.asked = {name: memory.files[name] for name in {*new, *memory.left}} if new else {}
    memory.label, memory.succeeded, memory.busy = label, past.succeeded, 0
    # A run that was written down and not launched is launched when it is asked for under its own key.
    attempt = past.succeeded + past.failed + past.unfinished
    return Tick(memory.text, Request(f"{label}-{attempt}", label, tuple(sorted(memory.asked))))


def _note(memory: _Memory, place: Place) -> list[str]:
    """Bring the files up to date; the names of those whose content is not known yet."""
    seen: dict[str, list[str]] = {}
    for name, stamp in sorted(place.listed().items()):
        before, content = memory.files.get(name, ["", ""])
        if before != stamp:
            content = ""
        if not content and (before == stamp or not place.may_grow):
            content = place.content(name, stamp) or ""
        seen[name] = [stamp, content]
    memory.files = seen
    memory.left = {name: found for name, found in memory.left.items() if seen.get(name) == found}
    return [name for name, (_, content) in seen.items() if not content]


def _learn(memory: _Memory, loaded: Mapping[str, frozenset[str]], asked: Runs) -> None:
    """After a run that succeeded: what it was asked for is loaded by now, or is left alone."""
    if asked.succeeded <= memory.succeeded:
        return
    for name, found in memory.asked.items():
        if memory.files.get(name) == found and found[1] not in loaded.get(name, ()):
            memory.left[name] = found
    memory.asked = {}


def _new(memory: _Memory, loaded: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """The files whose content is not loaded, with their contents."""
    new: dict[str, str] = {}
    for name, (_, content) in memory.files.items():
        if content and content not in loaded.get(name, ()) and name not in memory.left:
            new[name] = content
        if len(new) == MOST_FILES_PER_RUN:
            break
    return new


def _pause(memory: _Memory, label: str, past: Runs) -> int:
    """Ticks to wait, this one included, before files whose run failed are tried again: 1, 2, 4 and so on."""
    if not past.failed or past.unlaunched:
        return 0
    before, failed, ticks = memory.paused
    ticks = ticks + 1 if (before, failed) == (label, past.failed) else 0
    memory.paused = (label, past.failed, ticks)
    wanted = LONGEST_PAUSE if 2 ** (past.failed - 1) > LONGEST_PAUSE else 1 << (past.failed - 1)
    return max(0, wanted - ticks)


def _digest(new: Mapping[str, object]) -> str:
    text = json.dumps(sorted(new.items()), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _some(names: Iterable[str]) -> str:
    """A few names, and how many more."""
    listed = sorted(names)
    more = f" and {len(listed) - 3:,} more" if len(listed) > 3 else ""
    return ", ".join(listed[:3]) + more
