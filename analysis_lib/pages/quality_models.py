"""What the shop's data cannot answer, and what every model is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from analysis_lib.models import Model
from analysis_lib.pages import quality_data
from analysis_lib.pages.quality_costs import costs
from analysis_lib.reporting import numbers
from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.html import Html, escape, join, paragraph
from analysis_lib.reporting.lineage import Box, Group, Layer, picture
from analysis_lib.reporting.tables import Column, table

if TYPE_CHECKING:
    from analysis_lib.shop import Shop


def sources(book: Shop) -> Html:
    """What is not available, the picture of the models, the same as a table, what was billed for them."""
    return join([not_available(book), lineage(book), _folded(book), costs(book)])


def not_available(book: Shop) -> Html:
    """The models that could not be built, or not in full, with the input each lacks."""
    import pandas as pd

    models = book.project.models
    found = [("not built", quality_data.missing(book)), ("without a part", quality_data.incomplete(book))]
    rows = [
        {
            "model": name,
            "state": state,
            "lacks": ", ".join(_plain(other) for other in lacks),
            "answers": first_sentence(models[name].contract.description),
        }
        for state, names in found
        for name, lacks in sorted(names.items())
    ]
    if not rows:
        return paragraph(
            f"Nothing is missing: the shop has every input of all {numbers.plural(len(models), 'model')}."
        )
    columns = [
        Column("model", "Model"),
        Column("state", "State"),
        Column("lacks", "Lacks"),
        Column("answers", "What it would answer"),
    ]
    return table(
        pd.DataFrame(rows),
        columns,
        "models-not-available",
        "What is not available, and which input it lacks",
        f"{numbers.count(len(rows))} of {numbers.plural(len(models), 'model')}; a model without a part has "
        "missing values where that part would be",
    )


def _plain(name: str) -> str:
    return name.removeprefix("raw_")


def first_sentence(text: str) -> str:
    """The first sentence of a description.

    Examples
    --------
    >>> first_sentence("Orders of a day. Cancelled ones count, too.")
    'Orders of a day.'
    """
    head, _, rest = text.partition(". ")
    return f"{head}." if rest else head


def lineage(book: Shop) -> Html:
    """The picture of which table is made of which, from the files that were loaded to the marts."""
    models = book.project.models
    raw = {name for model in models.values() for name in model.inputs if name.startswith("raw_")}
    there = {f"raw_{name}" for name in quality_data.loaded(book)["table_name"]}
    lacking = raw - there if there else set()
    loaded = [Box(name, _plain(name), name in lacking) for name in sorted(raw | there)]
    layers = [Layer("Loaded tables", [Group("", loaded)])]
    groups: dict[str, dict[str, list[Box]]] = {}
    for name in sorted(models):
        place = quality_data.layer(models[name])
        heading = models[name].path.parent.name if place in ("Marts", "Rules") else ""
        groups.setdefault(place, {}).setdefault(heading, []).append(Box(name, name, bool(book.lacks(name))))

    def of(place: str) -> list[Group]:
        return [Group(heading, boxes) for heading, boxes in sorted(groups.get(place, {}).items())]

    layers += [
        Layer("Staging", [*of("Staging"), *of("Rules")]),
        Layer("Intermediate", of("Intermediate")),
        Layer("Predictions", of("Predictions")),
        Layer("Marts", of("Marts")),
        Layer("Quality", of("Quality")),
    ]
    reads = {name: model.inputs for name, model in models.items()}
    return picture(layers, reads, _words(models, len(loaded), reads, bool(quality_data.missing(book))))


def _words(
    models: Mapping[str, Model], loaded: int, reads: Mapping[str, frozenset[str]], some_missing: bool
) -> Words:
    readers = {name: sum(name in inputs for inputs in reads.values()) for name in models}
    most = max(sorted(readers), key=lambda name: readers[name])
    counts: dict[str, int] = {}
    for model in models.values():
        place = quality_data.layer(model)
        counts[place] = counts.get(place, 0) + 1
    parts = ", ".join(
        f"{place.lower()} {numbers.count(counts[place])}" for place in quality_data.LAYERS if place in counts
    )
    dashed = " What is not available has a dashed outline." if some_missing else ""
    busiest = f"{most} is read by the most models: {numbers.count(readers[most])}."
    return Words(
        "What is made of what",
        f"A line leads from each table to those that read it, from the left to the right; an arc stays "
        f"within its column. {busiest}{dashed}",
        f"Diagram of {numbers.plural(loaded, 'loaded table')} and {numbers.plural(len(models), 'model')} in "
        f"columns by layer ({parts}), with a line from each table to those that read it. {busiest}{dashed} "
        "The table below lists what each model reads.",
    )


def _folded(book: Shop) -> Html:
    import pandas as pd

    project = book.project
    order = {name: place for place, name in enumerate(quality_data.LAYERS)}
    rows = pd.DataFrame(
        [
            {
                "layer": quality_data.layer(model),
                "model": model.name,
                "grain": quality_data.in_words(model.contract.grain_description),
                "reads": ", ".join(_plain(name) for name in sorted(model.inputs)),
                "description": model.contract.description,
            }
            for model in sorted(
                project.models.values(), key=lambda model: (order[quality_data.layer(model)], model.name)
            )
        ]
    )
    columns = [
        Column("model", "Model"),
        Column("grain", "Rows"),
        Column("reads", "Reads"),
    ]
    made = table(
        rows, columns, "models-and-inputs", "Every model and what it reads", "by layer", group="layer"
    )
    summary = escape(f"The same as a table: {numbers.plural(len(rows), 'model')}")
    return Html(f"<details><summary>{summary}</summary>\n{made.text}\n</details>")
