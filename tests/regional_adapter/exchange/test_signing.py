"""An adapter signs what it sends, in one chain of batches, and believes only what the platform has signed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from support.told_transfer import Transfer

from jinbao.bus.interface import BusRecord, OutgoingRecord
from jinbao.bus.packed_headers import value_of
from jinbao.platform.outbox.signing import PlatformSigner
from jinbao.regional_adapter.exchange.adapter import RegionalAdapter
from jinbao.regional_adapter.exchange.adapter_store import outgoing
from jinbao.regional_adapter.exchange.signing import BatchSigner, new_key
from jinbao.schemas.headers import PLATFORM_SIGNATURE, SIGNATURE
from jinbao.schemas.signatures import leaf_of_headers
from jinbao.transparency.batches import BatchVerifier, Signature, parse_signature
from jinbao.transparency.signing import new_log_key

LOG = new_log_key("jinbao")
KEY = new_key("41")


def signing(nation: Any) -> Any:
    """Henan, with an adapter that signs."""
    henan = nation.province("41")
    henan.adapter.close()
    signer = BatchSigner("41", KEY, LOG.verifier.name)
    parts = {"local": henan.local, "bus": nation.bus, "key_ring": nation.ring, "store": henan.store}
    henan.adapter = RegionalAdapter("41", **parts, signer=signer, log=LOG.verifier)
    return henan


def signatures(records: list[BusRecord]) -> list[Signature]:
    """Those of the records, each verified by itself."""
    found = []
    for record in records:
        data = value_of(record.packed_headers, SIGNATURE)
        assert data is not None
        leaf, verifier = leaf_of_headers(record.headers), BatchVerifier()
        assert verifier.root(LOG.verifier.name, "41", KEY.verifier.public, data, leaf) is not None
        found.append(parse_signature(data))
    return found


def test_what_it_sends_is_signed_in_one_chain(nation: Any, apply: Any) -> None:
    henan = signing(nation)
    apply(henan)
    henan.adapter.step(1)
    henan.store.put([outgoing(Transfer(5).apply(), None)])
    henan.adapter.step(2)
    assert [(one.number, one.size, one.place) for one in signatures(nation.records())] == [
        (1, 2, 0),
        (1, 2, 1),
        (2, 1, 0),
    ]


def test_killed_before_it_has_noted_that_it_sent_it_sends_the_same_signatures_again(nation: Any, apply: Any) -> None:
    henan = signing(nation)
    apply(henan)
    henan.adapter.collect(1)
    henan.store.sign(BatchSigner("41", KEY, LOG.verifier.name), 1_000)
    henan.store.put([outgoing(Transfer(5).apply(), None)])
    henan.adapter.step(2)
    assert [(one.number, one.size) for one in signatures(nation.records())] == [(1, 2), (1, 2), (2, 1)]
    assert henan.store.chain().number == 2


def test_what_the_platform_has_not_signed_is_set_aside_once_it_signs(nation: Any, apply: Any) -> None:
    henan = signing(nation)
    apply(henan)
    henan.adapter.step(1)
    first = nation.records()[0]
    sent = OutgoingRecord("jinbao.inbox.41", first.key, first.value, first.headers)
    signed = PlatformSigner(LOG).inboxes([sent])
    forged = PlatformSigner(new_log_key("jinbao")).inboxes([sent])
    producer = nation.bus.producer()
    for records, aside in (([sent], 0), (signed, 0), ([sent], 1), (forged, 2), (signed, 2)):
        producer.send(records)
        henan.adapter.step(2)
        assert sum(kept.what.code == "NOT_BY_PLATFORM" for kept in henan.store.set_aside.all()) == aside
    producer.close()


def test_what_was_signed_for_another_inbox_is_set_aside(nation: Any, apply: Any) -> None:
    henan = signing(nation)
    apply(henan)
    henan.adapter.step(1)
    first = nation.records()[0]
    here, there = (OutgoingRecord(f"jinbao.inbox.{to}", first.key, first.value, first.headers) for to in ("41", "44"))
    signer, producer = PlatformSigner(LOG), nation.bus.producer()
    (before,) = signer._signed([here], PLATFORM_SIGNATURE, [leaf_of_headers(here.headers)])  # as before 2026-12
    (elsewhere,) = (replace(one, topic=here.topic) for one in signer.inboxes([there]))
    told = [([before], 0), ([elsewhere], 1), (signer.inboxes([here]), 1), ([before], 2), (signer.inboxes([here]), 2)]
    for records, aside in told:
        producer.send(records)
        henan.adapter.step(2)
        assert sum(kept.what.code == "NOT_BY_PLATFORM" for kept in henan.store.set_aside.all()) == aside
    producer.close()


def test_what_waits_while_the_key_is_changed_is_signed_anew_under_the_same_number(nation: Any, apply: Any) -> None:
    henan = signing(nation)
    apply(henan)
    henan.adapter.step(1)
    henan.store.put([outgoing(Transfer(person).apply(), None) for person in (5, 6)])
    henan.store.sign(BatchSigner("41", KEY, LOG.verifier.name), 1_000)
    before = henan.store.waiting(10)[1]
    new = new_key("41")
    signer = BatchSigner("41", new, LOG.verifier.name)
    henan.store.put([outgoing(Transfer(7).apply(), None)])
    henan.store.sign(signer, 2)
    henan.store.sign(signer, 2)
    after = henan.store.waiting(10)[1]
    assert [one.value for one in after[:2]] == [one.value for one in before]
    found = [parse_signature(dict(record.headers)[SIGNATURE]) for record in after]
    assert {one.key_id for one in found} == {new.verifier.key_id}
    old = parse_signature(dict(before[0].headers)[SIGNATURE])
    assert [(one.number, one.size) for one in found] == [(old.number, 2), (old.number, 2), (old.number + 1, 1)]
    assert found[0].previous == old.previous
