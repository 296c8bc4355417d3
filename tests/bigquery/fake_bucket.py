"""A FAKE of Cloud Storage, whose listing the emulator lacks: a folder, answered for in the documented shapes.

`GET /storage/v1/b/BUCKET/o` lists objects (two a page, so that pages are asked for), and
`GET /download/storage/v1/b/BUCKET/o/NAME` sends bytes of one. The emulator's load jobs read the same folder.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_PAGE = 2


def _object(bucket: str, root: Path, path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "kind": "storage#object",
        "bucket": bucket,
        "name": path.relative_to(root).as_posix(),
        "size": str(len(content)),
        "generation": str(path.stat().st_mtime_ns // 1000),
        "md5Hash": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
        "crc32c": "AAAAAA==",
    }


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of the fake, whose buckets are the folders in a folder, and what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            url = urllib.parse.urlsplit(self.path)
            query = {name: values[0] for name, values in urllib.parse.parse_qs(url.query).items()}
            start, _, rest = url.path.partition("/b/")
            bucket, _, name = rest.partition("/o")
            root = folder / bucket
            if not root.is_dir():
                self._send(404, {"error": {"code": 404, "message": "The specified bucket does not exist."}})
            elif start.startswith("/download"):
                self._send_bytes((root / urllib.parse.unquote(name[1:])).read_bytes())
            else:
                names = sorted(path for path in root.rglob("*") if path.is_file())
                found = [_object(bucket, root, path) for path in names]
                found = [one for one in found if one["name"].startswith(query.get("prefix", ""))]
                first = int(query.get("pageToken", 0))
                page: dict[str, Any] = {"kind": "storage#objects", "items": found[first : first + _PAGE]}
                if first + _PAGE < len(found):
                    page["nextPageToken"] = str(first + _PAGE)
                self._send(200, page)

        def _send(self, code: int, document: dict[str, Any]) -> None:
            content = json.dumps(document).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _send_bytes(self, content: bytes) -> None:
            first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
            part = content[int(first) : int(last) + 1 if last else None]
            self.send_response(206)
            self.send_header("Content-Length", str(len(part)))
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}")
            self.end_headers()
            self.wfile.write(part)

        def log_message(self, *_given: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
