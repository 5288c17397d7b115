"""The digest of a nation: equal whenever the same facts stand in the same streams, on every engine and bus.

SHA-256 over all streams in the order of their relationship ids: of each event its version, type and the fact as it is
stored (business fields, occurred_at, what follows). Positions, offsets, received and recorded times and sealed bytes
are not part of a fact.
"""

from __future__ import annotations

import hashlib

from jinbao.platform.store.store import Store

_EVENTS = (
    "SELECT s.relationship_id, e.version, e.topic, e.state FROM events e JOIN streams s ON s.stream = e.stream"
    " ORDER BY s.relationship_id, e.version"
)


def nation_digest(store: Store) -> str:
    """The digest of everything in the event store, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with store.read() as work:
        for relationship_id, version, topic, state in work.bulk.connection.exec_driver_sql(_EVENTS):
            for part in (bytes(relationship_id), version.to_bytes(8, "big"), topic.encode(), bytes(state)):
                digest.update(len(part).to_bytes(4, "big"))
                digest.update(part)
    return digest.hexdigest()
