"""The sentences of the marketing page: what came back, what changed, who differs, where more money goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis_lib.pages import marketing_channels as channels
from analysis_lib.pages import marketing_data as data
from analysis_lib.pages import marketing_headline as kpis
from analysis_lib.pages.marketing_headline import Marketing
from analysis_lib.pages.marketing_marginal import MIN_WEEKS
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.changes import amount, change
from analysis_lib.reporting.findings import Finding
from analysis_lib.reporting.metrics import metric

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

RULE = (
    "The rule: money moves only where one platform's marginal return is higher than another's (p < 0.05 "
    "after Holm) and its 95 % interval lies above break-even"
)


def write(book: Shop, found: Marketing) -> list[Finding]:
    """Three to five findings, made of the sums and tests of the cards and tables."""
    if not found.ads.has_spend:
        return [_without_spend(book, found)]
    made = [
        _came_back(book, found),
        _against_previous(book, found),
        _platforms(found),
        findings.see(_acquired(book), "customers", "what these customers were worth, source by source"),
        recommendation(found),
    ]
    return [finding for finding in made if finding is not None]


def break_even(found: Marketing) -> float | None:
    """The return at which revenue pays for its goods and the ads: 1 / gross margin of the window."""
    margin = found.profit.value("gross_margin")
    return 1 / margin if margin is not None and 0 < margin <= 1 else None


def _how_to_know_spend(book: Shop) -> str:
    """What to do for returns on ad spend: load it, or look at the whole shop."""
    if book.edition and book.edition.dimension:
        return "Ads are not known by people: the report of the whole shop has what they cost."
    if "stg_marketing_spend" not in book.project.models:
        return "The source of this shop has no table of ad spend."
    return "Load the table marketing_spend to see it."


def _without_spend(book: Shop, found: Marketing) -> Finding:
    window = found.ads.windows.current.text
    revenue = numbers.money(found.current["revenue"], book.parameters.currency)
    return Finding(
        "There is no ad spend data, so the page cannot say which money came back.",
        f"Visits from ad platforms earned {revenue} on {window} by {data.MODELS[data.MODEL].lower()}; what "
        f"they "
        "cost, and with it ROAS, CAC, CPC and CTR, is not known. "
        f"{_how_to_know_spend(book)}",
        "neutral",
    )


def _came_back(book: Shop, found: Marketing) -> Finding:
    """The return of the window, under every model, against break-even. A statement of sums."""
    currency, window = book.parameters.currency, found.ads.windows.current.text
    spend, revenue, roas = (found.current[name] for name in ("spend", "revenue", "attributed_roas"))
    if not spend or roas is None:
        return Finding(f"Nothing was spent on ads on {window}.", "So there is no return on it.")
    one = numbers.money(1, currency, 0)
    by_model = {name: sum(parts.values()) / spend for name, parts in data.by_model(book).items()}
    low, high = min(by_model.values()), max(by_model.values())
    interval = kpis.roas_interval(found.ads)
    sure = (
        f" (95 % interval {numbers.ratio(interval[0])} to {numbers.ratio(interval[1])})" if interval else ""
    )
    detail = (
        f"That is {numbers.money(revenue, currency)} on {numbers.money(spend, currency)} of ad spend by "
        f"{data.MODELS[data.MODEL].lower()}{sure}; the {len(by_model)} models give {numbers.ratio(low)} to "
        f"{numbers.ratio(high)}."
    )
    even = break_even(found)
    if even is not None:
        above = sum(value > even for value in by_model.values())
        side = (
            "all models are above it" if above == len(by_model)
            else "no model is above it" if not above
            else f"{above} of {len(by_model)} models are above it"
        )  # fmt: skip
        detail += f" Break-even is {numbers.ratio(even)}, 1 / gross margin: {side}."
    return Finding(
        f"Each {one} spent on ads stands against {numbers.money(roas, currency, 2)} of attributed revenue on "
        f"{window}.",
        f"{detail} What would have been bought without ads is part of it.",
    )


def _against_previous(book: Shop, found: Marketing) -> Finding | None:
    """What changed against the window before by more than chance; else that the return did not."""
    currency, windows = book.parameters.currency, found.ads.windows
    clear = [name for name in ("attributed_roas", "attributed_revenue", "cac") if found.tests[name].is_found]
    name = clear[0] if clear else "attributed_roas"
    value = found.current[kpis.column(name)]
    before = kpis.earlier(found.ads, name, "previous")
    tested = found.tests[name]
    label = metric(name).label
    if value is None:
        return None
    kind = kpis.kind(name)
    stated = amount(value, kind, currency)
    if before.value is None:
        return Finding(f"{label} has nothing to be compared with: {before.why_missing}.")
    made = change(value, before.value, kind, currency, metric(name).good)
    against = (
        f"{stated}, against {amount(before.value, kind, currency)} on {windows.previous.text} ({made.brief})"
    )
    if tested.test is None or tested.p_value is None:
        return Finding(f"{label} was {against}.", "The days are too few or too equal to test the change.")
    if not tested.is_found:
        return Finding(
            f"{label} was {against}: no clear change.",
            "The days of a window differ as much among themselves, or the change gets lost among all that "
            f"the page compares ({numbers.p_value(tested.p_value)} after Holm).",
        )
    verb = "rose" if made.direction == "up" else "fell"
    others = [metric(one).label for one in clear if one != name]
    detail = (
        "That is more than the days of a window differ among themselves "
        f"({numbers.p_value(tested.p_value)} after Holm)."
    )
    if others:
        detail += f" So is the change of {' and '.join(others)}."
    return Finding(f"{label} {verb}: {against}.", detail, made.tone, is_claim=True)


def _platforms(found: Marketing) -> Finding | None:
    """The platform whose return differs most clearly from that of the others; or that none does."""
    ads, window = found.ads, found.ads.windows.current
    names = [name for name in ads.platforms if ads.sums(window, name)["spend"]]
    if len(names) < 2:
        return None
    tested = [name for name in names if found.platforms[name].p_value is not None]
    clear = [name for name in tested if found.platforms[name].is_found]
    if not clear:
        spread = "; ".join(
            f"{name} {numbers.ratio(ads.sums(window, name)['attributed_roas'])} on "
            f"{numbers.plural(round(ads.sums(window, name)['orders'] or 0), 'order')}"
            for name in names[:5]
        )
        why = (
            f"Those on at least {found.min_sample} orders were compared with the others together."
            if tested
            else f"None can be compared with the others: fewer than {found.min_sample} orders on one of the "
            f"sides."
        )
        return Finding(
            "No platform's return is clearly higher or lower than that of the others.", f"{spread}. {why}"
        )
    name = min(clear, key=lambda one: (found.platforms[one].p_value or 0.0, one))
    own, rest = ads.sums(window, name), ads.sums(window, name, others=True)
    p_value = found.platforms[name].p_value
    assert p_value is not None
    shares = [
        numbers.percent((own[column] or 0.0) / (found.current[column] or 1.0))
        for column in ("spend", "revenue")
    ]
    return Finding(
        f"{name} returned {numbers.ratio(own['attributed_roas'])} for each unit spent, the other platforms "
        f"together {numbers.ratio(rest['attributed_roas'])}.",
        f"It took {shares[0]} of the spend and brought {shares[1]} of the attributed revenue, on "
        f"{numbers.plural(round(own['orders'] or 0), 'order')} ({numbers.p_value(p_value)} after Holm). It "
        "says who was visited last before the order, not what more money would bring.",
        is_claim=True,
    )


def _acquired(book: Shop) -> Finding | None:
    """Whether a year of a customer paid for the ads; sums over the months that are a year old."""
    one = channels.paid(book)
    currency = book.parameters.currency
    if one.cac is None:
        return None
    cost = f"Each buyer whom ads acquired so far cost {numbers.money(one.cac, currency)}"
    if one.ltv_to_cac is None:
        return Finding(
            f"{cost}.",
            f"{numbers.plural(one.buyers, 'buyer')} so far. No month of acquisition is a year old, so that "
            "LTV:CAC is not known.",
        )
    ratios = [
        (source.ltv_to_cac, source.label)
        for source in channels.by_source(book)
        if source.ltv_to_cac is not None and source.old_buyers >= book.parameters.min_sample
    ]
    detail = f"Counted over months that are a year old, with {numbers.plural(one.old_buyers, 'buyer')}."
    if len(ratios) > 1:
        (low, lowest), (high, highest) = min(ratios), max(ratios)
        detail += (
            f" By source: from {numbers.ratio(low)} ({lowest}) to {numbers.ratio(high)} ({highest}); whether "
            "they differ by more than chance was not tested."
        )
    return Finding(
        f"{cost}; within a year buyers brought {numbers.ratio(one.ltv_to_cac)} of gross profit for each unit "
        "spent.",
        detail,
    )


def recommendation(found: Marketing) -> Finding:
    """Where more money should go, only where the rule holds; otherwise that the data cannot tell."""
    marginal, even = found.marginal, break_even(found)
    if len(marginal.slopes) < 2:
        return Finding(
            "The data cannot tell where more money would return more.",
            f"That takes two platforms with spend in at least {MIN_WEEKS} complete weeks, varied from week "
            f"to week.",
        )
    assert marginal.weeks is not None
    clear = [
        pair
        for pair in marginal.pairs
        if findings.is_found(pair.p_value) and even is not None and marginal.slopes[pair.higher].low > even
    ]
    if not clear or even is None:
        spans = "; ".join(
            f"{name} {numbers.signed(slope.low, 1)} to {numbers.signed(slope.high, 1)}"
            for name, slope in marginal.slopes.items()
        )
        return Finding(
            "The data cannot tell where more money would return more, so no shift of spend is recommended.",
            f"{RULE}{f' of {numbers.ratio(even)}' if even else ''}. Revenue of one more unit of spend, over "
            f"the "
            f"weeks of {marginal.weeks.text}: {spans} (95 % intervals). Spend that is varied on purpose "
            "would narrow them.",
        )
    pair = min(clear, key=lambda one: (one.p_value or 0.0, one.higher, one.lower))
    low, high = marginal.slopes[pair.lower], marginal.slopes[pair.higher]
    assert pair.p_value is not None
    return Finding(
        f"Shift spend from {pair.lower} to {pair.higher}, in small steps.",
        f"{RULE} of {numbers.ratio(even)}. One more unit of spend went with {numbers.signed(high.value, 2)} "
        f"of revenue "
        f"on {pair.higher} ({numbers.signed(high.low, 1)} to {numbers.signed(high.high, 1)}) and "
        f"{numbers.signed(low.value, 2)} on {pair.lower} ({numbers.signed(low.low, 1)} to "
        f"{numbers.signed(low.high, 1)}; {numbers.p_value(pair.p_value)} after Holm), over the weeks of "
        f"{marginal.weeks.text}. It is what they did together within weeks, not an experiment.",
        "good",
        is_claim=True,
    )
