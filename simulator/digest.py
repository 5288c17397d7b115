"""The digest of a nation: equal whenever the same facts stand in the same streams, on every engine and bus.

SHA-256 over all streams, of each kind in the order of their keys: of each event its version, type and the fact as it is
stored (business fields, occurred_at, what follows). Positions, offsets, received and recorded times and sealed bytes
are not part of a fact.
"""

from __future__ import annotations

import hashlib
from itertools import chain

from jinbao.platform.aggregates.stream_kinds import KINDS
from jinbao.platform.queries import all_streams
from jinbao.platform.store.event_log import encode_fact
from jinbao.platform.store.store import Store


def nation_digest(store: Store) -> str:
    """The digest of everything in the event store, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with store.read() as work:
        for key, version, fact in chain.from_iterable(all_streams(work, kind) for kind in KINDS):
            for part in (key.bytes, version.to_bytes(8), fact.TOPIC.encode(), encode_fact(fact)):
                digest.update(len(part).to_bytes(4))
                digest.update(part)
    return digest.hexdigest()
