"""A PostgreSQL server of the tests' own: Debian's program, a data folder in /tmp, loopback on a free port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_lib.sources.postgres.address import Address

PASSWORD = "planted-s3cret/of#the:tests"
OWNER = "keeper"
_SECONDS_TO_START = 60
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "logging_collector": "off",
}


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`, of the newest version that is installed."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]), reverse=True
    )
    on_path = shutil.which("initdb")
    return found[0].parent if found else Path(on_path).resolve().parent if on_path else None


def _user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: who runs it then, as arguments of `subprocess`."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: int

    def url(self, database: str = "postgres", user: str = OWNER) -> str:
        """An address without a password."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def address(self, database: str = "postgres", user: str = OWNER, password: str = PASSWORD) -> Address:
        """How the tests themselves come in; the code under test finds the password in the environment."""
        conninfo = {"host": "127.0.0.1", "port": self.port, "dbname": database, "user": user}
        listed = " ".join(f"{key}={value}" for key, value in conninfo.items())
        return Address(f"{listed} password='{password}'", (password,))


@contextmanager
def running_server() -> Iterator[Server]:
    """Make and start a server, and stop it by its process id."""
    bin_folder, who = programs(), _user()
    assert bin_folder is not None
    home = Path(tempfile.mkdtemp(prefix="shopbook_postgres_"))
    try:
        (home / "password").write_text(PASSWORD + "\n", encoding="utf-8")
        if who:
            for path in (home, home / "password"):
                os.chown(path, who["user"], who["group"])
        data = home / "data"
        made = subprocess.run(
            [
                *(bin_folder / "initdb", "-D", data, "-U", OWNER, "--auth=scram-sha-256", "--no-sync"),
                *(f"--pwfile={home / 'password'}", "--encoding=UTF8", "--locale=C"),
            ],
            capture_output=True, text=True, check=False, cwd=home, **who,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        port = _free_port()
        options = [f"-c{name}={value}" for name, value in {**_OPTIONS, "port": port}.items()]
        with (home / "log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [bin_folder / "postgres", "-D", data, "-k", home, *options],
                stdout=log, stderr=log, cwd=home, **who,
            )  # fmt: skip
        try:
            server = Server(port, process.pid)
            _wait(server, process, home / "log")
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # stop at once, sessions included
            process.wait(timeout=60)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    import adbc_driver_postgresql.dbapi as dbapi

    last = time.monotonic() + _SECONDS_TO_START
    while True:
        try:
            dbapi.connect(server.address().conninfo).close()
            return
        except dbapi.Error:
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < last, log.read_text(encoding="utf-8")
            time.sleep(0.1)


@dataclass(frozen=True)
class Database:
    """A database of one test."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        """Its address, without a password."""
        return self.server.url(self.name)

    @property
    def address(self) -> Address:
        """Its address as the loader takes it."""
        return self.server.address(self.name)

    def run(self, *statements: str) -> None:
        """Run statements one after another, each for itself."""
        import adbc_driver_postgresql.dbapi as dbapi

        with dbapi.connect(self.address.conninfo, autocommit=True) as connection:
            for statement in statements:
                with connection.cursor() as cursor:
                    cursor.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        import adbc_driver_postgresql.dbapi as dbapi

        with dbapi.connect(self.address.conninfo) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]

    def make_events(self, *rows: str, table: str = "events_raw", **types: str) -> None:
        """Create a table of events and fill it; a row is a list of SQL values."""
        kinds = {
            "event_id": "bigint", "user_id": "bigint", "event_type": "text", "timestamp": "timestamptz",
            "device": "text", "country": "text", "amount": "numeric",
        } | types  # fmt: skip
        self.run(f"create table {table} ({', '.join(f'{n} {t}' for n, t in kinds.items())})")
        self.add(*rows, table=table)

    def add(self, *rows: str, table: str = "events_raw") -> None:
        """Insert rows; a row is a list of SQL values."""
        if rows:
            self.run(f"insert into {table} values {', '.join(f'({row})' for row in rows)}")
