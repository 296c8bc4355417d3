"""Spend against return: each platform's share of both, and both by week."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis_lib.pages import marketing_data as data
from analysis_lib.pages import marketing_findings
from analysis_lib.pages import marketing_headline as kpis
from analysis_lib.reporting import annotations as calendar_events
from analysis_lib.reporting import charts, numbers, paired_charts
from analysis_lib.reporting.changes import change
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.paired_charts import PairedBar, Panel
from analysis_lib.reporting.windows import Window

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

WEEKS_SHOWN = 27
MOST_PLATFORMS = 8


def shares(book: Shop) -> Html:
    """Each platform's share of the spend beside its share of the attributed revenue."""
    found = kpis.read(book)
    ads, window = found.ads, found.ads.windows.current
    spend, revenue = found.current["spend"], found.current["revenue"]
    if not ads.has_spend:
        return empty("There is no ad spend data, so that shares of spend and revenue cannot be compared.")
    if not spend or not revenue:
        return empty(f"No ad spend with attributed revenue on {window.text}.")
    by_model = data.by_model(book)
    bars = []
    for name in ads.platforms:
        sums = ads.sums(window, name)
        paid, earned = (sums["spend"] or 0.0) / spend, (sums["revenue"] or 0.0) / revenue
        ranges = [
            parts.get(name, 0.0) / whole for parts in by_model.values() if (whole := sum(parts.values()))
        ]
        texts = [
            f"{numbers.percent(share)} of {what} ({numbers.money(sums[column], book.parameters.currency, 0)})"
            for share, what, column in ((paid, "spend", "spend"), (earned, "revenue", "revenue"))
        ]
        bars.append(PairedBar(name, paid, earned, texts[0], texts[1], min(ranges), max(ranges)))
    shown = bars[:MOST_PLATFORMS]
    gap = max(bars, key=lambda bar: abs(bar.second - bar.first))
    sentence = (
        f"The widest gap is at {gap.label}: {numbers.percent(gap.first)} of the spend, "
        f"{numbers.percent(gap.second)} "
        f"of the attributed revenue ({numbers.percent_range(gap.low or 0.0, gap.high or 0.0)} by other "
        f"models)."
    )
    words = charts.Words(
        f"Share of ad spend and of attributed revenue by platform, {window.text}",
        f"{sentence} Grey: spend; blue: revenue by {data.MODELS[data.MODEL].lower()}; line: from the model "
        "that gives the platform least to the one that gives it most.",
        f"Paired bar chart by platform. {sentence} "
        + "; ".join(f"{bar.label}: {bar.first_text}, {bar.second_text}" for bar in shown)
        + ".",
    )
    return paired_charts.paired("spend-and-revenue-shares", shown, words).html


def over_time(book: Shop) -> Html:
    """Ad spend, attributed revenue and the return on it by week; cut weeks are hatched."""
    found = kpis.read(book)
    ads, currency = found.ads, book.parameters.currency
    weeks = [week for week in _weeks(ads.windows.current.last) if _is_known(week, ads)]
    if not weeks or not (ads.has_sources or ads.has_spend):
        return empty(kpis.nothing(found))
    sums = [ads.sums(_cut(week, ads), "") for week in weeks]
    partial = [_cut(week, ads) != week for week in weeks]
    first, last = _cut(weeks[0], ads).first, _cut(weeks[-1], ads).last
    period = Window(first, last).text
    short = functools.partial(numbers.compact_money, currency=currency)
    revenue = Panel(f"Attributed revenue in {currency}", [row["revenue"] for row in sums], short)
    panels = [revenue]
    if ads.has_spend:
        even = marketing_findings.break_even(found)
        panels = [
            Panel(f"Ad spend in {currency}", [row["spend"] for row in sums], short),
            revenue,
            Panel(
                f"Attributed ROAS{'; dashed: break-even' if even else ''}",
                [row["attributed_roas"] for row in sums],
                numbers.compact_count,
                is_line=True,
                reference=even,
            ),
        ]
    sentence = _time_sentence(weeks, sums, partial, currency, ads.has_spend)
    cut = [_cut(week, ads).text for week, is_cut in zip(weeks, partial, strict=True) if is_cut]
    note = f" Hatched or hollow: not a whole week ({'; '.join(cut)})." if cut else ""
    note += _same_days(weeks[-1], ads, currency) if partial[-1] else ""
    even_note = (
        " Break-even: 1 / gross margin of the window."
        if ads.has_spend and panels[-1].reference is not None
        else ""
    )
    starts = [week.first for week in weeks]
    marked = calendar_events.on_weeks(book, starts, last)
    words = charts.Words(
        f"Ads by week, Monday to Sunday, {period}"
        if len(panels) > 1
        else f"Revenue of visits from ads by week, {period}",
        f"{sentence}{note}{even_note}",
        f"Column charts by week, {period}: {', '.join(panel.title for panel in panels)}. "
        f"{sentence}{note} {marked.text}".strip(),
    )
    chart = paired_charts.weeks("ads-by-week", starts, partial, panels, words, marked)
    return join([chart.html, marked.note])


def _weeks(last: dt.date) -> list[Window]:
    monday = last - dt.timedelta(days=last.weekday())
    starts = [monday - dt.timedelta(days=7 * number) for number in range(WEEKS_SHOWN - 1, -1, -1)]
    return [Window(start, start + dt.timedelta(days=6)) for start in starts]


def _is_known(week: Window, ads: data.Ads) -> bool:
    return ads.first_day is not None and week.last >= ads.first_day


def _cut(week: Window, ads: data.Ads) -> Window:
    """The days of the week that the data has."""
    assert ads.first_day is not None
    return Window(max(week.first, ads.first_day), min(week.last, ads.windows.current.last))


def _same_days(week: Window, ads: data.Ads, currency: str) -> str:
    """A week that is not over, against the same days of the week before; nothing where it began late."""
    days = _cut(week, ads)
    then = days.earlier(7)
    if days.first != week.first or ads.first_day is None or then.first < ads.first_day:
        return ""
    now, before = ads.sums(days, ""), ads.sums(then, "")
    column, what = ("spend", "ad spend") if ads.has_spend else ("revenue", "attributed revenue")
    compared = change(now[column], before[column], "money", currency)
    if not compared.is_known:
        return ""
    return (
        f" {days.text}: {what} {numbers.money(now[column], currency)}, against "
        f"{numbers.money(before[column], currency)} on the same days of the week before ({compared.brief})."
    )


def _time_sentence(
    weeks: Sequence[Window],
    sums: Sequence[data.Sums],
    partial: Sequence[bool],
    currency: str,
    has_spend: bool,
) -> str:
    whole = [(row, week) for row, week, cut in zip(sums, weeks, partial, strict=True) if not cut]
    if not whole:
        return "No whole week is over yet."
    column, what = ("spend", "Most was spent") if has_spend else ("revenue", "Most was earned")
    row, week = max(whole, key=lambda one: (one[0][column] or 0.0, one[1].first))
    text = f"{what} in the week of {week.text}: {numbers.money(row[column], currency, 0)}"
    if has_spend and row["attributed_roas"] is not None:
        text += f", at a return of {numbers.ratio(row['attributed_roas'])}"
        known = [one["attributed_roas"] for one, _ in whole if one["attributed_roas"] is not None]
        low, high = numbers.ratio(min(known)), numbers.ratio(max(known))
        text += f"; over the whole weeks it lay between {low} and {high}"
    return f"{text}."
