"""The simulator's own books: money by line in cents, by month and by group, with the shop's definitions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from analysis_lib.simulate.arrays import Array
from analysis_lib.simulate.catalogue import Catalogue
from analysis_lib.simulate.clock import Period
from analysis_lib.simulate.fulfilment import CANCELLED, RETURNED, Fulfilment
from analysis_lib.simulate.stock import Stock

AMOUNTS = (
    "gross_sales",
    "discounts",
    "cancellations",
    "returns",
    "net_revenue",
    "cost_of_goods",
    "gross_profit",
)


@dataclass(frozen=True)
class Accounts:
    """Money in cents, one entry an order line, as known at the end of the period.

    `return_day` is -1 for lines that did not come back. `cost_of_goods` is the cost of what was kept,
    `cost` that of everything not cancelled. `is_counted` is one entry an order.
    """

    order: Array
    session: Array
    day: Array
    return_day: Array
    units: Array
    is_cancelled: Array
    is_returned: Array
    is_delivered: Array
    gross_sales: Array
    discounts: Array
    cancellations: Array
    returns: Array
    cost: Array
    cost_of_goods: Array
    is_counted: Array

    @property
    def net_revenue(self) -> Array:
        """What is left of gross sales."""
        return np.asarray(self.gross_sales - self.discounts - self.cancellations - self.returns)

    def total(self, mask: Array | None = None) -> dict[str, int | str]:
        """Orders, units and money of the lines of the mask, returns on the day of the sale."""
        which = np.ones(len(self.order), dtype=bool) if mask is None else mask
        counted = which & self.is_counted[self.order]
        cents = {name: int(getattr(self, name)[which].sum()) for name in AMOUNTS[:-1]}
        cents["gross_profit"] = cents["net_revenue"] - cents["cost_of_goods"]
        found: dict[str, int | str] = {
            "orders": len(np.unique(self.order[counted])),
            "items": int(self.units[which & ~self.is_cancelled].sum()),
        }
        return found | {name: dollars(value) for name, value in cents.items()}


def keep_accounts(
    period: Period, catalogue: Catalogue, stock: Stock, discount: Array, fulfilment: Fulfilment
) -> Accounts:
    """Book every order line."""
    lines = stock.lines
    quantity, price = lines.quantity, catalogue.price[lines.product]
    cancelled = fulfilment.line_status == CANCELLED
    returned = fulfilment.line_status == RETURNED
    paid = (price - discount) * quantity
    cost = catalogue.cost[lines.product] * quantity
    counted = np.zeros(len(fulfilment.order_created), dtype=bool)
    counted[:] = fulfilment.order_status != CANCELLED
    return Accounts(
        order=lines.order,
        session=lines.session,
        day=period.day_of(fulfilment.order_created)[lines.order],
        return_day=np.where(returned, period.day_of(fulfilment.line_returned), -1),
        units=quantity,
        is_cancelled=cancelled,
        is_returned=returned,
        is_delivered=fulfilment.line_delivered > 0,
        gross_sales=price * quantity,
        discounts=discount * quantity,
        cancellations=np.where(cancelled, paid, 0),
        returns=np.where(returned, paid, 0),
        cost=np.where(cancelled, 0, cost),
        cost_of_goods=np.where(cancelled | returned, 0, cost),
        is_counted=counted,
    )


def monthly(period: Period, accounts: Accounts, spend_by_day: Array) -> dict[str, dict[str, int | str]]:
    """The P&L by calendar month: returns, and the cost of what came back, in the month of the return.

    Parameters
    ----------
    spend_by_day
        Ad spend in cents.
    """
    months = list(dict.fromkeys(f"{date:%Y-%m}" for date in period.dates()))
    of_day = period.month_numbers()
    sold, came_back = of_day[accounts.day], accounts.is_returned
    back = of_day[accounts.return_day[came_back]]
    size = len(months)

    def book(where: Array, cents: Array) -> Array:
        found = np.zeros(size, dtype=np.int64)
        np.add.at(found, where, cents)
        return found

    sums = {
        name: book(sold, getattr(accounts, name)) for name in ("gross_sales", "discounts", "cancellations")
    }
    sums["returns"] = book(back, accounts.returns[came_back])
    net = sums["gross_sales"] - sums["discounts"] - sums["cancellations"] - sums["returns"]
    sums["net_revenue"] = net
    sums["cost_of_goods"] = book(sold, accounts.cost) - book(back, accounts.cost[came_back])
    sums["gross_profit"] = net - sums["cost_of_goods"]
    sums["ad_spend"] = book(of_day, spend_by_day)
    sums["contribution"] = sums["gross_profit"] - sums["ad_spend"]
    kept_units = np.where(accounts.is_cancelled, 0, accounts.units)
    items = book(sold, kept_units)
    first_line = np.flatnonzero(np.diff(accounts.order, prepend=-1))
    orders = book(sold[first_line], accounts.is_counted[accounts.order[first_line]].astype(np.int64))
    return {
        month: {"orders": int(orders[number]), "items": int(items[number])}
        | {name: dollars(int(values[number])) for name, values in sums.items()}
        for number, month in enumerate(months)
    }


def dollars(cents: int) -> str:
    """Cents as a decimal number in text.

    Examples
    --------
    >>> dollars(-1999)
    '-19.99'
    """
    return str(Decimal(cents).scaleb(-2).quantize(Decimal("0.01")))
