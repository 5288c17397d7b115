"""The national platform, wired in one place: bus, store, law, and the parts that move things on."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import cached_property
from typing import TypeVar

from jinbao.bus.interface import Bus
from jinbao.platform.aggregates.law import Law
from jinbao.platform.belonging import need_own_bus
from jinbao.platform.deadlines.sweep import DeadlineSweep, SweepPolicy
from jinbao.platform.ingest.bus_time import TimeSource
from jinbao.platform.ingest.ingest import BATCH_SIZE, Ingest, Observer, nobody
from jinbao.platform.outbox.relay import Relay
from jinbao.platform.outbox.signing import PlatformSigner, unsigned
from jinbao.platform.outbox.witnessing import NOBODY, Prove, Witnessing, nothing
from jinbao.platform.projections.runner import Runner, prepare
from jinbao.platform.reconciling.reconciler import StatementReconciler
from jinbao.platform.store.store import Store
from jinbao.rules.procedures import DEFAULT_PROCEDURE, load_procedures
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import load_working_days
from jinbao.schemas.messages import DEAD_LETTERS_TOPIC, IDENTITY_TOPIC, SUBMISSIONS_TOPIC, inbox_topic
from jinbao.transparency.check_proof import Policy
from jinbao.transparency.key_notice import KEYS_TOPIC
from jinbao.transparency.signing import SigningKey
from jinbao.transparency.witnessing import CHECKPOINTS_TOPIC, COSIGNATURES_TOPIC

SUBMISSION_PARTITIONS = 32
_Part = TypeVar("_Part", Ingest, Relay, DeadlineSweep, StatementReconciler, Runner, Witnessing)


def topics() -> dict[str, int]:
    """Every topic of the national bus with its number of partitions, which never changes."""
    inboxes = {inbox_topic(p): 1 for p in PROVINCES}
    others = (DEAD_LETTERS_TOPIC, IDENTITY_TOPIC, CHECKPOINTS_TOPIC, COSIGNATURES_TOPIC, KEYS_TOPIC)
    return {SUBMISSIONS_TOPIC: SUBMISSION_PARTITIONS, **dict.fromkeys(others, 1), **inboxes}


def law_in_force(default_procedure: str = DEFAULT_PROCEDURE) -> Law:
    """The shipped procedures and calendar."""
    return Law(load_procedures(default=default_procedure), load_working_days())


class NationalPlatform:
    """Ingest, relay, sweep, reconciler and read models over one store and one bus, each opened when first asked for.

    A process that runs one of them alone asks for no other. Missing tables and topics are created at once.
    """

    def __init__(
        self,
        bus: Bus,
        store: Store,
        *,
        law: Law | None = None,
        policy: SweepPolicy | None = None,
        batch_size: int = BATCH_SIZE,
        times: TimeSource | None = None,
        observe: Observer = nobody,
        follows: bool = True,
        log_key: SigningKey | None = None,
        policy_of_log: Policy | None = None,
        witness_addresses: Mapping[str, str] = NOBODY,
        prove: Prove = nothing,
    ) -> None:
        """`times`: where messages' times come from, unless it is the bus. Raises BusError and StoreError.

        `log_key`: of the transparency log; it signs checkpoints, and what the platform says. `policy_of_log`: who
        witnesses them, and `witness_addresses` of those who are asked over HTTP; `prove`: what they are
        answered who ask for their messages.
        `follows`: the read models follow the log at the end of each step; otherwise a runner lets them elsewhere.
        """
        self.store = store
        self.law = law or law_in_force()
        self._bus = bus
        self._policy = policy
        self._batch_size = batch_size
        self._times = times
        self._observe = observe
        self._follows = follows
        self._log_key = log_key
        self._policy_of_log, self._witness_addresses, self._prove = policy_of_log, witness_addresses, prove
        self._sign = PlatformSigner(log_key).submissions if log_key else unsigned
        self._parts = ExitStack()
        bus.create_topics(topics())
        store.create()
        need_own_bus(bus, store)
        prepare(store)

    @cached_property
    def ingest(self) -> Ingest:
        """Takes submissions in. Raises BusError and StoreError."""
        return self._part(
            Ingest(
                self._bus,
                self.store,
                self.law,
                batch_size=self._batch_size,
                times=self._times,
                observe=self._observe,
            )
        )

    @cached_property
    def relay(self) -> Relay:
        """Delivers what they bring. Raises BusError and StoreError."""
        return self._part(Relay(self._bus, self.store, self._log_key))

    @cached_property
    def witnessing(self) -> Witnessing | None:
        """Has checkpoints cosigned; None where no policy says by whom. Raises BusError."""
        policy = self._policy_of_log
        return (
            None
            if policy is None
            else self._part(Witnessing(self._bus, self.store, policy, self._witness_addresses, self._prove))
        )

    @cached_property
    def sweep(self) -> DeadlineSweep:
        """Says what the passing of time brings. Raises BusError and StoreError."""
        return self._part(DeadlineSweep(self._bus, self.store, self.law, self._policy, self._sign))

    @cached_property
    def reconciler(self) -> StatementReconciler:
        """Says what is found in banks' statements. Raises BusError and StoreError."""
        return self._part(StatementReconciler(self._bus, self.store, self.law.working_days, self._sign))

    @cached_property
    def projections(self) -> Runner:
        """Lets the read models follow the log. Raises StoreError."""
        return self._part(Runner(self.store))

    def open(self) -> None:
        """Open the parts that use the bus now. Raises BusError and StoreError."""
        _ = self.ingest, self.relay, self.sweep, self.reconciler

    def _part(self, part: _Part) -> _Part:
        return self._parts.enter_context(closing(part))

    def step(self, now: int) -> int:
        """Deliver what earlier steps brought, then take submissions in; returns how much was done, 0 when idle.

        What is told to witnesses, and heard of them, is no work that anybody waits for.

        In this order what waits is delivered also while nothing may be taken in.
        """
        delivered = self.relay.step(now)
        taken = self.ingest.step(now)
        if self.witnessing:
            self.witnessing.step()
        if self._follows:
            self.projections.catch_up()
        return delivered + taken

    def close(self) -> None:
        """Leave the bus. Bus and store stay open: they are the caller's."""
        self._parts.close()
