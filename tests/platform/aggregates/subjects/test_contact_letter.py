"""Contact letter: its versions."""

from __future__ import annotations

from jinbao.platform.aggregates.catalogue import FACTS
from jinbao.platform.aggregates.decision import Waiting


def test_a_letter_waits_for_the_version_before_it(relationship, transfer):
    relationship.hear(transfer.apply())
    assert relationship.hear(transfer.letter(2)) == Waiting()
    assert isinstance(relationship.hear(transfer.letter(1)), FACTS["contact-letter-issued"])
