"""What the kit itself does between the provinces: stops the platform, lets days pass, delivers what is unusual."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import msgspec

from jinbao.bus.interface import BusRecord
from jinbao.conformance.case_file import Step
from jinbao.conformance.harness import Harness
from jinbao.schemas.codec import Undecodable, decode, encode, headers_for
from jinbao.schemas.headers import DIGEST, Headers

KitStep = Callable[[Harness, Step, bytes], None]
"""Done about a relationship, whose 16 bytes are given."""
_MARKER, _FINGERPRINT_ENDS = b"\xc3\x01", 10
_NEWER = b"\xff" * 8
"""A fingerprint that no released schema has."""


def _stop_platform(harness: Harness, step: Step, relationship: bytes) -> None:
    harness.settle()
    harness.platform_runs = False


def _start_platform(harness: Harness, step: Step, relationship: bytes) -> None:
    harness.platform_runs = True


def _hold_delivery(harness: Harness, step: Step, relationship: bytes) -> None:
    harness.settle()
    harness.delivers = False


def _deliver_on(harness: Harness, step: Step, relationship: bytes) -> None:
    harness.delivers = True


def _wait(harness: Harness, step: Step, relationship: bytes) -> None:
    harness.settle()


def _pass_days(harness: Harness, step: Step, relationship: bytes) -> None:
    harness.settle()
    harness.pass_days(step.days)


def _deliver_again(harness: Harness, step: Step, relationship: bytes) -> None:
    record = _delivered(harness, step, relationship)
    harness.deliver(record.key, record.value, record.headers)


def _deliver_early(harness: Harness, step: Step, relationship: bytes) -> None:
    record = _sent(harness, step, relationship)
    harness.deliver(record.key, record.value, record.headers)


def _deliver_newer(harness: Harness, step: Step, relationship: bytes) -> None:
    record = _delivered(harness, step, relationship)
    value = _MARKER + _NEWER + record.value[_FINGERPRINT_ENDS:]
    given = {**dict(record.headers), "ce_id": str(uuid4()).encode(), "ce_type": f"jinbao.{step.message}.v999".encode()}
    harness.deliver(record.key, value, _with_digest(tuple(given.items()), value))


def _deliver_next_release(harness: Harness, step: Step, relationship: bytes) -> None:
    record = _sent(harness, step, relationship)
    value = harness.next_releases.written(step.message, record.value)
    harness.deliver(record.key, value, _with_digest(record.headers, value))


def _deliver_garbage(harness: Harness, step: Step, relationship: bytes) -> None:
    record, value = _sent(harness, step, relationship), bytes(range(256))
    harness.deliver(record.key, value, _with_digest(record.headers, value))


def _deliver_cut(harness: Harness, step: Step, relationship: bytes) -> None:
    record = _sent(harness, step, relationship)
    value = record.value[: len(record.value) // 2]
    harness.deliver(record.key, value, _with_digest(record.headers, value))


def _deliver_flipped(harness: Harness, step: Step, relationship: bytes) -> None:
    """One bit is wrong, and the bytes still decode: only the digest tells."""
    record = _sent(harness, step, relationship)
    harness.deliver(record.key, _flipped(record.value), record.headers)


def _deliver_sealed_otherwise(harness: Harness, step: Step, relationship: bytes) -> None:
    """The personal fields belong to another event than the message."""
    record = _sent(harness, step, relationship)
    message: Any = decode(record.value)
    envelope = msgspec.structs.replace(message.envelope, event_id=uuid4().bytes)
    changed = msgspec.structs.replace(message, envelope=envelope)
    value = encode(changed)
    harness.deliver(record.key, value, headers_for(changed, value))


def _sent(harness: Harness, step: Step, relationship: bytes) -> BusRecord:
    """What the other province has sent last of that kind; it is on the bus once its adapter has worked."""
    harness.until(lambda: bool(harness.observer.by_others(relationship, step.message)))
    return harness.observer.by_others(relationship, step.message)[-1].record


def _delivered(harness: Harness, step: Step, relationship: bytes) -> BusRecord:
    """What was delivered last of that kind."""
    harness.until(lambda: bool(harness.observer.delivered(relationship, step.message)))
    return harness.observer.delivered(relationship, step.message)[-1]


def _with_digest(headers: Headers, value: bytes) -> Headers:
    digest = hashlib.sha256(value).hexdigest().encode()
    return tuple((name, digest if name == DIGEST else given) for name, given in headers)


def _flipped(value: bytes) -> bytes:
    """The same message with one bit wrong in a field of its own: envelope and sealed fields are as they were."""
    message: Any = decode(value)
    for place in range(len(value) - 1, 0, -1):
        changed = value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
        try:
            read: Any = decode(changed)
        except Undecodable:
            continue
        if (read.envelope, read.personal) == (message.envelope, message.personal):
            return changed
    raise AssertionError("a letter or a sheet has a field in which another value is one too")


KIT_STEPS: Mapping[str, KitStep] = {
    "wait": _wait,
    "stop-platform": _stop_platform,
    "start-platform": _start_platform,
    "hold-delivery": _hold_delivery,
    "deliver-on": _deliver_on,
    "pass-days": _pass_days,
    "deliver-again": _deliver_again,
    "deliver-early": _deliver_early,
    "deliver-newer": _deliver_newer,
    "deliver-next-release": _deliver_next_release,
    "deliver-garbage": _deliver_garbage,
    "deliver-cut": _deliver_cut,
    "deliver-flipped": _deliver_flipped,
    "deliver-sealed-otherwise": _deliver_sealed_otherwise,
}
"""By name, as cases call them."""
