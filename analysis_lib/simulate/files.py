"""Writing a shop: one folder, complete or not there at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analysis_lib.errors import DiskFullError, ParameterError
from analysis_lib.simulate.tables import SCHEMAS, fit

TRUTH = "truth.json"
FILES = (*(f"{name}.parquet" for name in SCHEMAS), TRUTH)
_ROWS_OF_A_GROUP = 500_000


def check_folder(out: Path) -> Path:
    """The folder as an absolute path, if a shop may be written there.

    Raises
    ------
    ParameterError
        `out` is a file, holds files that are not a simulated shop's, or cannot be written.

    Examples
    --------
    >>> check_folder(Path("/dev/null"))
    Traceback (most recent call last):
    analysis_lib.errors.ParameterError: /dev/null is a file, …
    """
    folder = out.expanduser().resolve()
    try:
        if folder.exists() and not folder.is_dir():
            raise ParameterError(f"{folder} is a file, and a simulated shop is a folder.", "Name another.")
        foreign = (
            sorted(path.name for path in folder.iterdir() if path.name not in FILES)
            if folder.exists()
            else []
        )
        if foreign:
            more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
            raise ParameterError(
                f"The folder {folder} holds files that are not a simulated shop's: {foreign[0]}{more}.",
                "Nothing was written. Name an empty or a new folder.",
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ParameterError(
            f"The folder {folder} cannot be written: {error.strerror}.", "Name another."
        ) from error
    return folder


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into that takes the place of `folder` when the block ends well.

    Raises
    ------
    DiskFullError
        There is no space left; `folder` is as it was.
    ParameterError
        The place cannot be written.
    """
    part = folder.with_name(f".{folder.name}.part-{os.getpid()}")
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        yield part
        if folder.exists():
            folder.rename(old)
        try:
            part.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                f"There is no space left to write the shop to {folder}.", "Nothing was changed there."
            ) from error
        raise ParameterError(f"The folder {folder} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


class TableWriter:
    """Writes one table in blocks; the same blocks give the same bytes.

    Examples
    --------
    >>> with TableWriter(Path("shop"), "users") as writer:  # doctest: +SKIP
    ...     writer.write(table)
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._path, self._name, self.rows = folder / f"{name}.parquet", name, 0
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        self._open(SCHEMAS[self._name]).close()

    def write(self, table: pa.Table) -> None:
        """Add rows."""
        fitted = fit(table, self._name)
        self._open(fitted.schema).write_table(fitted, row_group_size=_ROWS_OF_A_GROUP)
        self.rows += table.num_rows

    def _open(self, schema: pa.Schema) -> pq.ParquetWriter:
        if self._writer is None:
            # Text comes coded; without the stored arrow schema it reads back as plain text everywhere.
            self._writer = pq.ParquetWriter(
                self._path,
                schema,
                compression="zstd",
                compression_level=3,
                store_schema=False,
                use_dictionary=[field.name for field in schema if pa.types.is_dictionary(field.type)],
            )
        return self._writer


def write_table(folder: Path, name: str, table: pa.Table) -> int:
    """Write a whole table and return its rows."""
    with TableWriter(folder, name) as writer:
        writer.write(table)
    return writer.rows
