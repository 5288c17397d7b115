"""Reads what the platform tells of submissions as the states of the local documents that they were made from."""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.regional_adapter.local.local_system import DocumentOutcome, DocumentState
from jinbao.schemas.messages import Outcome, SubmissionOutcomes

STATES: Mapping[Outcome, DocumentState] = {
    "accepted": DocumentState.ACCEPTED,
    "parked": DocumentState.PARKED,
    "rejected": DocumentState.REJECTED,
    "dead_letter": DocumentState.REJECTED,
}
"""A dead letter counts for nothing until somebody at the platform has it replayed; accepted then, it stands."""


def outcomes_of_documents(
    message: SubmissionOutcomes, sequences: Mapping[bytes, int], arrived_at: int
) -> list[DocumentOutcome]:
    """The outcomes of local documents, in the order told.

    `sequences`: event id → sequence of the document. A message of ours that was made from none, a receipt, has no
    outcome here; one that the platform knew before stands as the first one does, whatever came under its id later.
    """
    found = []
    for told in message.outcomes:
        sequence = sequences.get(told.event_id)
        state = STATES.get(told.first_outcome or told.outcome)
        if sequence is None or state is None:
            continue
        is_about_another = told.first_outcome is not None and told.outcome == "rejected"
        why = (None, None) if is_about_another else (told.code, told.field)
        found.append(DocumentOutcome(sequence, state, arrived_at, *why))
    return found
