"""The part ``realised`` of truth.json: what came of the planted behaviour."""

from __future__ import annotations

from itertools import product as cross
from typing import Any

import numpy as np

from analysis_lib.simulate import behaviour
from analysis_lib.simulate.accounts import dollars, monthly
from analysis_lib.simulate.bookkeeping import COUNTRIES, MEASURES
from analysis_lib.simulate.events import EVENT_TYPES
from analysis_lib.simulate.marketing import CAMPAIGNS, PLATFORM
from analysis_lib.simulate.sessions import ANONYMOUS, KNOWN, LOGS_IN, SIGNS_UP
from analysis_lib.simulate.truth_customers import affinities, customers, first_purchase
from analysis_lib.simulate.truth_stock import stock
from analysis_lib.simulate.world import World


def realised(world: World) -> dict[str, Any]:
    """All realised numbers, as of the last day."""
    spend = world.plan.spend.sum(axis=0)
    return {
        "sessions": _sessions(world),
        "funnel": _funnel(world),
        "steps": _steps(world),
        "revenue": {
            "total": world.accounts.total(),
            "pnl_by_month": monthly(world.period, world.accounts, spend),
            "by_device": _by_session(world, world.sessions.device, behaviour.DEVICES),
            "by_source": _by_session(world, world.sessions.source, behaviour.SOURCES),
            "fulfilment": _fulfilment_counts(world),
        },
        "customers": customers(world),
        "first_purchase": first_purchase(world),
        "affinities": affinities(world),
        "marketing": _marketing(world),
        "stock": stock(world),
    }


def _sessions(world: World) -> dict[str, Any]:
    sessions, book = world.sessions, world.funnel
    identity = np.bincount(sessions.identity, minlength=4)
    known_users = np.unique(sessions.person[sessions.identity != ANONYMOUS])
    return {
        "source_sessions": sessions.size,
        "sessions": int(book.counts[0].sum()),
        "source_sessions_cut_by_pause": book.cut_sessions,
        "known_from_start": int(identity[KNOWN]),
        "log_in_on_the_way": int(identity[LOGS_IN]),
        "sign_up_on_the_way": int(identity[SIGNS_UP]),
        "never_identified": int(identity[ANONYMOUS]),
        "visitors": len(known_users) + int(identity[ANONYMOUS]),
        "people": world.visitors.size,
        "users": world.users.size,
        "events": int(book.events.sum()),
        "events_with_user": book.known_events,
        "events_by_type": dict(zip(EVENT_TYPES, book.events.tolist(), strict=True)),
    }


def _funnel(world: World) -> dict[str, Any]:
    book = world.funnel

    def table(labels: tuple[str, ...], axis: int) -> dict[str, Any]:
        counts = book.by(axis).T.tolist()
        return {
            label: dict(zip(MEASURES, row, strict=True)) for label, row in zip(labels, counts, strict=True)
        }

    both = book.by(0, 1)
    return {
        "all": dict(zip(MEASURES, book.by().tolist(), strict=True)),
        "by_device": table(behaviour.DEVICES, 0),
        "by_source": table(behaviour.SOURCES, 1),
        "by_country": table(COUNTRIES, 2),
        "by_month": _by_month(world),
        "by_device_and_source": {
            device: {
                source: dict(zip(MEASURES, both[:, d, o].tolist(), strict=True))
                for o, source in enumerate(behaviour.SOURCES)
            }
            for d, device in enumerate(behaviour.DEVICES)
        },
    }


def _by_month(world: World) -> dict[str, Any]:
    names = list(dict.fromkeys(f"{date:%Y-%m}" for date in world.period.dates()))
    counts = world.funnel.by_month.T.tolist()
    return {name: dict(zip(MEASURES, row, strict=True)) for name, row in zip(names, counts, strict=True)}


def _steps(world: World) -> dict[str, Any]:
    """Source sessions that got to each step, by state, device and source: the trials of planted.steps."""
    sessions = world.sessions
    shape = (2, len(behaviour.DEVICES), len(behaviour.SOURCES), 4)
    cell = np.ravel_multi_index(
        (sessions.customer.astype(np.int64), sessions.device, sessions.source, sessions.stage), shape
    )
    furthest = np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape)
    reached = np.flip(np.cumsum(np.flip(furthest, 3), 3), 3)
    found: dict[str, Any] = {}
    for (s, state), (d, device), (o, source) in cross(
        enumerate(behaviour.STATES), enumerate(behaviour.DEVICES), enumerate(behaviour.SOURCES)
    ):
        counts = dict(zip(behaviour.STAGES, reached[s, d, o].tolist(), strict=True))
        found.setdefault(state, {}).setdefault(device, {})[source] = counts
    return found


def _by_session(world: World, codes: Any, labels: tuple[str, ...]) -> dict[str, Any]:
    of_line = codes[world.accounts.session]
    return {label: world.accounts.total(of_line == number) for number, label in enumerate(labels)}


def _fulfilment_counts(world: World) -> dict[str, Any]:
    accounts = world.accounts
    units = int(accounts.units[~accounts.is_cancelled].sum())
    returned = int(accounts.units[accounts.is_returned].sum())
    cancelled = int((~accounts.is_counted).sum())
    return {
        "units": units,
        "delivered_units": int(accounts.units[accounts.is_delivered].sum()),
        "returned_units": returned,
        "orders_placed": len(accounts.is_counted),
        "orders_cancelled": cancelled,
        "lines_cancelled": int(accounts.is_cancelled.sum()),
    }


def _marketing(world: World) -> dict[str, Any]:
    """What spend caused: the visits and orders of people who would not have come without it."""
    sessions, accounts, visitors = world.sessions, world.accounts, world.visitors
    cause_of_session = visitors.caused_by[sessions.person]
    cause_of_line = cause_of_session[accounts.session]
    campaign_of_line = sessions.campaign[accounts.session]
    spend = world.plan.spend.sum(axis=1)

    def numbers(campaigns: list[int]) -> dict[str, Any]:
        caused, clicked = np.isin(cause_of_line, campaigns), np.isin(campaign_of_line, campaigns)
        total = int(spend[campaigns].sum())
        return {
            "spend": dollars(total),
            "new_visitors": int(np.isin(visitors.campaign, campaigns).sum()),
            "incremental_visitors": int(np.isin(visitors.caused_by, campaigns).sum()),
            "sessions": int(np.isin(sessions.campaign, campaigns).sum()),
            "incremental_sessions": int(np.isin(cause_of_session, campaigns).sum()),
            "converting_session": accounts.total(clicked),
            "incremental": accounts.total(caused),
        }

    channels = behaviour.SOURCES[1:]
    return {
        "spend": dollars(int(spend.sum())),
        "baseline": {
            "new_visitors": int((visitors.caused_by < 0).sum()),
            "sessions": int((cause_of_session < 0).sum()),
            **accounts.total(cause_of_line < 0),
        },
        "by_channel": {
            name: numbers(np.flatnonzero(behaviour.SOURCES.index(name) == PLATFORM).tolist())
            for name in channels
        },
        "by_campaign": {row.campaign_id: numbers([number]) for number, row in enumerate(CAMPAIGNS)},
    }
