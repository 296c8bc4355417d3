"""theLook's table events, written block by block."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from analysis_lib.simulate import behaviour
from analysis_lib.simulate.arrays import Array, ranges
from analysis_lib.simulate.catalogue import Catalogue
from analysis_lib.simulate.events import (
    CART_EVENT,
    DEPARTMENT,
    EVENT_TYPES,
    HOME,
    PRODUCT,
    PURCHASE_EVENT,
    EventBlock,
)
from analysis_lib.simulate.marketing import CAMPAIGNS
from analysis_lib.simulate.sessions import Sessions
from analysis_lib.simulate.shelves import SHELVES
from analysis_lib.simulate.tables import addresses, labels, optional, repeated, timestamps, uuids
from analysis_lib.simulate.users import Users
from analysis_lib.simulate.visitors import Visitors
from analysis_lib.simulate.vocabulary import BRANDS, CATEGORIES, PLACES


class EventTable:
    """Turns blocks of events into rows of theLook's table events; ids run on from block to block."""

    def __init__(
        self,
        rng: np.random.Generator,
        catalogue: Catalogue,
        visitors: Visitors,
        sessions: Sessions,
        users: Users,
    ) -> None:
        self._rng, self._visitors, self._sessions, self._users = rng, visitors, sessions, users
        self._size, self.rows = catalogue.size, 0
        ids = catalogue.product_id.tolist()
        self._uris = ["/home", "/cart", "/purchase", "/cancel"]
        self._uris += [f"/product/{number}" for number in ids]
        self._uris += [_department_uri(catalogue, position) for position in range(catalogue.size)]

    def table(self, block: EventBlock) -> pa.Table:
        """The rows of a block."""
        size, counts = len(block.kind), block.counts
        sessions = slice(block.first, block.first + len(counts))
        person = self._sessions.person[sessions]
        place = self._visitors.place[person]
        user = self._users.user_of_person[person]
        row = block.session

        first_id, self.rows = self.rows + 1, self.rows + size
        sessions_of = self._sessions
        return pa.table(
            {
                "id": np.arange(first_id, first_id + size),
                "user_id": optional(np.where(block.is_known, user[row], 0)),
                "sequence_number": ranges(counts) + 1,
                "session_id": uuids(self._rng, len(counts)).take(pa.array(row)),
                "created_at": timestamps(block.second),
                "ip_address": repeated(addresses(self._visitors.ip[person]), row),
                "city": labels([entry[0] for entry in PLACES], place[row]),
                "state": labels([entry[1] for entry in PLACES], place[row]),
                "postal_code": labels([entry[3] for entry in PLACES], place[row]),
                "browser": labels(behaviour.BROWSERS, self._visitors.browser[person][row]),
                "traffic_source": labels(behaviour.SOURCES, sessions_of.source[sessions][row]),
                "uri": labels(self._uris, self._uri_codes(block)),
                "event_type": labels(EVENT_TYPES, block.kind),
                "device": labels(behaviour.DEVICES, sessions_of.device[sessions][row]),
                "country": labels([entry[2] for entry in PLACES], place[row]),
                "campaign_id": labels(
                    [entry.campaign_id for entry in CAMPAIGNS], sessions_of.campaign[sessions][row]
                ),
            }
        )

    def _uri_codes(self, block: EventBlock) -> Array:
        codes = np.full(len(block.kind), 3)
        codes[block.kind == HOME] = 0
        codes[block.kind == CART_EVENT] = 1
        codes[block.kind == PURCHASE_EVENT] = 2
        is_product, is_department = block.kind == PRODUCT, block.kind == DEPARTMENT
        codes[is_product] = 4 + block.product[is_product]
        codes[is_department] = 4 + self._size + block.product[is_department]
        return codes


def _department_uri(catalogue: Catalogue, position: int) -> str:
    """theLook's address of a brand's products in a category, all in lower case without blanks."""
    category, department = SHELVES[int(catalogue.shelf[position])]
    words = (
        behaviour.DEPARTMENTS[department],
        CATEGORIES[category].name,
        BRANDS[int(catalogue.brand[position])],
    )
    department_word, category_word, brand_word = (word.lower().replace(" ", "") for word in words)
    return f"/department/{department_word}/category/{category_word}/brand/{brand_word}"
