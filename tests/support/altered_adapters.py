"""Adapters around our own that send or work otherwise: what broken ones are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import msgspec

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.conformance.driven_province import DrivenProvince
from jinbao.regional_adapter.exchange.adapter import RegionalAdapter
from jinbao.schemas.codec import decode, encode, headers_for


class AlteredBus:
    """The bus, but for what is sent."""

    def __init__(self, real: Bus, alter: Callable[[OutgoingRecord], OutgoingRecord | None], around: Any) -> None:
        self._real, self._alter, self._around = real, alter, around

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def producer(self) -> Any:
        producer, bus = self._real.producer(), self

        class Altered:
            close = staticmethod(producer.close)

            def send(self, records: Sequence[OutgoingRecord]) -> None:
                with bus._around():
                    producer.send([new for record in records if (new := bus._alter(record)) is not None])

        return Altered()


class SendsOtherwise(DrivenProvince):
    """Its records are altered on their way to the bus."""

    def __init__(self, folder: Any, code: str, bus: Any, ring: Any) -> None:
        super().__init__(folder, code, AlteredBus(bus, self.alter, self.around), ring)  # type: ignore[arg-type]

    def alter(self, record: OutgoingRecord) -> OutgoingRecord | None:
        return record

    def around(self) -> Any:
        return nullcontext()


class SaysOtherwise(SendsOtherwise):
    """Its messages are altered, and well encoded again."""

    def alter(self, record: OutgoingRecord) -> OutgoingRecord | None:
        message = self.said(decode(record.value))
        value = encode(message)
        return OutgoingRecord(record.topic, record.key, value, headers_for(message, value))

    def said(self, message: Any) -> Any:
        return message


class OfOwnAdapter(DrivenProvince):
    """Its adapter works otherwise."""

    kind: type[RegionalAdapter] = RegionalAdapter

    def make_adapter(self, store: Any) -> RegionalAdapter:
        return self.kind(self.province, local=self.local, bus=self.bus, key_ring=self.ring, store=store)


def with_envelope(message: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(message, envelope=msgspec.structs.replace(message.envelope, **changes))
