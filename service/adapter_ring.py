"""The key ring that a province's adapter works with: that of its data folder, or the key service that is set."""

from __future__ import annotations

from jinbao.keys.key_ring import KeyRing
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.service.province import Province
from jinbao.service.settings import Settings

_MINUTE_S = 60


def open_adapter_ring(settings: Settings, place: Province, expected: str | None) -> KeyRing:
    """`expected`: the identity of the ring that bus or adapter have worked with. Raises KeyRingError."""
    if not settings.key_service_url:
        return open_key_ring(settings.data, expected=expected)
    from jinbao.keys.remote_key_ring import RemoteKeyRing  # only who needs it loads an HTTP client

    return RemoteKeyRing(
        settings.key_service_url,
        place.key_token_file,
        certificate_file=place.key_certificate_file,
        expected=expected,
        keep_s=settings.key_memory_minutes * _MINUTE_S,
    )
