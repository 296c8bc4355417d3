"""Letters of other alphabets as plain ones, so that names can be compared."""

from __future__ import annotations

import unicodedata

_LETTERS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "å": "a"}


def plain(text: str) -> str:
    """A text in lower case with ASCII letters only.

    Examples
    --------
    >>> plain("Größe"), plain("Numéro")
    ('groesse', 'numero')
    """
    text = "".join(_LETTERS.get(letter, letter) for letter in unicodedata.normalize("NFC", text.lower()))
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
