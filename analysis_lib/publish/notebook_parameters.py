"""Strict parameters: what a notebook declares is checked against the run before anything starts.

Papermill only warns of a parameter that a notebook does not declare, and says nothing of one that it never
reads, so that a typing error publishes the default period. Here each of these stops the run.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.errors import NotebookError, ParameterError, did_you_mean, nearest
from analysis_lib.publish.notebook import Notebook, read_notebook, source, tags

Literal = str | int | float | bool
_KINDS: dict[type, str] = {str: "a text", int: "a whole number", float: "a number", bool: "True or False"}


@dataclass(frozen=True)
class Declared:
    """One parameter of a notebook: its name, default and the comment that explains it."""

    name: str
    default: Literal
    help: str


def parameters_for(
    path: Path, given: Mapping[str, Literal], required: Iterable[str] = ()
) -> dict[str, Literal]:
    """The values to inject into a notebook, or the reason why it must not run.

    Parameters
    ----------
    path
        The notebook.
    given
        Every parameter of the run with its value. A notebook declares those that it uses.
    required
        Names that each notebook must declare, because its numbers depend on them.

    Returns
    -------
    dict
        Name to value, in the order of the parameters cell.

    Raises
    ------
    NotebookError
        No or several cells tagged `parameters`; something other than `name = literal  # help` in it; a
        required parameter that is missing; one that is overwritten or never read in a later cell.
    ParameterError
        A declared name that the run does not know (with the nearest valid name), or a value of another
        type than the default.
    """
    notebook = read_notebook(path)
    position, declared = declared_parameters(notebook, path.name)
    names = [parameter.name for parameter in declared]
    for name in required:
        if name not in names:
            guess = nearest(name, names)
            raise NotebookError(
                f"Notebook {path.name}: the parameters cell does not declare {name}, which this run sets.",
                f"Is {guess} a typing error for it?"
                if guess
                else f"Add a line `{name} = …  # what it does`, and pass it to open_shop.",
            )
    for parameter in declared:
        if parameter.name not in given:
            raise ParameterError(
                f"Notebook {path.name}: {parameter.name} is not a parameter of a run.",
                did_you_mean(parameter.name, given),
            )
        _check_type(path.name, parameter, given[parameter.name])
    _check_used(notebook, path.name, position, names)
    return {name: given[name] for name in names}


def declared_parameters(notebook: Notebook, file: str) -> tuple[int, list[Declared]]:
    """The position of the parameters cell and what it declares.

    Raises
    ------
    NotebookError
        See :func:`parameters_for`.
    """
    found = [
        index
        for index, cell in enumerate(notebook["cells"])
        if cell.get("cell_type") == "code" and "parameters" in tags(cell)
    ]
    if len(found) != 1:
        number = "no cell" if not found else f"{len(found)} cells ({', '.join(str(i + 1) for i in found)})"
        raise NotebookError(
            f"Notebook {file}: {number} tagged parameters, but there must be exactly one.",
            "Set the tag in JupyterLab under Property inspector, Cell tags.",
        )
    code = source(notebook["cells"][found[0]])
    where = f"Notebook {file}, cell {found[0] + 1} (parameters)"
    comments = _comments(code, where)
    declared: list[Declared] = []
    for statement in _parse(code, where).body:
        name, value = _assignment(statement, where)
        if any(parameter.name == name for parameter in declared):
            raise NotebookError(f"{where}: {name} is set twice.")
        text = comments.get(statement.end_lineno or 0, "")
        if not text:
            raise NotebookError(
                f"{where}: {name} has no explanation.", f"Write it as `{name} = {value!r}  # what it does`."
            )
        declared.append(Declared(name, value, text))
    return found[0], declared


def _assignment(statement: ast.stmt, where: str) -> tuple[str, Literal]:
    line = f"{where}, line {statement.lineno}"
    target: ast.expr | None = None
    value: ast.expr | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
    elif isinstance(statement, ast.AnnAssign):
        target, value = statement.target, statement.value
    if not isinstance(target, ast.Name) or value is None:
        raise NotebookError(
            f"{line}: only `name = value  # help` may stand in the parameters cell, not "
            f"`{ast.unparse(statement).splitlines()[0]}`.",
            "Move everything else into a later cell.",
        )
    try:
        literal = ast.literal_eval(value)
    except ValueError as error:
        raise NotebookError(
            f"{line}: {target.id} must be a plain text, number or truth value, not `{ast.unparse(value)}`."
        ) from error
    if not isinstance(literal, str | int | float | bool):
        raise NotebookError(
            f"{line}: {target.id} must be a plain text, number or truth value, not {literal!r}."
        )
    return target.id, literal


def _comments(code: str, where: str) -> dict[int, str]:
    """The text of the comment at the end of each line."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, IndentationError) as error:
        raise NotebookError(f"{where}: the cell is not valid Python: {error}.") from error
    return {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def _parse(code: str, where: str) -> ast.Module:
    try:
        return ast.parse(code)
    except SyntaxError as error:
        raise NotebookError(
            f"{where}, line {error.lineno}: the cell is not valid Python: {error.msg}."
        ) from error


def _check_type(file: str, parameter: Declared, value: Literal) -> None:
    kind = type(parameter.default)
    fits = type(value) is kind or (kind is float and type(value) is int)
    if not fits:
        raise ParameterError(
            f"Notebook {file}: the parameter {parameter.name} takes {_KINDS[kind]} like "
            f"{parameter.default!r}, but the run gives {value!r}."
        )


def _check_used(notebook: Notebook, file: str, position: int, names: list[str]) -> None:
    read: set[str] = set()
    for index, cell in enumerate(notebook["cells"][position + 1 :], start=position + 1):
        if cell.get("cell_type") != "code":
            continue
        where = f"Notebook {file}, cell {index + 1}"
        for statement in _parse(_plain_python(source(cell)), where).body:
            used = [n for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id in names]
            read |= {node.id for node in used if isinstance(node.ctx, ast.Load)}
            lost = [node.id for node in used if node.id not in read]
            if lost:
                raise NotebookError(
                    f"{where}: the parameter {lost[0]} is overwritten before it is read, so that the "
                    "run's value would be lost.",
                    "Give the variable another name.",
                )
    for name in names:
        if name not in read:
            raise NotebookError(
                f"Notebook {file}: the parameter {name} is declared, but no later cell reads it.",
                f"Pass it on, for example open_shop({name}={name}), or take it out of the parameters cell.",
            )


def _plain_python(code: str) -> str:
    """The code without IPython's own lines (`%magic`, `!command`); a `%%magic` cell is not Python at all."""
    if code.lstrip().startswith("%%"):
        return ""
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in code.splitlines())
