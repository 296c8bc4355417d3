"""Cards against figures: text with text, and no number on a card that was not recomputed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from .shown import ShownCard
from .wording import Figure, Unknown

# Words of a card that hold a digit and are no number of the shop.
_WORDS = ("95 % interval", "52 weeks before")


def faults_of_card(card: ShownCard, figure: Figure, currency: str) -> list[str]:
    """What is wrong with a card: a text that differs, is missing, or has a number too many."""
    faults = []
    if card.value != figure.value(currency):
        faults.append(f"shows {card.value!r}, recomputed {figure.value(currency)!r}")
    if card.change != figure.change(currency):
        faults.append(f"shows the change {card.change!r}, recomputed {figure.change(currency)!r}")
    left = card.notes
    for text in sorted(figure.notes(currency), key=len, reverse=True):
        if text not in left:
            faults.append(f"does not say {text!r}: {card.notes!r}")
        left = left.replace(text, "", 1)
    for words in _WORDS:
        left = left.replace(words, "")
    if re.search(r"\d", left):
        faults.append(f"says {left!r}, which nobody recomputed")
    return [f"{card.label}: {fault}" for fault in [*faults, *_faults_of_data(card, figure)]]


def _faults_of_data(card: ShownCard, figure: Figure) -> list[str]:
    """The numbers for machines, where the card has them: unrounded."""
    if "data-metric" not in card.data:
        return []
    wanted = {
        "data-value": figure.now,
        "data-previous": figure.previous,
        "data-year-before": figure.year_before,
    }
    faults = []
    for name, value in wanted.items():
        given = card.data.get(name)
        known = None if isinstance(value, Unknown) else value
        if (given is None) != (known is None):
            faults.append(f"{name} is {given}, recomputed {known}")
        elif (
            given is not None
            and known is not None
            and not math.isclose(float(given), float(known), rel_tol=1e-9, abs_tol=1e-9)
        ):
            faults.append(f"{name} is {given}, recomputed {float(known)}")
    return faults


def faults_of_page(cards: list[ShownCard], figures: Mapping[str, Figure], currency: str) -> list[str]:
    """What is wrong with the cards of a page; a card without a figure and a figure without a card, too."""
    faults = []
    shown = [card.data.get("data-metric", card.label) for card in cards]
    faults += [f"nobody recomputes {name}" for name in shown if name not in figures]
    faults += [f"there is no card of {name}" for name in figures if name not in shown]
    for name, card in zip(shown, cards, strict=True):
        if name in figures:
            faults += faults_of_card(card, figures[name], currency)
    return faults


# A number as it stands in a sentence, with its sign, currency and unit.
_NUMBER = re.compile(r"[+−]?[$€£]?\d[\d,]*(?:\.\d+)?(?: ?(?:%|points|days|day|min|h|s)(?![\w]))?", re.UNICODE)
_DATE = re.compile(
    r"\d{1,2}(?: (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?: \d{4})?)?–\d{1,2} \w{3} \d{4}"
    r"|\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
)


def numbers_in(text: str) -> list[str]:
    """The numbers of a text, without those of its dates."""
    return [found.strip() for found in _NUMBER.findall(_DATE.sub(" ", text))]


def unknown_numbers(text: str, known: list[str]) -> list[str]:
    """The numbers of a sentence that are none of the known ones."""
    allowed = {number for one in known for number in numbers_in(one)}
    for words in _WORDS:
        text = text.replace(words, "")
    return [number for number in numbers_in(text) if number not in allowed]
