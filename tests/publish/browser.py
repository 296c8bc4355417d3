"""A headless Chromium driven over its debugging protocol, for what only a browser can tell."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

COMMAND = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")


class Tab:
    """One page, the addresses it asked for, and what it wrote to the console as an error."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.count = 0
        self.requests: list[str] = []
        self.errors: list[str] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.count:
                return message.get("result", {})
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        details = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(details["exceptionDetails"]["text"])
        if message.get("method") == "Runtime.consoleAPICalled" and details["type"] in ("error", "assert"):
            self.errors.append(str([one.get("value") for one in details["args"]]))
        if message.get("method") == "Log.entryAdded" and details["entry"]["level"] == "error":
            self.errors.append(details["entry"]["text"])

    def open(self, url: str) -> None:
        for domain in ("Network", "Runtime", "Log", "Page"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def show(self, width: int, height: int = 900, theme: str = "light") -> None:
        """A window of this size for a reader who prefers this theme; below 500 px it is a phone."""
        is_phone = width < 500
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=is_phone,
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    def press(self, key: str, code: int) -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text
            )

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page; an exception in it fails the test."""
        made = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in made, made["exceptionDetails"]
        return made.get("result", {}).get("value")

    def until(self, expression: str, seconds: float = 10) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := self.value(expression):
                return found
            time.sleep(0.05)
        raise AssertionError(f"{expression} did not become true; errors: {self.errors}")


@contextmanager
def tab(width: int = 1280, height: int = 900) -> Iterator[Tab]:
    """A browser with one empty page; the test is skipped where there is no Chromium."""
    if COMMAND is None:
        pytest.skip("no Chromium on this machine")
    websocket = pytest.importorskip("websocket", reason="the package websocket-client is not installed")
    profile = Path(tempfile.mkdtemp(prefix="shopbook-browser-"))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    flags += ["--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0"]
    process = subprocess.Popen(
        [COMMAND, *flags, f"--window-size={width},{height}", f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        port = _port(profile / "DevToolsActivePort")
        with _page(port) as address:
            socket = websocket.create_connection(address, timeout=90, suppress_origin=True)
            yield Tab(socket)
            socket.close()
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(profile, ignore_errors=True)


def _port(file: Path) -> int:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if file.is_file() and (text := file.read_text()).strip():
            return int(text.splitlines()[0])
        time.sleep(0.05)
    raise AssertionError("Chromium did not start")


@contextmanager
def _page(port: int) -> Iterator[str]:
    from urllib.request import urlopen

    end = time.monotonic() + 20
    while time.monotonic() < end:
        with urlopen(f"http://127.0.0.1:{port}/json") as answer:
            pages = [page for page in json.load(answer) if page["type"] == "page"]
        if pages:
            yield pages[0]["webSocketDebuggerUrl"]
            return
        time.sleep(0.05)
    raise AssertionError("Chromium opened no page")
