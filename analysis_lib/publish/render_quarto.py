"""Renders with Quarto, where it is installed: HTML and, by its own Typst, PDF.

Quarto never executes anything: the notebooks come with their outputs, and `_quarto.yml` says so too.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from analysis_lib.errors import RenderError

_TIMEOUT_SECONDS = 1200
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def find() -> str | None:
    """The path of the `quarto` command, or None."""
    return shutil.which("quarto")


def identity(command: str) -> str:
    """What tells one Quarto from another, without starting it (which takes the better part of a second)."""
    real = Path(command).resolve()
    version_file = real.parent.parent / "share" / "version"
    if version_file.is_file():
        return f"quarto {version_file.read_text(encoding='utf-8').strip()}"
    stat = real.stat()
    return f"quarto of {stat.st_size} bytes at {stat.st_mtime_ns}"


def version(command: str) -> str:
    """What renders, for build.json."""
    found = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60, check=False)
    return f"quarto {found.stdout.strip() or 'of unknown version'}"


def site_command(command: str) -> list[str]:
    """The command line that renders the project in the current folder to HTML.

    Examples
    --------
    >>> site_command("quarto")
    ['quarto', 'render', '--to', 'html']
    """
    return [command, "render", "--to", "html"]


def brief_command(command: str, document: str) -> list[str]:
    """The command line that renders one document of the current folder to PDF.

    Examples
    --------
    >>> brief_command("quarto", "executive.qmd")
    ['quarto', 'render', 'executive.qmd', '--to', 'typst']
    """
    return [command, "render", document, "--to", "typst"]


def render_site(folder: Path, command: str) -> tuple[Path, list[str]]:
    """Render the pages in the run's folder.

    Returns
    -------
    tuple
        The folder of the HTML site and Quarto's warnings.

    Raises
    ------
    RenderError
        Quarto ended with an error, or did not end.
    """
    warnings = _run(site_command(command), folder, "the site")
    return folder / "_site", warnings


def render_brief(document: Path, command: str) -> Path:
    """Make the PDF of a brief's `.qmd`, in its folder.

    Raises
    ------
    RenderError
        Quarto ended with an error, or made no PDF.
    """
    # A project of its own: else the website's settings around it would apply
    (document.parent / "_quarto.yml").write_text("project:\n  type: default\n", encoding="utf-8")
    _run(brief_command(command, document.name), document.parent, f"the brief {document.stem}")
    made = document.with_suffix(".pdf")
    if not made.is_file():
        raise RenderError(f"Quarto made no PDF of the brief {document.stem}.", "Try --renderer builtin.")
    return made


def _run(command: Sequence[str], folder: Path, what: str) -> list[str]:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RenderError(
            f"Quarto did not finish {what} in {_TIMEOUT_SECONDS} seconds.", "Try --renderer builtin."
        ) from error
    log = _COLOUR.sub("", done.stdout)
    if done.returncode:
        raise RenderError(f"Quarto could not render {what}: {_reason(log)}", "Try --renderer builtin.")
    return [line.strip() for line in log.splitlines() if line.lstrip().upper().startswith("WARN")]


def _reason(log: str) -> str:
    """The line of Quarto's output that says what went wrong."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.upper().startswith("ERROR")]
    return (errors or lines or ["it printed nothing"])[-1 if not errors else 0]
