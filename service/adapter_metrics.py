"""An adapter's metrics: what it sent and received, and what waits on either side of it."""

from __future__ import annotations

import logging
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Gauge

from jinbao.bus.interface import Bus
from jinbao.bus.packed_headers import Headers
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.schemas.messages import inbox_topic
from jinbao.service.logs import tell

_KINDS = ("sent", "received", "set_aside")


class AdapterMetrics:
    """Told of every message; looks at bus and store now and then, on the loop's own thread."""

    def __init__(self, registry: CollectorRegistry, province: str) -> None:
        self._province = province
        self._messages = Counter(
            "jinbao_adapter_messages",
            "Messages sent to the bus, received from it, and received but set aside",
            ["province", "what"],
            registry=registry,
        )
        for what in _KINDS:
            self._messages.labels(province, what)
        self._lag = _gauge(registry, province, "inbox_lag", "Messages in the inbox that are not received yet")
        self._waiting = _gauge(registry, province, "outbox_waiting", "Messages that wait to be sent")
        self._set_aside = _gauge(registry, province, "set_aside", "What could not be worked and is set aside")
        self._not_logged = _gauge(registry, province, "not_logged", "Messages sent that are in no cosigned checkpoint")
        self._desk = _gauge(registry, province, "desk_waiting", "Cases that the desk leaves to a clerk")

    def count(self, what: str) -> None:
        """One more message was sent, received, or set aside."""
        self._messages.labels(self._province, what).inc()

    def not_logged(self, number: int) -> None:
        """Set how many messages are `NOT_LOGGED`."""
        self._not_logged.set(number)

    def look(self, bus: Bus, store: AdapterStore, left_to_a_clerk: int) -> None:
        """Set what nobody counts. Raises BusError."""
        waiting, set_aside = store.numbers()
        self._waiting.set(waiting)
        self._set_aside.set(set_aside)
        self._desk.set(left_to_a_clerk)
        ends = bus.end_offsets(inbox_topic(self._province))
        self._lag.set(sum(end - store.inbox_offset(place) for place, end in ends.items()))


def tell_message(province: str, what: str, headers: Headers) -> None:
    """Log a message by the ids in its headers; a header that is no id, as another's may be, is left out."""
    told = dict(headers)
    ids = {"event_id": _uuid(told.get("ce_id")), "transfer_id": _uuid(told.get("ce_subject"))}
    tell("message", logging.WARNING if what == "set_aside" else logging.INFO, province=province, what=what, **ids)


def _gauge(registry: CollectorRegistry, province: str, name: str, text: str) -> Gauge:
    found: Gauge = Gauge(f"jinbao_adapter_{name}", text, ["province"], registry=registry).labels(province)
    return found


def _uuid(value: bytes | None) -> str | None:
    try:
        return str(UUID((value or b"").decode("ascii")))
    except ValueError:
        return None
