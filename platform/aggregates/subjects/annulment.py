"""A fact that its sender takes back."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import msgspec

from jinbao.platform import limits
from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.consequences import cancelled, counted_between, first_due, is_late
from jinbao.platform.aggregates.decision import Draft, Rejection
from jinbao.platform.aggregates.fact import Consequences, Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.rule import NON_BLOCKING_KINDS, MessageRule, Rule, base_of, clash, to_both
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.money import Fen
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m


class FactAnnulled(Fact, frozen=True, gc=False, kw_only=True):
    """The sender took its last fact back."""

    TOPIC: ClassVar[str] = "fact-annulled"
    annulled_event_id: bytes
    letter_version: int
    """Version of the letter, of the sheet and its total as they count again; 0 where there is none."""
    sheet_version: int
    sheet_total: Fen
    reason: str = ""
    """Why the case stands where it stands again, and whose receipt is outstanding again."""
    awaiting: str = ""
    undone: str = ""
    """Stored topic of the annulled fact; empty where an earlier release recorded it."""
    undone_on: date | None = None
    """The day on which the bus took that fact: whoever counted it did so on that day."""


def _stands_in_the_way(r: Relationship, ended: Transfer, message: m.FactAnnulled, at: int) -> Draft | None:
    """Whether taking back the end of a transfer would put a second live one beside that begun since."""
    then = ended.previous
    if ended.live or then is None or not then.live or then.kind in NON_BLOCKING_KINDS:
        return None
    taken = clash(r, then.origin, then.destination)
    return None if taken is None else Rejection("CANNOT_ANNUL", "annulled_event_id")


def _annul(t: Transfer, message: m.FactAnnulled, at: int) -> Draft:
    if t.last is None or t.last.submission != message.annulled_event_id:
        return Rejection("CANNOT_ANNUL", "annulled_event_id")
    if message.envelope.sender != t.last.party:
        return Rejection("CANNOT_ANNUL", "envelope.sender")
    if t.annulments >= limits.ANNULMENTS.most:
        return Rejection(limits.CODE, limits.ANNULMENTS.field)
    then = t.previous
    assert then is not None, "what may be annulled left what was before it"
    return FactAnnulled(
        **base_of(t, message),
        annulled_event_id=message.annulled_event_id,
        letter_version=then.letter_version,
        sheet_version=then.sheet_version,
        sheet_total=Fen(then.sheet_total or 0),
        reason=then.frozen or then.return_reason or "",
        awaiting=then.awaiting,
        undone=t.last.topic,
        undone_on=day_of(t.last.received_at),
    )


def _gone_back(fact: FactAnnulled, now: Transfer, received_at: int, law: Law) -> Consequences:
    """The transfer goes back to what it was before its last fact: state, turn, clocks and money."""
    then = now.previous
    assert then is not None, "only the last fact is annulled, and it left what was before"
    ran, runs = {c.start.number for c in then.clocks}, {c.start.number for c in now.clocks}
    again = [c.start for c in then.clocks if c.start.number not in runs]
    started = tuple(
        msgspec.structs.replace(start, run=now.runs[start.clock] + 1, number=now.clocks_started + 1 + i)
        for i, start in enumerate(again)
    )
    ended = tuple(cancelled(c) for c in now.clocks if c.start.number not in ran)
    due, due_provisional = first_due(now, ended, started)
    return Consequences(
        state=then.state if then.state is not now.state else None,
        waiting_for=then.waiting_for if then.waiting_for != now.waiting_for else None,
        started=started,
        ended=ended,
        postings=money.postings(
            money.balances(now.payments, now.payment_split, now.credited),
            money.balances(then.payments, then.payment_split, then.credited),
            now.origin,
            now.destination,
            (*now.payments, *then.payments),
        ),
        late=is_late(fact.occurred_at, received_at, law),
        parties=counted_between(now),
        due=due,
        due_provisional=due_provisional,
    )


class AnnulmentRule(MessageRule):
    """Rule of the message that takes a fact back: the transfer is again what it was before that fact."""

    def consequences(self, draft: Any, before: Transfer, after: Transfer, received_at: int, law: Law) -> Consequences:
        """State, turn, clocks and money go back."""
        return _gone_back(draft, before, received_at, law)

    def take(self, r: Relationship, fact: FactAnnulled, submission: bytes, received_at: int) -> None:
        """The transfer before its last fact takes the place of the one after it; clocks keep their numbers."""
        now = r.transfers[fact.transfer - 1]
        then = now.previous
        assert then is not None, "only the last fact is annulled, and it left what was before"
        then.clocks, then.clocks_started, then.runs = now.clocks, now.clocks_started, now.runs
        then.annulments = now.annulments + 1
        r.replace(then)
        fact.apply_to(then)


RULES: tuple[Rule, ...] = (
    AnnulmentRule(
        message=m.FactAnnulled,
        role="party",
        accept=frozenset(State) - {State.MOVING, State.MOVED},
        objection=_stands_in_the_way,
        decide=_annul,
        fact=FactAnnulled,
        moves_on=False,
        readers=to_both,
    ),
)
