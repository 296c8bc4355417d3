"""`reports/_build/last_run.json`: how the last `shopbook report` ended, what it ran and how long it took.

Not part of the site: it is different after every run. What watches the runs of a scheduler reads it.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from analysis_lib.errors import ShopbookError
from analysis_lib.settings import Settings

LAST_RUN = "last_run.json"


class Recorder:
    """What the run has to say about itself; see :func:`recorded`."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}


@contextmanager
def recorded(settings: Settings) -> Iterator[Recorder]:
    """Write last_run.json when the block ends, well or not; errors pass through.

    The file says `exit_code`, `error` (the sentences, or empty), `finished_at` (UTC), `seconds` in all and
    what the block put into the recorder's `facts`.
    """
    recorder = Recorder()
    start = time.perf_counter()
    code, error = 1, "an error of the program itself; see the log"
    try:
        yield recorder
        code, error = 0, ""
    except ShopbookError as failure:
        code, error = failure.exit_code, str(failure)
        raise
    except KeyboardInterrupt:
        code, error = 130, "stopped"
        raise
    finally:
        document = {
            "exit_code": code,
            "error": error,
            "finished_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - start, 1),
            **recorder.facts,
        }
        _write(settings, document)


def _write(settings: Settings, document: Mapping[str, Any]) -> None:
    text = json.dumps(document, indent=1, ensure_ascii=False, default=str)
    try:
        settings.build_dir.mkdir(parents=True, exist_ok=True)
        (settings.build_dir / LAST_RUN).write_text(text + "\n", encoding="utf-8", newline="\n")
    except OSError:
        # A full disk is what the run itself has just reported; the record of it is not worth another error.
        return


def read_last_run(settings: Settings) -> dict[str, Any]:
    """The record of the last run; empty where there is none."""
    try:
        document = json.loads((settings.build_dir / LAST_RUN).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
