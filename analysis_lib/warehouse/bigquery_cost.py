"""What jobs on BigQuery read and cost, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from analysis_lib.warehouse.bigquery_jobs import JobFacts

TIB = 2**40


def size(count: int) -> str:
    """A number of bytes, readable.

    Examples
    --------
    >>> size(0), size(1536), size(5 * 2**40)
    ('0 bytes', '1.5 KiB', '5.0 TiB')
    """
    if count < 1024:
        return f"{count:,} bytes"
    amount = float(count)
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        amount /= 1024
        if amount < 1024 or unit == "TiB":
            break
    return f"{amount:,.1f} {unit}"


def price(count: int, price_per_tib: float) -> str:
    """What reading so many bytes costs at a rate for 2^40 bytes, in the rate's currency.

    Examples
    --------
    >>> price(2**40, 6.25), price(1, 6.25), price(0, 6.25)
    ('6.25', 'less than 0.01', '0.00')
    """
    amount = count / TIB * price_per_tib
    return "less than 0.01" if 0 < amount < 0.01 else f"{amount:,.2f}"


def cost(facts: Iterable[JobFacts]) -> dict[str, int]:
    """What jobs read and were billed, added up.

    Examples
    --------
    >>> cost([JobFacts("fct_a", 100, 10_485_760, 4000), JobFacts("fct_a", 7, 10_485_760, 1)])
    {'jobs': 2, 'bytes_processed': 107, 'bytes_billed': 20971520, 'slot_milliseconds': 4001}
    """
    listed = list(facts)
    return {
        "jobs": len(listed),
        "bytes_processed": sum(one.bytes_processed for one in listed),
        "bytes_billed": sum(one.bytes_billed for one in listed),
        "slot_milliseconds": sum(one.slot_milliseconds for one in listed),
    }


def run_cost(jobs: Iterable[Mapping[str, Any]], price_per_tib: float) -> dict[str, Any]:
    """What all jobs of a run read and were billed, in all and by model, and in words; empty without jobs.

    Parameters
    ----------
    jobs
        As the ledger of the run holds them: the fields of `JobFacts`. Those without a model are the queries
        of checks, pages and metadata.
    """
    facts = [JobFacts(**job) for job in jobs]
    if not facts:
        return {}
    names = sorted({fact.model for fact in facts if fact.model})
    return {
        **cost(facts),
        "bytes_fetched": sum(fact.bytes_fetched for fact in facts),
        "price_per_tib": price_per_tib,
        "price": round(sum(fact.bytes_billed for fact in facts) / TIB * price_per_tib, 4),
        "models": {name: cost(fact for fact in facts if fact.model == name) for name in names},
        "words": usage(facts, price_per_tib),
    }


def slots(milliseconds: int) -> str:
    """Slot time, readable: a slot is one worker of BigQuery.

    Examples
    --------
    >>> slots(900), slots(75_000), slots(7_200_000)
    ('0.9 s', '75 s', '2.0 h')
    """
    seconds = milliseconds / 1000
    if seconds >= 3600:
        return f"{seconds / 3600:,.1f} h"
    return f"{seconds:,.1f} s" if seconds < 10 else f"{seconds:,.0f} s"


def model_lines(costs: Mapping[str, Mapping[str, int]], price_per_tib: float) -> list[list[str]]:
    """A row of text for each model, the dearest first: model, read, billed, price, slot time.

    Examples
    --------
    >>> one = {"jobs": 1, "bytes_processed": 2**40, "bytes_billed": 2**40, "slot_milliseconds": 75_000}
    >>> model_lines({"fct_a": one}, 6.25)
    [['fct_a', '1.0 TiB', '1.0 TiB', '6.25', '75 s']]
    """
    ordered = sorted(costs.items(), key=lambda entry: (-entry[1]["bytes_billed"], entry[0]))
    return [
        [
            *(model, size(one["bytes_processed"]), size(one["bytes_billed"])),
            *(price(one["bytes_billed"], price_per_tib), slots(one["slot_milliseconds"])),
        ]
        for model, one in ordered
    ]


def usage(facts: Iterable[JobFacts], price_per_tib: float) -> str:
    """What the jobs of a run did, on one line; empty when there were none.

    Examples
    --------
    >>> usage([JobFacts("fct_a", 2**40, 2**40, 4000, 2, 512)], 6.25)
    'BigQuery: 1 jobs read 1.0 TiB, billed 1.0 TiB (6.25 at 6.25 a TiB), 4 s of slots; 512 bytes came here'
    """
    listed = list(facts)
    if not listed:
        return ""
    billed = sum(one.bytes_billed for one in listed)
    return (
        f"BigQuery: {len(listed):,} jobs read {size(sum(one.bytes_processed for one in listed))}, billed "
        f"{size(billed)} ({price(billed, price_per_tib)} at {price_per_tib:g} a TiB), "
        f"{sum(one.slot_milliseconds for one in listed) / 1000:,.0f} s of slots; "
        f"{size(sum(one.bytes_fetched for one in listed))} came here"
    )
