"""Tables that no SQL makes: what Python computes from small tables, and the rules that people write.

A *Python model* is a `.yml` without SQL that names a function. The function gets its inputs as DataFrames
and returns the table. Only tables that SQL has aggregated before may be its inputs: nothing here reads a
shop's events or customers one by one. A *rule table* is a CSV file in `analysis_lib/rules/`.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from analysis_lib.contracts import PACKAGE, read_contract
from analysis_lib.errors import ModelError, RuleError, did_you_mean
from analysis_lib.models import Model
from analysis_lib.rules.read import read_rules

if TYPE_CHECKING:
    import pandas as pd
    from sqlglot import exp

RULES = PACKAGE / "rules"
MAX_INPUT_ROWS = 2_000_000
_NUMERICS = ("numpy", "scipy", "scikit-learn", "pandas")


@dataclass(frozen=True)
class ComputedModel(Model):
    """A model without SQL."""

    @property
    def tree(self) -> exp.Expression:
        """There is none; the error says what makes the table instead."""
        raise ModelError(
            f"The model {self.name} has no SQL: it is made of {self.made_of} ({self.path.name})."
        )

    @property
    def inputs(self) -> frozenset[str]:
        """The tables that it is computed from."""
        return self.contract.inputs

    @property
    def parameters(self) -> frozenset[str]:
        """The run parameters that it uses."""
        return self.contract.parameters


@dataclass(frozen=True)
class PythonModel(ComputedModel):
    """A table that a Python function computes; `sql` holds the source text of what it runs."""

    made_of: ClassVar[str] = "Python code"

    @classmethod
    def read(cls, path: Path) -> PythonModel:
        """Read the contract of a Python model; ModelError when it names no function that exists."""
        contract = read_contract(path)
        if not contract.python:
            raise ModelError(
                f"The contract {path.name} has no {path.stem}.sql beside it.",
                "Write the SQL, or name the function that computes the table: python: module:function",
            )
        module, _, _ = contract.python.partition(":")
        versions = [f"{name} {importlib.metadata.version(name)}" for name in (*_NUMERICS, *contract.packages)]
        text = "\n".join([contract.python, *versions, *sources(module)])
        return cls(path.stem, path, text, contract)

    def compute(self, inputs: Mapping[str, pd.DataFrame], parameters: Mapping[str, Any]) -> pd.DataFrame:
        """The table, with the contract's columns in their order.

        Raises
        ------
        ModelError
            When the function is not there or returns other columns than the contract's.
        """
        module, _, name = self.contract.python.partition(":")
        function = getattr(importlib.import_module(module), name, None)
        if function is None:
            raise ModelError(f"{self.path.name} names {self.contract.python}, which does not exist.")
        frame: pd.DataFrame = function(inputs, parameters)
        expected = list(self.contract.columns)
        if set(frame.columns) != set(expected):
            raise ModelError(
                f"{self.contract.python} returned the columns {', '.join(map(str, frame.columns))}, but the "
                f"contract of {self.name} has {', '.join(expected)}."
            )
        return frame[expected]


@dataclass(frozen=True)
class RuleTable(ComputedModel):
    """A small CSV table that a business user edits; `sql` holds its text."""

    made_of: ClassVar[str] = "rules"

    def verify(self) -> None:
        """RuleError names file and row when the rules contradict each other or miss a case."""
        read_rules(self.path, self.contract)

    def compute(self) -> pd.DataFrame:
        """The rules as a table, in the order of the file."""
        import pandas as pd

        names = list(self.contract.columns)
        rows = [[row.values[name] for name in names] for row in read_rules(self.path, self.contract)]
        return pd.DataFrame(rows, columns=names, dtype=object)


def rule_tables(own: Path | None = None) -> list[RuleTable]:
    """Every rule table of the package; a file of the same name in the project's own folder wins.

    Raises
    ------
    RuleError
        When the project's folder holds a table of a name that does not exist.
    """
    found = []
    known = {path.name for path in RULES.glob("*.csv")}
    for path in sorted(own.glob("*.csv")) if own else []:
        if path.name not in known:
            raise RuleError(f"There is no rule table {path.name}.", did_you_mean(path.name, known))
    for path in sorted(RULES.glob("*.csv")):
        override = own / path.name if own else None
        used = override if override and override.is_file() else path
        contract = read_contract(path.with_suffix(".yml"))
        text = used.read_text(encoding="utf-8-sig", errors="replace")
        found.append(RuleTable(f"rule_{path.stem}", used, text, contract))
    return found


@lru_cache(maxsize=64)
def sources(module: str) -> tuple[str, ...]:
    """The source text of a module of this library and of those that it imports, in a stable order.

    A change in any of them makes a Python model stale, as a changed SQL file does.
    """
    texts: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = PACKAGE.parent.joinpath(*name.split(".")).with_suffix(".py")
        if name in texts or not path.is_file():
            continue
        texts[name] = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(texts[name])):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE.name):
                waiting.append(str(node.module))
                waiting += [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names if alias.name.startswith(PACKAGE.name)]
    return tuple(text for _, text in sorted(texts.items()))
