"""The platform's signature on what comes to an inbox, by the key of the log that the adapter's policy trusts.

Once a message came that the platform had signed, none is believed any more that it has not; once one came that was
signed for this inbox, none that is not.
"""

from __future__ import annotations

from hashlib import sha256

from jinbao.bus.interface import BusRecord
from jinbao.bus.packed_headers import value_of
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.exchange.set_aside import wrong_digest
from jinbao.schemas.headers import DIGEST, PLATFORM_SIGNATURE
from jinbao.schemas.messages import PLATFORM
from jinbao.schemas.signatures import leaf_of_headers
from jinbao.transparency.batches import BatchVerifier
from jinbao.transparency.check_proof import VerifierKey

_SIGNS = "platform signs"
"""Number that the store remembers: `_SIGNED` once the platform has signed something, `_FOR_INBOX` once for this inbox.

Before 2026-12 the platform signed without naming the inbox.
"""
_SIGNED, _FOR_INBOX = 1, 2


class PlatformSignature:
    """Verifies an inbox's messages."""

    def __init__(self, log: VerifierKey, store: AdapterStore) -> None:
        """`log`: the key that the policy trusts."""
        self._log, self._store = log, store
        self._batches = BatchVerifier()
        self._must = store.number(_SIGNS)

    def distrust(self, record: BusRecord) -> str | None:
        """Why a message is not believed; None where it is."""
        return wrong_digest(record) or (None if self.holds(record) else "NOT_BY_PLATFORM")

    def holds(self, record: BusRecord) -> bool:
        """Whether the platform sent it; also True for what is not signed, until something was."""
        signature = value_of(record.packed_headers, PLATFORM_SIGNATURE)
        if signature is None:
            return not self._must
        digest = sha256(record.value).hexdigest().encode()
        headers = (*(header for header in record.headers if header[0] != DIGEST), (DIGEST, digest))
        for signs, inbox in ((_FOR_INBOX, record.topic), (_SIGNED, None)):
            if signs < self._must:
                break
            leaf = leaf_of_headers(headers, inbox)
            if self._batches.root(self._log.name, PLATFORM, self._log.public, signature, leaf) is not None:
                if signs > self._must:
                    self._store.set_number(_SIGNS, signs)
                    self._must = signs
                return True
        return False
