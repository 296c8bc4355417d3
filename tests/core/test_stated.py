"""The report is in the currency that the files state, unless somebody says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest

from analysis_lib.shop import open_shop
from analysis_lib.sources.decisions import COLUMNS

Command = Callable[..., tuple[int, str, str]]


def state(project: Path, *currencies: str, columns: Sequence[str] = ("sale_price", "unit_cost")) -> None:
    """Files of the small shop whose columns hold amounts in these currencies."""
    with duckdb.connect(str(project / "data" / "warehouse.duckdb")) as connection:
        connection.execute("set schema = 'small'; delete from load_decisions")
        for number, (column, currency) in enumerate(zip(columns, currencies, strict=False)):
            row = dict.fromkeys(COLUMNS, "") | {"table_name": "order_items", "column_name": column}
            row |= {"file_id": number, "currency": currency, "deciding_values": 1, "undecided_values": 0}
            values = [*(row | {"is_said": False}).values()]
            connection.execute(f"insert into load_decisions values ({', '.join('?' * len(values))})", values)


def currency_of(project: Path) -> str:
    with duckdb.connect(str(project / "data" / "warehouse.duckdb"), read_only=True) as connection:
        [(value,)] = connection.execute(
            "select value from small.run_parameters where name = 'currency'"
        ).fetchall()
        return str(value)


@pytest.mark.parametrize(
    ("stated", "flags", "expected"),
    [
        ((), (), "USD"),
        (("EUR", "EUR"), (), "EUR"),
        (("EUR",), ("--set", "currency=GBP"), "GBP"),
        (("EUR", "USD"), ("--set", "currency=EUR"), "EUR"),
        (("$",), (), "USD"),
    ],
)
def test_what_a_build_is_in(
    project: Path, shopbook: Command, stated: Sequence[str], flags: Sequence[str], expected: str
) -> None:
    state(project, *stated)
    code, _, error = shopbook("build", *flags)
    assert (code, error) == (0, "")
    assert currency_of(project) == expected
    with open_shop() as book:
        assert book.parameters.currency == expected


def test_two_currencies_are_not_added(project: Path, shopbook: Command) -> None:
    state(project, "EUR", "USD")
    code, _, error = shopbook("build")
    assert code == 14
    assert "amounts in EUR (order_items.sale_price) and USD (order_items.unit_cost)" in error
    assert currency_of(project) == "USD"
