"""What user agents say: kinds of device, browsers without their version, and who is a crawler."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis_lib.sources.user_agents import MAX_LENGTH, read, read_one

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0"


@pytest.mark.parametrize(
    ("user_agent", "device", "browser", "system"),
    [
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/119.0",
            "desktop",
            "Edge",
            "Windows",
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME} Safari/537.36",
            "desktop",
            "Chrome",
            "Mac OS X",
        ),
        (
            f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36",
            "desktop",
            "Chrome",
            "Chrome OS",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
            "desktop",
            "Firefox",
            "Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.1 Mobile/15E148 Safari/604.1",
            *("mobile", "Mobile Safari", "iOS"),
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.1 Mobile/15E148 Safari/604.1",
            *("tablet", "Mobile Safari", "iOS"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 13; SM-S901B) {CHROME} Mobile Safari/537.36",
            "mobile",
            "Chrome Mobile",
            "Android",
        ),
        (f"Mozilla/5.0 (Linux; Android 13; SM-X700) {CHROME} Safari/537.36", "tablet", "Chrome", "Android"),
        ("Dalvik/2.1.0 (Linux; U; Android 12; Pixel 6 Build/SP2A)", "mobile", "Android", "Android"),
        ("ShopApp/3.2 (iPhone; iOS 17.1; Scale/3.00)", "mobile", "Mobile Safari UI/WKWebView", "iOS"),
        (
            "Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809/6.0 "
            "TV Safari/537.36",
            *("tv", "Safari", "Tizen"),
        ),
        ("Mozilla/5.0 (PlayStation 4 3.11) AppleWebKit/537.73 (KHTML, like Gecko)", "console", None, None),
        ("python-requests/2.31", None, "Python Requests", None),
        ("wobble", None, None, None),
        ("", None, None, None),
    ],
)
def test_device_browser_and_system(user_agent: str, device: str, browser: str, system: str) -> None:
    assert read_one(user_agent) == (device, browser, system, False)


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        f"Mozilla/5.0 (Linux; Android 6.0.1) {CHROME} Mobile Safari/537.36 (compatible; Googlebot/2.1)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com)",
        "facebookexternalhit/1.1",
        "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
    ],
)
def test_who_says_that_it_is_a_robot_is_a_crawler(user_agent: str) -> None:
    found = read_one(user_agent)
    assert (found.device, found.is_crawler) == ("crawler", True)


def test_a_text_without_end_is_read_at_its_start() -> None:
    start = "Mozilla/5.0 (Windows NT 10.0) "
    assert read_one(start + "x" * 1_000_000) == read_one((start + "x" * MAX_LENGTH)[:MAX_LENGTH])


def test_each_user_agent_is_one_row_in_the_order_given() -> None:
    seen = pd.DataFrame({"user_agent": ["curl/8.1", "wobble"], "events": [3, 1]})
    table = read({"stg_seen_user_agents": seen}, {})
    assert table[["user_agent", "events", "browser"]].values.tolist() == [
        ["curl/8.1", 3, "curl"],
        ["wobble", 1, None],
    ]


def test_no_user_agents_give_an_empty_table() -> None:
    empty = pd.DataFrame({"user_agent": [], "events": []})
    assert len(read({"stg_seen_user_agents": empty}, {})) == 0
