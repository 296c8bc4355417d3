"""The part ``planted`` of truth.json: the parameters that the shop was made with."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis_lib.simulate import behaviour, clock
from analysis_lib.simulate.catalogue import POLICIES
from analysis_lib.simulate.marketing import CAMPAIGNS
from analysis_lib.simulate.vocabulary import CATEGORIES
from analysis_lib.simulate.world import World


def planted(world: World) -> dict[str, Any]:
    """All planted parameters."""
    return {
        "steps": _steps(),
        "categories": {
            row.name: {
                "cart_factor": row.cart_factor,
                "return_rate": row.return_rate,
                "cancel_rate": row.cancel_rate,
                "season": row.season,
            }
            for row in CATEGORIES
        },
        "visits": _visits(),
        "repeat": {
            "model": "BG/NBD, weeks",
            "r": behaviour.REPEAT_R,
            "alpha": behaviour.REPEAT_ALPHA,
            "a": behaviour.DROP_OUT_A,
            "b": behaviour.DROP_OUT_B,
        },
        "identity": _identity(),
        "baskets": {
            "extra_lines_gamma_shape": behaviour.BASKET_SHAPE,
            "extra_lines_gamma_scale": behaviour.BASKET_SCALE,
            "category_affinities": [
                {"categories": [one, other], "multiplier": times}
                for one, other, times in behaviour.CATEGORY_AFFINITIES
            ],
            "partner_probability": behaviour.PARTNER_PROBABILITY,
            "product_pairs": [
                [int(world.catalogue.product_id[one]), int(world.catalogue.product_id[other])]
                for one, other in world.catalogue.pairs
            ],
        },
        "season": _season(world),
        "campaigns": _campaigns(world),
        "stock": _stock(world),
    }


def _steps() -> dict[str, Any]:
    table = behaviour.step_probabilities()
    return {
        state: {
            device: {
                source: dict(zip(behaviour.STEPS, table[s, d, o].tolist(), strict=True))
                for o, source in enumerate(behaviour.SOURCES)
            }
            for d, device in enumerate(behaviour.DEVICES)
        }
        for s, state in enumerate(behaviour.STATES)
    }


def _visits() -> dict[str, Any]:
    stages = behaviour.STAGES[:3]
    return {
        "device_by_source": _rows(behaviour.SOURCES, behaviour.DEVICES, behaviour.DEVICE_BY_SOURCE),
        "device_on_return": _rows(behaviour.DEVICES, behaviour.DEVICES, behaviour.DEVICE_ON_RETURN),
        "source_on_return": _rows(behaviour.STATES, behaviour.SOURCES, behaviour.SOURCE_ON_RETURN),
        "return_probability_after": dict(zip(stages, behaviour.RETURN_AFTER.tolist(), strict=True)),
        "return_probability_added_for_users": behaviour.RETURN_OF_USER,
        "return_gap": {
            "model": "minimum_hours + log-normal, in operating time",
            "minimum_hours": behaviour.MINIMUM_GAP_SECONDS / 3600,
            "median_days_after": dict(zip(stages, behaviour.RETURN_GAP_MEDIAN_DAYS.tolist(), strict=True)),
            "sigma": behaviour.RETURN_GAP_SIGMA,
        },
        "customer_conversion_by_main_device": dict(
            zip(behaviour.DEVICES, np.round(behaviour.customer_conversion(), 6).tolist(), strict=True)
        ),
        "pause_probability": behaviour.PAUSE_PROBABILITY,
    }


def _identity() -> dict[str, Any]:
    kinds = ("known", "logs_in", "anonymous")
    return {
        "sign_up_after": dict(zip(behaviour.STAGES[:3], behaviour.SIGN_UP_AFTER.tolist(), strict=True)),
        "of_user_without_order": dict(zip(kinds, behaviour.IDENTITY_OF_USER.tolist(), strict=True)),
        "of_user_with_order": dict(zip(kinds, behaviour.IDENTITY_OF_BUYER.tolist(), strict=True)),
    }


def _season(world: World) -> dict[str, Any]:
    start = world.period.dates()
    return {
        "growth_per_month": clock.GROWTH_PER_MONTH,
        "months": clock.MONTHS.tolist(),
        "weekdays_from_monday": clock.WEEKDAYS.tolist(),
        "hours": clock.HOURS.tolist(),
        "sales": [
            {
                "name": sale.name,
                "first_day": start[sale.first_day].isoformat(),
                "last_day": start[sale.last_day].isoformat(),
                "visitor_lift": sale.lift,
                "percent_by_category": {
                    row.name: int(percent)
                    for row, percent in zip(CATEGORIES, world.sale_percent[sale.first_day], strict=True)
                    if percent
                },
            }
            for sale in world.period.sales()
        ],
    }


def _campaigns(world: World) -> dict[str, Any]:
    dates, plan = world.period.dates(), world.plan
    return {
        row.campaign_id: {
            "platform": row.platform,
            "response": "incremental new visitors a day = theta * spend ** beta",
            "theta": float(plan.theta[number]),
            "beta": row.beta,
            "expected_incremental_visitors": float(plan.caused[number].sum()),
            "expected_baseline_visitors": float(plan.baseline[number].sum()),
            "days_off": [dates[day].isoformat() for day in np.flatnonzero(~plan.runs[number])]
            if row.flight == "pauses"
            else [],
            "days_running": int(plan.runs[number].sum()),
        }
        for number, row in enumerate(CAMPAIGNS)
    } | {"organic": {"expected_baseline_visitors": float(plan.organic.sum())}}


def _stock(world: World) -> dict[str, Any]:
    catalogue = world.catalogue
    order = np.argsort(catalogue.product_id)
    return {
        "product_id": catalogue.product_id[order].tolist(),
        "policy": [POLICIES[code] for code in catalogue.policy[order].tolist()],
        "lead_time_days": catalogue.lead_days[order].tolist(),
    }


def _rows(rows: tuple[str, ...], columns: tuple[str, ...], table: Any) -> dict[str, dict[str, float]]:
    return {
        row: dict(zip(columns, values, strict=True)) for row, values in zip(rows, table.tolist(), strict=True)
    }
