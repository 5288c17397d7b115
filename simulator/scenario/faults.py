"""Faults on the way to the bus, put in from outside: retries, forgeries and losses that the plans ask for.

The shipped adapters know nothing of them; they sit in the bus that the simulated nation hands to its parties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from jinbao.bus.interface import OutgoingRecord
from jinbao.schemas.codec import decode, encode, headers_for
from jinbao.schemas.messages import (
    ContactLetterIssued,
    ContactLetterReceived,
    InformationSheetReceived,
    Submission,
)
from jinbao.simulator.scenario.plan import Incident

_STRIKES: Mapping[Incident, type[Submission]] = {
    Incident.SENT_TWICE: ContactLetterIssued,
    Incident.ID_REUSED: ContactLetterIssued,
    Incident.LETTER_RECEIPT_LOST: ContactLetterReceived,
    Incident.SHEET_RECEIPT_LOST: InformationSheetReceived,
}
"""Which message each fault strikes."""


class PlannedFaults:
    """The `Fault` of a nation: strikes the messages of those transfers whose plan says so."""

    def __init__(self, incidents: Mapping[UUID, Incident]) -> None:
        """`incidents`: by transfer id; those that are no fault of the way are passed over."""
        self._strikes = {
            str(transfer).encode(): (incident, f"jinbao.{_STRIKES[incident].NAME}.".encode())
            for transfer, incident in incidents.items()
            if incident in _STRIKES
        }
        self._receipts_arrive_from: set[str] = set()

    def let_receipts_pass(self, party: str) -> None:
        """Lose no more receipts of that party."""
        self._receipts_arrive_from.add(party)

    def __call__(self, party: str, record: OutgoingRecord) -> Sequence[OutgoingRecord]:
        """What becomes of the record."""
        headers = dict(record.headers)
        strike = self._strikes.get(headers.get("ce_subject", b""))
        if strike is None or not headers.get("ce_type", b"").startswith(strike[1]):
            return (record,)
        match strike[0]:
            case Incident.SENT_TWICE:
                return record, record
            case Incident.ID_REUSED:
                return record, _forged(record)
            case _:
                return (record,) if party in self._receipts_arrive_from else ()


def _forged(record: OutgoingRecord) -> OutgoingRecord:
    """The same event id with other content."""
    message = decode(record.value)
    assert isinstance(message, ContactLetterIssued)
    envelope = msgspec.structs.replace(message.envelope, operator="unknown")
    changed = msgspec.structs.replace(message, envelope=envelope)
    data = encode(changed)
    return OutgoingRecord(record.topic, record.key, data, headers_for(changed, data))
