"""Addresses of programs elsewhere that are sent a secret: by TLS only, but on this machine."""

from __future__ import annotations

from urllib.parse import urlsplit

from jinbao.service.errors import UserError
from jinbao.web.server import LOOPBACK


def need_protected(option: str, url: str) -> None:
    """Raise UserError for an address over which others could listen in, or that is none."""
    try:
        parts = urlsplit(url)
        is_protected = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        is_plain = bool(parts.hostname) and parts.port != 0 and not (parts.username or parts.query or parts.fragment)
    except ValueError:
        is_protected = is_plain = False
    if not (is_protected and is_plain and url.isascii() and url.isprintable()):
        raise UserError(f"{option} {url}：应为 https 地址", f"{option} {url}: expected an https address")
