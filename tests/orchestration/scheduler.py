"""A scheduler and a shop in a few lines: what the tests of the sensor's logic work on.

The scheduler keeps runs by their key, as Dagster does: a key that was used is not run again, but for one that
was written down and not launched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis_lib.orchestration.arrivals import LONGEST_PAUSE, Last, Request, Runs, Tick, look


@dataclass
class Run:
    """A run that was asked for; `files` None: one that takes whatever is there."""

    key: str
    label: str
    files: tuple[str, ...] | None
    state: str = "unlaunched"  # then unfinished, and succeeded or failed


@dataclass
class Shop:
    """Files with a content, and the ledger of what was loaded; a file named junk… is no table of the shop."""

    may_grow: bool = True
    files: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, int] = field(default_factory=dict)
    ledger: dict[str, str] = field(default_factory=dict)
    published: dict[str, str] = field(default_factory=dict)
    loads: list[tuple[str, str]] = field(default_factory=list)
    clock: int = 0

    def write(self, name: str, content: str) -> None:
        """A file is written, or replaced."""
        self.clock += 1
        self.files[name], self.stamps[name] = content, self.clock

    def remove(self, name: str) -> None:
        """A file is taken away."""
        del self.files[name], self.stamps[name]

    def load(self, names: tuple[str, ...] | None) -> bool:
        """What the loader does with these files; False when one is gone, and then nothing is loaded."""
        if not set(names or ()) <= self.files.keys():
            return False
        for name in self.files if names is None else names:
            content = self.files[name]
            if not name.startswith("junk") and self.ledger.get(name) != content:
                self.ledger[name] = content
                self.loads.append((name, content))
        return True

    # -- arrivals.Place -----------------------------------------------------------------------

    def listed(self) -> Mapping[str, str]:
        return {name: str(stamp) for name, stamp in self.stamps.items()}

    def content(self, name: str, stamp: str) -> str | None:
        return self.files[name]

    def loaded(self) -> Mapping[str, frozenset[str]]:
        return {name: frozenset([content]) for name, content in self.ledger.items()}


@dataclass
class Scheduler:
    """Ticks of the sensor, and the runs that it asked for."""

    shop: Shop
    cursor: str = ""
    runs_so_far: list[Run] = field(default_factory=list)

    # -- arrivals.History ---------------------------------------------------------------------

    def last(self) -> Last:
        if not self.runs_so_far:
            return Last()
        run = self.runs_so_far[-1]
        return Last(run.key, run.state == "succeeded")

    def is_busy(self) -> bool:
        return bool(self.at_work)

    def runs(self, label: str) -> Runs:
        states = [run.state for run in self.runs_so_far if run.label == label]
        return Runs(*(states.count(name) for name in ("succeeded", "failed", "unfinished", "unlaunched")))

    @property
    def at_work(self) -> list[Run]:
        """The runs that were launched and did not end."""
        return [run for run in self.runs_so_far if run.state == "unfinished"]

    def tick(self, crash: str = "") -> Tick:
        """Look, and start what is asked for; `crash` names the moment at which the scheduler dies.

        `before` any run is written down, when one is `written` and not launched, or when it is `launched`;
        the cursor is kept only after that.
        """
        found = look(self.shop, self.cursor, self)
        if crash == "before":
            return found
        if found.request:
            run = self._run(found.request)
            if crash == "written":
                return found
            if run.state == "unlaunched":
                run.state = "unfinished"
        if crash != "launched":
            self.cursor = found.cursor
        return found

    def _run(self, request: Request) -> Run:
        for run in self.runs_so_far:
            if run.key == request.run_key:
                assert run.state == "unlaunched", (
                    "a scheduler drops a key that it has run, so files are skipped"
                )
                return run
        self.runs_so_far.append(Run(request.run_key, request.label, request.files))
        return self.runs_so_far[-1]

    def end(self, run: Run, how: str = "well") -> None:
        """A run loads and publishes, `fails` before it has loaded, or fails to `build` what was loaded."""
        is_loaded = how != "fails" and self.shop.load(run.files)
        run.state = "succeeded" if is_loaded and how == "well" else "failed"
        if run.state == "succeeded":
            self.shop.published = dict(self.shop.ledger)

    def settle(self) -> None:
        """Ticks and runs that end well, until nothing was asked for in more ticks than any pause is long."""
        quiet = 0
        for _ in range(20 * LONGEST_PAUSE):
            asked = self.tick().request
            for run in self.at_work:
                self.end(run)
            quiet = 0 if asked else quiet + 1
            if quiet > LONGEST_PAUSE + 2:
                return
        raise AssertionError("the sensor asks for runs without end")
