"""Turns messages into Avro single-object bytes and back; nothing that breaks a message's rules passes either way.

Error texts name the field and what was expected there, never the value: it may be a person's. Days travel as counts
from 1970-01-01, Avro's logical type `date`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any, Literal
from uuid import UUID

import msgspec
from fastavro import parse_schema, schemaless_reader, schemaless_writer

from jinbao.language.words import FieldError, Words
from jinbao.rules.type_fault import fault_in
from jinbao.schemas.headers import Headers, digest_matches, headers_for
from jinbao.schemas.messages import MESSAGES, Record
from jinbao.schemas.registry import Registry, Release, fingerprint_of, shipped_registry, without_logical_types

FieldPath = tuple[str, ...]
"""Names from the record down; "*" stands for each item of an array."""


__all__ = [
    "Codec",
    "Headers",
    "InvalidMessage",
    "Undecodable",
    "content_hash",
    "decode",
    "digest_matches",
    "encode",
    "headers_for",
    "learn",
    "learned",
]

MARKER = b"\xc3\x01"
"""First two bytes of Avro's single-object encoding; eight bytes of fingerprint follow."""
BODY = 10
"""Where the record's own bytes begin."""
MAX_BYTES = 900_000
"""Longest message either way; Kafka's default limit is 1 MiB with headers."""

_AsStruct = Callable[[Any], Record]
Code = Literal["UNDECODABLE", "UNKNOWN_SCHEMA", "INVALID_FIELD", "DIGEST_MISMATCH"]

# Types that msgspec must hand through as they are, so that none is turned into another (base64 text into bytes, an
# ISO string into a date, a UUID into text).
_AS_IS = (bytes, bytearray, memoryview, datetime, date, time, timedelta, UUID, Decimal)
_NO_TYPE = ("有报文所没有的类型的值", "holds a value of a type that no message has")
_OTHER_TYPE = ("有与报文所定类型不同的值", "holds a value of another type than the message declares")
_TOO_LONG = (f"超过 {MAX_BYTES} 字节", f"longer than {MAX_BYTES} bytes")
_BROKEN_BYTES = (EOFError, IndexError, ValueError, OverflowError)


class InvalidMessage(FieldError):
    """A message that must not be sent: which field, and what was expected there."""


class Undecodable(FieldError):
    """Bytes that are no valid message: code, the field where one is at fault, and what was expected there."""

    def __init__(self, code: Code, zh: str, en: str, field: str | None = None) -> None:
        super().__init__(field, (zh, en))
        self.code = code


@dataclass(frozen=True, slots=True)
class _Writer:
    prefix: bytes
    schema: Any
    days: tuple[FieldPath, ...]
    as_struct: _AsStruct


@dataclass(frozen=True, slots=True)
class _Reader:
    writer_schema: Any
    reader_schema: Any | None
    """None where the writer's is the newest."""
    days: tuple[FieldPath, ...]
    as_struct: _AsStruct
    message: type[Record]


class Codec:
    """Encodes and decodes the given message types by the given registry."""

    def __init__(self, registry: Registry, types: Iterable[type[Record]]) -> None:
        """Raises LookupError where a type has no schema."""
        by_name: dict[str, type[Record]] = {_name(t): t for t in types}
        if missing := sorted(by_name.keys() - registry.newest.keys()):
            raise LookupError(f"no schema file for {', '.join(missing)}")
        self._writers: dict[type[Record], _Writer] = {}
        self._readers: dict[bytes, _Reader] = {}
        for name, message in by_name.items():
            newest = registry.newest[name]
            schema, days = _plain(newest), tuple(day_paths(newest.schema))
            as_struct = partial(msgspec.convert, type=message, strict=True, builtin_types=_AS_IS)
            self._writers[message] = _Writer(MARKER + newest.fingerprint, schema, days, as_struct)
            for release in registry.versions(name):
                older = release is not newest
                reader = _Reader(
                    _plain(release) if older else schema, schema if older else None, days, as_struct, message
                )
                self._readers[release.fingerprint] = reader

        self._newest = registry.newest
        self.learned: set[bytes] = set()
        """Fingerprints of the schemas that `learn` has added."""

    def learn(self, schema: dict[str, Any]) -> None:
        """Read what a schema released later has written, all named types inlined. Raises LookupError, SchemaError."""
        name = str(schema.get("name"))
        newest = self._newest[name]
        reader = next(one for one in self._readers.values() if one.reader_schema is None and _name(one.message) == name)
        code = fingerprint_of(schema, name)
        if code not in self._readers:
            self.learned.add(code)
            self._readers[code] = _Reader(
                parse_schema(without_logical_types(schema)),
                _plain(newest),
                reader.days,
                reader.as_struct,
                reader.message,
            )

    def encode(self, message: Record) -> bytes:
        """The message's bytes under its newest schema. Raises InvalidMessage."""
        writer = self._writers.get(type(message))
        if writer is None:
            name = type(message).__name__
            raise InvalidMessage(None, (f"{name} 不是总线报文", f"{name} is no message of the bus"))
        try:
            datum = msgspec.to_builtins(message, builtin_types=_AS_IS)
            checked = writer.as_struct(datum)
        except msgspec.ValidationError:
            raise InvalidMessage(*_fault(datum, type(message))) from None
        except TypeError:
            raise InvalidMessage(None, _NO_TYPE) from None
        if checked != message:
            raise InvalidMessage(None, _OTHER_TYPE)
        stream = BytesIO()
        stream.write(writer.prefix)
        try:
            to_days(datum, writer.days)
            schemaless_writer(stream, writer.schema, datum)
        except DayOutOfRange as error:
            raise InvalidMessage(error.field, error.fault) from None
        except UnicodeEncodeError:
            raise InvalidMessage(None, ("有文字不是有效的 Unicode", "holds text that is no valid Unicode")) from None
        data = stream.getvalue()
        if len(data) > MAX_BYTES:
            raise InvalidMessage(None, _TOO_LONG)
        return data

    def decode(self, data: bytes) -> Record:
        """The message in the newest shape of its type, whichever released version wrote it. Raises Undecodable."""
        if len(data) > MAX_BYTES:
            raise Undecodable("UNDECODABLE", *_TOO_LONG)
        if len(data) < BODY or data[:2] != MARKER:
            raise Undecodable("UNDECODABLE", "不是 Avro 的单对象编码", "not in Avro's single-object encoding")
        reader = self._readers.get(data[2:BODY])
        if reader is None:
            mark = data[2:BODY].hex()
            raise Undecodable("UNKNOWN_SCHEMA", f"没有指纹为 {mark} 的模式", f"no schema has the fingerprint {mark}")
        stream = BytesIO(data)
        stream.seek(BODY)
        try:
            datum: Any = schemaless_reader(stream, reader.writer_schema, reader.reader_schema)
            if stream.tell() != len(data):
                raise Undecodable("UNDECODABLE", "记录之后还有字节", "bytes are left over after the record")
            if reader.days:
                to_dates(datum, reader.days)
        except DayOutOfRange as error:
            raise Undecodable("INVALID_FIELD", *error.fault, error.field) from None
        except _BROKEN_BYTES:
            raise Undecodable("UNDECODABLE", "字节与其模式不符", "the bytes do not follow their schema") from None
        try:
            return reader.as_struct(datum)
        except msgspec.ValidationError:
            field, words = _fault(datum, reader.message)
            raise Undecodable("INVALID_FIELD", *words, field) from None


def _fault(datum: Any, message: type[Record]) -> tuple[str | None, Words]:
    """Path of the field at fault, and what was expected there; no value, which may be a person's."""
    fault = fault_in(datum, message, as_is=_AS_IS)
    return (fault.path or None, fault.words) if fault else (None, _OTHER_TYPE)


def _name(message: type[Record]) -> str:
    name: str = message.NAME  # type: ignore[attr-defined]
    return name


def _plain(release: Release) -> Any:
    return parse_schema(without_logical_types(release.schema))


_EPOCH = date(1970, 1, 1).toordinal()
_FIRST, _LAST = date(1900, 1, 1).toordinal() - _EPOCH, date(2999, 12, 31).toordinal() - _EPOCH


class DayOutOfRange(FieldError):
    """A day outside the years 1900 to 2999, in this field."""

    def __init__(self, path: FieldPath) -> None:
        super().__init__(".".join(path), ("应为 1900 至 2999 年间的日期", "expected a day in the years 1900 to 2999"))


def day_paths(schema: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    """Paths of all fields of logical type `date` in a schema whose named types are inlined and defined once each."""
    if isinstance(schema, list):
        for branch in schema:
            yield from day_paths(branch, path)
    elif isinstance(schema, dict):
        if schema.get("logicalType") == "date":
            yield path
        elif schema["type"] == "array":
            yield from day_paths(schema["items"], (*path, "*"))
        for field in schema.get("fields", ()):
            yield from day_paths(field["type"], (*path, field["name"]))


def to_days(datum: dict[str, Any], paths: tuple[FieldPath, ...]) -> None:
    """Replace each date by its count of days. Raises DayOutOfRange."""
    for path in paths:
        _replace(datum, path, path, _count)


def to_dates(datum: dict[str, Any], paths: tuple[FieldPath, ...]) -> None:
    """Replace each count of days by its date. Raises DayOutOfRange."""
    for path in paths:
        _replace(datum, path, path, _date)


def _replace(part: Any, steps: FieldPath, path: FieldPath, change: Callable[[Any, FieldPath], Any]) -> None:
    step, below = steps[0], steps[1:]
    if step == "*":
        part[:] = [_changed(item, below, path, change) for item in part]
    elif part.get(step) is not None:
        part[step] = _changed(part[step], below, path, change)


def _changed(value: Any, below: FieldPath, path: FieldPath, change: Callable[[Any, FieldPath], Any]) -> Any:
    if not below:
        return change(value, path)
    _replace(value, below, path, change)
    return value


def _date(count: int, path: FieldPath) -> date:
    if not _FIRST <= count <= _LAST:
        raise DayOutOfRange(path)
    return date.fromordinal(count + _EPOCH)


def _count(day: date, path: FieldPath) -> int:
    count = day.toordinal() - _EPOCH
    if not _FIRST <= count <= _LAST:
        raise DayOutOfRange(path)
    return count


_CODEC = Codec(shipped_registry(), MESSAGES)

encode = _CODEC.encode
decode = _CODEC.decode
learn = _CODEC.learn


def learned() -> frozenset[bytes]:
    """Fingerprints of schemas released later than this program, which it has learned since."""
    return frozenset(_CODEC.learned)


_FIELDS = msgspec.msgpack.Encoder(order="sorted")


def content_hash(message: Record) -> bytes:
    """16 bytes over the message's type and fields, absent ones left out; the schema version does not change it."""
    kind = _name(type(message)).encode()
    return hashlib.blake2b(kind + b"\0" + _FIELDS.encode(message), digest_size=16).digest()
