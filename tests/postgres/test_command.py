"""The whole way, as commands: a generator fills PostgreSQL, the shop is loaded twice and built, a page made.

A password is planted in the environment; it must be found in nothing that was printed or written.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest

from analysis_lib import cli
from tests.demo_site import copy_project, environment_of
from tests.postgres.server import OWNER, PASSWORD, Database

pytestmark = pytest.mark.slow
MARTS = ("fct_daily_pnl", "fct_product_performance", "fct_first_purchase_journeys")
_FORMS = (PASSWORD, quote(PASSWORD, safe=""), base64.b64encode(PASSWORD.encode()).decode())


@dataclass
class Journey:
    """A project, and all that its commands said."""

    root: Path
    database: Database
    said: list[str] = field(default_factory=list)

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run the command with the password in the environment: once as PGPASSWORD, once in an address."""
        user = f"{OWNER}:{quote(PASSWORD, safe='')}"
        environment = environment_of(self.root) | {
            "PGPASSWORD": PASSWORD,
            "DATABASE_URL": self.database.url.replace(OWNER, user, 1),
        }
        done = subprocess.run(
            [sys.executable, "-m", "analysis_lib.cli", *arguments],
            cwd=self.root, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.said += [done.stdout, done.stderr]
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def marts(self, shop: str) -> dict[str, list[tuple[object, ...]]]:
        """The rows of all models of a shop."""
        with duckdb.connect(str(self.root / "data" / "warehouse.duckdb"), read_only=True) as connection:
            names = connection.execute(
                "select table_name from duckdb_tables() where schema_name = ? "
                "and regexp_matches(table_name, '^(stg|int|fct|dim)_') order by 1",
                [shop],
            ).fetchall()
            return {
                name: connection.execute(f'from "{shop}"."{name}" order by all').fetchall()
                for (name,) in names
            }


@pytest.fixture(scope="module")
def journey(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    """Two shops of one table: `nightly` was loaded while the table grew, `once` when it was complete."""
    made = Journey(copy_project(tmp_path_factory.mktemp("project")), shared_database)
    made.run("simulate", "--visitors", "300", "--months", "3", "--seed", "5", "--into", shared_database.url)
    shared_database.run(
        "create table later as select * from events_raw where timestamp > '2026-06-10' or event_id % 50 = 0",
        "delete from events_raw where event_id in (select event_id from later)",
        "insert into events_raw values (-1, 1, 'purchase', '2026-05-05', 'pc', 'Chad', 99, null, null)",
    )
    made.run("load", "product_events", "--from", "env:DATABASE_URL", "--shop", "nightly")
    shared_database.run(
        "insert into events_raw select * from later",
        "update events_raw set amount = amount + 1 where event_type = 'purchase' and event_id % 3 = 0",
        "delete from events_raw where event_id = -1",
    )
    made.run("load", "product_events", "--from", shared_database.url, "--shop", "nightly")
    made.run("load", "product_events", "--from", "env:DATABASE_URL", "--shop", "once")
    for shop in ("nightly", "once"):
        made.run("build", "--shop", shop, *(f"--select=+{name}" for name in MARTS))
    yield made
    shared_database.run("drop table events_raw", "drop table later")


def test_full_and_incremental_loads_give_the_same_marts(journey: Journey) -> None:
    nightly, once = journey.marts("nightly"), journey.marts("once")
    assert nightly.keys() == once.keys() >= set(MARTS)
    assert [name for name in once if nightly[name] != once[name]] == []
    assert len(once["fct_daily_pnl"]) > 60


def test_the_events_of_the_generator_come_out_as_revenue(journey: Journey) -> None:
    printed = journey.run("query", "--shop", "once", "--csv", "select sum(amount) as amount from stg_events")
    [(amount,)] = journey.database.rows("select sum(amount)::text from events_raw")
    assert amount in printed


def test_a_third_load_finds_nothing_new(journey: Journey) -> None:
    printed = journey.run("load", "product_events", "--from", "env:DATABASE_URL", "--shop", "nightly")
    assert "unchanged 3 months 2026-04 to 2026-06" in printed
    assert "nothing changed" in printed


def test_the_password_is_nowhere(journey: Journey) -> None:
    journey.run("report", "--shop", "once", "--only", "overview")
    # Everything that fails, too: no rights, no table, no server, an address that libpq would repeat.
    journey.run("load", "product_events", "--from", journey.database.url, "--table", "no_such", code=12)
    journey.run("load", "product_events", "--from", journey.database.url, "--query", "select 1", code=13)
    password = quote(PASSWORD, safe="")
    journey.run("load", "product_events", "--from", f"postgresql://ann:{password}@db/shop", code=10)
    journey.run("simulate", "--into", f"postgresql://ann:{password}@db/shop", code=10)
    journey.run("doctor")
    found = [text for text in journey.said if any(form in text for form in _FORMS)]
    assert found == []
    written = [path for path in journey.root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(written) > 20
    forms = [form.encode() for form in _FORMS]
    assert [path for path in written if any(form in path.read_bytes() for form in forms)] == []
    assert [name for name, text in _texts_of(journey) if any(form in text for form in _FORMS)] == []


def _texts_of(journey: Journey) -> Iterator[tuple[str, str]]:
    """All tables as text: in the warehouse's file texts are packed, so that its bytes do not show them."""
    with duckdb.connect(str(journey.root / "data" / "warehouse.duckdb"), read_only=True) as connection:
        for schema, name in connection.execute(
            "select schema_name, table_name from duckdb_tables()"
        ).fetchall():
            query = f'select string_agg(t::varchar, chr(10)) from "{schema}"."{name}" as t'
            yield name, str(connection.execute(query).fetchall()[0][0])


def test_the_search_would_find_a_password(journey: Journey, tmp_path: Path) -> None:
    """The search is worth something: the same search finds what is in the ledger for sure."""
    texts = dict(_texts_of(journey))
    assert "postgresql:shop/public.events_raw/2026-04" in texts["load_ledger"]
    assert any("postgresql:shop" in text for text in journey.said)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["--from", "data", "--table", "events"], "--table is for a database"),
        (["--from", "data", "--full"], "--full is for a database"),
        (["--from", "postgresql://db/shop", "data"], "one database at a time"),
        (["--from", "service=shop", "--table", "a", "--query", "select 1"], "--table and --query do not go"),
        (["--from", "service=shop", "--query", " ; "], "The query after --query is empty"),
        (["--from", "env:NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE is not set"),
    ],
)
def test_flags_that_do_not_go_together(
    arguments: list[str],
    match: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "_quarto.yml").touch()
    monkeypatch.setenv("SHOPBOOK_PROJECT", str(tmp_path))
    assert cli.main(["--quiet", "load", "product_events", *arguments]) in (10, 11)
    assert match in capsys.readouterr().err


def test_a_query_file_is_read_and_named_in_the_ledger(journey: Journey, tmp_path: Path) -> None:
    path = tmp_path / "purchases.sql"
    path.write_text("select * from events_raw where event_type = 'purchase'", encoding="utf-8")
    load = ("load", "product_events", "--from", "env:DATABASE_URL", "--query-file", str(path))
    printed = journey.run(*load, "--shop", "purchases")
    assert "postgresql:shop/query purchases → events: loaded 3 months" in printed
    path.unlink()
    assert "cannot be read" in journey.run(*load, code=12)


def test_service_file_and_passfile_are_taken(journey: Journey, tmp_path: Path) -> None:
    server = journey.database.server
    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    (tmp_path / "pass").write_text(f"127.0.0.1:{server.port}:shop:{OWNER}:{escaped}\n", encoding="utf-8")
    (tmp_path / "pass").chmod(0o600)
    (tmp_path / "services").write_text(
        f"[myshop]\nhost=127.0.0.1\nport={server.port}\ndbname=shop\nuser={OWNER}\n", encoding="utf-8"
    )
    environment = environment_of(journey.root) | {
        "PGSERVICEFILE": str(tmp_path / "services"),
        "PGPASSFILE": str(tmp_path / "pass"),
    }
    environment = {name: value for name, value in environment.items() if name != "PGPASSWORD"}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "analysis_lib.cli", "load", "product_events"),
            *("--from", "service=myshop", "--shop", "nightly"),
        ],
        cwd=journey.root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "nothing changed" in done.stdout
    assert os.environ.get("PGPASSWORD") is None
