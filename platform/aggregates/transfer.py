"""One transfer from an origin to a destination: an entity of the pension relationship, changed by facts only."""

from __future__ import annotations

from datetime import date

import msgspec

from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.clocks import ClockEnded, ClockStarted, RunningClock
from jinbao.platform.aggregates.lump_sums import LumpSums
from jinbao.platform.aggregates.money import Lines, Split
from jinbao.platform.aggregates.state import FINAL, NOBODY, State
from jinbao.rules.money import NO_FEN, Fen
from jinbao.rules.procedures import MoneyWay

_KEEPS_MISMATCH = (State.MISMATCH, State.MOVING)
NOTHING_TO_PAY = (0, 0)
"""The split of a sheet that needs no payment."""


class Mismatch(msgspec.Struct, frozen=True, gc=False):
    """How the destination found sheet and money to differ, and what it asked for."""

    sheet_version: int
    expected: Fen
    received: Fen
    request: str
    occurred_at: int
    """Microseconds since 1970 UTC, by the destination's account."""


class LastFact(msgspec.Struct, frozen=True, gc=False):
    """The latest fact of a transfer."""

    submission: bytes
    topic: str
    party: str = ""
    """Province that reported it, and alone may take it back."""
    received_at: int = 0
    """Microseconds since 1970 UTC at which the bus took it."""


class Transfer(msgspec.Struct, gc=False):
    """State of one transfer, assigned by its facts."""

    number: int
    transfer_id: bytes
    origin: str
    destination: str
    application: str
    state: State = State.APPLICATION_REVIEW
    waiting_for: str = NOBODY
    letter_version: int = 0
    letter_received: bool = False
    withdrawal_requested: bool = False
    return_reason: str | None = None
    sheet_version: int = 0
    sheet_received: bool = False
    split: Split = None
    payments: Lines = ()
    mismatch: Mismatch | None = None
    """The mismatch that is not settled."""
    credited: bool = False
    clocks: tuple[RunningClock, ...] = ()
    clocks_started: int = 0
    runs: dict[str, int] = {}
    kind: str = "application"
    """`application`, or what an offer is for: `temporary_move`, `temporary_collection`, `supplement`, `reversal`;
    `unassigned` for money that nobody knows."""
    names: bytes | None = None
    """The earlier transfer that a supplement completes or a reversal undoes."""
    money: MoneyWay = "per_person"
    letter_received_on: date | None = None
    lump_sums: LumpSums = ()
    """Back-payments that the origin found, by their numbers."""
    arrears: str = ""
    """`reported`, `settled` or `declined`."""
    withheld: tuple[int, Fen] | None = None
    """(months, fen) that stay behind, by the latest sheet."""
    frozen: str | None = None
    """What happened to the person."""
    frozen_by: str = ""
    """Province that reported it."""
    refunded: Fen = NO_FEN
    """Fen refunded to the person for overlapping months."""
    refunds: tuple[tuple[str, int], ...] = ()
    """Payment references and lines of those refunds."""
    informed: tuple[str, ...] = ()
    last: LastFact | None = None
    """The fact that may be taken back, if its sender does so before anybody acts on it."""
    previous: Transfer | None = None
    """The transfer before that fact."""
    account: str | None = None
    """Number of the temporary account that moves."""
    covers: tuple[int, ...] = ()
    """Numbers of the back-payments that a supplement brings."""
    annulments: int = 0
    """Facts that were taken back."""
    began_under: bytes = b""
    """The relationship in which it began, where it came from another one."""
    moving_to: bytes = b""
    """The relationship that has not yet said whether it takes it."""
    stood: tuple[State, str] | None = None
    """State and turn before it moves."""

    def copy(self) -> Transfer:
        """The transfer as it is now: facts replace its values, and alter none of them."""
        copied: Transfer = self.__copy__()  # type: ignore[attr-defined]  # copy.copy() takes long to find it
        return copied

    @property
    def live(self) -> bool:
        """Whether the transfer has not ended."""
        return self.state not in FINAL

    @property
    def sheet_total(self) -> int | None:
        """Total of the latest sheet, fen."""
        return None if self.split is None else self.split[0] + self.split[1]

    @property
    def is_paid(self) -> bool:
        """Whether a payment of its own goes with the transfer."""
        return self.money == "per_person"

    @property
    def payment_split(self) -> Split:
        """How the latest sheet divides payments; not at all where none goes with it."""
        return self.split if self.is_paid else None

    @property
    def expected(self) -> int | None:
        """Fen that go with the latest sheet."""
        return self.sheet_total if self.is_paid else 0

    @property
    def sheet_and_funds_sent(self) -> bool:
        """The origin has sent both; money that came was sent, what was given back was not, and a sheet of nothing needs
        no payment."""
        if self.split is None:
            return False
        if not self.is_paid or self.split == NOTHING_TO_PAY:
            return True
        return money.sent(self.payments) > money.paid_back(self.payments)

    @property
    def sheet_and_funds_match(self) -> bool:
        """The destination holds exactly what the latest sheet says, and has that sheet."""
        return self.sheet_received and money.kept(self.payments) == self.expected

    @property
    def sheet_and_funds_in(self) -> bool:
        """Sheet and money have both come: the money matches, or some came and none is announced and missing."""
        if not self.sheet_received:
            return False
        if money.on_the_way(self.payments):
            return False
        return self.sheet_and_funds_match or money.kept(self.payments) > 0

    @property
    def holds_money(self) -> bool:
        """Whether money of the case is in suspense, or on its way there."""
        return money.kept(self.payments) != 0 or money.on_the_way(self.payments) > 0

    @property
    def due_here(self) -> int:
        """Fen that the destination may not give back: what the sheet says, while or since the case goes by it."""
        return (self.expected or 0) if self.credited or self.state is State.MISMATCH else 0

    @property
    def has_open_lump_sum(self) -> bool:
        """Whether the notice of at least one lump sum is still to be sent."""
        for lump in self.lump_sums:  # noqa: SIM110 (asked of every fact: a generator costs more)
            if lump.document is None and not lump.noticed:
                return True
        return False

    def knows_letter(self, version: int, done: bool = True) -> bool:
        """Whether what is said of that letter is past: it was replaced, or is the present one and that is `done`."""
        return version < self.letter_version or (version == self.letter_version and done)

    def knows_sheet(self, version: int, done: bool = True) -> bool:
        """Whether what is said of that sheet is past: it was replaced, or is the present one and that is `done`."""
        return version < self.sheet_version or (version == self.sheet_version and done)

    @property
    def awaiting(self) -> str:
        """Whose receipt is outstanding: of the `letter`, of the `sheet`, or of neither."""
        if self.state is State.LETTER_ISSUED and not self.letter_received:
            return "letter"
        return "sheet" if self.split is not None and not self.sheet_received and self.live else ""

    def enter(self, state: State) -> None:
        """Stand in another state; a mismatch is settled where it is left, but not while the case moves."""
        if self.state is State.MISMATCH and state not in _KEEPS_MISMATCH:
            self.mismatch = None
        self.state = state

    def change_clocks(self, ended: tuple[ClockEnded, ...], started: tuple[ClockStarted, ...]) -> None:
        """Clocks end and start."""
        if ended:
            gone = {end.number for end in ended}
            self.clocks = tuple(c for c in self.clocks if c.start.number not in gone)
        if started:
            self.clocks += tuple(map(RunningClock, started))
            self.clocks_started = started[-1].number
            self.runs = {**self.runs, **{start.clock: start.run for start in started}}

    def redate(self, restarted: ClockStarted) -> None:
        """Let a running clock run to another day; before a later day nothing was due, and nothing missed."""
        self.clocks = tuple(
            (RunningClock(restarted) if restarted.due > c.start.due else RunningClock(restarted, c.warned, c.missed))
            if c.start.number == restarted.number
            else c
            for c in self.clocks
        )

    def note_clock(self, number: int, *, warned: bool = False, missed: bool = False) -> None:
        """Remember that a warning or a miss of the running clock was recorded."""
        self.clocks = tuple(
            RunningClock(c.start, c.warned or warned, c.missed or missed) if c.start.number == number else c
            for c in self.clocks
        )

    def running(self, clock: str, run: int) -> RunningClock | None:
        """The clock of that name and run, if it still runs."""
        for running in self.clocks:
            if running.start.clock == clock and running.start.run == run:
                return running
        return None
