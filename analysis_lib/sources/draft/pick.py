"""Which column carries which meaning: by its header, and only where its content agrees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analysis_lib.sources.draft.look import Looked
from analysis_lib.sources.draft.names import compact, headers, meaning_of
from analysis_lib.sources.draft.profile import Profile

_TIMES = {
    "created_at",
    "cancelled_at",
    "shipped_at",
    "delivered_at",
    "returned_at",
    "sold_at",
    "event_time",
    "date",
}
_MONEY = {
    *(
        "total",
        "refunded",
        "list_price",
        "sale_price",
        "line_total",
        "line_discount",
        "unit_cost",
        "amount",
        "spend",
    ),
    *("retail_price", "cost", "discount"),
}
_COUNTS = {"quantity", "clicks", "impressions", "age"}
_WORDS = {"status": "status", "event_type": "event_type"}


@dataclass(frozen=True)
class Pick:
    """A column that was taken for a meaning.

    `why` is what spoke for it, a half sentence; `is_sure` is false where the user should look; `others` are
    columns that might mean it, too.
    """

    profile: Profile
    why: str
    is_sure: bool = True
    others: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The column's name."""
        return self.profile.name


def known_share(profile: Profile, vocabulary: str) -> float:
    """The share of a column's values that are words of a vocabulary.

    Returns
    -------
    float
        0–1; 0 for a column with too many values to be words.
    """
    total = sum(count for _, count in profile.values)
    known = sum(count for value, count in profile.values if meaning_of(vocabulary, value))
    return known / total if total else 0.0


def agrees(meaning: str, profile: Profile) -> bool:
    """Whether a column's content can have a meaning."""
    if profile.rows and profile.missing == profile.rows:
        return False
    if meaning in _TIMES:
        return profile.kind in {"TIMESTAMP", "DATE"}
    if meaning in _MONEY:
        return profile.kind in {"NUMERIC", "INT64"}
    if meaning in _COUNTS:
        return profile.kind == "INT64" or (profile.kind == "NUMERIC" and not profile.style)
    if meaning in _WORDS:
        return known_share(profile, _WORDS[meaning]) >= 0.3
    if meaning.endswith("_id") or meaning == "visitor_key":
        return profile.kind not in {"TIMESTAMP", "DATE"} and not (profile.kind == "NUMERIC" and profile.style)
    return profile.kind == "STRING"


def pick_all(table: Looked, kind: str) -> dict[str, Pick]:
    """The columns of a table by meaning, were it a table of this kind.

    First the headers that are known, then those that begin or end with a known one, then what only content
    tells: a column of state words, of e-mail addresses, the only column of times.
    """
    meanings = headers()[kind]
    found: dict[str, Pick] = {}
    taken: set[str] = set()
    for is_exact in (True, False):
        for meaning, known in meanings.items():
            if meaning in found or (meaning == "line_total" and "sale_price" in found and not is_exact):
                continue
            candidates = _candidates(table, meaning, known, is_exact)
            free = [profile for profile in candidates if profile.name not in taken]
            if free:
                others = tuple(profile.name for profile in free[1:])
                why = (
                    f"its header is {free[0].header}" if is_exact else f"its header {free[0].header} is close"
                )
                found[meaning] = Pick(free[0], why, is_exact, others)
                taken.add(free[0].name)
    _by_content(table, meanings, found, taken)
    return found


def _candidates(table: Looked, meaning: str, known: Iterable[str], is_exact: bool) -> list[Profile]:
    ranked: dict[str, tuple[int, Profile]] = {}
    for rank, header in enumerate(known):
        for profile in table.columns.values():
            spelled = compact(profile.header)
            is_close = len(header) >= (8 if meaning in _TIMES else 5) and (
                spelled.startswith(header) or spelled.endswith(header)
            )
            if (spelled == header if is_exact else is_close) and agrees(meaning, profile):
                ranked.setdefault(profile.name, (rank, profile))
    return [profile for _, profile in sorted(ranked.values(), key=lambda entry: entry[0])]


def _by_content(
    table: Looked, meanings: Mapping[str, object], found: dict[str, Pick], taken: set[str]
) -> None:
    free = [profile for profile in table.columns.values() if profile.name not in taken]

    def take(meaning: str, fitting: list[Profile], why: str) -> None:
        if meaning in meanings and meaning not in found and len(fitting) == 1:
            found[meaning] = Pick(fitting[0], why, is_sure=False)
            taken.add(fitting[0].name)

    for vocabulary in ("status", "event_type"):
        worded = [p for p in free if len(p.values) > 1 and known_share(p, vocabulary) >= 0.5]
        take(vocabulary, worded, "its values are words of a state")
    take("user_id", [profile for profile in free if profile.is_mail], "its values are e-mail addresses")
    for meaning in ("created_at", "event_time", "date", "returned_at"):
        timed = [profile for profile in table.columns.values() if profile.kind in {"TIMESTAMP", "DATE"}]
        if meaning in meanings and not any(entry in found for entry in ("created_at", "event_time", "date")):
            take(meaning, timed, "it is the only column of times")
