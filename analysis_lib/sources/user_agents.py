"""What user agents say of device, browser and operating system, by the rules of ua-parser (uap-core)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd
    from ua_parser import Result

# What is longer is no browser's; the rest of it says nothing.
MAX_LENGTH = 2000
_DESKTOPS = re.compile(
    r"Windows$|Windows (NT|XP|Vista|7|8|10|11)|Mac OS X|Linux|Chrome OS|Ubuntu|Fedora|Debian|BSD"
)
_PHONES = re.compile(r"^iOS$|Windows Phone|BlackBerry|KaiOS|Firefox OS|Symbian|Series|Android")
_TVS = re.compile(r"\b(Smart-?TV|TV|HbbTV|AppleTV|tvOS|BRAVIA|AFT[A-Z]+|CrKey|Roku)\b|GoogleTV", re.I)
_CONSOLES = re.compile(r"PlayStation|Xbox|Nintendo", re.I)
_TABLETS = re.compile(r"\b(iPad|Tablet|Kindle|PlayBook|Silk)\b|_Tablet", re.I)
_COLUMNS = ["user_agent", "events", "device", "browser", "operating_system", "is_crawler"]


class Reading(NamedTuple):
    """What one user agent says; None where it does not tell."""

    device: str | None
    browser: str | None
    operating_system: str | None
    is_crawler: bool


def read_one(user_agent: str) -> Reading:
    """Device, browser and operating system of one user agent, and whether it is a crawler's.

    Examples
    --------
    >>> read_one("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0")
    Reading(device='desktop', browser='Firefox', operating_system='Windows', is_crawler=False)
    >>> read_one("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)").is_crawler
    True
    """
    # Only shops with user agents need its rules, whose import takes a while.
    from ua_parser import parse

    found = parse(user_agent[:MAX_LENGTH])
    browser = found.user_agent.family if found.user_agent else None
    system = found.os.family if found.os else None
    is_crawler = found.device is not None and found.device.family == "Spider"
    device = "crawler" if is_crawler else _device(user_agent[:MAX_LENGTH], found, system or "")
    return Reading(device, browser, system, is_crawler)


def _device(user_agent: str, found: Result, system: str) -> str | None:
    named = f"{found.device.family} {found.device.brand} {found.device.model}" if found.device else ""
    if _CONSOLES.search(user_agent):
        return "console"
    if _TVS.search(user_agent) or system in {"Tizen", "tvOS"}:
        return "tv"
    if _TABLETS.search(named) or _TABLETS.search(user_agent):
        return "tablet"
    if system == "Android":
        # Google asks phones, and not tablets, to say Mobile; apps that are no browsers run on phones.
        is_browser = user_agent.startswith("Mozilla/")
        return "tablet" if is_browser and "Mobile" not in user_agent else "mobile"
    if _PHONES.search(system) or re.search(r"\b(Mobile|Phone)\b", user_agent):
        return "mobile"
    return "desktop" if _DESKTOPS.search(system) else None


def read(inputs: Mapping[str, pd.DataFrame], parameters: Mapping[str, Any]) -> pd.DataFrame:  # noqa: ARG001
    """The table of user agents: each of `stg_seen_user_agents` once, with what it says.

    Parameters
    ----------
    inputs
        `stg_seen_user_agents`: user_agent, events.
    parameters
        None is used.

    Examples
    --------
    >>> import pandas as pd
    >>> seen = pd.DataFrame({"user_agent": ["curl/8.1"], "events": [3]})
    >>> read({"stg_seen_user_agents": seen}, {})["browser"].tolist()
    ['curl']
    """
    import pandas as pd

    seen = inputs["stg_seen_user_agents"]
    rows = [
        (text, int(events), *read_one(text))
        for text, events in zip(seen["user_agent"], seen["events"], strict=True)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS, dtype=object)
