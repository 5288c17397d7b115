"""Proofs that entries are in the log, against the newest signed checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jinbao.language.words import BilingualError
from jinbao.platform.audit.log import indexes_of, newest_head, placed, witnessed_head
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.entries import SOURCES
from jinbao.platform.store.tables import events
from jinbao.platform.store.tree import read_tile
from jinbao.transparency.check_proof import Policy, Proof
from jinbao.transparency.merkle import inclusion_path
from jinbao.transparency.proofs import proof_text
from jinbao.transparency.tiles import stored_subtree

_EVENTS = next(source for source in SOURCES if source.table is events)


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
