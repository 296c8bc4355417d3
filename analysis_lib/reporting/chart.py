"""A finished chart: drawn for wide screens and paper and again for phones, said in words, with its values.

A phone is not a small desktop: a drawing 7 inches wide has letters of 7 pixels there. So every chart that
is wider than a phone is laid out a second time, narrower and with the same letters; the theme shows one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis_lib.reporting import downloads
from analysis_lib.reporting.figure import to_svg
from analysis_lib.reporting.html import Html, escape

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PHONE_WIDTH = 4.7  # inches; at 390 px a letter of 9 pt is 10 px high
Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Words:
    """What a chart says: see :class:`Chart`."""

    title: str
    reading: str
    alt: str


@dataclass(frozen=True)
class Chart:
    """A finished chart: the drawing, its title, how to read it, and the same in words.

    Parameters
    ----------
    svg
        The drawing.
    title
        States what is shown, with unit and period.
    reading
        One or two sentences: how to read it, and what it shows.
    alt
        What is shown and the finding, for those who do not see the drawing.
    phone_svg
        The drawing for phones, where it is another one.
    name
        Unique on its page; the file with the values is called `chart-<name>`.
    values
        What is drawn, a row a mark; columns as in the part `charts` of columns.yml.
    """

    svg: str
    title: str
    reading: str
    alt: str
    phone_svg: str = ""
    name: str = ""
    values: Rows = field(default=(), repr=False)

    @property
    def html(self) -> Html:
        """The figure as the theme expects it, with its values to download."""
        return self._figure(self._offered())

    @property
    def without_values(self) -> Html:
        """The figure alone, where the page offers the same rows by another name."""
        return self._figure("")

    def _figure(self, offered: str) -> Html:
        reading = f" {escape(self.reading)}" if self.reading else ""
        caption = f"<figcaption><strong>{escape(self.title)}.</strong>{reading}</figcaption>"
        label = f'role="img" aria-label="{escape(self.alt)}"'
        drawn = [self.svg.replace("<svg", f'<svg class="sb-fig" {label}', 1)]
        if self.phone_svg:
            # Hidden by itself, so that JupyterLab, which has no theme, shows the other one only.
            hidden = self.phone_svg.replace(' style="', ' style="display: none; ', 1)
            drawn.append(hidden.replace("<svg", f'<svg class="sb-fig sb-phone" {label}', 1))
        parts = [caption, *drawn, *([offered] if offered else [])]
        return Html('<figure class="sb-figure">\n' + "\n".join(parts) + "\n</figure>")

    def _offered(self) -> str:
        if not self.values or not self.name:
            return ""
        import pandas as pd

        rows = pd.DataFrame([dict(row) for row in self.values])
        return downloads.offer(rows, f"chart-{self.name}", self.title, "Values of the chart").text

    def _repr_html_(self) -> str:
        return self.html._repr_html_()


def finish(
    figure: Figure,
    name: str,
    words: Words,
    values: Rows = (),
    for_phone: Callable[[], None] | None = None,
    phone_width: float = PHONE_WIDTH,
) -> Chart:
    """The chart of a drawing that is done, still inside the ``with`` of :func:`~.figure.drawing`.

    Parameters
    ----------
    figure
        The drawing.
    name
        Unique on the page.
    words
        Title, reading and alternative text.
    values
        What is drawn, a row a mark.
    for_phone
        Takes away or wraps what has no room on a phone, between the two layouts.
    phone_width
        In inches; a drawing that is not wider has one layout.
    """
    svg = to_svg(figure, name)
    phone = ""
    if figure.get_size_inches()[0] > phone_width:
        if for_phone is not None:
            for_phone()
        figure.set_size_inches(phone_width, figure.get_size_inches()[1])
        phone = to_svg(figure, f"{name}-phone")
    return Chart(svg, words.title, words.reading, words.alt, phone, name, values)


def wrapped(figure: Figure, texts: Sequence[Any], longest: int = 22) -> Callable[[], None]:
    """Breaks texts that leave bars no room on a phone at their first separator, in a drawing that is "
    "higher then.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> figure = Figure(figsize=(7, 2))
    >>> text = figure.text(0, 0, "$354,096 · 10,973 buyers, 4,020 order days")
    >>> wrapped(figure, [text])()
    >>> text.get_text().split(chr(10)), float(figure.get_size_inches()[1])
    (['$354,096', '10,973 buyers, 4,020 order days'], 3.2)
    """

    def wrap() -> None:
        is_any = False
        for text in texts:
            words = text.get_text()
            for separator in (" · ", " (", ": ") if len(words) > longest else ():
                if separator in words:
                    first, rest = words.split(separator, 1)
                    text.set_text(f"{first}\n{separator.strip(' ·:')}{rest}")
                    text.set_fontsize(8.5)
                    is_any = True
                    break
        if is_any:
            width, height = figure.get_size_inches()
            figure.set_size_inches(width, height * 1.6)

    return wrap


def thinned(texts: Sequence[Any], every: int) -> Callable[[], None]:
    """Hides all but every so many texts, counted from the last; for :func:`finish`.

    Examples
    --------
    >>> class Text:
    ...     def set_visible(self, shown): self.shown = shown
    >>> texts = [Text() for _ in range(4)]
    >>> thinned(texts, 2)()
    >>> [text.shown for text in texts]
    [False, True, False, True]
    """

    def hide() -> None:
        for place, text in enumerate(texts):
            text.set_visible((len(texts) - 1 - place) % every == 0)

    return hide
