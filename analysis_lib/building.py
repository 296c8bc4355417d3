"""One pass over the models: decide on each in order, and make the stale tables, several at a time."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from analysis_lib.errors import ModelError, QueryError
from analysis_lib.increments import plan
from analysis_lib.models import Model
from analysis_lib.outcome import Built
from analysis_lib.schedule import run_graph
from analysis_lib.tables import create
from analysis_lib.warehouse.base import NEXT_SUFFIX

if TYPE_CHECKING:
    from analysis_lib.progress import ProgressCallback
    from analysis_lib.runner import Runner


class Build:
    """One pass over the models of a runner, as many at a time as the warehouse can take."""

    def __init__(
        self, runner: Runner, chosen: set[str], total: int, progress: ProgressCallback | None = None
    ) -> None:
        self.runner = runner
        self.chosen = chosen
        self.total = total
        self.progress = progress
        self.results: dict[str, Built] = {}
        self.suffixes: dict[str, str] = {}
        self._changed: dict[
            str, str
        ] = {}  # models of which only some rows were made, with the table of which

    def run(self, models: list[Model]) -> None:
        """Decide on each model in order, and make the tables that are stale."""
        self._by_name = {model.name: model for model in models}
        graph = {model.name: sorted(model.inputs) for model in models}
        warehouse = self.runner.warehouse
        run_graph(graph, self._begin, self._end, warehouse.workers, warehouse.interrupt)

    def _begin(self, name: str) -> Callable[[], Built] | None:
        model = self._by_name[name]
        decision = self.runner.decide(model, self.chosen)
        if isinstance(decision, Built):
            if decision.action == "built":
                self.suffixes[name] = NEXT_SUFFIX
            self._report(decision)
            return None
        self.runner.supply_empty_inputs(model, self.suffixes)
        # The note goes before the table does: a run killed in between must not trust the new table.
        self.runner.forget(name + NEXT_SUFFIX)
        suffixes, parameters = dict(self.suffixes), self.runner.parameters
        has_empty_input = any(not self._rows(table) for table in model.inputs)
        increment = plan(self.runner, model, self._changed)
        # Opened here, because a connection serves one thread at a time.
        opened = contextlib.ExitStack()
        session = opened.enter_context(self.runner.warehouse.session(name))

        def make() -> Built:
            start = time.perf_counter()
            try:
                with opened, session.careful() if has_empty_input else contextlib.nullcontext():
                    some = increment.create(session, parameters, suffixes) if increment else None
                    rows, told = some or (create(session, model, parameters, suffixes), "")
            except (ModelError, QueryError) as error:
                raise ModelError(
                    f"The model {name} ({model.path.name}) failed: {error.message}", error.hint
                ) from error
            if some and increment:
                self._changed[name] = increment.keys_table
            reason = f"{decision} ({told})" if told else decision
            return Built(name, "built", reason, rows, time.perf_counter() - start)

        return make

    def _rows(self, table: str) -> int | None:
        """Rows of an input; None for one that the shop lacks. Loaded tables are taken as filled."""
        if table in self.runner.state.raw:
            return 1
        return self.results[table].rows if table in self.results else None

    def _end(self, name: str, built: Built) -> None:
        self.suffixes[name] = NEXT_SUFFIX
        built = dataclasses.replace(built, cost=self.runner.warehouse.cost(name))
        self.runner.note(name + NEXT_SUFFIX, name, built.rows, built.seconds, built.cost)
        self._report(built)

    def _report(self, built: Built) -> None:
        self.results[built.model] = built
        if self.progress and built.action == "built":
            label = f"{built.model} ({built.rows:,} rows, {built.seconds:.1f} s; {built.reason})"
            self.progress(label, len(self.results), self.total)
