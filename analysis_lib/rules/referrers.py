"""What must hold for the hosts of referring pages as a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis_lib.errors import RuleError
from analysis_lib.rules.read import RuleRow

FILE = "referrers.csv"
_HOST = r"[a-z0-9-]+(\.[a-z0-9-]+)*\.([a-z0-9-]+|\*)"


def validate(rows: Sequence[RuleRow]) -> None:
    """Refuse hosts that are never found, and rules that another one before them hides.

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
        order, host = row.values["rule_order"], row.values["host"]
        if order < 1 or (seen and order <= seen[-1].values["rule_order"]):
            raise RuleError(
                f"{where}: rule_order is {order}, but it rises from 1 on, line by line.",
                "Number the rules upwards in the order of the file.",
            )
        if not re.fullmatch(_HOST, host) or host.startswith("www."):
            raise RuleError(
                f"{where}: the host {host!r} is never found.",
                "Write it in lower case without www., address or slash, for example google.com or google.*",
            )
        for other in seen:
            if f".{host}".endswith(f".{other.values['host']}"):
                raise RuleError(
                    f"{where}: the rule for {host} is never reached, because {other.values['host']} of line "
                    f"{other.line} holds for everything under it.",
                    "Put the narrower rule first.",
                )
        seen.append(row)
