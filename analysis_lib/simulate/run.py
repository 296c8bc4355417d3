"""The simulation from first visit to files."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from analysis_lib.simulate import behaviour
from analysis_lib.simulate.accounts import keep_accounts
from analysis_lib.simulate.arguments import Progress, Tenths, check_arguments
from analysis_lib.simulate.arrays import Array
from analysis_lib.simulate.baskets import Lines, draw_lines
from analysis_lib.simulate.bookkeeping import FunnelBook
from analysis_lib.simulate.clock import Period
from analysis_lib.simulate.event_table import EventTable
from analysis_lib.simulate.events import EventMaker
from analysis_lib.simulate.files import TRUTH, TableWriter, check_folder, whole_folder, write_table
from analysis_lib.simulate.fulfilment import fulfil, still_to_cancel
from analysis_lib.simulate.parts import Planted
from analysis_lib.simulate.shop_tables import (
    centers_table,
    inventory_table,
    order_tables,
    products_table,
    spend_table,
)
from analysis_lib.simulate.steady import Steady, SteadyPeriod
from analysis_lib.simulate.stock import run_stock
from analysis_lib.simulate.truth import truth_text
from analysis_lib.simulate.users import users_table
from analysis_lib.simulate.world import World

DEFAULT_END_DATE = dt.date(2026, 6, 30)
_SESSIONS_OF_A_BLOCK = 100_000


@dataclass(frozen=True)
class SimulationSummary:
    """What was written: the folder, rows by table, bytes of all files, and the shop in a few numbers."""

    out: Path
    start_date: dt.date
    end_date: dt.date
    seed: int
    rows: dict[str, int]
    bytes: int
    visitors: int
    sessions: int
    orders: int
    net_revenue: Decimal

    def lines(self) -> list[str]:
        """The summary in words, for the command line."""
        return [
            f"Wrote a shop of {self.visitors:,} visitors to {self.out}, "
            f"{self.start_date} to {self.end_date}, seed {self.seed}.",
            f"{self.sessions:,} sessions, {self.rows['events']:,} events, {self.orders:,} orders, "
            f"net revenue {self.net_revenue:,}.",
            f"{self.bytes / 1e6:,.1f} MB in {len(self.rows)} tables and {TRUTH}.",
        ]


def simulate(
    visitors: int,
    months: int,
    seed: int,
    out: Path,
    progress: Progress | None = None,
    end_date: dt.date = DEFAULT_END_DATE,
    effects: bool = True,
) -> SimulationSummary:
    """Write a shop with planted behaviour, or one without any: theLook's tables, ad spend, and the truth.

    Parameters
    ----------
    visitors
        How many people ever visit, from 1 to 5,000,000.
    months
        How many months there are, from 1 to 60; the last day is `end_date`.
    seed
        Any whole number from 0; the same arguments give the same bytes of every file.
    out
        The folder to write: new, empty, or an earlier simulated shop, which is replaced when all is done.
    progress
        Called with what is being done, how much of it is done, and how much there is, about every tenth.
    end_date
        The last day. The clock is never asked.
    effects
        False for a shop in which nothing changes and nothing differs but by chance (docs/simulator.md).

    Raises
    ------
    ParameterError
        An argument is out of range, or the folder cannot be used.
    DiskFullError
        There is no space left; what was there before stays.

    Examples
    --------
    >>> simulate(visitors=200, months=2, seed=7, out=Path("data/tiny"))  # doctest: +SKIP
    SimulationSummary(out=PosixPath('.../data/tiny'), ...)
    """
    check_arguments(visitors, months, seed, end_date)
    folder = check_folder(out)
    period = (Period if effects else SteadyPeriod).ending(end_date, months)
    tell = Tenths(progress)
    with whole_folder(folder) as part:
        rows, world = _write(part, period, visitors, seed, effects, tell)
        (part / TRUTH).write_text(truth_text(world, seed, months, rows), encoding="utf-8")
        size = sum(path.stat().st_size for path in part.iterdir())
    return SimulationSummary(
        out=folder,
        start_date=period.start,
        end_date=period.end,
        seed=seed,
        rows=rows,
        bytes=size,
        visitors=visitors,
        sessions=int(world.funnel.counts[0].sum()),
        orders=rows["orders"],
        net_revenue=Decimal(int(world.accounts.net_revenue.sum())).scaleb(-2),
    )


def _write(
    folder: Path, period: Period, visitors: int, seed: int, has_effects: bool, tell: Progress
) -> tuple[dict[str, int], World]:
    """Make everything, in the order of cause and effect, and write the tables."""
    rng = np.random.default_rng(seed)
    draw = Planted.draw if has_effects else Steady.draw
    parts = draw(rng, period, visitors, tell)
    catalogue, people, sessions, users = parts.catalogue, parts.visitors, parts.sessions, parts.users

    tell("orders and stock", 0, 1)
    wanted = draw_lines(rng, period, catalogue, people, sessions, parts.rates)
    wanted = _as_known_at_the_end(rng, period, sessions.start, wanted)
    stock = run_stock(rng, period, catalogue, wanted)
    discount = parts.discounts(rng, stock.lines)
    tell("orders and stock", 1, 1)

    funnel, signed_up, placed = FunnelBook(), np.zeros(users.size, np.int64), []
    maker = EventMaker(rng, catalogue, sessions, stock)
    rows_of = EventTable(rng, catalogue, people, sessions, users)
    with TableWriter(folder, "events") as writer:
        for first in range(0, sessions.size, _SESSIONS_OF_A_BLOCK):
            last = min(first + _SESSIONS_OF_A_BLOCK, sessions.size)
            block = maker.block(first, last)
            writer.write(rows_of.table(block))
            funnel.add(block, period, sessions, people)
            placed.append(block.order_second[block.order_second > 0])
            low, high = np.searchsorted(users.session, [first, last])
            signed_up[low:high] = block.known_second[users.session[low:high] - first]
            tell("events", last, sessions.size)
    created = np.concatenate(placed)
    fulfilment = fulfil(rng, period, stock.lines, created, parts.return_rates(stock.lines))
    accounts = keep_accounts(period, catalogue, stock, discount, fulfilment)

    rows = {"events": writer.rows}
    inventory, unit_ids = inventory_table(catalogue, stock, created[stock.lines.order])
    tables = {
        "users": users_table(rng, people, users, signed_up, behaviour.SOURCES),
        "products": products_table(catalogue),
        "distribution_centers": centers_table(),
        "inventory_items": inventory,
        "marketing_spend": spend_table(rng, period, parts.plan, sessions),
        **order_tables(catalogue, sessions, users, stock, discount, fulfilment, unit_ids),
    }
    for number, (name, table) in enumerate(tables.items()):
        tell("tables", number, len(tables))
        rows[name] = write_table(folder, name, table)
    tell("tables", len(tables), len(tables))
    world = World(
        has_effects=has_effects,
        period=period,
        catalogue=catalogue,
        plan=parts.plan,
        visitors=people,
        sessions=sessions,
        dropped_out=parts.dropped_out,
        users=users,
        stock=stock,
        sale_percent=parts.sale_percent,
        accounts=accounts,
        funnel=funnel,
    )
    return dict(sorted(rows.items())), world


def _as_known_at_the_end(rng: np.random.Generator, period: Period, start: Array, lines: Lines) -> Lines:
    """Forget the cancellations that only come after the period."""
    session = lines.session[np.flatnonzero(np.diff(lines.order, prepend=-1))]
    too_late = still_to_cancel(rng, period, lines, start[session])
    return replace(
        lines,
        order_cancelled=lines.order_cancelled & ~too_late,
        line_cancelled=lines.line_cancelled & ~too_late,
    )
