"""A signed day: what verifying and keeping signatures costs ingest, apart from all else that it does."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TypeVar

from case_messages import record, submissions

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import BusRecord, OutgoingRecord
from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.platform.audit.statements.keys import say_of_keys
from jinbao.platform.ingest.signatures import Signatures
from jinbao.platform.national_platform import topics
from jinbao.platform.store import tree
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.key_register import KeyStatement
from jinbao.platform.store.store import Store
from jinbao.platform.store.tables import events as events_table
from jinbao.regional_adapter.exchange.signing import BatchSigner, Chain, new_key
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.codec import decode
from jinbao.schemas.messages import PLATFORM, SUBMISSIONS_TOPIC, StreamMessage
from jinbao.transparency.signing import SigningKey, new_log_key

_ON_THE_WAY = 8_000
"""Messages of the nation that are sent within one step of its adapters: some 250 of each, a third of a second."""
_BATCH = 2_000
_Any = TypeVar("_Any")


def signature_processor_s(source: Store, folder: Path, messages: int, seed: int) -> float:
    """Seconds of a processor for the signatures of so many messages.

    That is verifying them, and what rows with a signature cost more to write and to hash than the same rows without.
    `source`: a store in which they were taken in unsigned.
    """
    bus, store = EmbeddedBus(folder / "signed-bus.sqlite"), Store(f"sqlite:///{folder}/signed.sqlite")
    with closing(bus), closing(store):
        store.create()
        bus.create_topics(topics())
        fill_signed(bus, store, new_log_key("jinbao"), messages, folder, seed)
        records = list(_records(bus, messages))
        signatures = Signatures()
        with store.read() as work:
            signatures.follow(work.bulk)
    read = [(each, _decoded(each), sha256(each.value).digest()) for each in records]
    gc.disable()
    began = time.process_time()
    checked = [signatures.check(*each) for each in read]
    spent = time.process_time() - began
    gc.enable()
    assert all(each.refusal is None for each in checked)
    kept = [each.signature for each in checked]
    with source.read() as work:
        sql = "SELECT * FROM events ORDER BY position LIMIT ?"
        rows = [tuple(row)[:-1] for row in work.bulk.execute(sql, messages)]
    return spent + _keeping_s(folder, rows, kept)


def _keeping_s(folder: Path, rows: Sequence[Row], kept: Sequence[bytes | None]) -> float:
    """What the rows cost more with their signatures, in turns with the same rows without."""
    plain = Store(f"sqlite:///{folder}/plain.sqlite", durable=False)
    signed = Store(f"sqlite:///{folder}/kept.sqlite", durable=False)
    spent = {plain: 0.0, signed: 0.0}
    with closing(plain), closing(signed):
        for store in spent:
            store.create()
        both = zip(rows, kept, strict=False)
        for batch in _batches(both, _BATCH):
            spent[plain] += _write(plain, [(*row, None) for row, _ in batch])
            spent[signed] += _write(signed, [(*row, signature) for row, signature in batch])
    return spent[signed] - spent[plain]


def _batches(each: Iterable[_Any], size: int) -> Iterator[list[_Any]]:
    rest = iter(each)
    while some := list(islice(rest, size)):
        yield some


def _write(store: Store, rows: Sequence[Row]) -> float:
    began = time.process_time()
    with store.write() as work:
        work.bulk.insert(events_table, rows)
        tree.append(work.bulk, {"events": rows}, 1)
    return time.process_time() - began


def _decoded(record_: BusRecord) -> StreamMessage:
    message = decode(record_.value)
    assert isinstance(message, StreamMessage)
    return message


def _records(bus: EmbeddedBus, number: int) -> Iterator[BusRecord]:
    with closing(bus.consumer([SUBMISSIONS_TOPIC], "signed")) as consumer:
        while number > 0:
            found = consumer.poll(_BATCH)
            number -= len(found)
            yield from found


def fill_signed(bus: EmbeddedBus, store: Store, log: SigningKey, messages: int, folder: Path, seed: int) -> None:
    """Register a key for each agency, and put so many messages on the bus that are signed by them."""
    keys = {code: new_key(code) for code in PROVINCES}
    verifiers = {code: key.verifier for code, key in keys.items()} | {PLATFORM: log.verifier}
    for code, key in verifiers.items():
        steps = [KeyStatement("request", code, str(key), "a"), KeyStatement("approve", code, str(key), "b")]
        say_of_keys(store, steps, time.time_ns() // 1_000)
    signers = {code: BatchSigner(code, key, log.verifier.name) for code, key in keys.items()}
    chains = dict.fromkeys(signers, Chain())
    ring = EmbeddedKeyRing(folder / "signed-keys.sqlite", bytes(64), seed=seed)
    with closing(ring), closing(bus.producer()) as producer:
        for chunk in _batches(submissions(messages, ring, seed), _ON_THE_WAY):
            producer.send(_signed([(each.envelope.sender, record(each)) for each in chunk], signers, chains))


def _signed(
    chunk: Sequence[tuple[str, OutgoingRecord]], signers: dict[str, BatchSigner], chains: dict[str, Chain]
) -> list[OutgoingRecord]:
    """The records in their order, each in a batch of its sender's."""
    found = [sent for _, sent in chunk]
    for code, signer in signers.items():
        places = [place for place, (sender, _) in enumerate(chunk) if sender == code]
        made, chains[code] = signer.sign([found[place] for place in places], chains[code])
        for place, sent in zip(places, made, strict=True):
            found[place] = sent
    return found
