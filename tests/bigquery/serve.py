"""Starts local-bigquery without internet; run by the Python 3.13 of the emulator's own environment.

The released emulator asks DuckDB to download two extensions and hands a setting to `duckdb.connect` that an
extension owns. Here the extensions come from PyPI's `duckdb-extension-*` wheels, the setting is made after
connecting, and geography is left out. Tables stand in a plain DuckDB database in memory: the emulator keeps
them in DuckLake, which reads its whole catalogue again after each change, and which only time travel needs.
Nothing else of the emulator is changed.
"""

import argparse
import os
import sys
import threading
from pathlib import Path
from types import ModuleType


def _end_with_parent() -> None:
    """End when the tests' process does, however it ends: its end of standard input closes."""
    sys.stdin.buffer.read()
    os._exit(0)


def _keep_tables_in_memory(database: ModuleType) -> None:
    def attach(connection: object, project: str) -> None:
        connection.execute(f"attach if not exists ':memory:' as {database.quote(project)}")
        database._attached.add(project)

    database._attach = attach
    database.projects = lambda: sorted(database._attached)


def main() -> None:
    """Serve on loopback until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--grpc-port", type=int, required=True)
    parser.add_argument("--project", required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    arguments = parser.parse_args()
    threading.Thread(target=_end_with_parent, daemon=True).start()

    import duckdb
    import duckdb_extension_ducklake
    import duckdb_extension_httpfs

    files = [
        next(Path(str(module.__path__[0])).glob(f"extensions/*/{name}.duckdb_extension"))
        for name, module in (("ducklake", duckdb_extension_ducklake), ("httpfs", duckdb_extension_httpfs))
    ]
    connect = duckdb.connect

    def connected(*places: object, config: dict[str, str] | None = None, **named: object) -> object:
        settings = dict(config or {})
        zone = settings.pop("TimeZone", None)
        connection = connect(*places, config=settings, **named)
        for file in files:
            connection.execute(f"load '{file}'")
        if zone:
            connection.execute(f"set global TimeZone = '{zone}'")
        return connection

    duckdb.connect = connected
    from local_bigquery import cli
    from local_bigquery.engine import database

    _keep_tables_in_memory(database)

    # Geography would need a third extension, and no model has any.
    database.FUNCTIONS = [path for path in database.FUNCTIONS if path.stem != "geography"]
    cli.main(
        [
            *("serve", "--host", "127.0.0.1", "--port", str(arguments.port)),
            *("--grpc-port", str(arguments.grpc_port), "--project", arguments.project),
            *("--data-dir", str(arguments.data_dir)),
        ]
    )


if __name__ == "__main__":
    main()
