"""All that a simulation made, as the bookkeeping reads it."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_lib.simulate.accounts import Accounts
from analysis_lib.simulate.arrays import Array
from analysis_lib.simulate.bookkeeping import FunnelBook
from analysis_lib.simulate.catalogue import Catalogue
from analysis_lib.simulate.clock import Period
from analysis_lib.simulate.marketing import Plan
from analysis_lib.simulate.sessions import Sessions
from analysis_lib.simulate.stock import Stock
from analysis_lib.simulate.users import Users
from analysis_lib.simulate.visitors import Visitors


@dataclass(frozen=True)
class World:
    """Everything made. `dropped_out` is one entry a person, `sale_percent` day × category.

    `has_effects` says whether behaviour was planted, or this is the shop without effects.
    """

    has_effects: bool
    period: Period
    catalogue: Catalogue
    plan: Plan
    visitors: Visitors
    sessions: Sessions
    dropped_out: Array
    users: Users
    stock: Stock
    sale_percent: Array
    accounts: Accounts
    funnel: FunnelBook
