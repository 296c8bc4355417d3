"""What BG/NBD and Gamma–Gamma are fitted to, and what the fitted parameters predict of each customer."""

from __future__ import annotations

import math

import pandas as pd
from scipy.integrate import quad
from scipy.special import betaln

from .staging import Staged, ratio

DAYS_OF_YEAR, DAYS_OF_WEEK = 365, 7
LONGEST_HOLD_OUT = 180


def hold_out_days(staged: Staged, orders: pd.DataFrame) -> int:
    """A third of the shop's days since its first counted order, at most 180."""
    counted = orders[orders["is_counted"] & orders["user_id"].notna()]
    if not len(counted):
        return 0
    return min(LONGEST_HOLD_OUT, (staged.as_of - counted["order_date"].min()).days // 3)


def _order_days(known_on: pd.Timestamp, orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """One row a buyer and day with a counted order, with its net revenue as known on a day."""
    came_back_later = lines["is_returned"] & (lines["return_date"] > known_on)
    revenue = lines["net_revenue"] + lines["returns"].where(came_back_later, 0)
    of_order = revenue.groupby(lines["order_id"]).sum()
    counted = orders[orders["is_counted"] & orders["user_id"].notna()]
    counted = counted.assign(revenue=counted["order_id"].map(of_order).fillna(0).astype("int64"))
    return counted.groupby(["user_id", "order_date"], as_index=False)["revenue"].sum()


def int_purchase_history(staged: Staged, orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """One row a buyer and fit; amounts in 1e-9 units. Without a hold-out there is no calibration."""
    held_out = hold_out_days(staged, orders)
    ends = {"final": staged.as_of}
    if held_out:
        ends["calibration"] = staged.as_of - pd.Timedelta(days=held_out)
    parts = []
    for fit, end in ends.items():
        days = _order_days(end, orders, lines)
        days = days[days["order_date"] <= end].sort_values(["user_id", "order_date"])
        by_user = days.groupby("user_id")["order_date"]
        repeats = days[days["user_id"].duplicated()]
        part = pd.DataFrame({"first_order_date": by_user.min()})
        part["repeat_order_days"] = by_user.size() - 1
        part["first_to_last_days"] = (by_user.max() - part["first_order_date"]).dt.days
        part["first_to_end_days"] = (end - part["first_order_date"]).dt.days
        part = part.join(_valued(repeats, "valued_order_days", "repeat_net_revenue"))
        later = _order_days(staged.as_of, orders, lines)
        later = later[later["order_date"] > end]
        part["holdout_order_days"] = later.groupby("user_id").size()
        part = part.join(_valued(later, "holdout_valued_order_days", "holdout_net_revenue"))
        part = part.fillna(0)
        average = ratio(part["repeat_net_revenue"], part["valued_order_days"]) / 1e9
        part["average_order_day_revenue"] = average
        part["holdout_days"] = held_out
        parts.append(part.assign(fit=fit).rename_axis("user_id").reset_index())
    history = pd.concat(parts, ignore_index=True)
    of_holdout = [name for name in history if name.startswith("holdout_")]
    history[of_holdout] = history[of_holdout].astype("Int64").mask(history["fit"] == "final")
    return history


def _valued(days: pd.DataFrame, count: str, amount: str) -> pd.DataFrame:
    """By buyer: days with net revenue, and that revenue."""
    valued = days[days["revenue"] > 0].groupby("user_id")["revenue"]
    return pd.DataFrame({count: valued.size(), amount: valued.sum()})


def probability_alive(r: float, alpha: float, a: float, b: float, x: int, t_x: float, age: float) -> float:
    """P(alive) of BG/NBD: Fader, Hardie and Lee 2005 (note of 2008); 1 without a repeat."""
    if x == 0:
        return 1.0
    return 1 / (1 + a / (b + x - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x))


def expected_orders(
    r: float, alpha: float, a: float, b: float, x: int, t_x: float, age: float, weeks: float
) -> float:
    """Purchases expected in the next `weeks`, by integrating over what the customer may be.

    Given that a customer is alive, their rate is Gamma(r + x, alpha + age) and their chance to drop out after
    a purchase Beta(a, b + x). Purchases within t are (1 - exp(-rate p t)) / p, whose mean over rates is
    (1 - (1 + p t / (alpha + age)) ** -(r + x)) / p.
    """
    shape, scale = r + x, alpha + age

    def per_drop_out(p: float) -> float:
        if p == 0.0:
            return shape * weeks / scale
        return -math.expm1(-shape * math.log1p(p * weeks / scale)) / p

    # The weight is the Beta density without its constant; the other p of a - 1 is in 1 / p above.
    mean, _ = quad(per_drop_out, 0, 1, weight="alg", wvar=(a - 1, b + x - 1), limit=200, epsrel=1e-10)
    return mean * math.exp(-betaln(a, b + x)) * probability_alive(r, alpha, a, b, x, t_x, age)


def predictions(history: pd.DataFrame, parameters: pd.Series) -> pd.DataFrame:
    """What the fit `final` says of every buyer, indexed by user; missing where it has no parameters."""
    final = history[history["fit"] == "final"].set_index("user_id")
    r, alpha, a, b, p, q, v = (float(parameters[name]) for name in ["r", "alpha", "a", "b", "p", "q", "v"])
    alike = ["repeat_order_days", "first_to_last_days", "first_to_end_days"]
    cells = final[alike].drop_duplicates()
    found = []
    for x, last, end in cells.itertuples(index=False, name=None):
        t_x, age = last / DAYS_OF_WEEK, end / DAYS_OF_WEEK
        if math.isnan(r):
            found.append((math.nan, math.nan))
            continue
        weeks = DAYS_OF_YEAR / DAYS_OF_WEEK
        is_alive = probability_alive(r, alpha, a, b, x, t_x, age)
        found.append((is_alive, expected_orders(r, alpha, a, b, x, t_x, age, weeks)))
    cells[["probability_alive", "predicted_orders_12m"]] = found
    rows = final.reset_index().merge(cells, on=alike).set_index("user_id").reindex(final.index)
    # Gamma–Gamma (Fader and Hardie 2013): a weighted mean of the customer's own value and everybody's.
    x = rows["valued_order_days"]
    spent = (rows["average_order_day_revenue"] * x).fillna(0)
    rows["predicted_average_order_value"] = p * (v + spent) / (p * x + q - 1)
    rows["predicted_net_revenue_12m"] = rows["predicted_orders_12m"] * rows["predicted_average_order_value"]
    return rows
