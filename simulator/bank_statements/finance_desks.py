"""The provinces' finance desks in a nation: evening by evening they feed in statements and work off what does not fit.

Statements go the way of real ones: a file in the bank's form, read by its mapping, taken into the province's own
system, said by its adapter. What an evening has said already is known when it is begun again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from jinbao.platform.projections.clearing import clearing
from jinbao.platform.projections.found_breaks import FoundBreak, found_breaks
from jinbao.platform.projections.statement_reconciliation import StatementReconciliation, reconcile_statements
from jinbao.regional_adapter.local.bank_book import Fields
from jinbao.regional_adapter.statements.statement_import import take_in
from jinbao.schemas.messages import BreakInvestigated, EntryConfirmed
from jinbao.schemas.messages.bank_findings import BreaksCleared
from jinbao.simulator.bank_statements.bank_days import BankDays, Place, Planted
from jinbao.simulator.bank_statements.evening_statements import EveningStatements, Statement, places, season_of
from jinbao.simulator.bank_statements.reports import Reports
from jinbao.simulator.bank_statements.statement_files import hand_over, read
from jinbao.simulator.nation import Nation
from jinbao.simulator.virtual_clock import ROUND_LIMIT, round_instant

_EVENINGS = "evenings"
"""File in the nation's folder: how many evenings are done."""


@dataclass
class FinanceDesks:
    """Every province's desk."""

    nation: Nation
    statements: EveningStatements
    unexplained_fen: dict[date, int] = field(default_factory=dict)
    """Of all accounts, on each evening."""
    rounds: int = 0

    @classmethod
    def begin(cls, nation: Nation) -> FinanceDesks:
        """The desks of a nation that begins, or that goes on: an evening that was broken off is gone through again."""
        season = season_of(nation.clock, nation.run.transfers)
        nation.banks.delay = nation.delay = season.delay
        days, reports, done = BankDays(nation.run.seed, season), Reports(), nation.run.day
        reports.read(nation.store)
        evenings = int(kept.read_text()) if (kept := nation.folder / _EVENINGS).is_file() else 0
        statements = EveningStatements.after(evenings, nation.clock, days, reports, nation.banks)
        desks = cls(nation, statements)
        if evenings < done:
            desks.evening(nation.clock.calendar[done - 1])
        return desks

    def evening(self, day: date) -> None:
        """A day is over: what was open is worked off, the banks tell of the day, and what does not fit is said."""
        self.rounds = ROUND_LIMIT // 4  # the nation itself needs fewer in a day
        self._open_accounts(day)
        self._work_off(day)
        self.statements.reports.read(self.nation.store)
        for told in self.statements.of(day, self.nation.banks):
            self._feed_in(told, day)
        self._reconcile(day)
        self.unexplained_fen[day] = self.unexplained(day)
        (self.nation.folder / _EVENINGS).write_text(str(self.nation.clock.calendar.index(day) + 1))

    def _open_accounts(self, day: date) -> None:
        """Name three accounts a province, once."""
        for place in places():
            bank = self.nation.offices[place.province].local.bank
            if day == self.nation.clock.calendar[0] and bank.account(place.number) is None:
                bank.add_account(place.number, place.kind, "desk", self._now(day))
        self._exchange(day)

    def _feed_in(self, told: Statement, day: date) -> None:
        """A bank's file, taken in; one that is written anew in the place of the first."""
        folder = self.nation.folder
        replaces = read(folder, told._replace(is_anew=False))[0].id if told.is_anew else None
        bank = self.nation.offices[told.place.province].local.bank
        take_in(bank, told.place.number, hand_over(folder, told), "desk", self._now(day), replaces)

    def _reconcile(self, day: date) -> None:
        """Let the platform say what it finds, until it has said everything."""
        now = self._exchange(day)
        while self.nation.platform.reconcile(now):
            now = self._exchange(day)

    def _work_off(self, day: date) -> None:
        """Look into every break, confirm what is the only candidate, clear what the bank has corrected."""
        for found in self.open_breaks():
            if found.state == "open":
                self._say(found, BreakInvestigated.NAME, {"break_id": found.break_id.bytes}, day)
            if found.about.entry is not None and len(found.about.candidates) == 1:
                said: Fields = {"entry": found.about.entry, "payment_reference": found.about.candidates[0]}
                self._say(found, EntryConfirmed.NAME, said, day)
        self._reconcile(day)
        done: set[UUID] = set()
        for found in self.open_breaks():
            with self.nation.store.read() as work:
                sql = "SELECT MAX(number) >> 8 FROM bank_entries WHERE entry = ?"
                position = work.bulk.execute(sql, found.about.entry or b"").scalar()
                others = [one for one in found_breaks(work) if one.account == found.account]
                opposite = [one for one in others if one.difference_fen == -found.difference_fen]
                cure = clearing(work, opposite[0], str(position)) if position and opposite else None
            if cure is not None and found.break_id not in done:
                self._say(found, BreaksCleared.NAME, {"break_ids": cure.breaks, "cured_by": cure.event}, day)
                done.update(UUID(bytes=each) for each in cure.breaks)
        if done:
            self._reconcile(day)

    def open_breaks(self) -> list[FoundBreak]:
        """As the platform has said them."""
        with self.nation.store.read() as work:
            return found_breaks(work)

    def reconciled(self, day: date) -> StatementReconciliation:
        """Statements against ledger as of a day, worked out anew."""
        with self.nation.store.read() as work:
            return reconcile_statements(work, day, self.nation.clock.working_days)

    def unexplained(self, day: date) -> int:
        """Fen of all accounts that nothing explains as of a day."""
        return sum(abs(one.unexplained_fen) for one in self.reconciled(day).accounts())

    def _say(self, found: FoundBreak, kind: str, fields: Fields, day: date) -> None:
        bank = self.nation.offices[found.province].local.bank
        account = next(own for own in bank.accounts() if own.account == found.account)
        bank.say(kind, account.number, fields, "finance", self._now(day))

    def _exchange(self, day: date) -> int:
        """Rounds until nobody has anything left to say, while nobody's staff works; the instant after them."""
        nation = self.nation
        while True:
            now = nation.rounds.now = self._now(day)
            self.rounds += 1
            for province in sorted(nation.offices):
                nation.provinces.hear(province, now)
            quiet = nation.rounds.is_quiet()
            nation.rounds.release()
            nation.platform.take_in(now)
            relayed = nation.platform.relay(now)
            nation.provinces.written_to(nation.rounds.addressed)
            nation.rounds.addressed.clear()
            if quiet and not relayed:
                return self._now(day)

    def _now(self, day: date) -> int:
        return round_instant(day, self.rounds)

    def places(self) -> dict[UUID, Place]:
        """Account → whose it is."""
        own = ((place, self.nation.offices[place.province].local.bank.account(place.number)) for place in places())
        return {known.account: place for place, known in own if known is not None and known.account is not None}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of what the banks planted."""

    planted: Counter[Planted]
    found: Counter[Planted]
    """Every break that was ever opened, but for a bank's own counter-bookings and what provinces reported late."""
    late_reports: int
    """Breaks that are no bank's fault: a province reported what its bank had only after that."""
    left: list[FoundBreak]
    """Those that are open in the end."""
    unexplained_fen: int
    """Of all accounts, on every evening."""


def outcome_of(desks: FinanceDesks) -> Outcome:
    """The answer key of a nation whose days are over, and what was found."""
    place_of, statements = desks.places(), desks.statements
    with desks.nation.store.read() as work:
        ever = found_breaks(work, resolved=True)
    planted, countered = Counter(statements.days.planted), Counter(statements.days.countered)
    expected, found, late_reports = planted + countered, Counter[Planted](), 0
    for one in ever:
        row = Planted(one.kind, place_of[one.account], one.amount_fen)
        if found[row] >= expected[row] and statements.reports.are_late(one):
            late_reports += 1
        else:
            found[row] += 1
    before = set(desks.nation.clock.calendar) - desks.unexplained_fen.keys()  # evenings before the run went on
    unexplained_fen = sum(desks.unexplained_fen.values()) + sum(map(desks.unexplained, before))
    return Outcome(planted, found - countered, late_reports, desks.open_breaks(), unexplained_fen)


def outcome_as_json(outcome: Outcome) -> dict[str, object]:
    """Breaks by kind: planted and found, those that are left, and what of the accounts' change nothing explains."""
    return {
        "planted": _by_kind(outcome.planted),
        "found": _by_kind(outcome.found),
        "as_planted": outcome.planted == outcome.found,
        "late_reports": outcome.late_reports,
        "left": dict(sorted(Counter(one.kind for one in outcome.left).items())),
        "unexplained_fen": outcome.unexplained_fen,
    }


def _by_kind(rows: Counter[Planted]) -> dict[str, int]:
    kinds: Counter[str] = Counter()
    for planted, number in rows.items():
        kinds[planted.kind] += number
    return dict(sorted(kinds.items()))
