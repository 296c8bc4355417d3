"""Makes only the rows of a model that new rows of its source change, where that is known to be all of them.

A contract says `incremental` when a row depends, of the rows of one input (`source`), only on those with the
same value of the column `by`: a visitor's sessions on that visitor's events. Where that value itself depends
on other rows (whom an anonymous event belongs to), `together` says on which: those with the same value of it.

What changed is known, not guessed. The files of the loaded table are the same as when the model was built,
and more; none of their rows became a duplicate of a new one; staging gives each row by itself (`row_by_row`).
So the rows that the model lacks are all that is new: their groups (`together`) are the changed ones (`runs`),
the values of `by` in these groups before and after are the changed ones (`keys`), and every other row of the
model stays. Whatever else changed (SQL, engine, a parameter, another input, a file that is gone or
was corrected) makes the whole table again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.models import Model, digest
from analysis_lib.parameters import Parameters
from analysis_lib.sources.ledger import file_id
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.base import NEXT_SUFFIX, Warehouse
from analysis_lib.warehouse.translations import ModelQuery

if TYPE_CHECKING:
    from analysis_lib.runner import Runner

# A smaller table is made again in a second or two, which the steps below would take, too.
LEAST_ROWS = 500_000
Parts = Mapping[str, Any]


@dataclass(frozen=True)
class Increment:
    """A model of which only some rows must be made again.

    `raw`, `files` and `staged`: the loaded table, the ids of the files that the model's table was made from
    and the rows of them that counted; or `keys`: the table of the changed values of `by`, of another model.
    """

    model: Model
    raw: str = ""
    files: tuple[int, ...] = ()
    staged: int = 0
    keys: str = ""

    @property
    def keys_table(self) -> str:
        """The table of the changed values of `by`."""
        return self.keys or f"{self.model.name}__keys{NEXT_SUFFIX}"

    def create(
        self, warehouse: Warehouse, parameters: Parameters, suffixes: Mapping[str, str]
    ) -> tuple[int, str] | None:
        """Create `model__next`; its rows and how many were made again, in words. None: all must be made."""
        spec = self.model.contract.incremental
        assert spec is not None
        source, old, by = spec.source + suffixes.get(spec.source, ""), self.model.name, spec.by
        values = parameters.as_query_parameters()
        needed = {key: values[key] for key in self.model.parameters}
        columns = ", ".join(spec.columns)

        def made(part: str, sql: str) -> str:
            name = f"{old}__{part}{NEXT_SUFFIX}"
            warehouse.create_table(name, dialect.parse(sql), {})
            return name

        def computed(part: str, condition: str) -> str:
            """The model's own SQL on some rows of its source."""
            suffix = f"__{part}_of_{old}{NEXT_SUFFIX}"
            some = f"select {columns} from {source} where {condition}"
            warehouse.create_table(spec.source + suffix, dialect.parse(some), {})
            used = {table: each for table, each in suffixes.items() if table in self.model.inputs}
            used[spec.source] = suffix
            name = f"{old}__{part}{NEXT_SUFFIX}"
            warehouse.create_table(name, ModelQuery(self.model.sql, tuple(sorted(used.items()))), needed)
            return name

        keys, changed = self.keys, f"{by} in (select {by} from {self.keys})"
        if spec.row:
            if not self._holds(warehouse):
                return None
            rows = f"select {spec.row} as row_key, {spec.together} as run from {source}"
            runs = made(
                "runs",
                f"select distinct source.run from ({rows}) as source left join {old} as old "
                f"on source.row_key = old.{spec.row} where old.{spec.row} is null",
            )
            in_runs = f"select source.row_key from ({rows}) as source where run in (select run from {runs})"
            first = computed("first", f"{spec.together} in (select run from {runs})")
            keys = made(
                "keys",
                f"select {by} from {first} union distinct select {by} from {old} "
                f"where {spec.row} in ({in_runs})",
            )
            theirs = f"select {spec.row} from {old} where {by} in (select {by} from {keys})"
            reached = made(
                "reached",
                f"select run from {runs} union distinct select source.run from ({rows}) as source "
                f"where row_key in ({theirs})",
            )
            changed = f"{spec.together} in (select run from {reached})"
        again = computed("again", changed)
        listed = ", ".join(self.model.contract.columns)
        final = (
            f"select {listed} from {old} where {by} not in (select {by} from {keys}) "
            f"union all select {listed} from {again} where {by} in (select {by} from {keys})"
        )
        total = warehouse.create_table(
            old + NEXT_SUFFIX, dialect.parse(final), {}, self.model.contract.layout
        )
        [(some,)] = warehouse.rows(f"select count(*) from {again} where {by} in (select {by} from {keys})")
        return total, f"{some:,} of {total:,} rows made again"

    def _holds(self, warehouse: Warehouse) -> bool:
        """No row of the files that were read before became the duplicate of a new one."""
        ids = ", ".join(str(one) for one in self.files)
        count = f"select countif(not is_duplicate) from {self.raw} where load_file_id in ({ids})"
        return [(self.staged,)] == warehouse.rows(count)


def basis(runner: Runner, model: Model) -> Parts | None:
    """What the rows of an incremental model come from: the loaded table, its files, and what stages them."""
    spec = model.contract.incremental
    if spec is None or not spec.row or spec.source not in runner.project.models:
        return None
    staging = runner.project.models[spec.source]
    raw, parts = staging.contract.row_by_row, runner.parts.get(spec.source)
    if not raw or parts is None or raw not in runner.state.raw or raw not in runner.state.files:
        return None
    if runner.fingerprints.get(spec.source) != digest(json.dumps(parts, sort_keys=True)):
        return None  # not selected: its table may be an older one
    others = {name: value for name, value in parts["inputs"].items() if name != raw}
    made = digest(parts["SQL"], parts["engine"], json.dumps([parts["parameters"], others], sort_keys=True))
    return {"raw": raw, "made": made, "files": sorted(runner.state.files[raw])}


def staged_rows(warehouse: Warehouse, rows: Parts) -> int:
    """The rows of a loaded table that count, to be compared when more files were loaded."""
    [(count,)] = warehouse.rows(f"select countif(not is_duplicate) from {rows['raw']}")
    return int(count)


def plan(runner: Runner, model: Model, changed: Mapping[str, str]) -> Increment | None:
    """How to make only what changed; None where all of the table must be made.

    Parameters
    ----------
    changed
        Models of which only some rows were made in this build, with their tables of changed values.
    """
    spec, entry = model.contract.incremental, runner.state.models.get(model.name)
    # Where bytes are billed, the steps above would read more of them than the whole model does.
    if spec is None or entry is None or runner.is_full or runner.warehouse.is_billed:
        return None
    _, old, count = entry
    new = runner.parts[model.name]
    if count < LEAST_ROWS or not _comparable(old, new, spec.source):
        return None
    if not spec.row:
        published = runner.state.models.get(spec.source)
        is_base = published is not None and published[0] == old["inputs"].get(spec.source)
        same = old["parameters"] == new["parameters"]
        return (
            Increment(model, keys=changed[spec.source])
            if is_base and same and spec.source in changed
            else None
        )
    before, now = old.get("rows"), new.get("rows")
    if not before or not now or before["made"] != now["made"] or "staged" not in old:
        return None
    if not set(before["files"]) <= set(now["files"]):
        return None
    table = now["raw"].removeprefix("raw_")
    ids = tuple(file_id(table, entry.split(":")[0]) for entry in before["files"])
    return Increment(model, now["raw"], ids, old["staged"])


def _comparable(old: Parts, new: Parts, source: str) -> bool:
    """Whether nothing changed but the source, and the last day, which may be a later one."""

    def rest(parts: Parts) -> tuple[Any, ...]:
        parameters = {name: value for name, value in parts["parameters"].items() if name != "as_of"}
        inputs = {name: value for name, value in parts["inputs"].items() if name != source}
        return parts["SQL"], parts["engine"], parameters, inputs

    return rest(old) == rest(new) and old["parameters"].get("as_of", "") <= new["parameters"].get("as_of", "")
