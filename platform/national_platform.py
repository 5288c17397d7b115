"""The national platform, wired in one place: bus, store, law, and the parts that move things on."""

from __future__ import annotations

from jinbao.bus.interface import Bus
from jinbao.platform.aggregates.law import Law
from jinbao.platform.belonging import need_own_bus
from jinbao.platform.deadlines.sweep import DeadlineSweep, SweepPolicy
from jinbao.platform.ingest.ingest import BATCH_SIZE, Ingest, Observer, nobody
from jinbao.platform.outbox.relay import Relay
from jinbao.platform.projections.runner import Runner, prepare
from jinbao.platform.store.store import Store
from jinbao.rules.procedures import DEFAULT_PROCEDURE, load_procedures
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import load_working_days
from jinbao.schemas.messages import DEAD_LETTERS_TOPIC, IDENTITY_TOPIC, SUBMISSIONS_TOPIC, inbox_topic

SUBMISSION_PARTITIONS = 32


def topics() -> dict[str, int]:
    """Every topic of the national bus with its number of partitions, which never changes."""
    inboxes = {inbox_topic(p): 1 for p in PROVINCES}
    return {SUBMISSIONS_TOPIC: SUBMISSION_PARTITIONS, DEAD_LETTERS_TOPIC: 1, IDENTITY_TOPIC: 1, **inboxes}


def law_in_force(default_procedure: str = DEFAULT_PROCEDURE) -> Law:
    """The shipped procedures and calendar."""
    return Law(load_procedures(default=default_procedure), load_working_days())


class NationalPlatform:
    """Ingest, relay and sweep over one store and one bus; creates missing tables and topics.

    `simulated`: the header SIMULATED_TIME stands for the bus's time. `follows`: the read models follow the log at the
    end of each step, in this process; otherwise a runner does that elsewhere. Raises BusError and StoreError.
    """

    def __init__(
        self,
        bus: Bus,
        store: Store,
        *,
        law: Law | None = None,
        policy: SweepPolicy | None = None,
        batch_size: int = BATCH_SIZE,
        simulated: bool = False,
        observe: Observer = nobody,
        follows: bool = True,
    ) -> None:
        self.store = store
        self.law = law or law_in_force()
        bus.create_topics(topics())
        store.create()
        need_own_bus(bus, store)
        self.ingest = Ingest(bus, store, self.law, batch_size=batch_size, simulated=simulated, observe=observe)
        self.relay = Relay(bus, store)
        self.sweep = DeadlineSweep(bus, store, self.law, policy)
        prepare(store)
        self.projections = Runner(store) if follows else None

    def step(self, now: int) -> int:
        """Deliver what earlier steps brought, then take submissions in; returns how much was done, 0 when idle.

        In this order what waits is delivered also while nothing may be taken in.
        """
        delivered = self.relay.step(now)
        taken = self.ingest.step(now)
        if self.projections is not None:
            self.projections.catch_up()
        return delivered + taken

    def close(self) -> None:
        """Leave the bus. The store stays open: it is the caller's."""
        self.ingest.close()
        self.relay.close()
        self.sweep.close()
        if self.projections is not None:
            self.projections.close()
