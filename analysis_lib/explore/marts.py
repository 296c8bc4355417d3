"""What there is to read: the models of a shop by name, with completion, and what each one holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import shorten
from typing import TYPE_CHECKING

from analysis_lib.contracts import Column
from analysis_lib.errors import did_you_mean
from analysis_lib.models import Model
from analysis_lib.pages.quality_models import first_sentence
from analysis_lib.reporting.html import escape
from analysis_lib.reporting.metrics import registry

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

MART_LAYERS = ("fct", "dim", "dq")
_FIRST_ROWS = 5
_BRIEF = 90


def column_frame(model: Model) -> pd.DataFrame:
    """The columns of a model: name, GoogleSQL type, unit, whether it is part of the grain, meaning."""
    import pandas as pd

    found = model.contract.columns.values()
    return pd.DataFrame(
        {
            "type": [column.type for column in found],
            "unit": [column.unit for column in found],
            "in_grain": [column.name in model.contract.grain for column in found],
            "meaning": [column.description for column in found],
        },
        index=pd.Index([column.name for column in found], name="column"),
    )


def metric_frame() -> pd.DataFrame:
    """Every metric of the registry: label, unit, definition, formula, mart."""
    import pandas as pd

    found = registry().values()
    return pd.DataFrame(
        {
            "label": [metric.label for metric in found],
            "unit": [metric.unit for metric in found],
            "definition": [metric.definition for metric in found],
            "formula": [metric.formula for metric in found],
            "mart": [metric.model for metric in found],
        },
        index=pd.Index([metric.name for metric in found], name="metric"),
    )


class Mart:
    """One model of a shop: what it holds, and its rows when asked.

    Examples
    --------
    >>> book.marts.fct_daily_pnl["net_revenue"].sum()  # doctest: +SKIP
    """

    def __init__(self, book: Shop, model: Model) -> None:
        self._book = book
        self._model = model

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    @property
    def columns(self) -> pd.DataFrame:
        """The columns with type, unit and meaning."""
        return column_frame(self._model)

    def rows(
        self, columns: str | Sequence[str] | None = None, where: str | None = None, limit: int | None = None
    ) -> pd.DataFrame:
        """The rows in the order of the grain; as :meth:`Shop.mart`."""
        return self._book.mart(self.name, columns, where, limit)

    def head(self, rows: int = _FIRST_ROWS) -> pd.DataFrame:
        """The first rows."""
        return self.rows(limit=rows)

    def __getitem__(self, columns: str | list[str]) -> pd.Series | pd.DataFrame:
        found = self.rows(columns)
        return found[columns]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._model.contract.columns)

    def _facts(self) -> str:
        contract = self._model.contract
        grain = f"{contract.grain_description} ({', '.join(contract.grain)})"
        lacks = self._book.lacks(self.name)
        if lacks:
            return f"not available: the shop has no {', '.join(lacks)}; {grain}"
        return f"{self._book.row_counts.get(self.name, 0):,} rows, {grain}"

    def __repr__(self) -> str:
        width = max(len(name) for name in self._model.contract.columns)
        lines = [f"{self.name}: {self._facts()}", self._model.contract.description, ""]
        lines += [
            f"  {column.name:<{width}}  {column.type:<9}  {column.description}{_unit(column)}"
            for column in self._model.contract.columns.values()
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        described = self.columns.reset_index()
        return (
            f"<p><strong>{escape(self.name)}</strong>: {escape(self._facts())}<br>"
            f"{escape(self._model.contract.description)}</p>\n{html_table(described)}"
        )


def html_table(frame: pd.DataFrame) -> str:
    """A frame as a table whose texts are read in full, aligned to the left."""
    head = "".join(f'<th style="text-align: left">{escape(str(name))}</th>' for name in frame.columns)
    body = "\n".join(
        "<tr>" + "".join(f'<td style="text-align: left">{escape(_text(cell))}</td>' for cell in row) + "</tr>"
        for row in frame.itertuples(index=False)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else ""
    return f"{cell:,d}" if isinstance(cell, int) else str(cell)


class Marts:
    """The marts of a shop: `book.marts` shows them, `book.marts.<Tab>` completes their names.

    Called, it gives them as a table to search in: `book.marts()`, with `every=True` the staging and
    intermediate models, too.
    """

    def __init__(self, book: Shop) -> None:
        self._book = book

    def _models(self, every: bool = False) -> list[Model]:
        models = self._book.project.models.values()
        return sorted(
            (model for model in models if every or model.layer in MART_LAYERS),
            key=lambda model: (
                MART_LAYERS.index(model.layer) if model.layer in MART_LAYERS else 9,
                model.name,
            ),
        )

    def __call__(self, every: bool = False) -> pd.DataFrame:
        import pandas as pd

        models = self._models(every)
        counts = self._book.row_counts
        needs = self._book.project.missing_inputs(set())  # what a shop without any table would lack
        return pd.DataFrame(
            {
                "grain": [model.contract.grain_description for model in models],
                "rows": pd.array([counts.get(model.name) for model in models], dtype="Int64"),
                "answers": [first_sentence(model.contract.description) for model in models],
                "needs": [", ".join(_plain(name) for name in needs[model.name]) for model in models],
                "lacks": [", ".join(self._book.lacks(model.name)) for model in models],
            },
            index=pd.Index([model.name for model in models], name="mart"),
        )

    def __getattr__(self, name: str) -> Mart:
        models = self._book.project.models
        if name.startswith("_") or name not in models:
            raise AttributeError(f"There is no mart {name}. {did_you_mean(name, list(self))}")
        return Mart(self._book, models[name])

    def __getitem__(self, name: str) -> Mart:
        return Mart(self._book, self._book.project.get(name))

    def __iter__(self) -> Iterator[str]:
        return (model.name for model in self._models())

    def __len__(self) -> int:
        return len(self._models())

    def __contains__(self, name: object) -> bool:
        return name in self._book.project.models

    def __dir__(self) -> list[str]:
        return list(self._book.project.models)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._book.project.models)

    def __repr__(self) -> str:
        counts = self._book.row_counts
        width = max(len(name) for name in self)
        lines = [
            f"  {model.name:<{width}}  {_rows(counts.get(model.name)):>11}  {_brief(model)}"
            for model in self._models()
        ]
        return "\n".join([f"{len(lines)} marts of the shop {self._book.name}:", *lines])

    def _repr_html_(self) -> str:
        found = self().reset_index()
        counts = self._book.row_counts
        found["rows"] = [_rows(counts.get(name)) for name in found["mart"]]
        return html_table(found.drop(columns=["needs", "lacks"]))


def _rows(count: int | None) -> str:
    return "not there" if count is None else f"{count:,}"


def _plain(table: str) -> str:
    return table.removeprefix("raw_")


def _brief(model: Model) -> str:
    return shorten(first_sentence(model.contract.description), _BRIEF, placeholder=" …")


def _unit(column: Column) -> str:
    return f" ({column.unit})" if column.unit else ""
