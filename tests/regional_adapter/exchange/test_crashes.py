"""An adapter that dies between any two writes to its own file loses nothing that a clerk wrote or a province sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jinbao.schemas.codec import encode
from jinbao.schemas.messages import ContactLetterIssued, ContactLetterReceived, inbox_topic


class Killed(Exception):
    pass


WRITES = [(name, when) for name in ("put", "advance_cursor", "advance_inbox", "sent") for when in ("before", "after")]


def dies_at(store: Any, name: str, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process die just before, or just after, its next call of that write."""
    write: Callable[..., None] = getattr(store, name)

    def dying(*values: Any) -> None:
        if when == "after":
            write(*values)
        raise Killed

    monkeypatch.setattr(store, name, dying)


@pytest.mark.parametrize(("name", "when"), WRITES)
def test_a_clerks_document_reaches_the_bus_wherever_the_adapter_dies(
    nation: Any, apply: Any, monkeypatch: pytest.MonkeyPatch, name: str, when: str
) -> None:
    henan = nation.province("41")
    apply(henan)
    dies_at(henan.store, name, when, monkeypatch)
    try:
        henan.run()
    except Killed:
        monkeypatch.undo()
        henan.restart()
        henan.run()
    said = nation.submissions()
    assert {message.NAME for message in said} == {"ApplicationAccepted", "ContactLetterIssued"}
    assert len({encode(message) for message in said}) == 2, "what is said again has the same bytes"


@pytest.mark.parametrize(("name", "when"), WRITES)
def test_a_letter_is_delivered_and_receipted_wherever_the_adapter_dies(
    nation: Any, apply: Any, monkeypatch: pytest.MonkeyPatch, name: str, when: str
) -> None:
    henan, guangdong = nation.province("41"), nation.province("44")
    apply(henan)
    henan.run()
    (letter,) = (m for m in nation.submissions() if isinstance(m, ContactLetterIssued))
    nation.forward(letter, encode(letter), "44")
    assert len(nation.records(inbox_topic("44"))) == 1
    dies_at(guangdong.store, name, when, monkeypatch)
    try:
        guangdong.run()
    except Killed:
        monkeypatch.undo()
        guangdong.restart()
        guangdong.run()
    assert [document.kind for document in guangdong.local.incoming()] == ["ContactLetterIssued"]
    receipts = [m for m in nation.submissions() if isinstance(m, ContactLetterReceived)]
    assert len({encode(receipt) for receipt in receipts}) == 1
