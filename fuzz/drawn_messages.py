"""Avro messages drawn at random: valid ones of every type, and ones whose fields break their rules."""

from __future__ import annotations

from datetime import date
from functools import cache
from io import BytesIO
from random import Random
from typing import Any
from uuid import UUID

import msgspec
from fastavro import parse_schema, schemaless_writer

from jinbao.platform.example_fields import SEALED, example_fields, example_id
from jinbao.schemas import messages as m
from jinbao.schemas.codec import MARKER, day_paths, to_days
from jinbao.schemas.derived_ids import transfer_id
from jinbao.schemas.registry import shipped_registry, without_logical_types

ORIGIN, DESTINATION = "44", "41"
_AS_IS = (bytes, date)
_TEXTS = ("", "\0", "\x1b[2J", "字" * 2_001, "X", "00", "99", "RF00", "'; --", "\U0010ffff", "\u202e")
_NUMBERS = (0, -1, 1, 2**31, 2**62, -(2**63), 2**63 - 1, 200_000, -30_000)
_BYTES = (b"", b"\0" * 16, b"\xff" * 15, b"x" * 17, b"y" * 3_000)


def relationship(random: Random) -> bytes:
    """A relationship that no other input has."""
    return UUID(int=random.getrandbits(128), version=5).bytes


def application(relationship_id: bytes) -> m.ApplicationAccepted:
    """The application that begins a transfer."""
    return m.ApplicationAccepted(
        envelope=_envelope(m.ApplicationAccepted, relationship_id, DESTINATION, 0),
        scheme="110",
        origin=ORIGIN,
        destination=DESTINATION,
        accepted_on=date(2025, 3, 3),
        personal=SEALED,
    )


def message(random: Random, relationship_id: bytes) -> m.Submission:
    """A message of any type about that relationship, by one of its parties or another."""
    kind = random.choice(_kinds())
    if kind is m.ApplicationAccepted and random.random() < 0.5:
        return application(relationship_id)
    sender = random.choice((ORIGIN, DESTINATION, m.PLATFORM, "32"))
    return kind(envelope=_envelope(kind, relationship_id, sender, random.randrange(1_000)), **_fields(kind))


def encoded(random: Random, said: m.Submission, changes: int) -> bytes:
    """The message under its newest schema, with so many fields changed to what their type allows and rules do not."""
    datum = msgspec.to_builtins(said, builtin_types=_AS_IS)
    fingerprint, schema, days = _schema(said.NAME)
    to_days(datum, days)
    for _ in range(changes):
        _change(random, datum)
    stream = BytesIO()
    stream.write(MARKER + fingerprint)
    try:
        schemaless_writer(stream, schema, datum)
    except (ValueError, TypeError, OverflowError, AttributeError):  # no value of the field's type
        return stream.getvalue() + random.randbytes(20)
    return stream.getvalue()


@cache
def _kinds() -> tuple[type[m.Submission], ...]:
    return tuple(kind for kind in m.MESSAGES if issubclass(kind, m.Submission))


@cache
def _fields(kind: type[m.Submission]) -> dict[str, Any]:
    return example_fields(kind, {"letter_version": 1, "sheet_version": 1})


def _envelope(kind: type[m.Submission], relationship_id: bytes, sender: str, number: int) -> m.Envelope:
    return m.Envelope(
        event_id=example_id(f"{kind.NAME} {relationship_id.hex()} {number}"),
        relationship_id=relationship_id,
        transfer_id=transfer_id(UUID(bytes=relationship_id), DESTINATION, "HA-1").bytes,
        sender=sender,
        operator="clerk-1",
        local_document="HA-1",
        occurred_at=1_741_000_000_000_000,
    )


@cache
def _schema(name: str) -> tuple[bytes, Any, tuple[tuple[str, ...], ...]]:
    newest = shipped_registry().newest[name]
    return newest.fingerprint, parse_schema(without_logical_types(newest.schema)), tuple(day_paths(newest.schema))


def _change(random: Random, datum: dict[str, Any]) -> None:
    """Change one field, of the record or of one below it."""
    name = random.choice(list(datum))
    match datum[name]:
        case dict() as below if below:
            _change(random, below)
        case bool() as flag:
            datum[name] = not flag
        case int():
            datum[name] = random.choice(_NUMBERS)
        case str():
            datum[name] = random.choice(_TEXTS)
        case bytes():
            datum[name] = random.choice(_BYTES)
        case list():
            datum[name] = []
        case _:
            datum[name] = random.choice(("x", 0, None))
