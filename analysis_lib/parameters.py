"""The parameters of a run: one place, strict, visible in the warehouse.

Source: definitions.md, section 1. No model asks the clock; what a number depends on stands here.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import statistics
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis_lib.errors import ParameterError, did_you_mean


@dataclass(frozen=True)
class Parameter:
    """One parameter: its type, default, what is allowed, and a sentence of help."""

    name: str
    kind: type
    default: object
    allowed: str
    help: str
    is_allowed: Callable[[Any], bool]


def _is_time_zone(name: str) -> bool:
    return name in zoneinfo.available_timezones()


def _between(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: low <= value <= high


_DAYS = "a whole number of days from {} to {}"

_ALL = [
    Parameter(
        "as_of",
        dt.date,
        None,
        "a date as YYYY-MM-DD, or empty for the newest in the data",
        "the last day that counts; nothing after it is read",
        lambda value: value is None or isinstance(value, dt.date),
    ),
    Parameter(
        "window_days",
        int,
        30,
        _DAYS.format(1, 366),
        "the KPI window that ends on as_of, compared with the one before it",
        _between(1, 366),
    ),
    Parameter(
        "timezone",
        str,
        "UTC",
        "a time zone name such as Europe/Berlin",
        "where a day begins",
        _is_time_zone,
    ),
    Parameter(
        "currency",
        str,
        "USD",
        "a three-letter currency code",
        "the label and number format of money",
        lambda value: len(value) == 3 and value.isalpha() and value.isupper(),
    ),
    Parameter(
        "session_gap_minutes",
        int,
        30,
        "a whole number of minutes from 1 to 1440",
        "a gap longer than this starts a session",
        _between(1, 1440),
    ),
    Parameter(
        "attribution_lookback_days",
        int,
        30,
        _DAYS.format(1, 365),
        "touches older than this before the order earn nothing",
        _between(1, 365),
    ),
    Parameter(
        "churn_after_days",
        int,
        90,
        _DAYS.format(1, 3650),
        "days without an order after which a customer has churned",
        _between(1, 3650),
    ),
    Parameter(
        "at_risk_after_days",
        int,
        60,
        _DAYS.format(1, 3650),
        "days without an order after which a customer is at risk",
        _between(1, 3650),
    ),
    Parameter(
        "declining_after_days",
        int,
        30,
        _DAYS.format(1, 3650),
        "days without an order after which a customer is declining",
        _between(1, 3650),
    ),
    Parameter(
        "velocity_days",
        int,
        30,
        _DAYS.format(2, 365),
        "the look-back of average daily sales",
        _between(2, 365),
    ),
    Parameter(
        "lead_time_days",
        int,
        14,
        _DAYS.format(0, 365),
        "days from a reorder to its arrival",
        _between(0, 365),
    ),
    Parameter(
        "review_period_days",
        int,
        30,
        _DAYS.format(1, 365),
        "days between two looks at the stock",
        _between(1, 365),
    ),
    Parameter(
        "service_level",
        float,
        0.95,
        "a share from 0.5 to 0.9999",
        "the share of replenishment cycles without a stock-out",
        _between(0.5, 0.9999),
    ),
    Parameter(
        "conversion_window_days",
        int,
        7,
        _DAYS.format(1, 90),
        "days after the first view in which later steps count for the windowed funnel",
        _between(1, 90),
    ),
    Parameter(
        "propensity_horizon_days",
        int,
        30,
        _DAYS.format(1, 180),
        "the days ahead for which a purchase probability is given",
        _between(1, 180),
    ),
    Parameter(
        "min_pair_orders",
        int,
        5,
        "a whole number from 1 to 1000000",
        "the fewest orders with both products of a pair that is shown",
        _between(1, 1_000_000),
    ),
    Parameter(
        "min_sample",
        int,
        30,
        "a whole number from 1 to 1000000",
        "a rate on fewer units is marked as unreliable",
        _between(1, 1_000_000),
    ),
]
PARAMETERS: dict[str, Parameter] = {parameter.name: parameter for parameter in _ALL}


@dataclass(frozen=True)
class Parameters:
    """The values of one run. Make them with :func:`make_parameters`, which checks them.

    Examples
    --------
    >>> make_parameters({"window_days": 7}).window_days
    7
    """

    as_of: dt.date | None = None
    window_days: int = 30
    timezone: str = "UTC"
    currency: str = "USD"
    session_gap_minutes: int = 30
    attribution_lookback_days: int = 30
    churn_after_days: int = 90
    at_risk_after_days: int = 60
    declining_after_days: int = 30
    velocity_days: int = 30
    lead_time_days: int = 14
    review_period_days: int = 30
    service_level: float = 0.95
    conversion_window_days: int = 7
    propensity_horizon_days: int = 30
    min_pair_orders: int = 5
    min_sample: int = 30

    @property
    def service_level_z(self) -> float:
        """The standard normal quantile of the service level; SQL has no inverse normal of its own."""
        return round(statistics.NormalDist().inv_cdf(self.service_level), 9)

    def with_as_of(self, as_of: dt.date) -> Parameters:
        """The same parameters with the last day that counts made explicit."""
        return dataclasses.replace(self, as_of=as_of)

    def as_query_parameters(self) -> dict[str, Any]:
        """Name to value for everything that a model may write as `@name`."""
        return {**dataclasses.asdict(self), "service_level_z": self.service_level_z}


def _convert(parameter: Parameter, value: object) -> object:
    """The value in the parameter's type, or ParameterError; text comes from flags and settings files."""
    refused = ParameterError(
        f"The parameter {parameter.name} was given {value!r}, but it takes {parameter.allowed}.",
    )
    if parameter.name == "as_of" and value in (None, ""):
        return None
    if isinstance(value, bool) or value is None:
        raise refused
    try:
        if parameter.kind is dt.date:
            if isinstance(value, dt.datetime):
                raise refused
            return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
        if parameter.kind is int:
            if isinstance(value, float):
                raise refused
            return int(str(value))
        if parameter.kind is float:
            return float(str(value))
    except ValueError as error:
        raise refused from error
    if not isinstance(value, str):
        raise refused
    return value


def checked_parameter(name: str, value: object) -> object:
    """The value of one parameter in its type; what only parameters together can break is not looked at.

    Raises
    ------
    ParameterError
        For an unknown name, a wrong type or a value out of range.

    Examples
    --------
    >>> checked_parameter("as_of", "2026-03-31")
    datetime.date(2026, 3, 31)
    """
    if name not in PARAMETERS:
        raise ParameterError(f"There is no parameter {name}.", did_you_mean(name, PARAMETERS))
    parameter = PARAMETERS[name]
    converted = _convert(parameter, value)
    if not parameter.is_allowed(converted):
        raise ParameterError(f"The parameter {name} was given {value!r}, but it takes {parameter.allowed}.")
    return converted


def make_parameters(given: Mapping[str, object]) -> Parameters:
    """Check what was given and fill the rest with the defaults.

    Raises
    ------
    ParameterError
        For an unknown name, a wrong type, a value out of range, or churn thresholds out of order;
        the sentence names the parameter, what was given and what is allowed.

    Examples
    --------
    >>> make_parameters({"windw_days": 7})
    Traceback (most recent call last):
    analysis_lib.errors.ParameterError: There is no parameter windw_days. Did you mean "window_days"?
    """
    values: dict[str, Any] = {name: checked_parameter(name, value) for name, value in given.items()}
    parameters = Parameters(**values)
    limits = (
        parameters.declining_after_days,
        parameters.at_risk_after_days,
        parameters.churn_after_days,
    )
    if not limits[0] < limits[1] < limits[2]:
        raise ParameterError(
            "The parameters declining_after_days, at_risk_after_days and churn_after_days were given "
            f"{limits[0]}, {limits[1]} and {limits[2]}, but each must be larger than the one before."
        )
    return parameters
