"""What a notebook holds in its hands: one shop, with parameters that are settled.

``open_shop()`` builds what is missing or stale, then opens the warehouse read-only, so that several
notebooks run at once and none can change a mart.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from analysis_lib import checks, runner
from analysis_lib.errors import ModelError, QueryError, did_you_mean
from analysis_lib.models import Project, read_project
from analysis_lib.parameters import Parameters, make_parameters
from analysis_lib.settings import Settings, load_settings
from analysis_lib.state import read_state
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.duckdb import DuckDBWarehouse, choose_shop

if TYPE_CHECKING:
    import pandas as pd

# Set for the kernels of a published run: none may build behind the report's back, nor two at once.
READ_ONLY = "SHOPBOOK_READ_ONLY"


class Shop:
    """One shop's marts, read-only.

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
    """

    def __init__(
        self,
        warehouse: DuckDBWarehouse,
        project: Project,
        parameters: Parameters,
        fingerprints: Mapping[str, str],
        missing: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._warehouse = warehouse
        self._project = project
        self._missing = missing
        self.parameters = parameters
        self.fingerprints = dict(fingerprints)

    def __enter__(self) -> Shop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Shop({self.name!r}, as of {self.data_through.isoformat()})"

    @property
    def name(self) -> str:
        """The shop's name in the warehouse."""
        return self._warehouse.shop

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

    def mart(
        self, model: str, columns: Sequence[str] | None = None, where: str | None = None
    ) -> pd.DataFrame:
        """The rows of a model, in the order of its grain.

        Parameters
        ----------
        model
            The model's name, for example ``fct_daily_pnl``.
        columns
            The columns to read; all when left out.
        where
            A GoogleSQL condition; may use ``@as_of`` and the other parameters.

        Raises
        ------
        ModelError
            For an unknown model or column, or a model that is not available, with the input it lacks.

        Examples
        --------
        >>> book.mart("fct_daily_pnl", ["calendar_date", "net_revenue"])  # doctest: +SKIP
        """
        contract = self._project.get(model).contract
        if not self.available(model):
            raise ModelError(
                f"The model {model} is not available: the shop has no {self._missing[model][0]}."
            )
        for column in columns or ():
            if column not in contract.columns:
                hint = did_you_mean(column, contract.columns)
                raise ModelError(f"The model {model} has no column {column}.", hint)
        names = ", ".join(columns or contract.columns)
        condition = f" where {where}" if where else ""
        return self.sql(f"select {names} from {model}{condition} order by {', '.join(contract.grain)}")

    def sql(self, query: str, **parameters: object) -> pd.DataFrame:
        """The rows of a GoogleSQL query, which may use ``@as_of`` and the other run parameters.

        Raises
        ------
        QueryError
            When it is not valid GoogleSQL or names a table or column that is not there.
        """
        tree = dialect.parse(query)
        values = {**self.parameters.as_query_parameters(), **parameters}
        needed = dialect.parameters(tree)
        unknown = sorted(needed - values.keys())
        if unknown:
            raise QueryError(f"There is no parameter @{unknown[0]}.", did_you_mean(unknown[0], values))
        return self._warehouse.query(tree, {name: values[name] for name in needed})

    def checks(self) -> pd.DataFrame:
        """The outcome of every check (table `dq_checks`); no rows when none was run."""
        if not self.has_table("dq_checks"):
            import pandas as pd

            return pd.DataFrame(columns=list(checks.DQ_CHECKS))
        return self.sql("select * from dq_checks order by model, column_name, check_name, brief")

    def close(self) -> None:
        """Let go of the warehouse file."""
        self._warehouse.close()


def open_shop(
    shop: str = "", as_of: str = "", settings: Settings | None = None, **parameters: object
) -> Shop:
    """Open a shop's marts; builds first what is missing or stale.

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
    settings = settings or load_settings()
    name, source = choose_shop(settings, shop)
    project = read_project(source, settings.rules, settings.sources)
    warehouse = DuckDBWarehouse(settings, name, read_only=True)
    wanted = wanted_parameters(settings, warehouse, {"as_of": as_of, **parameters})
    work = runner.Runner(warehouse, project, wanted)
    stale = work.stale()
    if stale and os.environ.get(READ_ONLY):
        warehouse.close()
        [(model, reason), *_] = stale.items()
        raise ModelError(
            f"The marts do not fit this notebook's parameters ({model}: {reason}), and a published run "
            "does not build.",
            "Were they changed meanwhile? Run shopbook report again.",
        )
    if stale:
        warehouse.close()
        with DuckDBWarehouse(settings, name) as writable:
            summary = runner.Runner(writable, project, wanted).build()
            checks.Checker(writable, project, summary.parameters, summary.fingerprints).run()
        warehouse = DuckDBWarehouse(settings, name, read_only=True)
        work = runner.Runner(warehouse, project, wanted)
        work.stale()
    return Shop(warehouse, project, work.parameters, work.fingerprints, work.missing)


def wanted_parameters(settings: Settings, warehouse: DuckDBWarehouse, given: Mapping[str, Any]) -> Parameters:
    """What was given wins over the last build, which wins over the settings file and the defaults."""
    last = {
        name: value
        for name, value in read_state(warehouse).parameters.items()
        if name in Parameters.__dataclass_fields__ and name != "as_of"
    }
    return make_parameters({**settings.parameters, **last, **given})
