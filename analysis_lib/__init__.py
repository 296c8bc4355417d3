"""Shopbook: e-commerce analytics as notebooks.

A notebook needs one name from here::

    from analysis_lib import open_shop

    book = open_shop(window_days=30)
    book.mart("fct_daily_pnl")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis_lib.shop import Shop, open_shop

__version__ = "0.1.0"
__all__ = ["Shop", "open_shop"]


def __getattr__(name: str) -> Any:
    # The command starts in a fraction of a second because pandas and DuckDB are imported when used.
    if name in __all__:
        from analysis_lib import shop

        return getattr(shop, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
