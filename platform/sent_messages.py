"""The messages of a case from their own bytes, as their senders wrote them."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from jinbao.platform.aggregates.catalogue import RULES
from jinbao.platform.projections.logged import TRANSFER_BITS
from jinbao.platform.store.event_log import stored_topics
from jinbao.platform.store.store import UnitOfWork
from jinbao.schemas.codec import decode
from jinbao.schemas.messages import Submission

S = TypeVar("S", bound=Submission)


def sent_messages(work: UnitOfWork, transfer_id: UUID, message: type[S]) -> list[S]:
    """Accepted messages of one type about a transfer, the newest first, also those before an identity was corrected."""
    topics = stored_topics(RULES[message].fact)
    sql = (
        "SELECT e.bytes FROM events e JOIN case_board b ON b.case_id >> ? = e.stream "
        f"WHERE b.transfer_id = ? AND e.topic IN ({', '.join('?' * len(topics))}) ORDER BY e.position DESC"
    )
    rows = work.bulk.connection.exec_driver_sql(sql, (TRANSFER_BITS, transfer_id.bytes, *topics)).fetchall()
    found = (decode(bytes(data)) for (data,) in rows)
    return [sent for sent in found if isinstance(sent, message) and sent.envelope.transfer_id == transfer_id.bytes]
