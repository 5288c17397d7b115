"""Static files: style, scripts and their compressed forms, read once at start; a link holds a hash of the content."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from jinbao.service.errors import UserError

FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
NEEDED = ("base.css", "base.js", "vendor/htmx.min.js")


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    compressed: bytes
    kind: str
    version: str


class StaticFiles:
    """The files by name."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Raises UserError where a file that every page needs is not there."""
        self._files = {
            path.relative_to(folder).as_posix(): _read(path) for path in folder.rglob("*") if path.suffix in _TYPES
        }
        for name in NEEDED:
            if name not in self._files:
                file = folder / name
                raise UserError(f"{file}：缺少此文件；请运行 make assets", f"{file} is missing: run make assets")

    def link(self, name: str) -> str:
        """The path of a file, another one for another content."""
        return f"/static/{name}?v={self._files[name].version}"

    def answer(self, request: Request) -> Response:
        """A file, kept by browsers for good where the link names its version."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            return Response(status_code=404)
        for_good = request.query_params.get("v") == file.version
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if for_good else "no-cache",
            "Vary": "Accept-Encoding",
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(file.compressed, media_type=file.kind, headers={**headers, "Content-Encoding": "gzip"})
        return Response(file.content, media_type=file.kind, headers=headers)


def _read(path: Path) -> _File:
    content = path.read_bytes()
    return _File(content, _compressed(content), _TYPES[path.suffix], hashlib.sha256(content).hexdigest()[:12])


@cache
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)
