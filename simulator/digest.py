"""The digest of a nation: equal whenever the same facts stand in the same streams, on every engine and bus.

SHA-256 over all streams, of each kind in the order of their keys: of each event its version, type and the fact as it is
stored (business fields, occurred_at, what follows). Positions, offsets, received and recorded times and sealed bytes
are not part of a fact.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain

from jinbao.platform.aggregates.stream_kind import F, StreamFact
from jinbao.platform.aggregates.stream_kinds import KINDS
from jinbao.platform.queries import all_streams
from jinbao.platform.store.event_log import encode_fact
from jinbao.platform.store.store import Store

_KEY, _VERSION = (size.to_bytes(4) for size in (16, 8))
"""Each part follows its own length."""


@cache
def _head(fact: type[StreamFact]) -> bytes:
    topic = fact.TOPIC.encode()
    return len(topic).to_bytes(4) + topic


class NationDigest:
    """Takes events in the order of `all_streams`, kind by kind."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def taking(self, events: Iterable[tuple[bytes, int, F]]) -> Iterator[tuple[bytes, int, F]]:
        """The next events, each taken as it is read: key of its stream, version, fact."""
        update = self._digest.update
        for event in events:
            key, version, fact = event
            state = encode_fact(fact)
            head = _head(type(fact))
            update(b"".join((_KEY, key, _VERSION, version.to_bytes(8), head, len(state).to_bytes(4), state)))
            yield event

    def take(self, events: Iterable[tuple[bytes, int, StreamFact]]) -> None:
        """Take the next events."""
        deque(self.taking(events), maxlen=0)

    def hex(self) -> str:
        """64 hexadecimal digits."""
        return self._digest.hexdigest()


def nation_digest(store: Store) -> str:
    """The digest of everything in the event store, 64 hexadecimal digits."""
    digest = NationDigest()
    with store.read() as work:
        digest.take(chain.from_iterable(all_streams(work, kind) for kind in KINDS))
    return digest.hex()
