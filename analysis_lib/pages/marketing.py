"""Marketing: which money spent on ads came back?

Each function is one section of `notebooks/marketing.ipynb`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import marketing_channels as channels
from analysis_lib.pages import marketing_data as data
from analysis_lib.pages import marketing_findings
from analysis_lib.pages import marketing_headline as kpis
from analysis_lib.pages.marketing_headline import Marketing
from analysis_lib.reporting import charts, findings, numbers, paired_charts
from analysis_lib.reporting.html import Html, empty, join, paragraph
from analysis_lib.reporting.method import method
from analysis_lib.reporting.paired_charts import PairedBar, Panel
from analysis_lib.reporting.stamp import stamp
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import Window, day

if TYPE_CHECKING:
    import datetime as dt

    from analysis_lib.shop import Shop

WEEKS_SHOWN = 27
MOST_CAMPAIGNS = 25
_MODELS_READ = ["fct_attribution", "dim_traffic_sources"]
_ALL, _ADS, _REST = "All visits", "Ads together", "Without ads"


def status(book: Shop) -> Html:
    """The stamp, with a banner for ad spend or orders that end before the window does."""
    ads = data.read(book)
    return stamp(book, {"ad spend": ads.last_spend, "order": ads.last_order})


def headline(book: Shop) -> Html:
    """The KPI cards."""
    return kpis.cards(kpis.read(book), book.parameters.currency)


def key_findings(book: Shop) -> Html:
    """Three to five sentences, or that there is nothing to report."""
    found = kpis.read(book)
    if found.is_empty:
        return findings.show([], _nothing(found))
    return findings.show(marketing_findings.write(book, found), "Nothing to report.")


def _nothing(found: Marketing) -> str:
    return f"No ad spend, and no visits or orders from ads, on {found.ads.windows.current.text}."


def performance(book: Shop) -> Html:
    """Cost and return by platform, and by campaign."""
    if not _rows(book):
        return empty(_nothing(kpis.read(book)))
    return join([by_platform(book), by_campaign(book)])


def by_platform(book: Shop) -> Html:
    """Cost and return of each ad platform, with everything that came without ads and the total."""
    rows = _rows(book)
    names = list(
        dict.fromkeys([*data.read(book).platforms, *(row["platform"] for row in rows if row["is_ad"])])
    )
    made = [
        ("platform", name, [row for row in rows if row["is_ad"] and row["platform"] == name])
        for name in names
    ]
    return _performance(book, made, rows, "platform-performance", "Return of ads by platform", "Platform")


def by_campaign(book: Shop) -> Html:
    """Cost and return of each campaign; the smaller ones as one row, all of them in the download."""
    rows = _rows(book)
    own = [row for row in rows if row["is_ad"]]
    made = [("campaign", _campaign(row), [row]) for row in own[:MOST_CAMPAIGNS]]
    if len(own) > MOST_CAMPAIGNS:
        rest = own[MOST_CAMPAIGNS:]
        made.append(("others", f"{len(rest)} others", rest))
    return _performance(book, made, rows, "campaign-performance", "Return of ads by campaign", "Campaign")


def _campaign(row: Mapping[str, Any]) -> str:
    if row["campaign_id"] == data.NO_CAMPAIGN:
        return f"{row['platform']}, no campaign" if row["platform"] != data.NO_PLATFORM else "not named"
    return str(row["campaign_id"])


def _rows(book: Shop) -> list[dict[str, Any]]:
    """The campaigns of the window; spend that names neither platform nor campaign is a row of the ads."""
    made: list[dict[str, Any]] = []
    for row in data.campaigns(book).to_dict("records"):
        plain = {str(name): None if value != value else value for name, value in row.items()}
        if not plain["is_ad"] and plain["spend"]:
            made.append({**plain, **dict.fromkeys(data.RESULTS, 0), "is_ad": True})
            plain |= dict.fromkeys(data.COSTS)
        made.append(plain)
    return made


def _performance(
    book: Shop,
    parts: Sequence[tuple[str, str, Sequence[Mapping[str, Any]]]],
    rows: Sequence[Mapping[str, Any]],
    name: str,
    title: str,
    label: str,
) -> Html:
    import pandas as pd

    found = kpis.read(book)
    window, currency = found.ads.windows.current, book.parameters.currency
    if not parts:
        return empty(_nothing(found))
    has_spend = found.ads.has_spend
    made = [{"part": text, **data.total(of, has_spend)} for _, text, of in parts]
    own = [row for row in rows if row["is_ad"]]
    rest = [{**row, **dict.fromkeys(data.COSTS)} for row in rows if not row["is_ad"]]
    whole = [
        {"part": _ADS, **data.total(own, has_spend)},
        {"part": _REST, **data.total(rest, False)},
        {"part": _ALL, **data.total([*own, *rest], has_spend)},
    ]
    shown = pd.DataFrame([*made, *whole]).astype(
        dict.fromkeys((*data.COSTS, *data.RESULTS, *data.RATIOS), "float64")
    )
    plain = [
        {"platform": row["platform"], "campaign_id": row["campaign_id"], **data.total([row], has_spend)}
        for row in own
    ]
    offered = pd.DataFrame(plain if name == "campaign-performance" else made)
    notes = [
        f"Attributed by {data.MODELS[data.MODEL].lower()}, by day of the order, as known now. CAC (n): ad "
        f"spend "
        "for each order that is its customer's first, and how many they are.",
        f"In italics: on fewer than {book.parameters.min_sample} orders, new customers, clicks or "
        f"impressions, "
        "too few to rely on.",
    ]
    blended = found.profit.value("roas")
    if blended is not None and numbers.ratio(blended) != numbers.ratio(whole[-1]["attributed_roas"]):
        notes.append(
            f"The profit and loss gives {numbers.ratio(blended)} for all visits, because it books a return "
            f"on the "
            "day it comes back."
        )
    if not has_spend:
        notes.append("There is no ad spend data, so that costs, clicks and returns are not known.")
    return table(
        shown,
        _columns(label, currency, book.parameters.min_sample),
        name,
        f"{title}, {window.text}",
        f"money in {currency}",
        notes,
        download=offered.drop(columns=["clicked_spend", "shown_clicks"]),
        download_label=f"{title}, all rows",
        bold_rows=[len(made), len(made) + 2],
    )


def _columns(label: str, currency: str, minimum: int) -> list[Column]:
    whole = functools.partial(numbers.money, currency=currency, decimals=0)
    exact = functools.partial(numbers.money, currency=currency)

    def few(column: str) -> Callable[[Any], bool]:
        return lambda row: not numbers.is_reliable(getattr(row, column), minimum)

    return [
        Column("part", label),
        Column("spend", "Ad spend", whole),
        Column("clicks", "Clicks", numbers.count),
        Column("ctr", "CTR", numbers.percent, is_few=few("impressions")),
        Column("cpc", "CPC", exact, is_few=few("clicks")),
        Column("sessions", "Sessions", numbers.count),
        Column("orders", "Orders", numbers.count),
        Column("revenue", "Revenue", whole),
        Column("attributed_roas", "ROAS", numbers.ratio, is_few=few("orders")),
        Column("cost_per_acquisition", "Cost per order", exact, is_few=few("orders")),
        Column("cac", "CAC (n)", _cac(exact), from_row=True, is_few=few("new_customers")),
    ]


def _cac(write: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda row: f"{write(row.cac)} ({numbers.count(row.new_customers)})".replace(" ", numbers.NO_BREAK)


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
    shown = bars[:8]
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
        f"that "
        "gives the platform least to the one that gives it most.",
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
    if not weeks:
        return empty(_nothing(found))
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
    even_note = (
        " Break-even: 1 / gross margin of the window."
        if ads.has_spend and panels[-1].reference is not None
        else ""
    )
    words = charts.Words(
        f"Ads by week, Monday to Sunday, {period}"
        if len(panels) > 1
        else f"Revenue of visits from ads by week, {period}",
        f"{sentence}{note}{even_note}",
        f"Column charts by week, {period}: {', '.join(panel.title.lower() for panel in panels)}. "
        f"{sentence}{note}",
    )
    return paired_charts.weeks("ads-by-week", [week.first for week in weeks], partial, panels, words).html


def _weeks(last: dt.date) -> list[Window]:
    import datetime as dt

    monday = last - dt.timedelta(days=last.weekday())
    starts = [monday - dt.timedelta(days=7 * number) for number in range(WEEKS_SHOWN - 1, -1, -1)]
    return [Window(start, start + dt.timedelta(days=6)) for start in starts]


def _is_known(week: Window, ads: data.Ads) -> bool:
    return ads.first_day is not None and week.last >= ads.first_day


def _cut(week: Window, ads: data.Ads) -> Window:
    """The days of the week that the data has."""
    assert ads.first_day is not None
    return Window(max(week.first, ads.first_day), min(week.last, ads.windows.current.last))


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


def marginal(book: Shop) -> Html:
    """What one more unit of spend went with, platform by platform, and what the rule says."""
    import pandas as pd

    found = kpis.read(book)
    made, even = found.marginal, marketing_findings.break_even(found)
    decision = paragraph(marketing_findings.recommendation(found).headline)
    if not found.ads.has_spend:
        return empty("There is no ad spend data, so that the return of more spend cannot be estimated.")
    if not made.slopes or made.weeks is None:
        return empty(marketing_findings.recommendation(found).text)
    window = made.weeks
    rows = []
    for name in found.ads.platforms:
        slope, sums = made.slopes.get(name), found.ads.sums(window, name)
        rows.append(
            {
                "platform": name,
                "spend": sums["spend"],
                "average_return": sums["attributed_roas"],
                "marginal_return": slope.value if slope else None,
                "low": slope.low if slope else None,
                "high": slope.high if slope else None,
                "why_not": made.why_not.get(name, ""),
            }
        )
    shown = pd.DataFrame(rows)
    columns = [
        Column("platform", "Platform"),
        Column(
            "spend",
            "Ad spend",
            functools.partial(numbers.money, currency=book.parameters.currency, decimals=0),
        ),
        Column("average_return", "ROAS, mean", numbers.ratio),
        Column("marginal_return", "Marginal return", functools.partial(numbers.count, decimals=2)),
        Column("low", "95 % interval", _interval, from_row=True),
    ]
    notes = [
        "Marginal return: revenue that came with one more unit of spend. A day is compared with the other "
        "days of "
        "its week, so that season and growth play no part; a visit through the ad counts if it was the first "
        "of "
        f"those that led to an order within {book.parameters.attribution_lookback_days} days. Not an "
        f"experiment.",
        f"{marketing_findings.RULE}{f' of {numbers.ratio(even)} (1 / gross margin)' if even else ''}.",
    ]
    boxed = table(
        shown,
        columns,
        "marginal-return",
        f"What more spend went with, by platform, {window.text}",
        f"{numbers.plural(window.days // 7, 'complete week')}, money in {book.parameters.currency}",
        notes,
        download=shown,
        download_label="Marginal return by platform",
    )
    return join([boxed, decision])


def _interval(row: Any) -> str:
    if row.why_not:
        return str(row.why_not)
    return f"{numbers.count(row.low, 1)} to {numbers.count(row.high, 1)}"


def attribution_models(book: Shop) -> Html:
    """The models of attribution side by side, and that each sums to net revenue."""
    return channels.models(book)


def acquisition(book: Shop) -> Html:
    """Cost and value of acquired customers, by traffic source and by month."""
    if not channels.cohorts(book):
        return empty(f"No acquired users up to {day(book.data_through)}.")
    return join([channels.acquisition(book), channels.acquisition_by_month(book)])


def how_computed(book: Shop) -> Html:
    """Definitions of the page's metrics and the SQL behind them."""
    names = ["ad_spend", *kpis.CARDS, "cost_per_acquisition", "contribution", "gross_margin"]
    models = list(_MODELS_READ)
    if book.available("fct_channel_acquisition"):
        names += ["channel_cac", "ltv_12m", "ltv_to_cac", "payback_days"]
        models.append("fct_channel_acquisition")
    return method(book, names, models)
