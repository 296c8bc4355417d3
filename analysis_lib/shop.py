"""What a notebook holds in its hands: one shop, with parameters that are settled.

``open_shop()`` builds what is missing or stale, then opens the warehouse read-only, so that several
notebooks run at once and none can change a mart. What helps only a person who explores is in `explore/`.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any

from analysis_lib import checks, runner
from analysis_lib.editions.schema import edition_is_not, project_of, read_edition, shop_of
from analysis_lib.errors import ModelError, did_you_mean
from analysis_lib.explore import apart, ask, kernel
from analysis_lib.explore.kernel import READ_ONLY
from analysis_lib.models import Project
from analysis_lib.parameters import Parameters
from analysis_lib.settings import Settings, load_settings
from analysis_lib.state import read_state
from analysis_lib.stated import run_parameters
from analysis_lib.warehouse.base import Warehouse
from analysis_lib.warehouse.opening import choose_shop, open_warehouse

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.explore.explanation import Explanation
    from analysis_lib.explore.marts import Mart, Marts

__all__ = ["READ_ONLY", "Shop", "open_shop"]


class Shop:
    """One shop's marts, read-only.

    In JupyterLab it holds the warehouse file only while a cell runs, so that a report can be made while
    notebooks are open; marts that were made again meanwhile are an error, never a mixture.

    Parameters
    ----------
    warehouse
        The shop's warehouse, opened read-only.
    project
        The models of the shop's source.
    parameters
        The parameters that the marts were built with; `as_of` is set.
    fingerprints
        Fingerprint of each built model.
    missing
        Model to the inputs that the shop lacks for it.
    reopen
        Opens the warehouse again after :meth:`release`; without it, it is held until :meth:`close`.
    kept_apart
        The file or dataset of marts that are not the shop's own; see `explore/apart.py`.

    Attributes
    ----------
    row_limit
        The most rows that a query brings into Python.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        project: Project,
        parameters: Parameters,
        fingerprints: Mapping[str, str],
        missing: Mapping[str, tuple[str, ...]],
        reopen: Callable[[], Warehouse] | None = None,
        kept_apart: str = "",
    ) -> None:
        self._held: Warehouse | None = warehouse
        self._reopen = reopen
        self._project = project
        self._missing = missing
        self.name = warehouse.shop
        self.shop_name = shop_of(warehouse)
        self.edition = read_edition(warehouse)
        self.settings = warehouse.settings
        self.parameters = parameters
        self.fingerprints = dict(fingerprints)
        self.kept_apart = kept_apart
        self.row_limit = ask.ROW_LIMIT

    @property
    def _warehouse(self) -> Warehouse:
        if self._held is None:
            if self._reopen is None:
                raise ModelError(f"The shop {self.name} was closed.", "Open it again with open_shop().")
            self._held = self._reopen()
        return self._held

    def __enter__(self) -> Shop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        from analysis_lib.explore import face

        return face.as_text(self)

    def _repr_html_(self) -> str:
        from analysis_lib.explore import face

        return face.as_html(self)

    @property
    def project(self) -> Project:
        """The models of the shop's source with their contracts, whether they are available or not."""
        return self._project

    def has_table(self, name: str) -> bool:
        """Whether the warehouse holds a table or view of that name, such as `rejected_rows`."""
        return name in self._warehouse.tables()

    @property
    def data_through(self) -> dt.date:
        """The last day that counts (`as_of`, resolved)."""
        if self.parameters.as_of is None:
            raise ModelError("The shop was opened without a last day.", "Open it with open_shop().")
        return self.parameters.as_of

    def available(self, model: str) -> bool:
        """Whether the shop's source has what the model needs."""
        return model in self._missing and not self._missing[model]

    def lacks(self, model: str) -> tuple[str, ...]:
        """The inputs that a model lacks; empty when it is available."""
        return self._missing[self._project.get(model).name]

    def model_sql(self, model: str) -> str:
        """The GoogleSQL of a model, as it stands in its file."""
        return self._project.get(model).sql

    @cached_property
    def row_counts(self) -> Mapping[str, int]:
        """Rows of each model that is there."""
        counts = {name: rows for name, (_, _, rows) in read_state(self._warehouse).models.items()}
        for name in self._warehouse.tables() & self._project.models.keys() - counts.keys():
            [(counts[name],)] = self._warehouse.rows(f"select count(*) from {name}")
        return counts

    @property
    def marts(self) -> Marts:
        """The marts: `book.marts` shows them, `book.marts.fct_sessions` is one, `book.marts()` a table."""
        from analysis_lib.explore.marts import Marts

        return Marts(self)

    def __getitem__(self, model: str) -> Mart:
        return self.marts[model]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._project.models)

    def mart(
        self,
        model: str,
        columns: str | Sequence[str] | None = None,
        where: str | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """The rows of a model, in the order of its grain.

        Parameters
        ----------
        model
            The model's name, for example ``fct_daily_pnl``.
        columns
            The columns to read, or one; all when left out.
        where
            A GoogleSQL condition; may use ``@as_of`` and the other parameters.
        limit
            The first rows only. Without it, more than `row_limit` rows are an error.

        Raises
        ------
        ModelError
            For an unknown model or column, or a model that is not available, with the input it lacks.
        QueryError
            The condition is not valid, or there are too many rows.

        Examples
        --------
        >>> book.mart("fct_daily_pnl", ["calendar_date", "net_revenue"])  # doctest: +SKIP
        >>> book.mart("fct_sessions", where="device = 'mobile'", limit=100)  # doctest: +SKIP
        """
        contract = self._project.get(model).contract
        if not self.available(model):
            raise ModelError(
                f"The model {model} is not available: the shop has no {self._missing[model][0]}."
            )
        wanted = [columns] if isinstance(columns, str) else list(columns or contract.columns)
        for column in wanted:
            if column not in contract.columns:
                hint = did_you_mean(column, contract.columns)
                raise ModelError(f"The model {model} has no column {column}.", hint)
        condition = f" where {where}" if where else ""
        query = f"select {', '.join(wanted)} from {model}{condition} order by {', '.join(contract.grain)}"
        if limit is None:
            return self.sql(query)
        return self._ask(f"{query} limit {int(limit)}", {}, None)

    def sql(self, query: str, **parameters: object) -> pd.DataFrame:
        """The rows of a GoogleSQL query, which may use ``@as_of`` and the other run parameters.

        Raises
        ------
        QueryError
            When it is not valid GoogleSQL, names a table or column that is not there (with the nearest one),
            or has more than `row_limit` rows.

        Examples
        --------
        >>> book.sql("select sum(orders) from fct_daily_pnl where calendar_date > @day",
        ...          day=dt.date(2026, 1, 1))  # doctest: +SKIP
        """
        return self._ask(query, parameters, self.row_limit)

    def _ask(self, query: str, parameters: Mapping[str, object], row_limit: int | None) -> pd.DataFrame:
        values = {**self.parameters.as_query_parameters(), **parameters}
        return ask.run(self._warehouse, self._project, query, values, row_limit, self.row_counts)

    def describe(self, model: str) -> pd.DataFrame:
        """The columns of a model: type, unit, whether it is part of the grain, meaning.

        Raises
        ------
        ModelError
            For an unknown model, with the nearest one.
        """
        return self[model].columns

    def metrics(self) -> pd.DataFrame:
        """Every metric: label, unit, definition, formula and the mart that it comes from."""
        from analysis_lib.explore.marts import metric_frame

        return metric_frame()

    def explain(self, name: str) -> Explanation:
        """What a metric, a mart or a column (`fct_sessions.is_bounce`) means, and how sure one may be of it.

        Definition, formula, caveat, value in the window against those before, checks, the pages that show it,
        what it is made from, and its SQL. JupyterLab shows it as HTML; `print` gives text.

        Raises
        ------
        QueryError
            There is nothing of that name; it names the nearest.

        Examples
        --------
        >>> book.explain("net_revenue")  # doctest: +SKIP
        """
        from analysis_lib.explore.explain import explain

        return explain(self, name)

    def checks(self) -> pd.DataFrame:
        """The outcome of every check (table `dq_checks`); no rows when none was run."""
        if not self.has_table("dq_checks"):
            import pandas as pd

            return pd.DataFrame(columns=list(checks.DQ_CHECKS))
        return self.sql("select * from dq_checks order by model, column_name, check_name, brief")

    def release(self) -> None:
        """Let go of the warehouse file until something is asked again, where it can be opened again."""
        if self.settings.engine != "duckdb" and os.environ.get(READ_ONLY):
            return  # a published page shuts nobody out there, and each opening would cost it seconds
        if self._reopen is not None and self._held is not None:
            self._held.close()
            self._held = None

    def close(self) -> None:
        """Let go of the warehouse file for good."""
        if self._held is not None:
            self._held.close()
        self._held = self._reopen = None


def open_shop(
    shop: str = "", as_of: str = "", settings: Settings | None = None, **parameters: object
) -> Shop:
    """Open a shop's marts; builds first what is missing or stale.

    The shop's own marts are those of the last build. With other parameters they stay as they are, and marts
    of their own are built beside them (see `explore/apart.py`) and found again the next time.

    Parameters
    ----------
    shop
        The shop's name; the one loaded last when empty.
    as_of
        The last day that counts as YYYY-MM-DD; the newest in the data when empty.
    settings
        The project; found from the current folder when left out.
    **parameters
        Any other run parameter, such as ``window_days=30``. One that is not named keeps the value of
        the last build.

    Raises
    ------
    MissingInputError
        When no shop was loaded, or not that one.
    ParameterError, DateRangeError
        When a parameter cannot be used.

    Examples
    --------
    >>> book = open_shop(window_days=30)  # doctest: +SKIP
    """
    kernel.prepare()
    settings = settings or load_settings(shop=shop)
    name, source = choose_shop(settings, shop)
    with open_warehouse(settings, name, read_only=True) as warehouse:
        project = project_of(warehouse, source, settings)
        edition = read_edition(warehouse)
        made_with = read_state(warehouse).parameters
        if edition:  # an edition has a last day of its own
            as_of = as_of or made_with.get("as_of", "")
        wanted = wanted_parameters(settings, warehouse, source, {"as_of": as_of, **parameters})
        work = runner.Runner(warehouse, project, wanted)
        stale = work.stale()
        if stale and edition and not os.environ.get(READ_ONLY):
            raise edition_is_not(name, edition, made_with)
        if stale and os.environ.get(READ_ONLY):
            [(model, reason), *_] = stale.items()
            raise ModelError(
                f"The marts do not fit this notebook's parameters ({model}: {reason}), and a published run "
                "does not build.",
                "Were they changed meanwhile? Run shopbook report again.",
            )
        beside = apart.kept_apart(warehouse, settings, work, stale, wanted)
        is_own = not stale or apart.are_own(work.state.parameters, wanted)
    if stale and is_own:
        _build(settings, name, project, wanted)
    elif stale and not beside.is_ready():
        kernel.release_all()  # a process cannot hold a file both for reading and for writing
        kernel.say(f"Building marts for these parameters, apart from those of the shop {name} …")
        beside.build()
    make = (lambda: open_warehouse(settings, name, read_only=True)) if is_own else beside.open
    return _opened(make, project, wanted, "" if is_own else beside.name)


def _build(settings: Settings, name: str, project: Project, wanted: Parameters) -> None:
    """Bring the shop's own marts up to date."""
    kernel.release_all()
    kernel.say(f"Building the marts of the shop {name}, which are not up to date …")
    with open_warehouse(settings, name) as writable:
        summary = runner.Runner(writable, project, wanted).build()
        checks.Checker(writable, project, summary.parameters, summary.fingerprints).run()


def _opened(make: Callable[[], Warehouse], project: Project, wanted: Parameters, kept_apart: str) -> Shop:
    """A shop on marts that are up to date; each time it is opened again, they must be the same."""
    warehouse = make()
    work = runner.Runner(warehouse, project, wanted)
    work.stale()

    def reopen() -> Warehouse:
        again = make()
        now = read_state(again).models
        changed = [name for name, old in work.fingerprints.items() if now.get(name, ("",))[0] != old]
        if changed:
            again.close()
            raise apart.changed_meanwhile(again.shop, changed)
        return again

    book = Shop(warehouse, project, work.parameters, work.fingerprints, work.missing, reopen, kept_apart)
    kernel.attach(book)
    return book


def wanted_parameters(
    settings: Settings, warehouse: Warehouse, source: str, given: Mapping[str, Any]
) -> Parameters:
    """What was given wins over the last build, which wins over the settings file and the defaults."""
    last = {
        name: value
        for name, value in read_state(warehouse).parameters.items()
        if name in Parameters.__dataclass_fields__ and name != "as_of"
    }
    return run_parameters(settings, warehouse, source, {**settings.parameters, **last, **given})
