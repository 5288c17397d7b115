"""Downloads: files that are made when they are asked for, under the same rights on the page and in the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

import msgspec
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from jinbao.web.access import endpoint_of
from jinbao.web.api_description import described_download
from jinbao.web.page import About, Asker, Download, Refused, not_found

Allowed: TypeAlias = Callable[[Request, str, About, Mapping[str, Any], type[msgspec.Struct]], tuple[Asker, Any]]
"""The application's own question: who asks, and whether that may be."""


def add_downloads(api: FastAPI, downloads: Sequence[Download], allowed: Allowed) -> None:
    """Routes of them. Where several sites have one path, the last of them that knows what is asked for answers."""
    for path, several in groupby(sorted(downloads, key=lambda d: d.path), key=lambda d: d.path):
        _add(api, path, list(several)[::-1], allowed)


def _add(api: FastAPI, path: str, downloads: Sequence[Download], allowed: Allowed) -> None:
    endpoint = endpoint_of("GET", path)

    def answer(request: Request) -> Response:
        for download in downloads:
            try:
                asker, asked = allowed(request, endpoint, download.about, request.query_params, download.query)
                file = download.make(asker, asked)
            except Refused as error:
                if error.status != 404:
                    raise
            else:
                named = {"Content-Disposition": f'{file.shown}; filename="{file.name}"'}
                return Response(file.content, headers=named, media_type=download.kind)
        raise not_found()

    api.router.add_route(path, answer, methods=["GET"], include_in_schema=False)
    extra = described_download(downloads[0])
    api.add_api_route(f"/api{path}", answer, methods=["GET"], response_class=Response, openapi_extra=extra)
