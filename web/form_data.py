"""Form data: what a browser's form sends as the fields of an action, and a file that a browser is given."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

_GATHERED = "fields."


async def read_form(form: FormData) -> dict[str, Any]:
    """Fields by name; `fields.x` is `x` of the mapping `fields`, a file is its content with its name as `x_name`."""
    found: dict[str, Any] = {}
    gathered: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            found[name], found[f"{name}_name"] = await value.read(), value.filename or ""
        elif name.startswith(_GATHERED):
            gathered[name.removeprefix(_GATHERED)] = value.replace("\r\n", "\n")
        else:
            found[name] = value
    return {**found, "fields": gathered} if gathered else found


def downloaded(name: str, content: bytes) -> Response:
    """A file to be kept, never shown."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type="application/octet-stream", headers=headers)
