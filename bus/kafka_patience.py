"""Retries of requests to the brokers, with growing pauses while one has died, a leader is chosen or a group begins.

The client itself gives up at once where the broker that it had in mind refuses the connection, though others live.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kafka import KafkaAdminClient
from kafka.errors import KafkaError
from tenacity import Retrying, retry_if_exception, stop_before_delay, wait_random_exponential

from jinbao.bus.kafka_address import KafkaAddress, explained

PATIENCE_S = 20.0
"""Longer than the brokers take to notice that one of them has died (9 s) and to choose other leaders."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 1.0
_Answer = TypeVar("_Answer")


def patiently(
    admin: KafkaAdminClient, address: KafkaAddress, action: str, ask: Callable[[KafkaAdminClient], _Answer]
) -> _Answer:
    """The brokers' answer; asked again for PATIENCE_S while the error is one that passes. Raises BusError."""
    patient = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, KafkaError) and error.retriable),
        wait=wait_random_exponential(multiplier=_FIRST_PAUSE_S, min=_FIRST_PAUSE_S / 2, max=_LONGEST_PAUSE_S),
        stop=stop_before_delay(PATIENCE_S),
        before_sleep=lambda _: _forget_where_to_ask(admin),
        reraise=True,
    )
    with explained(address, action):
        return patient(ask, admin)


def _forget_where_to_ask(admin: KafkaAdminClient) -> None:
    """Let the client look controller and coordinators up anew: it would ask the one that died until it is back."""
    admin._controller_id = None
    admin._manager.cluster._coordinators.clear()
