"""What a model is made from, up to the loaded tables: as lines of text, and as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis_lib.models import Model, Project
from analysis_lib.pages.quality_data import layer
from analysis_lib.reporting import lineage as drawing
from analysis_lib.reporting.charts import Words

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_LOADED = "Loaded tables"
_ORDER = (_LOADED, "Staging", "Rules", "Intermediate", "Predictions", "Marts", "Quality")


def _upstream(project: Project, model: Model) -> dict[str, list[str]]:
    """Layer to the names of the tables that a model needs, at any distance."""
    names = {*project.ancestors(model.name), model.name}
    raw = {name for other in names for name in project.models[other].inputs if name not in project.models}
    by_layer: dict[str, list[str]] = {_LOADED: sorted(raw)}
    for name in sorted(names - {model.name}):
        by_layer.setdefault(layer(project.models[name]), []).append(name)
    return {name: by_layer[name] for name in _ORDER if by_layer.get(name)}


def lines(project: Project, model: Model) -> str:
    """The tables upstream of a model, the nearest first: what it reads itself, then layer by layer."""
    own = sorted(model.inputs)
    if not own:
        return "nothing: the rule table is the source"
    found = [f"it reads {', '.join(own)}"]
    for place, names in reversed(_upstream(project, model).items()):
        further = [name for name in names if name not in own]
        if further:
            found.append(f"{place.lower()}: {', '.join(further)}")
    return "\n".join(found)


def picture_of(book: Shop, model: Model) -> str:
    """The same as boxes and lines, as HTML."""
    project = book.project
    layers = [
        drawing.Layer(
            place, [drawing.Group("", [drawing.Box(name, name, _lacks(book, name)) for name in names])]
        )
        for place, names in _upstream(project, model).items()
    ]
    layers.append(drawing.Layer("", [drawing.Group("", [drawing.Box(model.name, model.name)])]))
    reads = {name: project.models[name].inputs for name in {*project.ancestors(model.name), model.name}}
    words = Words(f"What {model.name} is made from", "", lines(project, model).replace("\n", "; "))
    return drawing.picture(layers, reads, words).text


def _lacks(book: Shop, name: str) -> bool:
    return name in book.project.models and bool(book.lacks(name))
