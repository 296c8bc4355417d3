"""What happens to orders after they are placed: shipping, delivery, returns, cancellations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_lib.simulate.arrays import Array
from analysis_lib.simulate.baskets import Lines
from analysis_lib.simulate.clock import DAY, Period

STATUSES = ("Processing", "Shipped", "Complete", "Returned", "Cancelled")
PROCESSING, SHIPPED, COMPLETE, RETURNED, CANCELLED = range(5)
_CANCELLED_WITHIN_HOURS = 7.0


@dataclass(frozen=True)
class Fulfilment:
    """Status and times (seconds since 1970, 0 where it has not happened by the end of the period).

    `order_*` are one entry an order, `line_*` one entry a line. `line_status` is the line's own:
    an order of which all lines came back is Returned, one with a part of them Complete.
    """

    order_created: Array
    order_status: Array
    order_shipped: Array
    order_delivered: Array
    order_returned: Array
    line_status: Array
    line_shipped: Array
    line_delivered: Array
    line_returned: Array


def still_to_cancel(rng: np.random.Generator, period: Period, lines: Lines, start: Array) -> Array:
    """Which lines' cancellations would only come after the period, so that it does not know of them.

    Parameters
    ----------
    start
        Start of each order's session, seconds since 1970, one entry an order.
    """
    hours = rng.exponential(_CANCELLED_WITHIN_HOURS, len(start))
    return np.asarray((start + hours * 3600 > period.end_second)[lines.order])


def fulfil(
    rng: np.random.Generator, period: Period, lines: Lines, created: Array, return_rates: Array
) -> Fulfilment:
    """Ship, deliver and take back; nothing that would happen after the period has happened.

    Parameters
    ----------
    created
        When each order was placed, seconds since 1970.
    return_rates
        The probability that each line comes back.
    """
    end, orders, order = period.end_second, len(created), lines.order
    cancelled = np.zeros(orders, dtype=bool)
    cancelled[order[lines.order_cancelled]] = True
    shipped = created + (0.15 * DAY + rng.gamma(2.0, 0.55 * DAY, orders)).astype(np.int64)
    delivered = shipped + (0.8 * DAY + rng.gamma(2.5, 1.0 * DAY, orders)).astype(np.int64)
    shipped = np.where(cancelled | (shipped >= end), 0, shipped)
    delivered = np.where((shipped == 0) | (delivered >= end), 0, delivered)

    comes_back = rng.random(lines.size) < return_rates
    back = delivered[order] + (3 * DAY + rng.gamma(2.0, 3.2 * DAY, lines.size)).astype(np.int64)
    line_cancelled = lines.cancelled
    returned = comes_back & (delivered[order] > 0) & ~line_cancelled & (back < end)
    line_returned = np.where(returned, back, 0)

    kept = np.bincount(order[~line_cancelled & ~returned], minlength=orders)
    gone_back = np.bincount(order[returned], minlength=orders)
    all_back = (kept == 0) & (gone_back > 0)
    last_back = np.zeros(orders, dtype=np.int64)
    np.maximum.at(last_back, order, line_returned)

    status = np.where(shipped > 0, SHIPPED, PROCESSING)
    status = np.where(delivered > 0, COMPLETE, status)
    status = np.where(all_back, RETURNED, status)
    status = np.where(cancelled, CANCELLED, status)
    line_status = np.where(all_back, COMPLETE, status)[order]
    line_status = np.where(returned, RETURNED, line_status)
    line_status = np.where(line_cancelled, CANCELLED, line_status)
    return Fulfilment(
        order_created=created,
        order_status=status,
        order_shipped=shipped,
        order_delivered=delivered,
        order_returned=np.where(all_back, last_back, 0),
        line_status=line_status,
        line_shipped=np.where(line_cancelled, 0, shipped[order]),
        line_delivered=np.where(line_cancelled, 0, delivered[order]),
        line_returned=line_returned,
    )
