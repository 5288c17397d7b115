"""When provinces first reported each payment, by the log alone: what is late is no fault of a bank."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.projections.found_breaks import FoundBreak
from jinbao.platform.projections.payment_reports import fold
from jinbao.platform.projections.runner import read_log
from jinbao.platform.store.store import Store
from jinbao.rules.working_days import day_of

_AT_ONCE = 10_000


class _First(NamedTuple):
    position: int
    day: date


class Reports:
    """Payment and province → the first report; read on from where it ended."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], _First] = {}
        self._payments: dict[str, int] = {}
        """Payment → position of the first report by anybody."""
        self._read_to = 0

    def read(self, store: Store) -> None:
        """What the log holds by now."""
        while True:
            with store.read() as work:
                section = read_log(work, self._read_to, _AT_ONCE, (RELATIONSHIPS,))
            for entry in section.of(RELATIONSHIPS):
                for reference, _, province, *_ in fold([entry]):
                    self._first.setdefault((reference, province), _First(entry.position, day_of(entry.received_at)))
                    self._payments.setdefault(reference, entry.position)
            if not section.entries:
                return
            self._read_to = section.entries[-1].position

    def has(self, reference: str, province: str, by: date) -> bool:
        """Whether a province had reported a payment by the evening of a day."""
        first = self._first.get((reference, province))
        return first is not None and first.day <= by

    def are_late(self, found: FoundBreak) -> bool:
        """Whether a break is that a bank has what its province, or anybody, reported only after it was found."""
        references = found.about.payment_references
        if found.kind == "unknown_reference":
            return all(self._payments.get(reference, 0) > found.found_at for reference in references)
        if found.kind == "unmatched_bank":
            firsts = [self._first.get((reference, found.province)) for reference in references]
            return bool(firsts) and any(first is None or first.position > found.found_at for first in firsts)
        return False
