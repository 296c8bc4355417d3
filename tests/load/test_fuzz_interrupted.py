"""A load that is stopped at whatever step leaves nothing half done, and the next one does all of it."""

from __future__ import annotations

import contextlib
import errno
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from analysis_lib.errors import ShopbookError
from analysis_lib.sources.load import load
from tests.load.fuzz_files import THINGS
from tests.load.fuzz_shop import OWN, FuzzShop

HEADER = ",".join(THINGS)
FIRST = f"{HEADER}\n1,2024-03-01,,1,,New,a\n2,2024-03-01,,x,,New,b\n2,2024-03-02,,1,,Sent,c\n"
CORRECTED = FIRST.replace(",c", ",d") + "3,soon,,,,,\n1,2024-03-09,,2,,Back,e\n"
LATE = f'{HEADER}\r"4",2024-03-01,,1,,New,"a\rb"\r5,2024-03-01\r1,2024-03-05,,,,Lost,\r'
MARKS = "at,word,times\n2024-03-01,x,1\n2024-03-01,x,1\n2024-03-01,,1\n"
FAULTS: list[Callable[[], BaseException]] = [
    KeyboardInterrupt,
    MemoryError,
    lambda: OSError(errno.ENOSPC, "No space left on device"),
    lambda: duckdb.IOException("IO Error: Could not write file"),
]


class Faulty:
    """A connection on which one statement fails: before anything is done, or when it is done."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, at: int, fault: BaseException, late: bool):
        self.connection, self.at, self.fault, self.late = connection, at, fault, late
        self.asked = 0
        self.failed = ""

    def execute(self, sql: str, *values: Any) -> duckdb.DuckDBPyConnection:
        """Ask, or fail."""
        self.asked += 1
        if self.asked == self.at and not self.late:
            self._fail(sql)
        found = self.connection.execute(sql, *values)
        if self.asked == self.at:
            self._fail(sql)
        return found

    def _fail(self, sql: str) -> None:
        self.failed = sql
        raise self.fault

    def cursor(self) -> Faulty:
        """A cursor fails as well."""
        faulty = self

        class Cursor:
            def execute(self, sql: str, *values: Any) -> duckdb.DuckDBPyConnection:
                faulty.asked += 1
                if faulty.asked == faulty.at:
                    faulty._fail(sql)
                return faulty.connection.cursor().execute(sql, *values)

        return Cursor()  # type: ignore[return-value]


def _write(shop: FuzzShop) -> None:
    shop.write("things_1.csv", CORRECTED)
    shop.write("things_2.csv", LATE)
    shop.write("marks.csv", MARKS)


@pytest.mark.parametrize("late", [False, True], ids=["before the statement", "after the statement"])
def test_a_load_that_fails_at_any_statement_changes_nothing(tmp_path: Path, late: bool) -> None:
    with FuzzShop(tmp_path / "undisturbed") as undisturbed:
        undisturbed.write("things_1.csv", FIRST)
        assert undisturbed.take() == ""
        _write(undisturbed)
        assert undisturbed.take() == ""
        wanted = undisturbed.outcome()
    with FuzzShop(tmp_path / "shop") as shop:
        shop.write("things_1.csv", FIRST)
        assert shop.take() == ""
        before = shop.state()
        _write(shop)
        statements = 0
        while True:
            # The second way costs as much again, so that it takes every third statement.
            statements += 3 if late else 1
            faulty = Faulty(shop.connection, statements, FAULTS[statements % len(FAULTS)](), late)
            with contextlib.suppress(ShopbookError, KeyboardInterrupt):
                load(
                    SimpleNamespace(connection=faulty), "oddments", [shop.folder],
                    root=shop.folder, own_sources=OWN, temp_dir=tmp_path, max_rejected_share=1.0,
                )  # fmt: skip
            if not faulty.failed or shop.state() != before:
                break
            assert not [path for path in tmp_path.iterdir() if path.name.startswith("shopbook_")]
        # Only once the commit is done may the rows be there, and then all of them.
        assert faulty.failed in ("commit", "checkpoint") or faulty.failed.startswith("set ")
        assert statements > 40
        assert shop.outcome() == wanted
        assert shop.take() == ""
        assert shop.outcome() == wanted


_CHILD = """
import sys, duckdb
from pathlib import Path
from analysis_lib.sources.load import load
connection = duckdb.connect(sys.argv[1])
print("begin", flush=True)
load(connection, "oddments", [Path(sys.argv[2])], root=Path(sys.argv[2]), own_sources=Path(sys.argv[3]))
print("end", flush=True)
"""


def test_a_process_that_is_killed_at_any_moment_changes_nothing(tmp_path: Path) -> None:
    folder, warehouse = tmp_path / "files", tmp_path / "warehouse.duckdb"
    folder.mkdir()
    lines = "".join(f"{n % 9000},2024-03-01,,{n}.5,,New,note {n}\n" for n in range(40_000))
    (folder / "things.csv").write_text(f"{HEADER}\n{lines}1,2\n")
    command = [sys.executable, "-c", _CHILD, str(warehouse), str(folder), str(OWN)]
    chance, seconds = random.Random(7), 0.5
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begin\n"
            time.sleep(chance.random() * seconds)
            process.send_signal(signal.SIGKILL)
            ended = process.stdout.read() == "end\n"
        with duckdb.connect(str(warehouse)) as connection:
            tables = {row[0] for row in connection.execute("show tables").fetchall()}
            assert tables == set() or ("raw_things" in tables and _counts(connection) == (40_001, 9000, 1))
            assert bool(tables) or not ended
    with duckdb.connect(str(warehouse)) as connection:
        load(connection, "oddments", [folder], root=folder, own_sources=OWN)
        assert _counts(connection) == (40_001, 9000, 1)


def _counts(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    query = "select rows_read, rows_staged, rows_rejected from load_counts where table_name = 'things'"
    found: tuple[int, int, int] = connection.execute(query).fetchall()[0]
    return found
