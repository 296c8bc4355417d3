"""Run parameters are strict: unknown, mistyped and out of range are refused before anything runs."""

from __future__ import annotations

import datetime as dt

import pytest

from analysis_lib.errors import ParameterError
from analysis_lib.parameters import PARAMETERS, Parameters, make_parameters


def test_every_parameter_has_its_default_in_both_places():
    assert {name: p.default for name, p in PARAMETERS.items()} == {
        name: field.default for name, field in Parameters.__dataclass_fields__.items()
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"windw_days": 7}, 'Did you mean "window_days"'),
        ({"window_days": "seven"}, "window_days was given 'seven'.*whole number"),
        ({"window_days": 0}, "from 1 to 366"),
        ({"window_days": 7.5}, "whole number"),
        ({"window_days": True}, "whole number"),
        ({"as_of": "31.12.2026"}, "YYYY-MM-DD"),
        ({"as_of": dt.datetime(2026, 1, 1)}, "YYYY-MM-DD"),
        ({"timezone": "Berlin"}, "Europe/Berlin"),
        ({"timezone": 1}, "time zone"),
        ({"currency": "Euro"}, "three-letter"),
        ({"service_level": 95}, "0.5 to 0.9999"),
        ({"service_level": "nan"}, "0.5 to 0.9999"),
        ({"churn_after_days": 60}, "larger than the one before"),
        ({"min_sample": None}, "min_sample was given None"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(given, said):
    with pytest.raises(ParameterError, match=said):
        make_parameters(given)


def test_texts_from_flags_are_converted():
    made = make_parameters({"as_of": "2026-03-01", "window_days": "7", "service_level": "0.9"})
    assert (made.as_of, made.window_days, made.service_level) == (dt.date(2026, 3, 1), 7, 0.9)


def test_an_empty_as_of_means_the_newest_day():
    assert make_parameters({"as_of": ""}).as_of is None


def test_the_service_level_has_its_normal_quantile():
    assert make_parameters({}).service_level_z == pytest.approx(1.644853627)
