"""A file's bytes as UTF-8 text: packing and encoding are told from the bytes, not from the name."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from analysis_lib.errors import BadDataError

# Pieces that stay in the cache are read twice as fast as large ones.
CHUNK = 1 << 17
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# What stands for bytes that are no character: half a one, which becomes a byte that no UTF-8 text holds.
_BROKEN = "\udcff"


def _mark_broken(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return _BROKEN, error.end


codecs.register_error("shopbook_broken", _mark_broken)


@dataclass(frozen=True)
class Text:
    """How the bytes of a text file become text.

    `is_shifted` where they look like UTF-16 of which a byte was lost: no rule says which half of it is text.
    """

    packing: str = "none"
    encoding: str = "utf-8"
    bom: int = 0
    is_shifted: bool = False

    @property
    def errors(self) -> str:
        """What becomes of bytes that are no character: half a one, so that their line is refused later."""
        return {"utf-8": "surrogateescape", "cp1252": "strict"}.get(self.encoding, "shopbook_broken")


def is_parquet(path: Path) -> bool:
    """Whether the file starts as Parquet files do."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def packing_of(path: Path) -> str:
    """`gzip`, `zstd` or `none`, from the first bytes."""
    with path.open("rb") as file:
        start = file.read(4)
    return next((name for magic, name in _MAGIC.items() if start.startswith(magic)), "none")


def open_bytes(path: Path, packing: str) -> BinaryIO:
    """The unpacked bytes of a file."""
    if packing == "gzip":
        return cast(BinaryIO, gzip.open(path, "rb"))
    if packing == "zstd":
        # Only this packing needs pyarrow, whose import takes a while.
        import pyarrow

        return cast(BinaryIO, pyarrow.input_stream(str(path), compression="zstd"))
    return path.open("rb")


def chunks(path: Path, text: Text) -> Iterator[bytes]:
    """The unpacked bytes after the byte order mark, a megabyte at a time.

    Raises
    ------
    BadDataError
        When the packing ends early or is damaged.
    """
    try:
        with open_bytes(path, text.packing) as stream:
            stream.read(text.bom)
            while chunk := stream.read(CHUNK):
                yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(path, text.packing) from error
    except OSError as error:
        if text.packing == "zstd":
            raise _damaged(path, text.packing) from error
        raise


def _damaged(path: Path, packing: str) -> BadDataError:
    return BadDataError(
        f"{path.name} is cut off or damaged: its {packing} packing ends before the data do.",
        "Fetch or export the file again.",
    )


def start_of(path: Path, packing: str, size: int = CHUNK) -> bytes:
    """The first unpacked bytes of a file."""
    return next(chunks(path, Text(packing)), b"")[:size]


def tell_text(path: Path) -> Text:
    """Packing and encoding as far as the start of the file tells; without a mark it counts as UTF-8."""
    packing = packing_of(path)
    start = start_of(path, packing, 4096)
    for bom, encoding in _BOMS.items():
        if start.startswith(bom):
            return Text(packing, encoding, len(bom))
    # Latin letters in UTF-16 have a zero byte each, always on the same side.
    if len(start) >= 8 and start.count(0) * 3 >= len(start):
        even, odd = start[::2].count(0), start[1::2].count(0)
        if min(even, odd) * 10 < max(even, odd):
            return Text(packing, "utf-16-le" if odd > even else "utf-16-be")
        # Lost blocks of a disk are zero bytes, too, but many in a row.
        return Text(packing, is_shifted=4 * start.count(b"\0\0") < even + odd)
    return Text(packing)


def recode(path: Path, text: Text, target: Path) -> None:
    """Write the file's text as UTF-8 without a mark, a megabyte at a time.

    A character that is broken, or cut off at the end of the file, leaves a byte that is not UTF-8, so that
    its line is refused later and not passed off as whole.

    Raises
    ------
    BadDataError
        When the bytes are not text of that encoding.
    """
    decoder = codecs.getincrementaldecoder(text.encoding)(text.errors)
    with target.open("wb") as out:
        try:
            for chunk in chunks(path, text):
                out.write(decoder.decode(chunk).encode("utf-8", "surrogateescape"))
            out.write(decoder.decode(b"", final=True).encode("utf-8", "surrogateescape"))
        except UnicodeDecodeError as error:
            raise BadDataError(
                f"{path.name} is not text: it is neither UTF-8, UTF-16 nor Windows-1252 ({error.reason}).",
                "Export it as UTF-8.",
            ) from error
