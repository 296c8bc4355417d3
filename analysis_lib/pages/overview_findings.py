"""The sentences of the overview: what changed by more than chance, where it came from, what was left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis_lib.pages import revenue
from analysis_lib.pages.daily_tests import Tested
from analysis_lib.pages.headline import Headline
from analysis_lib.pages.periods import Totals
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.changes import Kind, amount, change
from analysis_lib.reporting.findings import Finding
from analysis_lib.reporting.metrics import metric
from analysis_lib.statistics.means import MeanDifference

if TYPE_CHECKING:
    from analysis_lib.shop import Shop


def write(book: Shop, found: Headline) -> list[Finding]:
    """Three to five findings, made of the sums and tests of the cards."""
    currency = book.parameters.currency
    made = [_against_previous(found, found.profit, "net_revenue", currency)]
    if found.has_visits and found.tests["net_revenue", "previous"].is_found:
        contributor = _contributor(book, found.profit)
        made.append(findings.see(contributor, "marketing", "what each source cost and brought"))
    made.append(_against_year(found, "net_revenue", currency))
    if found.has_visits:
        conversion = found.viewers.finding(found.tests["conversion_rate", "previous"].p_value)
        made += [
            _against_previous(found, found.visits, "sessions", currency),
            findings.see(conversion, "funnel", "at which step visits stop, and for whom"),
        ]
    else:
        made.append(_against_previous(found, found.profit, "orders", currency))
    made.append(_left_over(found.profit, currency))
    return [finding for finding in made if finding is not None]


def _against_previous(found: Headline, sums: Totals, name: str, currency: str) -> Finding | None:
    """A sum of the window against the window before, and whether it may be called a change."""
    tested, kind = found.tests[name, "previous"], _kind(name)
    value, before = sums.value(name), sums.value(name, "previous")
    label, window = metric(name).label, sums.windows.current.text
    if value is None:
        return Finding(f"{label}: there is no data on {window}.")
    sentence = f"{_stated(name, value, currency)} on {window}"
    if before is None:
        why = sums.comparison(name, "previous").why_missing
        return Finding(f"{sentence}.", f"There is nothing to compare with: {why}.")
    made = change(value, before, kind, currency, metric(name).good)
    against = f"against {amount(before, kind, currency)} on {sums.windows.previous.text} ({made.brief})"
    if tested.test is None:
        return Finding(f"{sentence}, {against}.", "The days are too few or too equal to test the change.")
    interval = _interval(tested.test, before, sums)
    if not tested.is_found:
        return Finding(f"{sentence}, {against}.", f"{_why_unclear(tested)} ({interval}).")
    assert tested.p_value is not None
    direction = "rose" if made.direction == "up" else "fell"
    return Finding(
        f"{label} {direction}: {amount(value, kind, currency)} on {window}, {against}.",
        "That is more than the days of a window differ among themselves "
        f"({interval}; {numbers.p_value(tested.p_value)} after Holm).",
        made.tone,
        is_claim=True,
    )


def _why_unclear(tested: Tested) -> str:
    """Why a change is not called one: by itself, or among all that the page compares."""
    if tested.test is not None and findings.is_found(tested.test.p_value) and tested.p_value is not None:
        adjusted = numbers.p_value(tested.p_value)
        return f"No clear change among all that the page compares, with {adjusted} after Holm"
    return "That is no clear change: the days of a window differ as much among themselves"


def _against_year(found: Headline, name: str, currency: str) -> Finding | None:
    """Said only when the window differs from the one 52 weeks before."""
    tested, sums, kind = found.tests[name, "year_before"], found.profit, _kind(name)
    value, before = sums.value(name), sums.value(name, "year_before")
    if (
        value is None
        or before is None
        or tested.test is None
        or tested.p_value is None
        or not tested.is_found
    ):
        return None
    made = change(value, before, kind, currency, metric(name).good)
    above = "above" if made.direction == "up" else "below"
    return Finding(
        f"{metric(name).label} stands {above} 52 weeks before: {made.brief}.",
        f"It was {amount(before, kind, currency)} on {sums.windows.year_before.text} "
        f"({_interval(tested.test, before, sums)}; {numbers.p_value(tested.p_value)} after Holm)."
        f"{_largest_factor(found, currency)}",
        made.tone,
        is_claim=True,
    )


def _largest_factor(found: Headline, currency: str) -> str:
    """Which of visits, orders out of them and their size makes most of the difference to a year before."""
    parts = revenue.factors(found.profit, found.visits, "year_before")
    if not parts:
        return ""
    whole = sum(part.contribution for part in parts)
    largest = max(parts, key=lambda part: part.contribution * (1 if whole > 0 else -1))
    return (
        f" The largest part of it is {largest.label.lower()}: "
        f"{numbers.signed_money(largest.contribution, currency)} "
        f"of {numbers.signed_money(whole, currency)}."
    )


def _stated(name: str, value: float, currency: str) -> str:
    """A sum as the beginning of a sentence."""
    if name in ("sessions", "orders"):
        return f"There {'was' if value == 1 else 'were'} {numbers.plural(value, name.removesuffix('s'))}"
    return f"{metric(name).label} was {amount(value, _kind(name), currency)}"


def _kind(name: str) -> Kind:
    return "money" if metric(name).format == "money" else "count"


def _interval(test: MeanDifference, before: float, found: Totals) -> str:
    """The interval of the change, in percent of the earlier sum where that is a gain."""
    if before <= 0:
        return "the earlier sum is not positive, so no percentage is given"
    low, high = (end * found.windows.current.days / before for end in (test.interval.low, test.interval.high))
    return f"95 % interval of the change {numbers.signed_percent(low)} to {numbers.signed_percent(high)}"


def _contributor(book: Shop, found: Totals) -> Finding | None:
    """The traffic source that the largest part of a change comes from."""
    rows = revenue.by_source(book).to_dict("records")
    value, before = found.value("net_revenue"), found.value("net_revenue", "previous")
    if not rows or value is None or before is None:
        return None
    sign = 1 if value > before else -1
    row = max(rows, key=lambda row: sign * (row["net_revenue"] - row["previous_net_revenue"]))
    currency = book.parameters.currency
    part = numbers.signed_money(row["net_revenue"] - row["previous_net_revenue"], currency)
    return Finding(
        f"The largest part of it is {row['traffic_source']}: {part} "
        f"of {numbers.signed_money(value - before, currency)}.",
        f"Its orders went from {numbers.count(row['previous_orders'])} to {numbers.count(row['orders'])}, "
        f"its sessions from {numbers.count(row['previous_sessions'])} to {numbers.count(row['sessions'])}.",
        is_claim=True,
    )


def _left_over(found: Totals, currency: str) -> Finding | None:
    """What was left after goods and ads."""
    gross, contribution = found.value("gross_profit"), found.value("contribution")
    if gross is None or not found.value("orders"):
        return None
    profit = f"Gross profit was {numbers.money(gross, currency)}"
    if found.value("gross_margin") is not None and gross > 0:
        profit += f", {numbers.percent(found.value('gross_margin'))} of net revenue"
    if contribution is None:
        return Finding(f"{profit}.", "There is no ad spend data, so the contribution is not known.")
    detail = f"{profit}; ad spend was {numbers.money(found.value('ad_spend'), currency)}"
    roas = found.value("roas")
    if roas is not None:
        detail += f", and each {numbers.money(1, currency, 0)} of it stands against "
        detail += f"{numbers.money(roas, currency, 2)} of net revenue"
    verb = "left" if contribution >= 0 else "lost"
    headline = f"After goods and ads {numbers.money(abs(contribution), currency)} was {verb}."
    made = Finding(headline, f"{detail}.", "neutral" if contribution >= 0 else "bad")
    return findings.see(made, "marketing", "which of the ad spend came back")
