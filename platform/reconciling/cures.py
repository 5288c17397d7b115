"""Which message cured a break: the last one about what it hangs on, or about what stands there now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from jinbao.platform.bank_matching.values import Break, Match, Matching
from jinbao.platform.projections.found_breaks import FoundBreak
from jinbao.platform.projections.logged import ENTRY_BITS
from jinbao.platform.store.store import UnitOfWork


class _Named(NamedTuple):
    """Entries and payments that a break was about, and what stands in its place."""

    entries: set[bytes]
    references: set[str]


def curing_messages(
    work: UnitOfWork, gone: Sequence[FoundBreak], matching: Matching
) -> Iterator[tuple[FoundBreak, bytes]]:
    """(break, event id of the message that cured it) of breaks of which nothing is left."""
    if not gone:
        return
    places = _Places(matching)
    positions = {known.break_id: _position(work, known, places) for known in gone}
    sql = "SELECT position, submission FROM events WHERE position"
    submissions = {row[0]: bytes(row[1]) for row in work.bulk.select_in(sql, sorted(set(positions.values())))}
    for known in gone:
        yield known, submissions[positions[known.break_id]]


class _Places:
    """Where each entry and each side stands now."""

    def __init__(self, matching: Matching) -> None:
        self._of_entry: dict[bytes, list[Match | Break]] = {}
        self._of_side: dict[tuple[str, str], list[Match | Break]] = {}
        groups: list[Match | Break] = [*matching.matches, *matching.breaks]
        for group in groups:
            for entry in group.entries:
                self._of_entry.setdefault(entry, []).append(group)
            for key in group.sides:
                self._of_side.setdefault(key, []).append(group)
        for found in matching.breaks:
            for reference in found.candidates:
                for role in ("debit", "return", "credit"):
                    self._of_side.setdefault((reference, role), []).append(found)

    def named(self, known: FoundBreak) -> _Named:
        """What a break was about, and what stands with it now."""
        about = known.about
        sides = [(side.payment_reference, side.role) for side in about.sides]
        named = _Named(set(about.entries), {*about.payment_references, *(reference for reference, _ in sides)})
        beside = [self._of_entry.get(entry, []) for entry in about.entries]
        beside += [self._of_side.get(side, []) for side in sides]
        for group in _flat(beside):
            named.entries.update(group.entries)
            named.references.update(key.reference for key in group.sides)
        return named


def _flat(groups: Iterable[list[Match | Break]]) -> Iterator[Match | Break]:
    return (group for some in groups for group in some)


def _position(work: UnitOfWork, known: FoundBreak, places: _Places) -> int:
    """Of the last event about it after it was found; else of the last one about its account."""
    named = places.named(known)
    words = "SELECT position FROM bank_words WHERE about"
    entries = f"SELECT number >> {ENTRY_BITS} FROM bank_entries WHERE entry"
    reports = "SELECT position FROM payment_reports WHERE reference"
    asked = ((words, named.entries), (entries, named.entries), (reports, named.references))
    found: list[int] = [row[0] for sql, keys in asked for row in work.bulk.select_in(sql, sorted(keys))]
    telling = (
        "SELECT t.position FROM bank_statements t JOIN streams s ON s.stream = t.stream "
        "WHERE s.key = ? AND t.first_day <= ? AND t.last_day >= ?"
    )
    day = known.day.isoformat()
    found += [row[0] for row in work.bulk.execute(telling, known.account.bytes, day, day)]
    after = [position for position in found if position > known.found_at]
    return max(after) if after else known.found_at
