"""How a drafted model is laid out: header, CTEs, one column a line with what is said about it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analysis_lib.contracts import PACKAGE, read_yaml

WIDTH = 110


@dataclass(frozen=True)
class Filled:
    """One column of a staging table: its GoogleSQL, and the sentences above it."""

    sql: str
    notes: tuple[str, ...] = ()


@dataclass
class Drafted:
    """One staging model: its SQL, its contract, and the sentences that ask the user to look."""

    name: str
    sql: str
    contract: str
    checks: list[str] = field(default_factory=list)


def comment(sentence: str, indent: int = 0) -> list[str]:
    """A sentence as lines of a SQL comment.

    Examples
    --------
    >>> comment("check: is it so?", 4)
    ['    -- check: is it so?']
    """
    gap = " " * indent
    hang = f"{gap}--    " if sentence.startswith("check:") else f"{gap}-- "
    # A long word of the files must not break into pieces that are no comment.
    return textwrap.wrap(
        " ".join(sentence.split()),
        WIDTH,
        initial_indent=f"{gap}-- ",
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def columns_sql(columns: Mapping[str, Filled], indent: int = 8) -> str:
    """The columns of a select, each on a line of its own under its sentences; the same ones are said once."""
    lines: list[str] = []
    before: set[str] = set()
    for column, filled in columns.items():
        for note in filled.notes:
            lines += comment(note, indent) if note not in before else []
        before |= set(filled.notes)
        bare = filled.sql.rsplit(".", 1)[-1]
        written = filled.sql if bare == column else f"{filled.sql} as {column}"
        lines += [" " * indent + line for line in f"{written},".split("\n")]
    return "\n".join(lines)


def cte(name: str, body: str, notes: Sequence[str] = ()) -> str:
    """A CTE with its sentences above."""
    said = "\n".join(line for note in notes for line in comment(note))
    return (said + "\n" if said else "") + f"{name} as (\n{textwrap.indent(body, '    ')}\n)"


def raw(table: str, name: str = "raw") -> str:
    """The CTE of a loaded table, less the rows that another row of their key shadows."""
    return cte(name, f"select * from raw_{table} where not is_duplicate")


def model(
    name: str,
    purpose: str,
    grain: str,
    inputs: Iterable[str],
    ctes: Sequence[str],
    description: str,
    optional: Sequence[str] = (),
) -> Drafted:
    """A model from its CTEs, of which the last is `final`."""
    named = ", ".join(f"{table} (optional)" if table in optional else table for table in inputs)
    head = "\n".join([*comment(f"purpose: {purpose}"), f"-- grain: {grain}.", f"-- inputs: {named}."])
    sql = head + "\n\nwith\n\n" + ",\n\n".join(ctes) + "\n\nselect * from final\n"
    contract = f"model: {name}\ncontract: {name}\ndescription: >\n"
    contract += textwrap.fill(description, WIDTH, initial_indent="  ", subsequent_indent="  ") + "\n"
    if optional:
        contract += f"optional_inputs: [{', '.join(optional)}]\n"
    checks = [" ".join(piece.split()) for piece in _checks(sql)]
    return Drafted(name, sql, contract, checks)


def _checks(sql: str) -> list[str]:
    """The sentences that begin with `check:`, with their following lines."""
    found: list[str] = []
    is_open = False
    for line in sql.splitlines():
        said = line.strip()
        if said.startswith("-- check:"):
            found.append(said.removeprefix("-- check:").strip())
        elif is_open and said.startswith("--    "):
            found[-1] += " " + said.removeprefix("--").strip()
        is_open = said.startswith("-- check:") or (is_open and said.startswith("--    "))
    return found


def contract_columns(model_name: str) -> dict[str, str]:
    """Columns of a staging table and their types, in order."""
    document = read_yaml(PACKAGE / "sources" / "contract" / f"{model_name}.yml")
    return {name: column["type"] for name, column in document["columns"].items()}


def nothing(type_: str, why: str = "") -> Filled:
    """A column that the files do not fill."""
    return Filled(f"cast(null as {type_.lower()})", (why,) if why else ())
