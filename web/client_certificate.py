"""Client certificates: an HTTP protocol of the server that tells the application whose one a connection has shown.

The TLS library has held it against the authority by then (`Server.of`, `client_authority`).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from uvicorn.protocols.http.auto import AutoHTTPProtocol

_SHOWN = "client_certificate"


class CertifiedProtocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type]
    """The server's own protocol; a request's state names who has shown a certificate."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Note the name while the connection begins."""
        super().connection_made(transport)
        channel: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        shown = None if channel is None else channel.getpeercert()
        self.app_state = {**self.app_state, _SHOWN: common_name(shown or {})}


def common_name(certificate: Mapping[str, Any]) -> str | None:
    """The subject's one common name; None where it has none, or several."""
    parts: Sequence[Sequence[tuple[str, str]]] = certificate.get("subject", ())
    names = [value for part in parts for name, value in part if name == "commonName"]
    return names[0] if len(names) == 1 else None


def certified_name(request: Request) -> str | None:
    """Common name of the certificate that this request's connection has shown; None where it has shown none."""
    found: str | None = request.scope.get("state", {}).get(_SHOWN)
    return found
