"""The key ring that a province's adapter works with: that of its data folder, or the key service that is set."""

from __future__ import annotations

from collections.abc import Callable

from jinbao.keys.key_ring import KeyRing
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.service.errors import Unavailable
from jinbao.service.key_service.recorded_ring import RecordedKeyRing
from jinbao.service.key_service.uses import Uses
from jinbao.service.province import Province
from jinbao.service.settings import Settings
from jinbao.service.world import our_time

_MINUTE_S = 60


def open_adapter_ring(
    settings: Settings, place: Province, expected: str | None, now_us: Callable[[], int] = our_time
) -> KeyRing:
    """`expected`: the identity of the ring that bus or adapter have worked with. Raises KeyRingError, Unavailable."""
    if not settings.key_service_url:
        ring = open_key_ring(settings.data, expected=expected)
        try:
            return RecordedKeyRing(ring, Uses(settings.data), place.code, now_us)
        except Unavailable:
            ring.close()
            raise
    from jinbao.keys.remote_key_ring import RemoteKeyRing  # only who needs it loads an HTTP client

    return RemoteKeyRing(
        settings.key_service_url,
        place.key_token_file,
        certificate_file=place.key_certificate_file,
        expected=expected,
        keep_s=settings.key_memory_minutes * _MINUTE_S,
    )
