"""What each platform and campaign cost and earned, with everything that came without ads and the total."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import marketing_data as data
from analysis_lib.pages import marketing_headline as kpis
from analysis_lib.reporting import numbers
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.tables import Column, table

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

MOST_CAMPAIGNS = 25
_ALL, _ADS, _REST = "All visits", "Ads together", "Without ads"


def performance(book: Shop) -> Html:
    """Cost and return by platform, and by campaign."""
    if not _rows(book):
        return empty(kpis.nothing(kpis.read(book)))
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
        return empty(kpis.nothing(found))
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
    by_part = [{"platform": text, **data.total(of, has_spend)} for _, text, of in parts]
    without = {"platform": _REST, **data.total(rest, False)}
    offered = pd.DataFrame([*(plain if name == "campaign-performance" else by_part), without])
    notes = [
        f"Attributed by {data.MODELS[data.MODEL].lower()}, by day of the order, as known now. CAC (n): ad "
        "spend for each order that is its customer's first, and how many they are.",
        f"In italics: on fewer than {book.parameters.min_sample} orders, new customers, clicks or "
        "impressions, too few to rely on.",
    ]
    blended = found.profit.value("roas")
    if blended is not None and numbers.ratio(blended) != numbers.ratio(whole[-1]["attributed_roas"]):
        notes.append(
            f"The profit and loss gives {numbers.ratio(blended)} for all visits, because it books a return "
            "on the day it comes back."
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
