"""The results of `benchmarks/bigquery_cost.py` as the tables that the documents print."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from analysis_lib.models import Project
from benchmarks.bigquery_cost import EVENTS, PRICE_PER_TIB, Cost, Shop, costs, stored

# A GiB of logical bytes for a month at the list price of the US; half after 90 days without change.
STORAGE_PER_GIB = 0.02
# One row an event or session of a day, which a later day does not change but for those still open.
BY_DAY = ("stg_events", "int_session_events", "int_session_products", "fct_sessions")
LOOK_BACK_DAYS = 3


def size_text(count: float) -> str:
    """Bytes with two or three digits, as the documents print them."""
    for unit, size in (("TiB", 2**40), ("GiB", 2**30)):
        if count >= size:
            amount = count / size
            return f"{amount:,.0f} {unit}" if amount >= 100 else f"{amount:.2g} {unit}".replace(".0 ", " ")
    return f"{count / 2**20:,.0f} MiB"


def price_text(amount: float) -> str:
    """A price in dollars, to the cent or to the dollar."""
    return f"{amount:,.2f}" if amount < 10 else f"{amount:,.0f}"


def summary(found: Iterable[tuple[int, Cost]], shop: Shop) -> dict[int, dict[str, float]]:
    """Events to bytes read and billed by part, the price of a report of all, stored bytes and their rent."""
    made: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for count, cost in found:
        made[count][f"{cost.part} read"] += cost.bytes_read
        made[count][f"{cost.part} billed"] += cost.bytes_billed
    for count, sums in made.items():
        billed = sums["model billed"] + sums["checks billed"] + sums["pages billed"]
        sums["billed"] = billed
        sums["price"] = billed / 2**40 * PRICE_PER_TIB
        sums["stored"] = stored(shop, count)
        sums["rent"] = sums["stored"] / 2**30 * STORAGE_PER_GIB
    return {count: dict(sums) for count, sums in made.items()}


def table_lines(sums: Mapping[int, Mapping[str, float]]) -> list[str]:
    """The table of the documents."""
    lines = [
        "| events | models read | checks read | pages read | billed in all | price | stored | its month |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for count, row in sorted(sums.items()):
        parts = (row["model read"], row["checks read"], row["pages read"], row["billed"])
        cells = [
            *(f"{count:,}", *map(size_text, parts)),
            *(f"${price_text(row['price'])}", size_text(row["stored"]), f"${price_text(row['rent'])}"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def dearest_lines(found: Iterable[tuple[int, Cost]], events: int, count: int = 8) -> list[str]:
    """The models that read most, with their checks, as a table of the documents."""
    by_model: dict[str, dict[str, int]] = defaultdict(dict)
    for number, cost in found:
        if number == events:
            by_model[cost.name][cost.part] = cost.bytes_read
    ordered = sorted(by_model.items(), key=lambda entry: (-sum(entry[1].values()), entry[0]))
    rows = [
        f"| `{name}` | {size_text(parts.get('model', 0))} | {size_text(parts.get('checks', 0))} |"
        for name, parts in ordered[:count]
    ]
    return ["| model | is built from | is checked by |", "|---|---|---|", *rows]


def day_lines(found: Sequence[tuple[int, Cost]], events: int = EVENTS[-1]) -> list[str]:
    """What a run after one more day would read, were the models of `BY_DAY` built by partitions."""
    whole: dict[str, int] = defaultdict(int)
    daily: dict[str, int] = defaultdict(int)
    for number, cost in found:
        if number == events:
            whole[cost.part] += cost.bytes_read
            daily[cost.part] += cost.bytes_read * (LOOK_BACK_DAYS if cost.name in BY_DAY else 365) // 365

    def row(name: str, sums: Mapping[str, int]) -> str:
        total = sum(sums.values())
        cells = [size_text(sums[part]) for part in ("model", "checks", "pages")]
        return f"| {name} | {' | '.join(cells)} | ${price_text(total / 2**40 * PRICE_PER_TIB)} |"

    return [
        "| a run after a day with new events | models | checks | pages | price |",
        "|---|---|---|---|---|",
        row("everything anew", whole),
        row("sessions and their events by day", daily),
    ]


def validated_lines(measured: Sequence[tuple[str, Shop]], shop: Shop, project: Project) -> list[str]:
    """How near other shops' measures come to those of a shop, when they are multiplied to its events."""
    lines = ["| from a shop of | events | models read | checks read | stored |", "|---|---|---|---|---|"]
    own = summary(costs(shop, project, [shop.events]), shop)[shop.events]
    for name, other in measured:
        told = summary(costs(other, project, [shop.events]), other)[shop.events]
        shares = [told[key] / own[key] for key in ("model read", "checks read", "stored")]
        cells = [f"{share * 100 - 100:+.1f} %".replace("-", "−") for share in shares]
        lines.append(f"| {name} | {other.events:,} | {' | '.join(cells)} |")
    return lines
