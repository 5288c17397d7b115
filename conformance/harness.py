"""Harness around a candidate: a real platform, the other province, and an observer of what the candidate sends.

The platform's time runs ahead of ours by as much as the cases let pass, so that no case waits for a deadline.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import cast

import msgspec

from jinbao.bus.interface import Bus, BusRecord, OutgoingRecord
from jinbao.bus.open_bus import open_bus
from jinbao.conformance.driven_province import DrivenProvince, now_us
from jinbao.conformance.instructions import Answer, Instruction, Party
from jinbao.conformance.next_release import NextReleases
from jinbao.conformance.noted_bus import NotedBus
from jinbao.conformance.observer import Observer
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.language.words import Words
from jinbao.platform.ingest.batch import Batch
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.exchange.belonging import open_own_ring
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, inbox_topic
from jinbao.service.errors import UserError

DAY_US = 86_400_000_000
_SWEEP_EVERY_DAYS = 5
_PAUSE_S = 0.02
DATABASE = "platform.sqlite"


class _ShiftedTimes:
    """The platform's `TimeSource`: the bus's time and what the cases have let pass."""

    in_doubt = False

    def __init__(self) -> None:
        self.ahead_us = 0

    def forget(self) -> None:
        """Nothing is remembered."""

    def checked(self, records: Sequence[BusRecord], now: int) -> list[BusRecord]:
        """The records as the bus would have taken them then."""
        return [msgspec.structs.replace(r, appended_at=r.appended_at + self.ahead_us) for r in records]

    def recorded_at(self, records: Sequence[BusRecord], now: int) -> int:
        """The time of the latest of them."""
        return max(record.appended_at for record in records)


class Harness:
    """Everything around one candidate, in a data folder; the folder's key ring is the one that the candidate uses."""

    def __init__(
        self, folder: Path, bus_url: str, province: str, timeout_s: float, quiet_s: float, keys: str | None = None
    ) -> None:
        """`keys`: where the candidate finds the keys, if not in the folder itself.

        Raises BusError, StoreError, KeyRingError, and UserError where bus or folder are in use for real work.
        """
        self.folder, self.bus_url, self.province = folder, bus_url, province
        self.timeout_s, self.quiet_s = timeout_s, quiet_s
        self._keys = keys or str(folder)
        self.platform_runs = True
        self.delivers = True
        """Whether the platform sends on what it takes in."""
        self._knows_its_end = bus_url.startswith("embedded:")
        """Whether nothing is under way where nothing is read: on Kafka a record may come later."""
        self.next_releases = NextReleases(folder / "next-schemas")
        self._times = _ShiftedTimes()
        self._opened = ExitStack()
        with ExitStack() as opened:
            self.bus = opened.enter_context(closing(open_bus(bus_url, durable=False)))
            self._noted = NotedBus(self.bus)
            noted = cast(Bus, self._noted)
            store = opened.enter_context(closing(_own_store(folder)))
            self.observer = Observer(province)
            self.platform = opened.enter_context(
                closing(NationalPlatform(noted, store, times=self._times, observe=self._taken, follows=False))
            )
            ends = self.bus.end_offsets(SUBMISSIONS_TOPIC)
            _need_unused(ends, store)
            self.platform.open()
            self._noted.begin()
            with store.write() as work:
                work.mark_simulated()
                self._times.ahead_us = max(0, work.last_recorded_at() - now_us())  # where the run before has ended
            self.ring = opened.enter_context(
                closing(open_own_ring(self.bus, (), lambda expected: open_key_ring(folder, expected=expected)))
            )
            other = "44" if province != "44" else "41"
            self.counterpart = opened.enter_context(
                closing(DrivenProvince(folder / "counterpart", other, noted, self.ring))
            )
            self._producer = opened.enter_context(closing(noted.producer()))
            self._reader = opened.enter_context(closing(self.bus.reader(SUBMISSIONS_TOPIC)))
            self._inbox = opened.enter_context(closing(self.bus.reader(inbox_topic(province))))
            for reader, found in ((self._reader, ends), (self._inbox, self.bus.end_offsets(inbox_topic(province)))):
                for (_, at), end in found.items():
                    reader.seek(at, end)  # what is there is the run before's
            self.counterpart.start()
            self.candidate: Party | None = None
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Leave the bus and close all files."""
        self._opened.close()

    def now(self) -> int:
        """The platform's time, microseconds since 1970 UTC."""
        return now_us() + self._times.ahead_us

    def work(self) -> bool:
        """Let everybody work; False where nobody has moved and the candidate is known to be at rest."""
        moved = self._platform_works()
        moved = self.counterpart.work() or moved
        if self.candidate is not None:
            moved = self.candidate.work() or moved
        while records := self._reader.poll(1_000):
            self.observer.saw_submissions(records)
            self._noted.read(records, self.province)
            moved = True
        while records := self._inbox.poll(1_000):
            self.observer.saw_inbox(records)
            moved = True
        if moved or self._knows_its_end:
            return moved
        time.sleep(_PAUSE_S)
        return True

    def _platform_works(self) -> bool:
        if not self.platform_runs:
            return False
        return bool((self.platform if self.delivers else self.platform.ingest).step(self.now()))

    def written_as_others(self) -> list[Words]:
        """What the candidate has written in another's name since the run began. Raises BusError."""
        return [*self._noted.as_others, *self._noted.written_elsewhere()]

    def until(self, done: Callable[[], bool], within_s: float | None = None) -> bool:
        """Let everybody work until that is so; False where the time is up, or nobody has anything left to do."""
        deadline = time.monotonic() + (self.timeout_s if within_s is None else within_s)
        while not done():
            if not self.work() and not done():
                return False
            if time.monotonic() > deadline:
                return done()
        return True

    def await_answers(self, cases: Sequence[str]) -> None:
        """Let everybody work until the other province knows what became of all that it said of a case.

        The platform sends that to it together with what the candidate is told.
        """
        local = self.counterpart.local
        if self.platform_runs and self.delivers:
            self.until(lambda: not any(d.is_open for case in cases for d in local.documents(case=case)))

    def settle(self) -> None:
        """Let everybody work until nothing comes any more."""
        self.until(lambda: False, self.quiet_s)

    def tell(self, party: Party, instruction: Instruction) -> Answer:
        """Have it done; what is refused is tried again while somebody still works, since news may be on its way."""
        answer = Answer(ok=False)

        def accepted() -> bool:
            nonlocal answer
            answer = party.tell(instruction)
            return answer.ok or answer.unsupported or answer.gone

        self.until(accepted)
        return answer

    def start_instruction(self) -> Instruction:
        """What the candidate is told to start with."""
        return Instruction(do="start", province=self.province, bus=self.bus_url, keys=self._keys)

    def deliver(self, key: bytes, value: bytes, headers: tuple[tuple[str, bytes], ...]) -> None:
        """Put a record into the candidate's inbox past the platform."""
        self._producer.send([OutgoingRecord(inbox_topic(self.province), key, value, headers)])

    def pass_days(self, days: int) -> None:
        """Let days pass at once, and the platform say what they bring, some days at a time."""
        for _ in range(0, days, _SWEEP_EVERY_DAYS):
            self._times.ahead_us += _SWEEP_EVERY_DAYS * DAY_US
            self.platform.projections.catch_up()
            self.platform.sweep.run(self.now())
            self.settle()

    def _taken(self, batch: Batch, _transaction_s: float) -> None:
        self.observer.saw_outcomes(batch.rows)


def _own_store(folder: Path) -> Store:
    """The kit's database; one in which a platform works for real is refused."""
    file = folder / DATABASE
    is_new = not file.exists()
    store = Store(f"sqlite:///{file}", durable=False)
    if not is_new:
        with store.read() as work:
            if not work.is_simulated():
                store.close()
                raise UserError(
                    f"{file}：有平台在此运行；一致性检验请用另外的目录（--data）",
                    f"{file}: a platform works here; name another folder for the conformance kit by --data",
                )
    return store


def _need_unused(ends: dict[tuple[str, int], int], store: Store) -> None:
    """Raise UserError where the bus has submissions that this folder's platform knows nothing of."""
    with store.read() as work:
        known = work.next_offsets(SUBMISSIONS_TOPIC)
    if any(end and not known for end in ends.values()):
        raise UserError(
            "此总线上已有别的报文；一致性检验请用一条新的总线，或上次检验的目录（--data）",
            "this bus has messages of others: give the conformance kit a bus of its own, or the folder (--data) of the "
            "run before",
        )
