"""The sentences of the cross-sell page: what is wanted, what it is worth, and whether the ranking holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis_lib.pages import cross_sell_data, cross_sell_pairs, cross_sell_quality
from analysis_lib.pages.cross_sell_data import CrossSell
from analysis_lib.pages.cross_sell_pairs import Pairs
from analysis_lib.pages.cross_sell_quality import Judged
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.findings import Finding
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

# Purchases of one customer come together, so a hold-out that is off by less may be off by chance.
_OFF = 1.5


def write(book: Shop) -> list[Finding]:
    """Three to five findings; empty where nobody wanted and nothing was bought together."""
    found = cross_sell_data.read(book)
    ranked, calibrated = cross_sell_quality.judged(book)
    made: list[Finding | None] = []
    if found.number:
        likely = findings.see(best(book, found), "inventory", "whether there is enough of it in stock")
        made += [wanted(book, found), likely]
        made.append(ranking(found, ranked))
        made.append(calibration(calibrated))
    pairs = cross_sell_pairs.read(book)
    if any(len(level.rows) for level in pairs.values()):
        pair = together(pairs["product"], pairs["category"])
        made.append(findings.see(pair, "products", "what these products earn"))
    return [finding for finding in made if finding is not None]


def wanted(book: Shop, found: CrossSell) -> Finding:
    """How much was wanted and never bought, and what of it is to be expected."""
    currency = book.parameters.currency
    users = numbers.plural(found.totals["cross_sell_users"], "known user")
    headline = (
        f"{users} wanted a product without ever buying it: {numbers.plural(found.number, 'candidate')}, "
        "counted by "
        "user and product."
    )
    reasons = ", ".join(
        f"{numbers.count(found.totals[name])} {words}"
        for name, words in (
            ("viewed", "only viewed"),
            ("carted", "put into the cart"),
            ("cancelled", "ordered and cancelled"),
        )
        if found.totals[name]
    )
    if not found.has_probabilities:
        return Finding(headline, f"Of them {reasons}. Without probabilities: {found.why_not}.")
    naive = numbers.money(found.totals["naive_lost_revenue"], currency, 0)
    expected = found.totals["expected_purchases"] or 0.0
    purchases = numbers.count(expected, 1 if expected < 10 else 0)
    margin = "; for which margin is not known, because the shop states no costs"
    if found.has_margins:
        margin = f", for a margin of {numbers.money(found.totals['cross_sell_expected_margin'], currency, 0)}"
    return Finding(
        headline,
        f"Of them {reasons}. At their prices that would be {naive}, but only {purchases} of them "
        "are expected "
        f"to be bought in the {numbers.days(book.parameters.propensity_horizon_days)} after "
        f"{day(book.data_through)}{margin}.",
    )


def best(book: Shop, found: CrossSell) -> Finding | None:
    """How much of the expected margin the best tenth holds, and what a contact may cost."""
    margin, number = found.best["best_expected_margin"], found.best["best"]
    whole = found.best["expected_margin"]
    if not margin or not number or not whole or margin < 0 or whole <= 0:
        return None
    currency = book.parameters.currency
    each = numbers.money(margin / number, currency)
    return Finding(
        f"The best tenth of the candidates holds {numbers.percent(margin / whole)} of the expected margin: "
        f"{numbers.money(margin, currency, 0)}.",
        f"That is {each} a candidate. Contacting one pays only where it costs less than the candidate's "
        "expected "
        "margin; part of them would buy without it.",
    )


def ranking(found: CrossSell, judged: Judged | None) -> Finding | None:
    """Whether the ranking beats popularity, where a test says so."""
    if judged is None:
        if not found.has_probabilities:
            return None  # said with the number of candidates
        return Finding("How well the ranking does is not known yet.", f"In the hold-out {found.why_not}.")
    pair = f"AUC {numbers.count(judged.value, 2)} against {numbers.count(judged.baseline, 2)}"
    evidence = (
        f"95 % interval {numbers.count(judged.low, 2)} to {numbers.count(judged.high, 2)}, "
        f"{numbers.plural(judged.purchases, 'purchase')} among {numbers.count(judged.pairs)} pairs of the "
        "hold-out; "
        f"{numbers.p_value(judged.p_value)} after correction."
    )
    if not findings.is_found(judged.p_value):
        return Finding(f"The ranking is not clearly better than popularity: {pair}.", evidence)
    is_better = judged.value > judged.baseline
    lift = found.score("top_decile_lift")
    tenth = (
        f" Its best tenth is bought {numbers.count(lift['value'], 1)} times as often as all pairs, that of "
        "popularity "
        f"{numbers.count(lift['baseline_value'], 1)} times."
        if lift and lift["value"] is not None and lift["baseline_value"] is not None
        else ""
    )
    return Finding(
        f"The ranking foretells purchases {'better' if is_better else 'worse'} than popularity: {pair}.",
        f"{evidence}{tenth}",
        "good" if is_better else "bad",
        is_claim=True,
    )


def calibration(judged: Judged | None) -> Finding | None:
    """Whether as many purchases happened as the probabilities say."""
    if judged is None:
        return None
    happened = numbers.plural(judged.purchases, "purchase")
    expected = numbers.count(judged.baseline, 1)
    evidence = (
        f"Happened over expected: {numbers.count(judged.value, 2)}, 95 % interval "
        f"{numbers.count(judged.low, 2)} to "
        f"{numbers.count(judged.high, 2)} ({numbers.p_value(judged.p_value)} after correction)."
    )
    is_off = not 1 / _OFF < judged.value < _OFF
    if not is_off or not findings.is_found(judged.p_value):
        return Finding(f"{happened} happened in the hold-out, {expected} were expected.", evidence)
    high = judged.value < 1
    return Finding(
        f"The probabilities are too {'high' if high else 'low'}: {happened} happened in the hold-out, "
        f"{expected} "
        "were expected.",
        f"{evidence} Called so beyond a factor of {numbers.count(_OFF, 1)}. The expected margins are off in "
        "the same "
        "way; the order of the candidates is not.",
        "bad",
        is_claim=True,
    )


def together(products: Pairs, categories: Pairs) -> Finding:
    """The pairs that chance does not explain, the surest by name."""
    parts = []
    for pairs, one, many in (
        (products, "pair of products", "pairs of products"),
        (categories, "pair of categories", "pairs of categories"),
    ):
        if len(pairs.clear):
            parts.append(numbers.plural(len(pairs.clear), one, many))
    if not parts:
        return Finding(
            "Nothing is clearly bought together more often than by chance.",
            "No pair passes an exact test that is corrected for all pairs that could have been found.",
        )
    strongest = (products if len(products.clear) else categories).clear.iloc[0]
    return Finding(
        f"{' and '.join(parts)} {'is' if parts == [parts[0]] and parts[0].startswith('1 ') else 'are'} "
        "bought together "
        "more often than chance explains.",
        f"Surest: {strongest['item']} and {strongest['other_item']}, together in "
        f"{numbers.plural(strongest['orders_with_both'], 'order')}, {numbers.count(strongest['lift'], 1)} "
        "times as many "
        f"as if they were bought independently (at least {numbers.count(strongest['lift_lower'], 1)} times "
        "with 95 %"
        " confidence). Exact tests, corrected for all possible pairs.",
        is_claim=True,
    )
