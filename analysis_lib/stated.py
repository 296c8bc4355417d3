"""The parameters of a run that nobody gave: what the files and their source state of themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping

from analysis_lib.errors import BadDataError
from analysis_lib.parameters import Parameters, make_parameters
from analysis_lib.settings import Settings
from analysis_lib.sources.definition import read_source
from analysis_lib.warehouse.base import Warehouse

_STATED = """
select currency, min(concat(table_name, '.', column_name)) as place
from load_decisions
where currency <> ''
group by currency
order by currency
"""
_CODE = re.compile(r"[A-Z]{3}")


def run_parameters(
    settings: Settings, warehouse: Warehouse, source: str, given: Mapping[str, object]
) -> Parameters:
    """The parameters of a run: what was given, else the settings, else the data, else the default.

    Files state their currency next to the amounts; a source states the time zone of its days.

    Raises
    ------
    BadDataError
        The files state several currencies, and nobody said what the report is in.
    ParameterError
        One of the parameters cannot be used.
    """
    said = {**settings.parameters, **given}
    zone = read_source(source, settings.sources).timezone
    stated = {"timezone": zone} if zone else {}
    if "currency" not in said:
        stated |= stated_currency(warehouse)
    return make_parameters({**stated, **said})


def stated_currency(warehouse: Warehouse) -> dict[str, str]:
    """The parameter `currency` as the loaded files state it; empty where they state none, or only a sign.

    A sign such as ``$`` is that of many currencies.

    Raises
    ------
    BadDataError
        They state several: a report would add them.
    """
    if "load_decisions" not in warehouse.tables():
        return {}
    found = dict(warehouse.rows(_STATED))
    if len(found) > 1:
        places = " and ".join(f"{currency} ({place})" for currency, place in found.items())
        raise BadDataError(
            f"The loaded files state amounts in {places}, and a report adds up all money of a shop.",
            "Convert them in the SQL of a source of your own, and say what they are then: "
            "--set currency=EUR. Nothing was built.",
        )
    code = "".join(found)
    return {"currency": code} if _CODE.fullmatch(code) else {}
