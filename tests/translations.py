"""The folder of translated queries that all tests share, in this process and in those that they start.

It stays from run to run, as pytest's own cache does: what is in it is found by all that a translation depends
on (tests/googlesql/test_translations.py), so that whoever changes a model or the dialect finds nothing old.
"""

from __future__ import annotations

from pathlib import Path

TRANSLATIONS = Path(__file__).parents[1] / ".pytest_cache" / "translations"
KEPT_THERE = {"SHOPBOOK_TRANSLATIONS": str(TRANSLATIONS)}
"""For the environment of a command, where the settings of who runs the tests are taken out."""
