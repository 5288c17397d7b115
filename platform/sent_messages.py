"""The messages of a case from their own bytes, as their senders wrote them."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from jinbao.platform.aggregates.catalogue import RULES
from jinbao.platform.projections.logged import TRANSFER_BITS
from jinbao.platform.store.event_log import stored_topics
from jinbao.platform.store.store import UnitOfWork
from jinbao.schemas.codec import decode
from jinbao.schemas.messages import ApplicationAccepted, CertificateIssued, Submission

S = TypeVar("S", bound=Submission)


def certificates_of(work: UnitOfWork, transfer_id: UUID) -> list[CertificateIssued]:
    """The certificate that a transfer's application started from, its versions, the newest first.

    It is about the person and not the transfer; the application names it, and its origin has issued it.
    """
    for application in sent_messages(work, transfer_id, ApplicationAccepted):
        issued = _about_the_person(work, transfer_id, CertificateIssued)
        named = (application.certificate_number, application.origin)
        return [sent for sent in issued if (sent.certificate_number, sent.envelope.sender) == named]
    return []


def sent_messages(work: UnitOfWork, transfer_id: UUID, message: type[S]) -> list[S]:
    """Accepted messages of one type about a transfer, the newest first, also those before an identity was corrected."""
    found = _about_the_person(work, transfer_id, message)
    return [sent for sent in found if sent.envelope.transfer_id == transfer_id.bytes]


def _about_the_person(work: UnitOfWork, transfer_id: UUID, message: type[S]) -> list[S]:
    """Those about any transfer of the person whose transfer it is, or about none."""
    topics = stored_topics(RULES[message].fact)
    sql = (
        "SELECT e.bytes FROM events e JOIN case_board b ON b.case_id >> ? = e.stream "
        f"WHERE b.transfer_id = ? AND e.topic IN ({', '.join('?' * len(topics))}) ORDER BY e.position DESC"
    )
    rows = work.bulk.connection.exec_driver_sql(sql, (TRANSFER_BITS, transfer_id.bytes, *topics)).fetchall()
    found = (decode(bytes(data)) for (data,) in rows)
    return [sent for sent in found if isinstance(sent, message)]
