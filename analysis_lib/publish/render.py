"""Chooses what renders: Quarto where `quarto` is found, else the built-in renderer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.errors import RenderError, SettingsError, did_you_mean
from analysis_lib.publish import render_builtin, render_quarto

CHOICES = ("auto", "quarto", "builtin")


@dataclass(frozen=True)
class Renderer:
    """What renders a run; `quarto` is the path of the command, or None for the built-in renderer."""

    quarto: str | None

    @property
    def identity(self) -> str:
        """Tells one renderer and version from another, at no cost."""
        return render_quarto.identity(self.quarto) if self.quarto else render_builtin.version()

    @property
    def version(self) -> str:
        """Name and version, for build.json."""
        return render_quarto.version(self.quarto) if self.quarto else render_builtin.version()

    def site(self, folder: Path, elsewhere: Sequence[str] = ()) -> tuple[Path, list[str]]:
        """Render the pages in the run's folder: the folder of the site, and warnings.

        `elsewhere` are beginnings of links to what is put beside these pages afterwards.
        """
        if self.quarto:
            return render_quarto.render_site(folder, self.quarto)
        return render_builtin.render_site(folder, elsewhere), []

    def brief(self, document: Path) -> Path:
        """Make the PDF of a brief's document."""
        if self.quarto:
            return render_quarto.render_brief(document, self.quarto)
        return render_builtin.render_brief(document)


def choose(name: str) -> Renderer:
    """The renderer for ``auto``, ``quarto`` or ``builtin``.

    Raises
    ------
    SettingsError
        Another name.
    RenderError
        Quarto is asked for and not found.

    Examples
    --------
    >>> choose("builtin").quarto is None
    True
    """
    if name not in CHOICES:
        raise SettingsError(f"There is no renderer {name}.", did_you_mean(name, CHOICES))
    if name == "builtin":
        return Renderer(None)
    found = render_quarto.find()
    if name == "quarto" and not found:
        raise RenderError(
            "The command quarto was not found.",
            "Install Quarto (pip install 'shopbook[quarto]', or conda), or use --renderer builtin.",
        )
    return Renderer(found)
