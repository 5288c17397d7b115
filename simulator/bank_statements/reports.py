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


class _Report(NamedTuple):
    position: int
    day: date
    province: str
    is_payers: bool


class Reports:
    """Payment → its reports, each line once a province and each return; read on from where it ended."""

    def __init__(self) -> None:
        self._of: dict[str, list[_Report]] = {}
        self._lines: set[tuple[str, int, str]] = set()
        self._read_to = 0

    def read(self, store: Store) -> None:
        """What the log holds by now."""
        while True:
            with store.read() as work:
                section = read_log(work, self._read_to, _AT_ONCE, (RELATIONSHIPS,))
            for entry in section.of(RELATIONSHIPS):
                for reference, line, province, _, _, cash, bounced, *_ in fold([entry]):
                    if bounced or (reference, line, province) not in self._lines:
                        self._lines.add((reference, line, province))
                        report = _Report(entry.position, day_of(entry.received_at), province, cash < 0 or bounced != 0)
                        self._of.setdefault(reference, []).append(report)
            if not section.entries:
                return
            self._read_to = section.entries[-1].position

    def has(self, reference: str, province: str, by: date) -> bool:
        """Whether a province had reported a payment by the evening of a day."""
        return any(one.province == province and one.day <= by for one in self._of.get(reference, ()))

    def are_late(self, found: FoundBreak) -> bool:
        """Whether the payer, or the break's own province, reported something of its payment only after it was found.

        A payment that nobody knows is late where its first report is.
        """
        about = found.about
        references = {*about.payment_references, *(side.payment_reference for side in about.sides)}
        reports = [report for reference in references for report in self._of.get(reference, ())]
        if found.kind == "unknown_reference":
            return bool(reports) and all(report.position > found.found_at for report in reports)
        late = (report for report in reports if report.position > found.found_at)
        return any(report.is_payers or report.province == found.province for report in late)
