"""Specification of addresses: what is taken, and that no password gets past the door or out again."""

from __future__ import annotations

import pytest

from analysis_lib.errors import ParameterError, SettingsError
from analysis_lib.sources.postgres.address import is_address, read_address


@pytest.mark.parametrize(
    ("given", "is_one"),
    [
        ("postgresql://db/shop", True),
        ("postgres://db/shop", True),
        ("PostgreSQL://db/shop", True),
        ("postgresql:", True),
        ("service=shop", True),
        ("env:DATABASE_URL", True),
        ("events_raw.csv", False),
        ("exports/postgresql/events.csv", False),
        ("environment/events.csv", False),
    ],
)
def test_a_database_is_told_from_a_file(given: str, is_one: bool) -> None:
    assert is_address(given) is is_one


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://ann:hunter2@db/shop",
        "postgres://ann:hunter2@db:5432/shop?sslmode=require",
        "postgresql://ann:hunt/er2@db/shop",
        "postgresql://ann:hunter2@a,b/shop",
        "postgresql://db/shop?user=ann&password=hunter2",
        "postgresql://db/shop?pass%77ord=hunter2",
        "postgresql://db/shop?sslpassword=hunter2",
        "service=shop password=hunter2",
        "service=shop password = 'hunter2'",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(ParameterError) as caught:
        read_address(given, {})
    assert "hunt" not in str(caught.value)
    assert "~/.pgpass" in str(caught.value)


@pytest.mark.parametrize(
    "given", ["postgresql://ann@db:5432/shop", "postgresql://ann@a:1,b:2/shop", "postgresql:///shop"]
)
def test_an_address_without_a_password_is_taken(given: str) -> None:
    assert read_address(given, {}).conninfo.startswith(given)


def test_an_environment_variable_may_hold_the_password_which_never_shows() -> None:
    env = {"DATABASE_URL": "postgresql://ann:hunter%232@db/shop", "PGPASSWORD": "open sesame"}
    address = read_address("env:DATABASE_URL", env)
    assert address.conninfo.startswith("postgresql://ann:hunter%232@db/shop?")
    assert "hunter" not in repr(address)
    assert address.redact('invalid: "hunter%232", "hunter#2", "open sesame"') == 'invalid: "…", "…", "…"'


@pytest.mark.parametrize(
    ("env", "what"), [({}, "is not set"), ({"DB": "mysql://ann:hunter2@db"}, "holds no address")]
)
def test_an_environment_variable_that_is_of_no_use_is_named(env: dict[str, str], what: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_address("env:DB", env)
    assert f"The environment variable DB {what}" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_time_limits_are_those_of_the_user_where_there_are_any() -> None:
    assert "connect_timeout=10" in read_address("postgresql://db/shop", {}).conninfo
    assert "connect_timeout=10" not in read_address("postgresql://db/shop?connect_timeout=3", {}).conninfo
    assert "connect_timeout" not in read_address("service=shop", {"PGCONNECT_TIMEOUT": "3"}).conninfo
    assert read_address("postgresql:", {}).conninfo.startswith("postgresql://?connect_timeout=10&")
