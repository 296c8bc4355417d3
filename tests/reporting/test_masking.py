"""Keys of customers on a page."""

from __future__ import annotations

import pytest

from analysis_lib.reporting.masking import mask


@pytest.mark.parametrize("key", ["jane@shop.example", "7", "", "4f2c-11", "Ünal"])
def test_a_mask_never_shows_more_than_half_of_a_key(key: str) -> None:
    assert len(mask(key)) - 1 <= min(3, len(key) // 2)
