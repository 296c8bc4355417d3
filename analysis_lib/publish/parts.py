"""The sites that a run is made of: the whole report, its editions, and editions that stay as published."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from analysis_lib.publish.editions_index import Listed, editions_index
from analysis_lib.publish.fingerprint import hash_value
from analysis_lib.publish.part import EDITIONS, Part
from analysis_lib.publish.plan import Reports, read_reports
from analysis_lib.publish.render import choose
from analysis_lib.publish.request import PublishRequest
from analysis_lib.publish.site import BUILD, is_intact, read_build


def plan_parts(request: PublishRequest, site: Path, library: Path) -> tuple[list[Part], list[Listed]]:
    """The parts to make, the whole report first, and the editions that stay as they were published.

    A preview (`only`) of editions has no whole report.

    Parameters
    ----------
    site
        Where the published site is.
    library
        The folder of the code.

    Raises
    ------
    SettingsError, MissingInputError, RenderError, NotebookError, ParameterError
        `reports.yml`, a notebook or the renderer cannot be used; nothing was run yet.
    """
    # Alerts are entries of reports.yml and import what reads these from this package.
    from analysis_lib.delivery.alerts import read_alerts

    renderer = choose(request.renderer)
    reports = read_reports(request.settings.reports / "reports.yml", request.settings.notebooks)
    names = {entry.id for entry in reports.editions} | {edition.id for edition in request.editions}
    path = request.settings.reports / "reports.yml"
    alerts = read_alerts(path, [page.id for page in reports.pages], sorted(names))
    editions = [Part(request, reports, renderer, library, edition, alerts) for edition in request.editions]
    if request.only and editions:
        return editions, []
    whole = Part(request, reports, renderer, library, alerts=alerts)
    if request.only:
        return [whole], []
    kept = _kept(request, reports, site)
    listed = [*(_listed(part) for part in editions), *kept]
    order = [entry.id for entry in reports.editions]
    places = {part.edition.id: part.edition.entry for part in editions if part.edition}
    places |= {line.id: _entry_of(site, line.id) for line in kept}
    listed.sort(key=lambda line: order.index(places[line.id]) if places[line.id] in order else len(order))
    published = {"", *(line.id for line in listed)}
    nowhere = [alert for alert in alerts if alert.edition not in published]
    if nowhere:  # the whole report says that they are not known
        whole.alerts = [*whole.alerts, *nowhere]
        whole.fingerprint = hash_value([whole.fingerprint, [repr(alert) for alert in nowhere]])
    if listed:
        whole.listed = listed
        whole.index = editions_index(listed)
        whole.fingerprint = hash_value([whole.fingerprint, whole.index])
    return [whole, *editions], kept


def _listed(part: Part) -> Listed:
    edition = part.edition
    assert edition is not None
    return Listed(
        edition.id,
        edition.title,
        edition.description,
        edition.restriction,
        part.stamp.period,
        part.stamp.data_through,
    )


def _entry_of(site: Path, name: str) -> str:
    return str(read_build(site / EDITIONS / name).get("edition", {}).get("entry", ""))


def _kept(request: PublishRequest, reports: Reports, site: Path) -> list[Listed]:
    """Editions of this shop that were published before and are not made now, while reports.yml lists them."""
    made = {edition.id for edition in request.editions}
    entries = {entry.id for entry in reports.editions}
    found = []
    for file in sorted((site / EDITIONS).glob(f"*/{BUILD}")):
        build = read_build(file.parent)
        edition = build.get("edition") or {}
        if (
            edition.get("id") == file.parent.name
            and edition["id"] not in made
            and edition["entry"] in entries
            and build.get("shop") == request.stamp.shop
            and is_intact(file.parent, build)
        ):
            found.append(Listed.from_build(build))
    return found


def kept_words(kept: Sequence[Listed]) -> dict[str, str]:
    """What the summary says of editions that stay as they were."""
    return {line.id: "kept as published; --edition makes it again" for line in kept}


def fingerprint_of(parts: Sequence[Part], kept: Sequence[Listed]) -> str:
    """One hash of everything that the site holds."""
    return hash_value([{part.address: part.fingerprint for part in parts}, [line.id for line in kept]])


def add_run(site: Path, fingerprint: str, kept: Sequence[str], parts: Sequence[Part]) -> None:
    """Add to the `build.json` of the whole report which editions stand beside it."""
    path = site / BUILD
    if not path.is_file():  # a preview of editions
        return
    document = json.loads(path.read_text(encoding="utf-8"))
    made = {part.edition.id: {"fingerprint": part.fingerprint} for part in parts if part.edition}
    document["run"] = fingerprint
    document["editions"] = {**made, **{name: {"kept": True} for name in kept}}
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
