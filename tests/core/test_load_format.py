"""Dates with two readings stop `shopbook load`; what --format says is then how they are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.load.written import times

Command = Callable[..., tuple[int, str, str]]


def test_the_analyst_says_how_dates_are_written(
    tmp_path: Path, shopbook: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "_quarto.yml").touch()
    monkeypatch.setenv("SHOPBOOK_PROJECT", str(tmp_path))
    file = tmp_path / "events.csv"
    file.write_text(times("03/04/2020 07:30", "05/06/2020"))
    load = ("load", "thelook", "--from", str(file), "--shop", "dated")

    code, out, error = shopbook(*load)
    assert (code, out) == (14, "")
    assert "Say it: --format events.created_at=day_first (or month_first)." in error
    assert "Traceback" not in error

    code, _, error = shopbook(*load, "--format", "events.created_at=day_frist")
    assert code == 10, error
    assert "day_first" in error

    code, out, error = shopbook(*load, "--format", "events.created_at=day_first")
    assert code == 0, error
    assert "created_at is read with the day first, as it was said" in out
    ask = "select format_timestamp('%Y-%m-%d %H:%M', created_at) as at from raw_events order by at"
    code, out, _ = shopbook("query", ask, "--csv", "--shop", "dated")
    assert (code, out.split()[1:]) == (0, ["2020-04-03", "07:30", "2020-06-05", "00:00"])
