"""A local document's state: written, sent, then what the platform says became of it."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import DocumentOutcome
from jinbao.schemas.codec import encode
from jinbao.schemas.messages import Envelope, SubmissionOutcome, SubmissionOutcomes

ZERO = bytes(16)


def _tell(nation: Any, province: str, *outcomes: tuple[Any, ...]) -> None:
    told = [
        SubmissionOutcome(
            event_id=message.envelope.event_id,
            type=message.NAME,
            outcome=outcome,
            received_at=1,
            **dict(zip(("code", "field", "first_outcome"), more, strict=False)),
        )
        for message, outcome, *more in outcomes
    ]
    envelope = Envelope(
        event_id=ZERO,
        relationship_id=ZERO,
        transfer_id=ZERO,
        sender="00",
        operator="platform",
        local_document="-",
        occurred_at=1,
    )
    record = SubmissionOutcomes(envelope=envelope, outcomes=told)
    nation.forward(record, encode(record), province)


def _states(local: EmbeddedLocalSystem) -> list[str]:
    return [document.state.name for document in local.documents()]


def test_a_document_is_written_then_sent_then_what_the_platform_says(nation: Any, apply: Any) -> None:
    henan = nation.province("41")
    apply(henan)
    assert _states(henan.local) == ["WRITTEN", "WRITTEN"]
    henan.run()
    assert _states(henan.local) == ["SENT", "SENT"]
    application, letter = nation.submissions()
    _tell(nation, "41", (application, "accepted"), (letter, "parked", "PREDECESSOR_MISSING"))
    henan.run()
    first, second = henan.local.documents()
    assert first.stands
    assert (second.state, second.code) == (DocumentState.PARKED, "PREDECESSOR_MISSING")
    assert second.is_open
    _tell(nation, "41", (letter, "rejected", "STATE_CONFLICT", "letter_version"))
    henan.run()
    second = henan.local.documents()[1]
    assert (second.state, second.code, second.field) == (DocumentState.REJECTED, "STATE_CONFLICT", "letter_version")
    assert henan.local.incoming() == [], "outcomes are no documents"


def test_an_outcome_that_the_relay_delivers_again_takes_nothing_back(nation: Any, apply: Any) -> None:
    henan = nation.province("41")
    apply(henan)
    henan.run()
    application, letter = nation.submissions()
    for outcome in ("parked", "accepted", "parked"):
        _tell(nation, "41", (application, outcome), (letter, outcome))
        henan.run()
    assert _states(henan.local) == ["ACCEPTED", "ACCEPTED"]


def test_a_lost_store_learns_the_first_outcome_from_the_duplicate(nation: Any, apply: Any) -> None:
    henan = nation.province("41")
    apply(henan)
    henan.run()
    henan.restart(lose_store=True)
    henan.run()
    application, letter = nation.submissions()[:2]
    _tell(nation, "41", (application, "duplicate", None, None, "accepted"))
    _tell(nation, "41", (letter, "duplicate", "PREDECESSOR_MISSING", None, "parked"))
    henan.run()
    assert _states(henan.local) == ["ACCEPTED", "PARKED"]


def test_a_forgery_under_an_id_of_ours_leaves_our_document_as_it_stands(nation: Any, apply: Any) -> None:
    henan = nation.province("41")
    apply(henan)
    henan.run()
    application, _ = nation.submissions()
    _tell(nation, "41", (application, "parked", "PREDECESSOR_MISSING"))
    _tell(nation, "41", (application, "rejected", "ID_REUSED", "envelope.event_id", "parked"))
    henan.run()
    assert _states(henan.local) == ["PARKED", "SENT"]


def test_a_document_that_cannot_be_sent_is_rejected_here(nation: Any, apply: Any) -> None:
    henan = nation.province("41")
    case = apply(henan)
    henan.local.write_document("TransferClosed", "X", case, {"reason_text": ""}, "clerk", 3_000)
    henan.run()
    refused = henan.local.documents(kind="TransferClosed")[0]
    assert (refused.state, refused.code, refused.field) == (DocumentState.REJECTED, "INVALID_FIELD", "reason_text")


def test_outcomes_are_told_in_the_order_in_which_they_came(nation: Any, apply: Any) -> None:
    henan = nation.province("41")
    apply(henan)
    accepted, sent = DocumentState.ACCEPTED, DocumentState.SENT
    henan.local.note([DocumentOutcome(1, sent, 1), DocumentOutcome(2, sent, 1)])
    assert henan.local.decided(0) == []
    henan.local.note([DocumentOutcome(2, accepted, 2)])
    henan.local.note([DocumentOutcome(1, accepted, 3)])
    changes = henan.local.decided(0)
    assert [document.sequence for _, document in changes] == [2, 1]
    assert [document.sequence for _, document in henan.local.decided(changes[0][0])] == [1]


def test_what_follows_outside_is_released_once_and_by_acceptance_alone(nation: Any, apply: Any) -> None:
    henan = nation.province("41")
    apply(henan)
    for state in (DocumentState.SENT, DocumentState.PARKED, DocumentState.REJECTED):
        henan.local.note([DocumentOutcome(1, state, 1)])
        assert henan.local.to_release("ApplicationAccepted") == []
    henan.local.note([DocumentOutcome(1, DocumentState.ACCEPTED, 1)])
    (document,) = henan.local.to_release("ApplicationAccepted", "ApplicationRefused")
    henan.local.released(document)
    assert henan.local.to_release("ApplicationAccepted") == []


@pytest.mark.parametrize("read", [0, 2])
def test_files_of_an_earlier_version_say_everything_again_and_order_nothing_twice(
    nation: Any, apply: Any, read: int
) -> None:
    henan = nation.province("41")
    case = apply(henan)
    henan.local.write_document("FundsRemitted", "P", case, {}, "clerk", 3_000)
    henan.run()
    henan.local.set_mark("files out", 3 if read else 0)
    path, store = henan.local.path, henan.store.path
    with sqlite3.connect(path) as old:
        old.execute("DROP INDEX documents_out_change")
        old.execute("DROP INDEX documents_out_unreleased")
        for column in ("state", "code", "field", "decided_at", "change", "released"):
            old.execute(f"ALTER TABLE documents_out DROP COLUMN {column}")
        old.execute("PRAGMA user_version = 0")
    with sqlite3.connect(store) as old:
        old.execute("PRAGMA user_version = 0")
    local = EmbeddedLocalSystem(path, "41", durable=False)
    local.note([DocumentOutcome(n, DocumentState.ACCEPTED, 1) for n in (1, 2, 3)])
    assert len(local.to_release("FundsRemitted")) == (0 if read else 1)
    assert local.to_release("ApplicationAccepted") == [], "its notice was given long ago"
    local.close()
    again = AdapterStore(store, durable=False)
    assert again.cursor() == 0
    again.close()
