"""Outcomes for senders: what became of each province's submissions, one record a province and batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jinbao.platform.ingest.batch import Received
from jinbao.platform.outcome import Outcome
from jinbao.rules.provinces import is_province
from jinbao.schemas import messages as m
from jinbao.schemas.derived_ids import platform_event_id

OUTCOMES_A_RECORD = 500
"""Maximum number of outcomes in one record, so that it stays below the longest message that the bus takes."""
LONGEST_FIELD = 200
"""Characters of a field's path; a longer one, which unknown fields of a foreign message may have, is cut."""
_NO_ID = bytes(16)
_WORDS: dict[Outcome, m.Outcome] = {
    Outcome.ACCEPTED: "accepted",
    Outcome.DUPLICATE: "duplicate",
    Outcome.PARKED: "parked",
    Outcome.REJECTED: "rejected",
    Outcome.DEAD_LETTER: "dead_letter",
}


def sender_outcomes(rows: Iterable[Received]) -> Iterator[tuple[str, m.SubmissionOutcomes]]:
    """(province, record) of a batch's messages, in their order; the same batch again gives the same records.

    A dead letter without a readable envelope has no sender: nobody whom its headers merely name is told. What was sent
    on to its own partition gets its outcome there, and the platform does not write to itself.
    """
    told: dict[str, list[Received]] = {}
    for row in rows:
        sender = row.sender if row.unusable is None else row.unusable.envelope.sender
        if sender is not None and row.outcome in _WORDS and is_province(sender):
            told.setdefault(sender, []).append(row)
    for province, of_one in told.items():
        for start in range(0, len(of_one), OUTCOMES_A_RECORD):
            yield province, _record(province, of_one[start : start + OUTCOMES_A_RECORD])


def _record(province: str, rows: Sequence[Received]) -> m.SubmissionOutcomes:
    ends = (f"{row.partition}/{row.bus_offset}/{row.outcome:d}" for row in (rows[0], rows[-1]))
    return m.SubmissionOutcomes(
        envelope=m.Envelope(
            event_id=platform_event_id("outcomes", province, *ends, str(len(rows))),
            relationship_id=_NO_ID,
            transfer_id=_NO_ID,
            sender=m.PLATFORM,
            operator="platform",
            local_document="-",
            occurred_at=max(row.received_at for row in rows),
        ),
        outcomes=[_told(row) for row in rows],
    )


def _told(row: Received) -> m.SubmissionOutcome:
    """Of a duplicate, code and field say why the first was not taken."""
    event_id, kind = row.event_id, row.type
    if row.unusable is not None:
        event_id, kind = row.unusable.envelope.event_id, row.unusable.NAME
    assert event_id is not None
    assert kind is not None
    first = row.known
    why = first if first is not None and row.outcome is Outcome.DUPLICATE else row
    return m.SubmissionOutcome(
        event_id=event_id,
        type=kind,
        outcome=_WORDS[row.outcome],
        received_at=row.received_at,
        code=why.code,
        field=why.field[:LONGEST_FIELD] if why.field else None,
        first_outcome=None if first is None else _WORDS[first.outcome],
    )
