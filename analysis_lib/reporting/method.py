"""How the numbers of a page are computed: definitions in words, and the SQL of the models, folded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis_lib.reporting.cards import anchor
from analysis_lib.reporting.html import Html, escape
from analysis_lib.reporting.metrics import Metric, metric

if TYPE_CHECKING:
    from analysis_lib.shop import Shop


def method(book: Shop, metric_names: Sequence[str], models: Sequence[str] = ()) -> Html:
    """The section "How this is computed".

    Parameters
    ----------
    book
        The shop; gives the SQL of the models as it was run.
    metric_names
        The metrics that the page shows; the cards link to their definitions.
    models
        Models read beside those of the metrics.

    Raises
    ------
    SettingsError
        A metric is not in the registry.
    ModelError
        A model is not there.
    """
    metrics = [metric(name) for name in metric_names]
    names = list(dict.fromkeys([*(found.model for found in metrics), *models]))
    definitions = "\n".join(_definition(found) for found in metrics)
    sql = "\n".join(_sql(book, name) for name in names)
    return Html(
        f'<dl class="definitions">\n{definitions}\n</dl>\n'
        f"<p>{escape(_parameters(book))}</p>\n<p>The SQL of the models (GoogleSQL):</p>\n{sql}"
    )


def _definition(found: Metric) -> str:
    text = f"{escape(found.definition)} <em>{escape(found.formula[0].upper() + found.formula[1:])}.</em>"
    if found.caveat:
        text += f" {escape(found.caveat)}"
    source = escape(f"{found.model}: {', '.join(found.columns)}; defined {found.changed_on.isoformat()}.")
    text += f" <small>{source}</small>"
    return f'<dt id="{anchor(found)}">{escape(found.label)}</dt><dd>{text}</dd>'


def _sql(book: Shop, model: str) -> str:
    text = escape(book.model_sql(model).strip())
    return (
        f"<details><summary>{escape(model)}</summary>\n"
        f'<pre class="sql"><code class="language-sql">{text}</code></pre>\n</details>'
    )


def _parameters(book: Shop) -> str:
    values = book.parameters.as_query_parameters()
    listed = ", ".join(f"{name} = {value}" for name, value in values.items())
    return f"Parameters of the run: {listed}."
