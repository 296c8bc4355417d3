"""The people who signed up, as a shop knows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis_lib.simulate.arrays import Array
from analysis_lib.simulate.sessions import SIGNS_UP, Sessions
from analysis_lib.simulate.tables import labels, timestamps
from analysis_lib.simulate.visitors import Visitors
from analysis_lib.simulate.vocabulary import FIRST_NAMES, LAST_NAMES, PLACES, STREETS


@dataclass(frozen=True)
class Users:
    """Accounts in order of the session in which they were opened; the id is the position + 1.

    `user_of_person` is the id of every person, 0 for those who never signed up. `is_woman` is one entry
    a user.
    """

    person: Array
    session: Array
    user_of_person: Array
    is_woman: Array

    @property
    def size(self) -> int:
        """How many accounts there are."""
        return len(self.person)


def make_users(rng: np.random.Generator, visitors: Visitors, sessions: Sessions) -> Users:
    """Number the accounts."""
    session = np.flatnonzero(sessions.identity == SIGNS_UP)
    person = sessions.person[session]
    user_of_person = np.zeros(visitors.size, dtype=np.int64)
    user_of_person[person] = np.arange(len(person)) + 1
    # Some shop in the other department.
    is_woman = (visitors.department[person] == 0) ^ (rng.random(len(person)) < 0.12)
    return Users(person, session, user_of_person, is_woman)


def users_table(
    rng: np.random.Generator, visitors: Visitors, users: Users, created: Array, source_labels: tuple[str, ...]
) -> pa.Table:
    """theLook's table users.

    Parameters
    ----------
    created
        When each account was opened, seconds since 1970.
    """
    size = users.size
    place = visitors.place[users.person].astype(np.int64)
    names = np.array([words.split() for words in FIRST_NAMES])
    first = names[np.where(users.is_woman, 0, 1), rng.integers(0, names.shape[1], size)]
    last = rng.choice(np.array(LAST_NAMES.split()), size)
    number = np.arange(size) + 1
    email = [
        f"{one}.{two}.{three}@example.com".lower()
        for one, two, three in zip(first.tolist(), last.tolist(), number.tolist(), strict=True)
    ]
    house = rng.integers(1, 400, size).tolist()
    street = rng.choice(np.array(STREETS.split(",")), size).tolist()
    jitter = rng.normal(0, 0.05, (2, size))
    columns = {
        "id": number,
        "first_name": first,
        "last_name": last,
        "email": email,
        "age": np.clip(np.round(rng.normal(36, 12, size)), 16, 78).astype(np.int64),
        "gender": labels(("F", "M"), np.where(users.is_woman, 0, 1)),
        "state": labels([row[1] for row in PLACES], place),
        "street_address": [f"{one} {two}" for one, two in zip(house, street, strict=True)],
        "postal_code": labels([row[3] for row in PLACES], place),
        "city": labels([row[0] for row in PLACES], place),
        "country": labels([row[2] for row in PLACES], place),
        "latitude": np.round(np.array([row[4] for row in PLACES])[place] + jitter[0], 6),
        "longitude": np.round(np.array([row[5] for row in PLACES])[place] + jitter[1], 6),
        "traffic_source": labels(source_labels, visitors.source[users.person]),
        "created_at": timestamps(created),
    }
    return pa.table(columns)
