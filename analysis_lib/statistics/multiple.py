"""Many comparisons at once: how large may the smallest p-value be, when one looks at all of them?"""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's adjusted p-values, in the order given; None stays None and does not count.

    Calling those at or below 0.05 different claims a difference that is not there in at most one of
    twenty such families of comparisons.

    References
    ----------
    Holm, S. (1979), Scandinavian Journal of Statistics 6, 65–70.

    Examples
    --------
    >>> [None if p is None else round(p, 6) for p in holm([0.01, 0.04, None, 0.03])]
    [0.03, 0.06, None, 0.06]
    """
    known = sorted((p, position) for position, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, position) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[position] = largest
    return adjusted
