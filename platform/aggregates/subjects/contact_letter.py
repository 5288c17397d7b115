"""The contact letter (联系函), by which the destination asks the origin for the transfer."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.decision import WAIT, Draft
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_origin
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import Milestone
from jinbao.schemas import messages as m


class ContactLetterIssued(Fact, frozen=True, gc=False, kw_only=True):
    """The destination sent a contact letter."""

    TOPIC: ClassVar[str] = "contact-letter-issued"
    letter_version: int
    letter_number: str

    def assign(self, transfer: Transfer) -> None:
        """The new letter replaces the former; whatever was agreed about that one is over."""
        transfer.letter_version = self.letter_version
        transfer.letter_received = False
        transfer.withdrawal_requested = False
        transfer.return_reason = None


def _issue_contact_letter(t: Transfer, message: m.ContactLetterIssued, at: int) -> Draft:
    if message.letter_version != t.letter_version + 1:
        return WAIT
    return ContactLetterIssued(
        **base_of(t, message), letter_version=message.letter_version, letter_number=message.letter_number
    )


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.ContactLetterIssued,
        role="destination",
        accept={State.APPLICATION_REVIEW, State.RETURNED},
        wait={State.LETTER_ISSUED, State.ORIGIN_REVIEW, State.TRANSFER},
        recorded_before=lambda t, message: t.knows_letter(message.letter_version),
        decide=_issue_contact_letter,
        fact=ContactLetterIssued,
        ordinary=True,
        effect=Effect(state=State.LETTER_ISSUED, milestones=(Milestone.letter_issued,)),
        readers=to_origin,
        annullable=True,
    ),
)
