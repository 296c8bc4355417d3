"""What jobs on BigQuery read and cost, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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


def estimate_table(found: Mapping[str, int | None], price_per_tib: float) -> tuple[list[list[str]], str]:
    """Rows of model, bytes and price, and the total in a sentence; None: not known yet.

    Examples
    --------
    >>> rows, total = estimate_table({"fct_a": 2**40, "fct_b": None}, 6.25)
    >>> rows
    [['fct_a', '1.0 TiB', '6.25'], ['fct_b', 'not known yet', '']]
    >>> total
    '1.0 TiB would be read, 6.25 at 6.25 a TiB; 1 models read tables that are not built yet'
    """
    known = [count for count in found.values() if count is not None]
    rows = [
        [model, "not known yet", ""] if count is None else [model, size(count), price(count, price_per_tib)]
        for model, count in found.items()
    ]
    total = f"{size(sum(known))} would be read, {price(sum(known), price_per_tib)} at {price_per_tib:g} a TiB"
    waiting = len(found) - len(known)
    return rows, total + (f"; {waiting} models read tables that are not built yet" if waiting else "")
