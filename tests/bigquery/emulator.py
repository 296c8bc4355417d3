"""A running emulator: started on loopback on free ports, stopped by its process id."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bigquery import real_project
from tests.bigquery.environment import PYTHON

# A real project where the tests were given one.
PROJECT = real_project.named() or "shopbook-test"
_SERVE = Path(__file__).with_name("serve.py")
_START_SECONDS = 90


@dataclass(frozen=True)
class Emulator:
    """Where the emulator answers: BigQuery's REST interface and the Storage API."""

    rest: str
    storage: str
    gcs: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables by which Shopbook finds it."""
        return {"BIGQUERY_EMULATOR_HOST": self.rest, "BIGQUERY_STORAGE_EMULATOR_HOST": self.storage}


def _free_ports(count: int) -> list[int]:
    """Ports that are free now; held together, so that they differ."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Emulator]:
    """Start the emulator with its data in a folder; it ends with the block, or with this process."""
    rest, storage = _free_ports(2)
    gcs = folder / "gcs"
    gcs.mkdir(parents=True)
    log = folder / "emulator.log"
    command = [
        *(str(PYTHON), str(_SERVE), "--project", PROJECT, "--data-dir", str(folder / "data")),
        *("--port", str(rest), "--grpc-port", str(storage)),
    ]
    environment = {**os.environ, "GCS_LOCAL_ROOT": str(gcs)}
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):  # those of another Python
        environment.pop(name, None)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=environment, cwd=folder
        )
    try:
        emulator = Emulator(f"http://127.0.0.1:{rest}", f"127.0.0.1:{storage}", gcs)
        _wait(process, emulator, log)
        yield emulator
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin:
            process.stdin.close()


def _wait(process: subprocess.Popen[bytes], emulator: Emulator, log: Path) -> None:
    """Until it answers a request that needs its database."""
    last_try = time.monotonic() + _START_SECONDS
    url = f"{emulator.rest}/bigquery/v2/projects/{PROJECT}/datasets"
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                answer.read()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if process.poll() is not None or time.monotonic() > last_try:
                text = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"The BigQuery emulator did not start:\n{text}") from None
            time.sleep(0.2)
