"""One transfer from an origin to a destination: an entity of the pension relationship, changed by facts only."""

from __future__ import annotations

from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.facts import FINAL, NOBODY, ApplicationAccepted, ClockStarted, Fact, State
from jinbao.platform.aggregates.money import Lines, Split


class RunningClock:
    """A clock that has not ended."""

    __slots__ = ("missed", "start", "warned")

    def __init__(self, start: ClockStarted, warned: bool = False, missed: bool = False) -> None:
        self.start = start
        self.warned = warned
        self.missed = missed


class Transfer:
    """State of one transfer, assigned by its facts."""

    __slots__ = (
        "application",
        "clocks",
        "clocks_started",
        "credited",
        "destination",
        "letter_received",
        "letter_version",
        "mismatch",
        "number",
        "origin",
        "payments",
        "return_reason",
        "runs",
        "sheet_received",
        "sheet_version",
        "split",
        "state",
        "transfer_id",
        "waiting_for",
        "withdrawal_requested",
    )

    def __init__(self, begun: ApplicationAccepted) -> None:
        self.number = begun.transfer
        self.transfer_id = begun.transfer_id
        self.origin = begun.origin
        self.destination = begun.destination
        self.application = begun.application
        self.state = State.APPLICATION_REVIEW
        self.waiting_for = NOBODY
        self.letter_version = 0
        self.letter_received = False
        self.withdrawal_requested = False
        self.return_reason: str | None = None
        self.sheet_version = 0
        self.sheet_received = False
        self.split: Split = None
        self.payments: Lines = ()
        self.mismatch: str | None = None
        self.credited = False
        self.clocks: dict[int, RunningClock] = {}
        self.clocks_started = 0
        self.runs: dict[str, int] = {}

    def copy(self) -> Transfer:
        """A copy in which a fact's own fields can be tried; clocks are shared until a fact is applied."""
        twin = object.__new__(Transfer)
        for name in Transfer.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin

    @property
    def live(self) -> bool:
        """Whether the transfer has not ended."""
        return self.state not in FINAL

    @property
    def sheet_total(self) -> int | None:
        """Total of the latest sheet, fen."""
        return None if self.split is None else self.split[0] + self.split[1]

    @property
    def sheet_and_funds_sent(self) -> bool:
        """The origin has sent both (a sheet of nothing needs no payment)."""
        return self.split is not None and (self.sheet_total == 0 or money.remitted(self.payments) > 0)

    @property
    def sheet_and_funds_match(self) -> bool:
        """The destination holds exactly what the latest sheet says, and has that sheet."""
        return self.sheet_received and money.kept(self.payments) == self.sheet_total

    @property
    def sheet_and_funds_in(self) -> bool:
        """Sheet and money have both come: the money matches, or some came and none is announced and missing."""
        if not self.sheet_received:
            return False
        if money.on_the_way(self.payments):
            return False
        return self.sheet_and_funds_match or money.received(self.payments) > 0

    def apply(self, fact: Fact) -> None:
        """Take a fact in: its own fields, then what follows from it."""
        fact.assign(self)
        then = fact.then
        if then.state is not None:
            if self.state is State.MISMATCH:
                self.mismatch = None
            self.state = then.state
        if then.waiting_for is not None:
            self.waiting_for = then.waiting_for
        for ended in then.ended:
            self.clocks.pop(ended.number)
        for started in then.started:
            self.clocks[started.number] = RunningClock(started)
            self.clocks_started = started.number
            self.runs[started.clock] = started.run

    def note_clock(self, number: int, *, warned: bool = False, missed: bool = False) -> None:
        """Remember that a warning or a miss of the running clock was recorded."""
        clock = self.clocks[number]
        self.clocks = {**self.clocks, number: RunningClock(clock.start, clock.warned or warned, clock.missed or missed)}

    def running(self, clock: str, run: int) -> RunningClock | None:
        """The clock of that name and run, if it still runs."""
        for running in self.clocks.values():
            if running.start.clock == clock and running.start.run == run:
                return running
        return None
