"""Form data: what a browser's form sends as the fields of an action, and a file that a browser is given."""

from __future__ import annotations

import io
from base64 import b64decode
from typing import Any
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from jinbao.web.page import Refused, SentFile

_GATHERED = "fields."


def sent_file(value: object, name: str = "") -> SentFile | None:
    """The file that a field of the type `Sent` holds, None for an empty one. Raises Refused.

    `name`: of what a program has sent, which has none of its own.
    """
    if isinstance(value, SentFile):
        empty = not value.content.read(1)
        value.content.seek(0)
        return None if empty else value
    try:
        content = b64decode(value, validate=True) if isinstance(value, str) else b""
    except ValueError:
        raise Refused("文件应以 base64 发送", "a file is sent as base64") from None
    return SentFile(name, io.BytesIO(content)) if content else None


async def read_form(form: FormData) -> dict[str, Any]:
    """Fields by name; `fields.x` is `x` of the mapping `fields`; a file that was chosen is a `SentFile`."""
    found: dict[str, Any] = {}
    gathered: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                found[name] = SentFile(value.filename, value.file)
        elif name.startswith(_GATHERED):
            gathered[name.removeprefix(_GATHERED)] = value.replace("\r\n", "\n")
        else:
            found[name] = value
    return {**found, "fields": gathered} if gathered else found


def downloaded(name: str, content: bytes) -> Response:
    """A file to be kept, never shown."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type="application/octet-stream", headers=headers)
