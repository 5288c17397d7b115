"""What has to be said so that what was said of entries and breaks becomes what is found now. Pure.

Ids are derived from what is said and from what it changes, so that saying it twice is saying it once, and saying it
again after it was taken back is another message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from jinbao.platform.bank_matching.values import Break, Match, SideKey
from jinbao.platform.projections.found_breaks import (
    MOST_NAMED,
    FoundBreak,
    FoundMatch,
    about_of,
    content_of,
    same_break,
    sides_of,
    still_cleared,
)
from jinbao.rules.money import Fen
from jinbao.schemas.derived_ids import platform_event_id
from jinbao.schemas.messages import PLATFORM, BankMessage
from jinbao.schemas.messages.bank import BankEnvelope
from jinbao.schemas.messages.bank_findings import (
    BreakOpened,
    BreakResolved,
    EntriesMatched,
    EntryMatch,
    MatchesDissolved,
    PaymentSide,
)

MOST_MATCHES = 200
"""Maximum number of matches in one message."""


_T = TypeVar("_T")


class BookedAt(NamedTuple):
    """Where an entry is booked."""

    account: bytes
    position: int
    """Of the part of a statement that brought it."""


def matches_to_say(
    said: Mapping[bytes, FoundMatch], matches: Sequence[Match], booked: Mapping[bytes, BookedAt], occurred_at: int
) -> Iterator[BankMessage]:
    """What no longer explains entries, then what explains them now, account by account.

    `said`: by entry, also what was dissolved. `booked` has every entry of the matches.
    """
    now = {entry: match for match in matches for entry in match.entries}
    gone: dict[bytes, list[bytes]] = {}
    same: set[bytes] = set()
    for entry, before in said.items():
        match = now.get(entry)
        if match is not None and (before.rule, before.sides) == (match.rule, sides_of(match.sides)):
            same.add(entry)
        elif before.rule:
            gone.setdefault(before.account, []).append(entry)
    for account, entries in sorted(gone.items()):
        for some in _some(sorted(entries)):
            facts = (f"{entry.hex()} {said[entry].position}" for entry in some)
            yield MatchesDissolved(
                envelope=_envelope(MatchesDissolved.NAME, account, occurred_at, *facts), entries=list(some)
            )
    yield from _matched(said, [entry for entry in now if entry not in same], now, booked, occurred_at)


def _matched(
    said: Mapping[bytes, FoundMatch],
    fresh: Sequence[bytes],
    now: Mapping[bytes, Match],
    booked: Mapping[bytes, BookedAt],
    occurred_at: int,
) -> Iterator[BankMessage]:
    of_account: dict[bytes, dict[Match, list[bytes]]] = {}
    for entry in fresh:
        of_account.setdefault(booked[entry].account, {}).setdefault(now[entry], []).append(entry)
    for account, groups in sorted(of_account.items()):
        for some in _some(list(groups.items())):
            facts = []
            for match, entries in some:
                facts += [f"{key.reference} {key.role}" for key in match.sides]
                for entry in entries:
                    before = said.get(entry)
                    facts.append(f"{entry.hex()} {max(booked[entry].position, before.position if before else 0)}")
            yield EntriesMatched(
                envelope=_envelope(EntriesMatched.NAME, account, occurred_at, *facts),
                matches=[
                    EntryMatch(rule=match.rule, sides=_payment_sides(match.sides), entries=entries)
                    for match, entries in some
                ],
            )


def breaks_to_say(said: Mapping[bytes, FoundBreak], found: Sequence[Break], occurred_at: int) -> Iterator[BreakOpened]:
    """Breaks that are new, have become others, or are there again although they were resolved.

    `said`: by id, also those that are resolved. What an officer cleared stays so while all of it is there as it was.
    """
    now = {one.id.bytes: one for one in found}
    cleared = still_cleared(said, now)
    for break_id, one in now.items():
        before = said.get(break_id)
        if break_id in cleared or (before is not None and before.state != "resolved" and same_break(before, one)):
            continue
        account = before.account.bytes if before is not None else one.account
        assert account is not None, "whatever is missed on a bank is missed on an account that tells of its days"
        finding = before.finding + 1 if before is not None else 1
        yield _opened(one, account, finding, occurred_at)


def gone_breaks(said: Mapping[bytes, FoundBreak], found: Sequence[Break]) -> list[FoundBreak]:
    """The breaks that are open by what was said, and of which nothing is left."""
    now = {one.id.bytes for one in found}
    return [before for break_id, before in said.items() if before.state != "resolved" and break_id not in now]


def resolved(known: FoundBreak, cured_by: bytes, occurred_at: int) -> BreakResolved:
    """That nothing of a break is left, and by what message."""
    break_id, account = known.break_id.bytes, known.account.bytes
    return BreakResolved(
        envelope=_envelope(BreakResolved.NAME, account, occurred_at, break_id.hex(), str(known.finding)),
        break_id=break_id,
        finding=known.finding,
        cured_by=cured_by,
    )


def _opened(found: Break, account: bytes, finding: int, occurred_at: int) -> BreakOpened:
    about, break_id = about_of(found), found.id.bytes
    facts = (break_id.hex(), str(finding), repr(content_of(found)))
    return BreakOpened(
        envelope=_envelope(BreakOpened.NAME, account, occurred_at, *facts),
        break_id=break_id,
        finding=finding,
        kind=found.kind,
        day=found.day,
        amount=Fen(found.amount_fen),
        difference=Fen(found.difference_fen),
        sides=_payment_sides(found.sides[:MOST_NAMED]),
        entries=list(about.entries),
        payment_references=list(about.payment_references),
        candidates=list(about.candidates),
        entry=about.entry,
        side=_payment_sides([found.anchor])[0] if isinstance(found.anchor, SideKey) else None,
    )


def _some(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (items[at : at + MOST_MATCHES] for at in range(0, len(items), MOST_MATCHES))


def _payment_sides(sides: Sequence[SideKey]) -> list[PaymentSide]:
    return [PaymentSide(payment_reference=key.reference, role=key.role) for key in sides]


def _envelope(kind: str, account: bytes, occurred_at: int, *facts: str) -> BankEnvelope:
    event_id = platform_event_id(kind, account.hex(), *facts)
    return BankEnvelope(
        event_id=event_id,
        account_id=account,
        sender=PLATFORM,
        operator="platform",
        local_document=f"{kind} {event_id.hex()}",
        occurred_at=occurred_at,
    )
