"""Personal data in an export: opened with the key ring, once each person's opening is an entry of the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from jinbao.keys.key_ring import KeyRing
from jinbao.keys.sealing import CannotOpen, open_sealed
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.audit.export.tables import ExportTable, Value, columns
from jinbao.platform.audit.statements.accesses import record
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store
from jinbao.schemas.accesses import MOST_TOGETHER, Access
from jinbao.schemas.codec import decode

_COLUMNS = columns("relationship #position message field value not_opened")
_SEALED = (
    "SELECT e.position, s.key, e.bytes FROM events e JOIN streams s ON s.stream = e.stream "
    f"WHERE s.kind = {RELATIONSHIPS.number} ORDER BY e.position"
)


def unmasked(store: Store, ring: KeyRing, user: str, role: str, reason: str, now_us: int) -> ExportTable:
    """The table of every person's fields as each message bore them; recorded before a row can be read.

    Raises StoreError where it cannot be recorded.
    """
    with store.read() as work:
        sql = f"SELECT key FROM streams WHERE kind = {RELATIONSHIPS.number} ORDER BY stream"
        people = [UUID(bytes=bytes(key)) for (key,) in work.bulk.execute(sql)]
    parts = [people[i : i + MOST_TOGETHER] for i in range(0, len(people), MOST_TOGETHER)]
    opened = [
        Access(0, now_us, user, role, "export", "unmask", "given", "reason", reason, relationships=[*map(str, part)])
        for part in parts
    ]
    record(store, opened, now_us)
    told = frozenset(person.bytes for person in people)

    def rows(bulk: Bulk) -> Iterator[tuple[Value, ...]]:
        for position, key, data in bulk.stream(_SEALED):
            if bytes(key) in told:
                yield from _opened(ring, position, bytes(key), bytes(data))

    return ExportTable("fields", _COLUMNS, rows)


def _opened(ring: KeyRing, position: int, key: bytes, data: bytes) -> Iterator[tuple[Value, ...]]:
    message: Any = decode(data)
    sealed = getattr(message, "personal", None)
    if sealed is None:
        return
    relationship = UUID(bytes=key)
    about = (str(relationship), position, message.NAME)
    try:
        fields = open_sealed(ring, relationship, message.envelope.event_id, sealed.key_id, sealed.ciphertext)
    except CannotOpen as error:
        yield (*about, None, None, error.reason)
        return
    for name, value in fields.items():
        if value is not None:
            yield (*about, name, str(value), None)
