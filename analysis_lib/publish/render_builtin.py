"""Renders without Quarto: HTML with smalldocs, PDF with pandoc and Typst, all three from PyPI."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import metadata, resources
from pathlib import Path

import yaml

from analysis_lib.errors import RenderError

_LIGHT, _DARK = "theme-light.css", "theme-dark.css"


def version() -> str:
    """What renders, for build.json.

    Examples
    --------
    >>> version().split()[0]
    'builtin'
    """
    parts = [f"{name} {metadata.version(name)}" for name in ("smalldocs", "typst", "pypandoc_binary")]
    return f"builtin ({', '.join(parts)})"


def render_site(folder: Path, elsewhere: Sequence[str] = ()) -> Path:
    """Render the pages in the run's folder; the folder of the HTML site.

    Parameters
    ----------
    elsewhere
        Beginnings of links to what is put beside these pages afterwards.

    Raises
    ------
    RenderError
        smalldocs cannot build the site, or a link in it leads nowhere.
    """
    from smalldocs.config import BuildError, ConfigError
    from smalldocs.site import build

    from analysis_lib.publish.search_index import write_search_index

    _add_themes(folder)
    try:
        site = build(folder, quiet=True)
    except (BuildError, ConfigError) as error:
        raise RenderError(f"The site could not be rendered: {error}.") from error
    broken = [(page, link) for page, link in site.broken if not link.startswith(tuple(elsewhere))]
    if broken:
        page, link = broken[0]
        raise RenderError(f"Page {page} has a link that leads nowhere: {link}.")
    write_search_index(Path(site.out), [str(page.out) for page in site.pages.values()])
    return Path(site.out)


def _add_themes(folder: Path) -> None:
    """Give smalldocs Bootstrap's own light and dark themes.

    Its bundled Bootswatch themes load web fonts, and it compiles no Sass, so the dark theme is made of
    Bootstrap's stylesheet with the rules for dark pages applied to the whole page.
    """
    vendored = resources.files("smalldocs") / "assets" / "vendor" / "bootstrap" / "bootstrap.min.css"
    stylesheet = vendored.read_text(encoding="utf-8")
    dark = re.sub(r"\[data-bs-theme=dark\]\{", ":root,[data-bs-theme=dark]{", stylesheet, count=1)
    if dark == stylesheet:
        raise RenderError(
            "The installed smalldocs brings a Bootstrap without a dark theme.",
            "Install the version of pyproject.toml.",
        )
    # smalldocs takes a page for dark by its background, so our own colours belong to the themes as well; not
    # in print, which is always light.
    own = (folder / "reports" / "theme" / "shopbook.css").read_text(encoding="utf-8")
    for name, content, selector in ((_LIGHT, stylesheet, ":root"), (_DARK, dark, ".quarto-dark")):
        colours = re.search(rf"^{re.escape(selector)} \{{(.*?)\}}", own, re.DOTALL | re.MULTILINE)
        if colours:
            content += f"\n@media screen {{ html:root {{{colours.group(1)}}} }}\n"
        (folder / name).write_text(content, encoding="utf-8", newline="\n")
    config_file = folder / "_quarto.yml"
    config = yaml.safe_load(config_file.read_text(encoding="utf-8"))
    config["smalldocs"] = {"theme": {"light": _LIGHT, "dark": _DARK}}
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=10_000)
    config_file.write_text(text, encoding="utf-8", newline="\n")


def render_brief(document: Path) -> Path:
    """Make the PDF of a brief's `.qmd`, in its folder, with pandoc and Typst.

    The PDF is tagged and follows PDF/UA-1, so that a figure without alt text or a missing title is an
    error here, not a surprise for a reader with a screen reader.

    Raises
    ------
    RenderError
        pandoc or Typst refuse the document.
    """
    import pypandoc
    import typst

    from analysis_lib.publish.brief import MARKDOWN

    folder = document.parent
    markup, made = document.with_suffix(".typ"), document.with_suffix(".pdf")
    template = folder / "pandoc.typst"
    try:
        pypandoc.convert_file(
            str(document),
            "typst",
            format=MARKDOWN,
            outputfile=str(markup),
            extra_args=[f"--template={template}", "--wrap=preserve"],
        )
        typst.compile(
            str(markup),
            output=str(made),
            root=str(folder),
            font_paths=[str(folder / "fonts")],
            pdf_standards=["ua-1"],
        )
    except typst.TypstError as error:
        hints = " ".join(error.hints or [])
        raise RenderError(
            f"The brief {document.stem} could not be typeset: {error.message}.", hints
        ) from error
    except RuntimeError as error:  # how pypandoc reports pandoc's own errors
        raise RenderError(f"The brief {document.stem} could not be converted: {error}.") from error
    return made
