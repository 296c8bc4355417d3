"""Texts put into Markdown and YAML without changing what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping

_MARKUP = frozenset("&*_[]`~^$@{}#\\|<>'\"-")


def plain(text: str) -> str:
    """A text as Markdown that shows exactly this text, whatever characters a shop's name holds.

    Examples
    --------
    >>> plain("a_b <shop>")
    'a&#95;b &#60;shop&#62;'
    """
    return "".join(f"&#{ord(char)};" if char in _MARKUP else char for char in text)


def front_matter(texts: Mapping[str, str], rest: str = "") -> str:
    """YAML front matter whose values are texts, also where YAML would read `y` or `12` as something else.

    Parameters
    ----------
    texts
        Key to text; empty texts are left out.
    rest
        More lines of YAML.

    Examples
    --------
    >>> print(front_matter({"shop": "yes"}))
    ---
    shop: "yes"
    ---
    """
    lines = [f"{key}: {json.dumps(text, ensure_ascii=False)}" for key, text in texts.items() if text]
    return "\n".join(["---", *lines, *([rest.rstrip("\n")] if rest else []), "---"])
