"""Proofs that entries are in the log, against the newest signed checkpoint."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

from jinbao.language.words import BilingualError
from jinbao.platform.audit.log.places import Head, index_of, indexes_of, newest_head, placed, witnessed_head
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.entries import SOURCES, Source
from jinbao.platform.store.tables import events, intake
from jinbao.platform.store.tree import read_tile
from jinbao.transparency.check_proof import Policy, Proof
from jinbao.transparency.merkle import inclusion_path
from jinbao.transparency.proofs import proof_text
from jinbao.transparency.tiles import stored_subtree
from jinbao.transparency.witnessing import Proved

_EVENTS = next(source for source in SOURCES if source.table is events)
_INTAKE = next(source for source in SOURCES if source.table is intake)


class NotProvable(BilingualError):
    """An event has no entry under a signed checkpoint."""


def prove_events(bulk: Bulk, positions: Sequence[int], policy: Policy | None = None) -> Iterator[tuple[int, str]]:
    """(Position, proof) of events, against the newest checkpoint that a quorum of the policy's witnesses has cosigned.

    What is in none of those yet stands against the newest that is signed. Raises NotProvable where it is in none, or
    its row is gone.
    """
    signed, indexes = newest_head(bulk, signed=True), indexes_of(bulk, _EVENTS, positions)
    witnessed = signed if policy is None else witnessed_head(bulk, policy)
    subtree = stored_subtree(lambda key: read_tile(bulk, key))
    for position in positions:
        head = witnessed if indexes.get(position, signed.size) < witnessed.size else signed
        index = indexes.get(position, head.size)
        entry = placed(bulk, index, index + 1)[0].entry if index < head.size else None
        if entry is None or head.note is None:
            raise NotProvable(
                f"位置 {position} 的事件还没有签名的检查点；平台转发之后才有",
                f"the event at position {position} is in no signed checkpoint yet; there is one once it was relayed",
            )
        path = tuple(inclusion_path(index, head.size, subtree))
        yield position, proof_text(Proof(index, path, head.note, entry))


def prove_messages(bulk: Bulk, policy: Policy, ids: Sequence[bytes]) -> Proved | None:
    """Proofs of messages by event id, on the newest checkpoint that a quorum has cosigned; None for none."""
    head = witnessed_head(bulk, policy)
    subtree = stored_subtree(lambda key: read_tile(bulk, key))
    found: dict[str, tuple[int, tuple[str, ...], str]] = {}
    for source, column in ((_EVENTS, "submission"), (_INTAKE, "event_id")):
        wanted = [event_id for event_id in ids if event_id.hex() not in found]
        for event_id, key in _keys_of(bulk, source, column, wanted, head).items():
            index = index_of(bulk, source, key)
            entry = None if index is None else placed(bulk, index, index + 1)[0].entry
            if index is not None and entry is not None:
                path = tuple(map(_base64, inclusion_path(index, head.size, subtree)))
                found[event_id.hex()] = (index, path, _base64(entry))
    return Proved(head.note or "", found) if found else None


def _keys_of(bulk: Bulk, source: Source, column: str, ids: Sequence[bytes], head: Head) -> dict[bytes, int]:
    """Event id → key of its first row under a head; all in one pass: one that came again is proved by its first."""
    under = f"{source.key} <= {head.ends[SOURCES.index(source)]}"
    sql = f"SELECT {column}, MIN({source.key}) FROM {source.name} WHERE {under} AND {column}"
    return {bytes(event_id): key for event_id, key in bulk.select_in(sql, ids, f"GROUP BY {column}")}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
