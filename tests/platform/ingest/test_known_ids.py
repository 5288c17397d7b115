"""Known ids belong to their sender: nobody can occupy the id under which another's message will come."""

from __future__ import annotations

import msgspec
import pytest

from jinbao.schemas import messages as m


def other_platform(new_platform, messages, at, day):
    """What the sweep of that day says, by the sweep of another platform that was told the same."""
    twin = new_platform("twin")
    twin.take(*messages, now=at("2025-03-03"))
    twin.sweep(at(day, 1))
    ids = [(row.event_id, row.type) for row in twin.received() if row.sender == "00"]
    return [(bytes(event_id), kind) for event_id, kind in ids]


@pytest.mark.parametrize(
    ("kind", "length", "day"),
    [
        ("ContactLetterDeemedReceived", 2, "2025-03-05"),
        ("InformationSheetDeemedReceived", 5, "2025-03-05"),
        ("DeadlineApproaching", 1, "2025-03-20"),
        ("DeadlineMissed", 1, "2025-03-25"),
        ("ParkedMessageExpired", 0, "2025-03-18"),
    ],
)
@pytest.mark.parametrize("restarted", [False, True])
def test_what_the_platform_says_gets_through_though_others_said_something_under_its_id(
    new_platform, transfer, at, kind, length, day, restarted
):
    """The ids are derived from what anybody may know; a stranger and a party each send a message under one first."""
    messages = transfer.whole()[:length] or [transfer.letter()]
    occupied = [event_id for event_id, said in other_platform(new_platform, messages, at, day) if said == kind]
    assert occupied
    platform = new_platform()
    platform.take(*messages, now=at("2025-03-03"))
    for event_id in occupied:
        platform.take(transfer.close(event_id=event_id, sender="11"), transfer.close(event_id=event_id, sender="41"))
    if restarted:
        platform.ingest._start_over()
    platform.sweep(at(day, 1))
    said = [(row.event_id, row.outcome) for row in platform.received() if (row.sender, row.type) == ("00", kind)]
    assert {(bytes(event_id), outcome) for event_id, outcome in said} >= {(event_id, 1) for event_id in occupied}


def test_a_case_moves_to_the_right_number_though_the_id_of_its_continuation_is_taken(new_platform, transfer_of):
    before, after = transfer_of(1), transfer_of(2, application="HA-1")
    corrected = before.correct_identity(after.relationship_id)
    twin, platform = new_platform("twin"), new_platform()
    said = [before.apply(), before.letter(), corrected]
    twin.take(*said)
    [continuation] = [row.event_id for row in twin.received() if row.type == "CaseContinued"]
    platform.take(after.close(event_id=bytes(continuation)), after.close(event_id=bytes(continuation), sender="11"))
    platform.take(*said)
    assert [row.outcome for row in platform.received() if row.type == "CaseContinued"] == [1]


@pytest.mark.parametrize("restarted", [False, True])
def test_the_same_id_of_another_sender_is_another_message(platform, transfer, restarted):
    """Repeated, each is known by its own content; parked, each waits and expires for itself."""
    letter, received = transfer.letter(), transfer.letter_received()
    received = msgspec.structs.replace(
        received, envelope=msgspec.structs.replace(received.envelope, event_id=letter.envelope.event_id)
    )
    platform.take(letter, received)
    if restarted:
        platform.ingest._start_over()
    platform.take(letter, received)
    assert platform.outcomes() == [("PARKED", "PREDECESSOR_MISSING")] * 2 + [("DUPLICATE", None)] * 2
    expiry = m.ParkedMessageExpired(
        envelope=msgspec.structs.replace(letter.envelope, event_id=b"e" * 16, sender=m.PLATFORM),
        parked_event_id=letter.envelope.event_id,
        parked_sender="44",
    )
    platform.take(expiry, transfer.apply())
    later = [(row.sender, row.type, row.outcome) for row in platform.received() if row.first]
    assert later == [("44", "ContactLetterReceived", 4), ("41", "ContactLetterIssued", 1)]
    assert platform.table("parked") == []
    platform.take(letter, received)
    assert platform.outcomes()[-2:] == [("DUPLICATE", None)] * 2
    assert platform.inbox("44")[-1].code == "PREDECESSOR_MISSING"


def test_who_takes_a_fact_back_names_its_own(platform, transfer):
    """An id that two senders used names, in an annulment, the message of whoever annuls."""
    letter = transfer.letter()
    received = transfer.letter_received(event_id=letter.envelope.event_id)
    platform.take(transfer.apply(), letter, received, transfer.annul(letter))
    assert platform.outcomes()[-1] == ("REJECTED", "CANNOT_ANNUL"), "the letter was acted on"


def test_two_parties_correct_an_identity_under_one_id(platform, transfer_of):
    """The first correction cannot be taken; the other side's, under the same id, is another and moves the case."""
    before, elsewhere, right = transfer_of(1), transfer_of(2, application="HA-2"), transfer_of(3, application="HA-1")
    wrong = before.correct_identity(elsewhere.relationship_id)
    platform.take(*before.until_transfer(), elsewhere.apply(), wrong)
    assert platform.rows("SELECT state FROM case_board WHERE application = 'HA-1'") == [("transfer",)]
    event_id = wrong.envelope.event_id
    platform.take(before.correct_identity(elsewhere.relationship_id, event_id=event_id, sender="44"))
    [*_, last] = [row.code for row in platform.received() if row.type == "CaseContinued"]
    assert last == "LIVE_TRANSFER_EXISTS", "answered for itself: not the id of the first one"
    platform.take(before.correct_identity(right.relationship_id))
    states = platform.rows("SELECT state FROM case_board WHERE application = 'HA-1' ORDER BY case_id")
    assert states == [("moved",), ("transfer",)]
