"""One province's adapter: carries local documents to the bus and messages from the inbox to the local system.

Killed anywhere it loses nothing and says nothing twice: delivery to the local system is idempotent, and what it sends
is derived from records, never from memory or the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jinbao.bus.interface import Bus, BusRecord, TopicPartition
from jinbao.bus.packed_headers import Headers
from jinbao.keys.key_ring import KeyRing
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.exchange.local_side import BATCH, LocalSide
from jinbao.regional_adapter.exchange.mapping import EMBEDDED_FORMS, Answered, FormMapping, not_asked
from jinbao.regional_adapter.exchange.platform_signature import PlatformSignature
from jinbao.regional_adapter.exchange.signing import BatchSigner
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_system import DocumentOutcome, LocalSystem
from jinbao.schemas.messages import inbox_topic
from jinbao.transparency.check_proof import VerifierKey

Observer = Callable[[str, Headers], None]
"""Told of each message that was `sent`, `received` or `set_aside`, by its headers; must not raise."""


def nobody(what: str, headers: Headers) -> None:
    """Watch nothing."""


class RegionalAdapter(LocalSide):
    """Stands between one province's local system and the bus. One per province: the inbox's consumer group is its lock.

    Raises BusError where the bus is not there or another adapter of this province runs.
    """

    def __init__(
        self,
        province: str,
        *,
        local: LocalSystem,
        bus: Bus,
        key_ring: KeyRing,
        store: AdapterStore,
        mappings: tuple[FormMapping, ...] = EMBEDDED_FORMS,
        observe: Observer = nobody,
        signer: BatchSigner | None = None,
        log: VerifierKey | None = None,
        answered: Answered = not_asked,
    ) -> None:
        """`signer`: of what it sends; None: it sends unsigned. `log`: the key by which the platform signs, if known.

        `answered`: told of each outcome.
        """
        super().__init__(province, local=local, key_ring=key_ring, store=store, mappings=mappings)
        self._observe = observe
        self._signer, self._answered = signer, answered
        if log is not None:
            self._distrust = PlatformSignature(log, store).distrust
        self._behind = False
        """Records were read and not kept."""
        self._producer = bus.producer()
        self._consumer = bus.consumer([inbox_topic(province)], f"adapter.{province}", on_assigned=self._seek)

    def close(self) -> None:
        """Leave the bus; the store and the local system stay open for their owners."""
        self._consumer.close()
        self._producer.close()

    def at_end(self) -> bool:
        """Whether it holds the province's inbox and has read all that is in it now. Raises BusError."""
        return self._consumer.at_end()

    def step(self, now: int) -> int:
        """Collect, publish and receive one batch each; the number of things done, 0 when nothing waited.

        What was set aside is worked again once it may come out otherwise.
        """
        return self.come_back(now) + self.collect(now) + self.collect_bank() + self.publish(now) + self.receive(now)

    def publish(self, now: int) -> int:
        """Send what waits in the outbox. A crash before it is marked as sent sends the same bytes again."""
        if self._signer is not None:
            self._store.sign(self._signer, BATCH)
        last_position, records, documents = self._store.waiting(BATCH)
        if not records:
            return 0
        self._producer.send(records)
        self._local.note([DocumentOutcome(sequence, DocumentState.SENT, now) for sequence in documents])
        self._store.sent(last_position)
        for record in records:
            self._observe("sent", record.headers)
        return len(records)

    def receive(self, now: int) -> int:
        """Take messages from the inbox to the local system and queue their receipts.

        After a failure the next call begins where the store says, with what was read and not kept.
        """
        if self._behind:
            self._seek(self._consumer.assignment())
            self._behind = False
        records = self._consumer.poll(BATCH)
        if records:
            self._behind = True
            self._take(records, now)
            self._behind = False
        return len(records)

    def _take(self, records: Sequence[BusRecord], now: int) -> None:
        next_offsets: dict[TopicPartition, int] = {(r.topic, r.partition): r.offset + 1 for r in records}
        with self._store.transaction():
            aside = self.work(records, now, self._store.set_aside.held("message"))
            self._store.advance_inbox(next_offsets)
        self._consumer.commit(next_offsets)
        unread = {(what.record.topic, what.record.partition, what.record.offset) for what in aside if what.record}
        for record in records:
            is_unread = (record.topic, record.partition, record.offset) in unread
            self._observe("set_aside" if is_unread else "received", record.headers)

    def _seek(self, partitions: frozenset[TopicPartition]) -> None:
        for partition in partitions:
            self._consumer.seek(partition, self._store.inbox_offset(partition))
