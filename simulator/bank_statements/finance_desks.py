"""The provinces' finance desks in a nation whose days are over: they feed in statements and work off what does not fit.

Statements go the way of real ones: a file in the bank's form, read by its mapping, taken into the province's own
system, said by its adapter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from jinbao.platform.projections.clearing import clearing
from jinbao.platform.projections.found_breaks import FoundBreak, found_breaks
from jinbao.platform.projections.statement_reconciliation import StatementReconciliation, reconcile_statements
from jinbao.regional_adapter.local.bank_book import Fields
from jinbao.regional_adapter.statements.bank_mapping import BankMapping, load_bank_mapping
from jinbao.regional_adapter.statements.statement_file import read_statements
from jinbao.regional_adapter.statements.statement_import import take_in
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import BreakInvestigated, EntryConfirmed
from jinbao.schemas.messages.bank_findings import BreaksCleared
from jinbao.simulator.bank_statements.bank_days import (
    KINDS,
    ONE_IN,
    BankDays,
    Movement,
    Place,
    Planted,
    Season,
    book_days,
    plant_delayed,
)
from jinbao.simulator.bank_statements.bank_forms import FORMS, BookedRow, StatementRows
from jinbao.simulator.banks import Delay
from jinbao.simulator.nation import Nation
from jinbao.simulator.virtual_clock import ROUND_LIMIT, round_instant

EXAMPLES = Path(__file__).parents[2] / "examples" / "banks"
OPENING_FEN = 1_000_000_000
_ISO_CODES = {"手续费": "CHRG", "利息": "INTR"}
"""What a bank that writes camt.053 says for its own words."""
REPORTED_WITHIN_DAYS = 6
"""So many working days before the last one every report of what a bank has booked is in."""


class _Fed(NamedTuple):
    """A statement that was fed in."""

    id: str
    first_day: date
    opening_fen: int
    moved: tuple[Movement, ...]


def delay_credits(nation: Nation) -> Nation:
    """Let the banks of a nation whose days begin leave one of so many payments on its way."""
    days = nation.clock.calendar
    ordered_until = days[-min(REPORTED_WITHIN_DAYS, len(days))]
    ordered_from = days[-min(4 * REPORTED_WITHIN_DAYS, len(days))]
    nation.delay = Delay(max(1, nation.run.transfers // ONE_IN), ordered_from, ordered_until)
    nation.banks.delay = nation.delay
    return nation


@dataclass
class FinanceDesks:
    """Every province's desk; its bank writes in one form, provinces take turns through all."""

    nation: Nation
    balances_fen: dict[Place, int] = field(default_factory=dict)
    told_to: dict[Place, date] = field(default_factory=dict)
    skipped: tuple[Place, date, int] | None = None
    """The day that a bank forgot to tell of, and the balance then."""
    fed: dict[tuple[Place, date], _Fed] = field(default_factory=dict)
    rounds: int = ROUND_LIMIT // 4
    """The nation itself needs fewer on its last day."""

    def season(self) -> Season:
        """The days of the statements, by the nation's calendar."""
        clock = self.nation.clock
        last = clock.calendar[-1]
        return Season(clock.calendar[-REPORTED_WITHIN_DAYS], last, clock.after(last, 1))

    def open_accounts(self, day: date) -> None:
        """Name three accounts a province, each with a statement of the first day."""
        for place in _places():
            self.nation.offices[place.province].local.bank.add_account(place.number, place.kind, "desk", self._now(day))
        for place in _places():
            self._feed_in(place, self.nation.run.start, [])
        self._exchange(day)

    def feed_in(self, movements: Iterable[Movement], until: date) -> None:
        """A statement for each account and day with movements, and one up to the last day for each account."""
        by_day: dict[tuple[date, Place], list[Movement]] = {(until, place): [] for place in _places()}
        for movement in movements:
            by_day.setdefault((movement.day, movement.place), []).append(movement)
        for (day, place), moved in sorted(by_day.items()):
            self._feed_in(place, day, moved)
        self.reconcile(until)

    def skip_a_day(self, days: BankDays, season: Season) -> None:
        """One bank sends no statement of a day on which nothing moved."""
        calendar = self.nation.clock.calendar
        place = next(p for p in _places() if _form(p) == "camt053" and all(m.place != p for m in days.movements))
        self._feed_in(place, calendar[-3], [])
        self.told_to[place] = calendar[-2]
        self.skipped = place, calendar[-2], self.balances_fen[place]
        days.planted.append(Planted("missing_statement", place, 0))

    def put_right(self, days: BankDays, day: date) -> None:
        """The day that was forgotten is told of late, and statements that were wrong are written anew."""
        if self.skipped is not None:
            place, late, balance_fen = self.skipped
            self._write(place, late, _Fed("", late, balance_fen, ()))
        for wrong, right in days.rewritten:
            old = self.fed[wrong.place, wrong.day]
            moved = tuple(right if one == wrong else one for one in old.moved)
            self._write(wrong.place, wrong.day, old._replace(moved=moved), replaces=old.id)
        self.reconcile(day)

    def reconcile(self, day: date) -> None:
        """Let the platform say what it finds, until it has said everything."""
        now = self._exchange(day)
        while self.nation.platform.reconcile(now):
            now = self._exchange(day)

    def work_off(self, day: date) -> None:
        """Look into every break, confirm what is the only candidate, clear what the bank has corrected."""
        for found in self.open_breaks():
            self._say(found, BreakInvestigated.NAME, {"break_id": found.break_id.bytes}, day)
            if found.about.entry is not None and len(found.about.candidates) == 1:
                said: Fields = {"entry": found.about.entry, "payment_reference": found.about.candidates[0]}
                self._say(found, EntryConfirmed.NAME, said, day)
        self.reconcile(day)
        for found in self.open_breaks():
            with self.nation.store.read() as work:
                sql = "SELECT MAX(number) >> 8 FROM bank_entries WHERE entry = ?"
                position = work.bulk.execute(sql, found.about.entry or b"").scalar()
                others = [one for one in found_breaks(work) if one.account == found.account]
                opposite = [one for one in others if one.difference_fen == -found.difference_fen]
                cure = clearing(work, opposite[0], str(position)) if position and opposite else None
            if cure is not None:
                self._say(found, BreaksCleared.NAME, {"break_ids": cure.breaks, "cured_by": cure.event}, day)
                self.reconcile(day)

    def open_breaks(self) -> list[FoundBreak]:
        """As the platform has said them."""
        with self.nation.store.read() as work:
            return found_breaks(work)

    def reconciled(self, day: date) -> StatementReconciliation:
        """Statements against ledger as of a day, worked out anew."""
        with self.nation.store.read() as work:
            return reconcile_statements(work, day, self.nation.clock.working_days)

    def _say(self, found: FoundBreak, kind: str, fields: Fields, day: date) -> None:
        bank = self.nation.offices[found.province].local.bank
        account = next(own for own in bank.accounts() if own.account == found.account)
        bank.say(kind, account.number, fields, "finance", self._now(day))

    def _feed_in(self, place: Place, day: date, moved: Sequence[Movement]) -> None:
        opening_fen = self.balances_fen.get(place, OPENING_FEN)
        first_day = self.told_to[place] + timedelta(days=1) if place in self.told_to else self.nation.run.start
        self._write(place, day, _Fed("", first_day, opening_fen, tuple(moved)))
        self.balances_fen[place] = opening_fen + sum(movement.amount_fen for movement in moved)
        self.told_to[place] = day

    def _write(self, place: Place, day: date, told: _Fed, *, replaces: str | None = None) -> None:
        """A file in the bank's form, taken in; `replaces`: the number of the statement whose place it takes."""
        name = _form(place) if told.moved else "camt053"  # a CSV without a row tells of no day
        words = _ISO_CODES if name == "camt053" else {}
        rows = [_row(movement, index, words) for index, movement in enumerate(told.moved, 1)]
        number = f"{place.number}-{day:%Y%m%d}{'-R' if replaces else ''}"
        opening = _yuan(told.opening_fen)
        statement = StatementRows(number, place.number, opening, str(told.first_day), str(day), rows)
        folder = self.nation.folder / "local" / place.province / "banks" / place.number
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{day}{'-R' if replaces else ''}.{'xml' if name == 'camt053' else 'csv'}"
        file.write_bytes(FORMS[name](statement))
        own = [Place(place.province, kind).number for kind in KINDS]
        read = read_statements(file, None if name == "camt053" else _mapping(name), place.number, own)
        bank = self.nation.offices[place.province].local.bank
        take_in(bank, place.number, read, "desk", self._now(self.nation.today), replaces)
        self.fed[place, day] = told._replace(id=read[0].id)

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
        return round_instant(max(day, self.nation.today), self.rounds)

    def places(self) -> dict[UUID, Place]:
        """Account → whose it is."""
        own = ((place, self.nation.offices[place.province].local.bank.account(place.number)) for place in _places())
        return {known.account: place for place, known in own if known is not None and known.account is not None}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of what the banks planted."""

    planted: Counter[Planted]
    found: Counter[Planted]
    """The open breaks before anything was put right."""
    left: list[FoundBreak]
    """Those that are open in the end."""
    unexplained_fen: int
    """Of all accounts, on every working day."""


def run_desks(nation: Nation) -> Outcome:
    """Feed in the statements of a nation whose days are over, compare what is found with the key, and work it off."""
    desks = FinanceDesks(nation)
    season = desks.season()
    days = book_days(nation.run.seed, nation.banks.entries(), season)
    plant_delayed(days, nation.banks.on_their_way(season.until), season)
    desks.open_accounts(season.until)
    desks.skip_a_day(days, season)
    desks.feed_in(days.movements, season.until)
    places = desks.places()
    early = [one for one in desks.open_breaks() if one.day <= season.faults_until or one.kind == "missing_statement"]
    found = Counter(Planted(one.kind, places[one.account], one.amount_fen) for one in early)
    desks.feed_in(days.corrections, season.corrected_on)
    desks.put_right(days, season.corrected_on)
    desks.work_off(season.corrected_on)
    every_day = (*nation.clock.calendar, season.corrected_on)
    unexplained_fen = sum(abs(one.unexplained_fen) for day in every_day for one in desks.reconciled(day).accounts())
    left = [one for one in desks.open_breaks() if one.day <= season.faults_until or one.kind == "missing_statement"]
    return Outcome(Counter(days.planted), found, left, unexplained_fen)


def outcome_as_json(outcome: Outcome) -> dict[str, object]:
    """Breaks by kind: planted and found, those that are left, and what of the accounts' change nothing explains."""
    return {
        "planted": _by_kind(outcome.planted),
        "found": _by_kind(outcome.found),
        "as_planted": outcome.planted == outcome.found,
        "left": dict(sorted(Counter(one.kind for one in outcome.left).items())),
        "unexplained_fen": outcome.unexplained_fen,
    }


def _by_kind(rows: Counter[Planted]) -> dict[str, int]:
    kinds: Counter[str] = Counter()
    for planted, number in rows.items():
        kinds[planted.kind] += number
    return dict(sorted(kinds.items()))


def _form(place: Place) -> str:
    """The form in which a province's bank writes: provinces take turns through all."""
    names = tuple(FORMS)
    return names[sorted(PROVINCES).index(place.province) % len(names)]


def _places() -> list[Place]:
    return [Place(province, kind) for province in sorted(PROVINCES) for kind in KINDS]


def _row(movement: Movement, number: int, codes: Mapping[str, str]) -> BookedRow:
    other = movement.other
    return BookedRow(
        str(movement.day),
        _yuan(movement.amount_fen),
        f"合成基金{other.province}" if other else "",
        other.number if other else "",
        movement.remark,
        movement.reference,
        codes.get(movement.kind, movement.kind),
        f"{number:04d}",
    )


def _yuan(fen: int) -> Decimal:
    return (Decimal(fen) / 100).quantize(Decimal("0.01"))


@cache
def _mapping(name: str) -> BankMapping:
    return load_bank_mapping(EXAMPLES / name / "mapping.toml")
