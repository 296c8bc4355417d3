"""What must hold for the words of trackers as a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis_lib.errors import RuleError, did_you_mean
from analysis_lib.rules.read import RuleRow

FILE = "event_types.csv"
EVENT_TYPES = (
    *("page_view", "search", "product_view", "click", "add_to_cart", "remove_from_cart"),
    *("checkout", "purchase", "cancel", "sign_up", "other"),
)


def validate(rows: Sequence[RuleRow]) -> None:
    """Refuse a word twice or spelt so that it is never found, and an event type that does not exist.

    Parameters
    ----------
    rows
        The words in any order.

    Raises
    ------
    RuleError
        It names the file and line of the word, and that of the other one where a word stands there twice.
    """
    seen: dict[str, RuleRow] = {}
    for row in rows:
        where = f"{FILE}, line {row.line}"
        word, event_type = row.values["word"], row.values["event_type"]
        if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", word):
            raise RuleError(
                f"{where}: the word {word!r} is never found.",
                "Write it in lower case with one underscore between its parts, for example product_viewed.",
            )
        if word in seen:
            raise RuleError(
                f"{where}: the word {word!r} stands in line {seen[word].line} too.",
                "Take one of the two out.",
            )
        seen[word] = row
        if event_type not in EVENT_TYPES:
            raise RuleError(
                f"{where}: there is no event type {event_type!r}.", did_you_mean(event_type, EVENT_TYPES)
            )
        if row.values["is_cart_emptied"] and event_type != "remove_from_cart":
            raise RuleError(
                f"{where}: what empties the cart is a remove_from_cart, not {event_type}.",
                "A purchase empties it without saying so.",
            )
