"""Plays a story through the real chain: codec, bus, ingest, relay, and the sweep on every working day that passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.ingest.batch import Batch
from jinbao.platform.national_platform import law_in_force
from jinbao.platform.projections.case_board import BoardRow, case_of
from jinbao.platform.projections.clocks import ClockRow, clocks_of
from jinbao.platform.projections.fund_ledger import entries_of, ledger
from jinbao.platform.queries import ingest_counts
from jinbao.platform.store.store import Store
from jinbao.schemas import messages as m
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import bus_key
from jinbao.simulator.platform_side import simulated_platform
from jinbao.simulator.stories.story_file import Step, Story, instant_of, moment_of
from jinbao.simulator.stories.story_writer import StoryWriter

MARKER = "story.json"
"""Beside a played story's database: its time is not ours."""
SWEEP_AT = time(17)
_MOST_DAYS = 4_000


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message: of a step's, or of one that the platform said itself."""

    at: int
    """Microseconds since 1970 UTC at which it was taken in or, after waiting, decided."""
    step: int | None
    sender: str
    type: str
    transfer: str
    """Short name of the transfer, or empty."""
    outcome: str
    code: str | None = None
    field: str | None = None
    waited: bool = False
    """It was parked before."""
    fact: Fact | None = None


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a transfer stands at the end of the story."""

    transfer: str
    row: BoardRow
    clocks: list[ClockRow]
    money: dict[str, int]
    """Account → fen of this case."""


@dataclass(slots=True)
class Performance:
    """A story as it went."""

    story: Story
    timeline: list[Played] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    ledger: dict[tuple[str, str], int] = field(default_factory=dict)
    """(province, account) → fen."""


class StoryPlayer:
    """A platform of its own in a folder, whose time is the story's."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.story = story
        self.now = 0
        self._folder = folder
        self.law = law_in_force(story.procedure)
        """The law that counts from the platform's next start."""
        (folder / MARKER).write_text(f'{{"story": "{story.name}"}}\n', encoding="utf-8")
        self._writer = StoryWriter(story)
        self._played: list[Played] = []
        self._step_of: dict[bytes, int] = {}
        self._names = {course.transfer_id: name for name, course in story.courses.items()}
        self._open()

    def _open(self) -> None:
        self._bus = EmbeddedBus(self._folder / "bus.sqlite", durable=False, clock=lambda: self.now)
        self.store = Store(f"sqlite:///{self._folder / 'platform.sqlite'}", durable=False)
        self._national = simulated_platform(self._bus, self.store, self.law, self._watch)
        with self.store.write() as work:
            work.mark_simulated()
        self._producer = self._bus.producer()

    def play(self) -> Performance:
        """Every step in its order, and the working days between them. Raises StoryError."""
        performance = Performance(self.story)
        for step in self.story.steps:
            performance.timeline += self.take(step)
        performance.endings = self.endings()
        with self.store.read() as work:
            performance.counts = ingest_counts(work)
            performance.ledger = {(row.province, row.account): row.total for row in ledger(work) if row.total}
        return performance

    def take(self, step: Step) -> list[Played]:
        """Let the working days up to a step pass, then let it say its message. Raises StoryError."""
        played: list[Played] = []
        for instant in self.sweeps(step.at):
            self.now = instant
            if self._national.sweep.run(instant):
                played += self._run()
        self.now = step.at
        if step.fields.get("restart"):
            self.close()
            self._open()
        if step.says is not None or "again" in step.fields:
            message = self._writer.write(step)
            self._step_of[message.envelope.event_id] = step.number
            self._producer.send([_record(message)])
            played += self._run()
        return played

    def close(self) -> None:
        """Release files and locks."""
        self._national.close()
        self._producer.close()
        self._bus.close()
        self.store.close()

    @property
    def messages(self) -> dict[str, m.Submission]:
        """What was said so far, by the steps' names."""
        return self._writer.messages

    def sweeps(self, until: int) -> Iterator[int]:
        """The instants at which the sweep speaks before `until`: the evenings of the working days from now on."""
        after = self.now
        if not after:
            return
        day = moment_of(after).date()
        for _ in range(_MOST_DAYS):
            instant = instant_of(datetime.combine(day, SWEEP_AT))
            if instant >= until:
                return
            if instant > after and self.law.working_days.is_working_day(day):
                yield instant
            day += timedelta(days=1)

    def _run(self) -> list[Played]:
        """Step the platform until nothing moves; what it took in."""
        while self._national.step(self.now):
            pass
        played, self._played = self._played, []
        return played

    def _watch(self, batch: Batch, _transaction_s: float) -> None:
        self._played += [
            Played(
                at=self.now,
                step=self._step_of.get(row.event_id) if row.event_id else None,
                sender=row.sender or "",
                type=row.type or "",
                transfer=self._names.get(row.transfer_id, "") if row.transfer_id else "",
                outcome=row.outcome.name.lower(),
                code=row.code,
                field=row.field,
                waited=row.first is not None,
                fact=row.fact if isinstance(row.fact, Fact) else None,
            )
            for row in batch.rows
        ]

    def endings(self) -> list[Ending]:
        """How the story's transfers stand now."""
        endings = []
        with self.store.read() as work:
            for name, course in self.story.courses.items():
                row = case_of(work, UUID(bytes=course.transfer_id))
                if row is None:
                    continue
                money = {account: total for account, total in entries_of(work, row.case_id).items() if total}
                endings.append(Ending(transfer=name, row=row, clocks=clocks_of(work, row.case_id), money=money))
        return endings


def play_story(story: Story, folder: Path) -> Performance:
    """Play a story in an empty folder and leave its database there. Raises StoryError."""
    player = StoryPlayer(story, folder)
    try:
        return player.play()
    finally:
        player.close()


def _record(message: m.Submission) -> OutgoingRecord:
    data = encode(message)
    key = bus_key(message.envelope.relationship_id)
    return OutgoingRecord(m.SUBMISSIONS_TOPIC, key, data, headers_for(message, data))
