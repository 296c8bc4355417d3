"""Makes the PDFs of the briefs of a run, two at once, and uses one again whose document did not change."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from analysis_lib.publish import render_builtin, render_quarto
from analysis_lib.publish.brief import Paper, write_brief
from analysis_lib.publish.fingerprint import hash_bytes, hash_files, hash_value
from analysis_lib.publish.plan import BriefSpec
from analysis_lib.publish.render import Renderer
from analysis_lib.publish.site import pdf_pages

_AT_ONCE = 2
_CODE = [Path(str(module.__file__)) for module in (render_builtin, render_quarto)]


def make_briefs(
    folder: Path,
    kept: Path,
    paper: Paper,
    renderer: Renderer,
    step: Callable[[str, int, int], None],
) -> list[str]:
    """Make each brief's PDF in `briefs/` of a run's folder, where the pages link to it.

    Parameters
    ----------
    folder
        The run's folder.
    kept
        Where finished briefs are kept from run to run, with the hash of the document they were made of.
    paper
        What briefs are made of.
    step
        Called with a label, how many are done, and how many there are.

    Returns
    -------
    list of str
        What a person should look at: briefs that are longer or shorter than they are meant to be.

    Raises
    ------
    RenderError
        A brief cannot be made; the sentence names it.
    """
    finished = folder / "briefs"

    def make(spec: BriefSpec) -> Path:
        # A folder with an underscore: renderers leave it out of the site
        work = folder / "_briefs" / spec.id
        document = write_brief(work, spec, paper)
        finished.mkdir(exist_ok=True)
        made = finished / f"{spec.id}.pdf"
        shutil.copyfile(_rendered(document, kept / spec.id, renderer), made)
        return made

    notes: list[str] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        made = pool.map(make, paper.plan.briefs)
        for number, (spec, pdf) in enumerate(zip(paper.plan.briefs, made, strict=True), start=1):
            notes += _length_note(spec, pdf_pages(pdf))
            step(spec.id, number, len(paper.plan.briefs))
    return notes


def _rendered(document: Path, kept: Path, renderer: Renderer) -> Path:
    """The PDF of a document: the kept one, where it was made of the same by the same."""
    files = [file for file in sorted(document.parent.rglob("*")) if file.is_file()]
    key = hash_value(
        [
            hash_files(document.parent, files),
            renderer.identity,
            [hash_bytes(file.read_bytes()) for file in _CODE],
        ]
    )
    pdf, record = kept / "brief.pdf", kept / "record.json"
    if pdf.is_file() and record.is_file():
        try:
            before = json.loads(record.read_text(encoding="utf-8"))
        except ValueError:
            before = None
        # A kept file that was touched since is never used
        if before == {"document": key, "pdf": hash_bytes(pdf.read_bytes())}:
            return pdf
    made = renderer.brief(document)
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    shutil.copyfile(made, pdf)
    record.write_text(json.dumps({"document": key, "pdf": hash_bytes(made.read_bytes())}), encoding="utf-8")
    return pdf


def _length_note(spec: BriefSpec, pages: int) -> list[str]:
    # A PDF whose pages cannot be counted says nothing of its length
    if not spec.length or not pages or spec.length[0] <= pages <= spec.length[1]:
        return []
    least, most = spec.length
    meant = str(least) if least == most else f"{least} to {most}"
    return [f"the brief {spec.id} has {pages} page{'s' if pages != 1 else ''}, but is meant to have {meant}"]
