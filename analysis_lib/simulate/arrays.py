"""Small vectorised draws that every part of the simulator shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def cumulative_rows(weights: Array) -> Array:
    """Running shares of each row of `weights`, shaped for :func:`draw_from_rows`.

    Parameters
    ----------
    weights
        Non-negative, shape (rows, choices); every row has a positive sum.

    Examples
    --------
    >>> cumulative_rows(np.array([[1.0, 3.0]])).tolist()
    [[0.25, 1.0]]
    """
    shares = np.cumsum(weights, axis=1) / np.sum(weights, axis=1, keepdims=True)
    shares[:, -1] = 1.0
    return np.asarray(shares)


def draw_from_rows(rng: np.random.Generator, cumulative: Array, row: Array) -> Array:
    """One choice for each entry of `row`, by the shares of that row.

    Returns
    -------
    Array
        int64 choices, the length of `row`.

    Examples
    --------
    >>> table = cumulative_rows(np.array([[1.0, 0.0], [0.0, 1.0]]))
    >>> draw_from_rows(np.random.default_rng(1), table, np.array([0, 1, 1])).tolist()
    [0, 1, 1]
    """
    rows, choices = cumulative.shape
    # Row number + share is increasing over the whole table, so that one binary search serves all rows.
    keys = (cumulative + np.arange(rows)[:, None]).ravel()
    found = np.searchsorted(keys, row + rng.random(len(row)), side="right")
    return np.asarray(np.clip(found - row.astype(np.int64) * choices, 0, choices - 1))


def ranges(counts: Array) -> Array:
    """0, 1, … within each group, for groups of the given sizes laid end to end.

    Examples
    --------
    >>> ranges(np.array([2, 0, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) - np.repeat(ends - counts, counts))


def starts(counts: Array) -> Array:
    """Where each group starts, for groups of the given sizes laid end to end.

    Examples
    --------
    >>> starts(np.array([2, 0, 3])).tolist()
    [0, 2, 2]
    """
    return np.asarray(np.cumsum(counts) - counts)
