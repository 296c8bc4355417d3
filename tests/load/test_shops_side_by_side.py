"""Several sources in one warehouse, each in a shop of its own: what one does leaves the others alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from analysis_lib import cli
from tests.load.fuzz_shop import assert_is_sentence
from tests.load.shop import csv_text

VIEWS = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
VIEW = "2019-10-0{day} 00:00:00 UTC,view,5,21,phones.smart,apple,9.99,7,a-1\n"
GA4 = {
    "event_timestamp": 1_606_780_800_000_000, "event_name": "page_view", "user_pseudo_id": "p.1",
    "event_params": [{"key": "ga_session_id", "value": {"int_value": 5}}],
}  # fmt: skip
EVENTS = "event_id,user_id,event_type,timestamp,device\ne{day},u1,page_view,2024-03-0{day} 10:00:00,mobile\n"
# Each source with the name of a file, what it held first, and what it holds once it is corrected.
FILES = {
    "thelook": ("users.csv", csv_text("users", {}), csv_text("users", {}, {"id": "8"})),
    "rees46": ("2019-Oct.csv", VIEWS + VIEW.format(day=1), VIEWS + VIEW.format(day=2) * 2),
    "ga4": (
        "events_20201201.jsonl",
        json.dumps(GA4) + "\n",
        json.dumps(GA4) + "\n" + json.dumps(GA4 | {"event_name": "scroll"}) + "\n",
    ),
    "product_events": ("events_raw.csv", EVENTS.format(day=1), EVENTS.format(day=2)),
}
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shopbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command in an empty project: its exit code and what it printed."""
    (tmp_path / "_quarto.yml").touch()
    monkeypatch.setenv("SHOPBOOK_PROJECT", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(["--quiet", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    for source, (name, first, _) in FILES.items():
        path = tmp_path / "exports" / source / name
        path.parent.mkdir(parents=True)
        path.write_text(first, encoding="utf-8")
        assert run("load", source, "--from", str(path))[0] == 0
    return run


def states(project: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of every shop, by shop."""
    found: dict[str, list[tuple[object, ...]]] = {}
    with duckdb.connect(str(project / "data" / "warehouse.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        for schema, table in tables:
            rows = connection.execute(f'from "{schema}"."{table}" order by all').fetchall()
            found.setdefault(schema, []).append((table, *rows))
    return found


def test_every_shop_is_listed_with_its_source(tmp_path: Path, shopbook: Command) -> None:
    code, out, _ = shopbook("shops")
    assert code == 0
    for source in FILES:
        [line] = [line for line in out.splitlines() if line.startswith(f"{source} ")]
        assert line.split()[1] == source


def test_a_correction_changes_one_shop_only(tmp_path: Path, shopbook: Command) -> None:
    before = states(tmp_path)
    assert set(before) == set(FILES)
    for source, (name, _, corrected) in FILES.items():
        path = tmp_path / "exports" / source / name
        path.write_text(corrected, encoding="utf-8")
        assert shopbook("load", source, "--from", str(path))[0] == 0
        after = states(tmp_path)
        assert [shop for shop in FILES if after[shop] != before[shop]] == [source]
        before = after
        rows = len(corrected.splitlines()) - (source != "ga4")
        code, out, _ = shopbook("query", "select sum(rows_read) from load_counts", "--shop", source)
        assert (code, out.split()[-1]) == (0, str(rows))


FAULTS = {
    "empty": (b"", 14),
    "a cut gzip": (b"\x1f\x8b\x08\x00cut", 14),
    "a cut list": (b'[{"a": 1', 14),
    "other columns": (b"a,b\n1,2\n", 13),
    "a broken Parquet file": (b"PAR1 and no more", 14),
}


def test_a_load_that_fails_changes_no_shop_and_says_why(tmp_path: Path, shopbook: Command) -> None:
    before = states(tmp_path)
    for source, (name, _, _) in FILES.items():
        path = tmp_path / "exports" / source / name
        for what, (content, code) in FAULTS.items():
            path.write_bytes(content)
            found, out, said = shopbook("load", source, "--from", str(path))
            assert (found, what) == (code, what), said
            assert_is_sentence(said.strip().removeprefix("shopbook: "))
            assert "Traceback" not in out + said
        assert states(tmp_path) == before


def test_another_source_does_not_get_into_a_shop(tmp_path: Path, shopbook: Command) -> None:
    before = states(tmp_path)
    path = tmp_path / "exports" / "rees46" / FILES["rees46"][0]
    code, _, said = shopbook("load", "rees46", "--from", str(path), "--shop", "thelook")
    assert code == 11
    assert "holds data of the source thelook" in said
    assert states(tmp_path) == before
