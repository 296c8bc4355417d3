"""What must hold for the rules of product addresses as a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis_lib.errors import RuleError, did_you_mean
from analysis_lib.rules.read import RuleRow

FILE = "product_urls.csv"
ID_PARTS = ("whole", "leading_number", "trailing_number")
# What a name may look like, and how to say it.
NAMES = {
    "path": (
        r"[^\s/?#&=]+(/[^\s/?#&=]+)*",
        "a part of the path without slashes around it",
    ),
    "parameter": (r"[^\s/?#&=]+", "the name of a parameter alone"),
}


def validate(rows: Sequence[RuleRow]) -> None:
    """Refuse rules that are out of order, that mean nothing, or that are never reached.

    Parameters
    ----------
    rows
        The rules in the order of the file.

    Raises
    ------
    RuleError
        It names the file and line of the rule, and that of the other one where two do not go together.
    """
    seen: list[RuleRow] = []
    for row in rows:
        where = f"{FILE}, line {row.line}"
        order, place, name, part = (row.values[key] for key in ("rule_order", "place", "name", "id_part"))
        if order < 1 or (seen and order <= seen[-1].values["rule_order"]):
            raise RuleError(
                f"{where}: rule_order is {order}, but it rises from 1 on, line by line.",
                "Number the rules upwards in the order of the file.",
            )
        if place not in NAMES:
            raise RuleError(f"{where}: there is no place {place!r}.", did_you_mean(place, NAMES))
        if part not in ID_PARTS:
            raise RuleError(f"{where}: there is no id_part {part!r}.", did_you_mean(part, ID_PARTS))
        form, meant = NAMES[place]
        if not re.fullmatch(form, name):
            raise RuleError(f"{where}: the name {name!r} is never found.", f"Write {meant}.")
        for other in seen:
            same = other.values["place"] == place and other.values["name"].lower() == name.lower()
            if same and other.values["id_part"] in ("whole", part):
                raise RuleError(
                    f"{where}: the rule is never reached: line {other.line} fits the same before it.",
                    "Take one of the two out, or put the narrower one first.",
                )
        seen.append(row)
