"""Fuzz targets: the Avro codec with a message's bytes, and intake with what lies on the bus."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from weakref import finalize

import msgspec

from jinbao.bus.interface import BusRecord, partition_of
from jinbao.bus.packed_headers import pack_headers
from jinbao.fuzz import drawn_messages
from jinbao.fuzz.noise import damaged, noise
from jinbao.fuzz.target import FuzzInput, FuzzResult, InvariantBroken
from jinbao.platform.ingest.arrival import read
from jinbao.platform.ingest.case_cache import Case, Cases
from jinbao.platform.ingest.intake import FirstBytes, Intake
from jinbao.platform.ingest.parked import SubmissionId
from jinbao.platform.ingest.signatures import Signatures
from jinbao.platform.national_platform import SUBMISSION_PARTITIONS, law_in_force
from jinbao.platform.store.store import Store
from jinbao.schemas.codec import Undecodable, decode, digest_matches, encode, headers_for
from jinbao.schemas.headers import DIGEST, bus_key
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, Submission

_NOT_DECODED = frozenset({"UNDECODABLE", "UNKNOWN_SCHEMA", "DIGEST_MISMATCH"})
_UNSIGNED = Signatures()
_NOW = 1_741_000_000_000_000


class AvroMessage:
    """The codec: bytes are refused with a code, or are a message that encodes and decodes to itself."""

    name = "avro"
    share = 36
    reads_file = False

    def draw(self, random: Random) -> FuzzInput:
        """A valid message, one with fields that break their rules, damaged bytes, or noise."""
        said = drawn_messages.message(random, drawn_messages.relationship(random))
        data = drawn_messages.encoded(random, said, random.choice((0, 1, 1, 2)))
        kind = random.random()
        if kind < 0.3:
            data = damaged(random, data)
        elif kind < 0.36:
            data = noise(random, data)
        return FuzzInput(data, ".avro")

    def run(self, file: Path, given: FuzzInput) -> FuzzResult:
        """Decode it and encode it again."""
        try:
            message = decode(given.data)
        except Undecodable as error:
            return FuzzResult("rejected", frozenset({error.code}), error.code not in _NOT_DECODED)
        again = encode(message)
        if decode(again) != message or encode(decode(again)) != again:
            raise InvariantBroken("the message is another one once it is encoded again")
        if not digest_matches(headers_for(message, again), again):
            raise InvariantBroken("its headers do not fit its bytes")
        return FuzzResult("accepted", frozenset(), True)


class OnTheBus(msgspec.Struct, frozen=True, array_like=True):
    """One record of the topic of submissions, as an input keeps it."""

    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    misrouted: bool


class BusIntake:
    """Intake on an empty platform: of a few records about one case each has exactly one outcome."""

    name = "intake"
    share = 5
    reads_file = False

    def __init__(self) -> None:
        self._law = law_in_force()
        self._store: Store | None = None

    def draw(self, random: Random) -> FuzzInput:
        """An application or none, then a message that may be damaged, then perhaps the same again."""
        relationship = drawn_messages.relationship(random)
        records = []
        if random.random() < 0.6:
            records.append(_on_the_bus(drawn_messages.application(relationship), None))
        said = drawn_messages.message(random, relationship)
        data = drawn_messages.encoded(random, said, random.choice((0, 0, 1)))
        kind = random.random()
        if kind < 0.15:
            data = damaged(random, data)
        elif kind < 0.2:
            data = noise(random, data)
        record = _on_the_bus(said, data)
        if random.random() < 0.2:
            record = _with_other_place(random, record)
        records.append(record)
        if random.random() < 0.25:
            records.append(record)
        return FuzzInput(msgspec.msgpack.encode(records), ".records", len(records))

    def run(self, file: Path, given: FuzzInput) -> FuzzResult:
        """Read and judge the records; the outcome is the last one's."""
        records = [_record(at, one) for at, one in enumerate(msgspec.msgpack.decode(given.data, type=list[OnTheBus]))]
        cases = Cases()
        with self._opened().read() as work:
            cases.load(work, {record.key: record.partition for record in records}, _NOW)
        intake = Intake(cases, self._law, _first_bytes_of(records), lambda *_: None)
        batch = intake.judge([read(record, SUBMISSION_PARTITIONS, _UNSIGNED) for record in records])
        given_to = Counter((row.partition, row.bus_offset) for row in batch.rows if row.first is None)
        if given_to != Counter((record.partition, record.offset) for record in records):
            raise InvariantBroken("not one outcome for each record")
        last = next(row for row in reversed(batch.rows) if row.bus_offset == records[-1].offset)
        codes = frozenset(row.code for row in batch.rows if row.code is not None)
        return FuzzResult(last.outcome.name.lower(), codes, last.code not in _NOT_DECODED)

    def _opened(self) -> Store:
        """An empty platform, made when it is first needed."""
        if self._store is None:
            folder = TemporaryDirectory(prefix="jinbao-fuzz-")
            finalize(self, folder.cleanup)
            self._store = Store(f"sqlite:///{folder.name}/platform.sqlite", durable=False)
            self._store.create()
        return self._store


def _on_the_bus(said: Submission, data: bytes | None) -> OnTheBus:
    """A message as its adapter sends it; with other bytes, under the digest of these."""
    whole = encode(said)
    value = whole if data is None else data
    digest = hashlib.sha256(value).hexdigest().encode()
    headers = tuple((name, digest if name == DIGEST else text) for name, text in headers_for(said, whole))
    return OnTheBus(bus_key(said.envelope.relationship_id), value, headers, False)


def _with_other_place(random: Random, record: OnTheBus) -> OnTheBus:
    match random.randrange(5):
        case 0:
            return msgspec.structs.replace(record, misrouted=True)
        case 1:
            return msgspec.structs.replace(record, headers=())
        case 2:
            name, value = random.choice(record.headers)
            others = tuple(one for one in record.headers if one[0] != name)
            return msgspec.structs.replace(record, headers=(*others, (name, value[1:])))
        case 3:
            return msgspec.structs.replace(record, headers=(*record.headers, ("forwarded-from", b"1/99999999999")))
    return msgspec.structs.replace(record, key=random.choice((b"", b"x" * 200, b"\xff" * 16, record.key.upper())))


def _record(offset: int, one: OnTheBus) -> BusRecord:
    partition = (partition_of(one.key, SUBMISSION_PARTITIONS) + one.misrouted) % SUBMISSION_PARTITIONS
    headers = pack_headers(one.headers)
    return BusRecord(SUBMISSIONS_TOPIC, partition, offset, one.key, one.value, headers, _NOW + offset)


def _first_bytes_of(records: list[BusRecord]) -> FirstBytes:
    def first(case: Case, submission: SubmissionId) -> bytes:
        for record in records:
            said = read(record, SUBMISSION_PARTITIONS, _UNSIGNED).message
            if said is not None and (said.envelope.sender, said.envelope.event_id) == submission:
                return record.value
        raise InvariantBroken("a message counts as known that never came")

    return first
