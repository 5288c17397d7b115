"""Checks of single messages: what every message of a candidate must have, whatever it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

from jinbao.bus.interface import Bus, partition_of
from jinbao.conformance.instructions import ToldPerson
from jinbao.conformance.observer import Observer, Seen
from jinbao.keys.key_ring import KeyRing
from jinbao.keys.sealing import CannotOpen, open_sealed
from jinbao.language.words import Words
from jinbao.schemas.headers import DIGEST, bus_key, headers_for
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.schemas.personal_fields import InvalidPersonalFieldsError, check_personal_fields

Fault = tuple[Words, Words]
"""What was expected, and what was seen."""


class Surroundings(Protocol):
    """What checks need of the harness."""

    @property
    def observer(self) -> Observer:
        """What was seen."""

    @property
    def bus(self) -> Bus:
        """The bus."""

    def written_as_others(self) -> list[Words]:
        """What the candidate has written in another's name since the run began."""

    @property
    def ring(self) -> KeyRing:
        """The key ring of the run."""


def partition(seen: Seen, person: ToldPerson, around: Surroundings) -> Fault | None:
    """The record's key is the relationship, and it lies in that key's partition."""
    key = bus_key(seen.message.envelope.relationship_id)
    if seen.record.key != key:
        return ("记录的键为关系 id", "the record's key is the relationship id"), ("另一个键", "another key")
    place = partition_of(key, around.bus.partitions(SUBMISSIONS_TOPIC))
    if seen.record.partition != place and not seen.is_forwarded:
        shown = str(seen.record.partition)
        return (f"分区 {place}（murmur2）", f"partition {place} (murmur2)"), (f"分区 {shown}", f"partition {shown}")
    return None


def headers(seen: Seen, person: ToldPerson, around: Surroundings) -> Fault | None:
    """The headers are those of the CloudEvents binding; a digest that is there is the right one."""
    given = dict(seen.record.headers)
    for name, value in headers_for(seen.message, seen.record.value):
        if (name != DIGEST or name in given) and given.get(name) != value:
            shown = given.get(name, b"").decode("utf-8", "replace")
            expected = f"{name}: {value.decode()}"
            return (expected, expected), (shown or "没有", shown or "none")
    return None


def digest(seen: Seen, person: ToldPerson, around: Surroundings) -> Fault | None:
    """There is a digest of the bytes."""
    if DIGEST in dict(seen.record.headers):
        return None
    return (DIGEST, DIGEST), ("没有", "none")


def sealed(seen: Seen, person: ToldPerson, around: Surroundings) -> Fault | None:
    """The personal fields open under the relationship's key and are the person's, and nothing else names them."""
    if person.number.encode() in seen.record.value or person.name.encode() in seen.record.value:
        return ("个人信息全部密封", "personal data sealed"), ("报文中有明文", "clear text in the message")
    personal = getattr(seen.message, "personal", None)
    if personal is None:
        return None
    envelope = seen.message.envelope
    relationship = UUID(bytes=envelope.relationship_id)
    try:
        opened = open_sealed(around.ring, relationship, envelope.event_id, personal.key_id, personal.ciphertext)
        check_personal_fields(seen.kind, opened)
    except (CannotOpen, InvalidPersonalFieldsError) as error:
        return (
            "以该关系的密钥密封并绑定事件 id",
            "sealed under the relationship's key, bound to the event id",
        ), error.words
    return None


def person(seen: Seen, person: ToldPerson, around: Surroundings) -> Fault | None:
    """The personal fields are those that were registered, character by character."""
    fault = sealed(seen, person, around)
    personal = getattr(seen.message, "personal", None)
    if fault is not None or personal is None:
        return fault
    envelope = seen.message.envelope
    relationship = UUID(bytes=envelope.relationship_id)
    opened = open_sealed(around.ring, relationship, envelope.event_id, personal.key_id, personal.ciphertext)
    if (opened.get("name"), opened.get("number")) != (person.name, person.number):
        return ("姓名和号码与登记的逐字相同", "name and number as registered, character by character"), (
            "另一种写法",
            "written otherwise",
        )
    return None


def receipt(seen: Seen, person: ToldPerson, around: Surroundings) -> Fault | None:
    """A receipt names the very message that it is for."""
    answered = _RECEIPTED.get(seen.kind)
    if answered is None:
        return None
    given = around.observer.event_ids_delivered(seen.message.envelope.relationship_id, answered)
    if seen.message.envelope.causation_id in given:
        return None
    return (f"causation_id 为所收 {answered} 的事件 id", f"causation_id: the event id of the {answered}"), (
        "另一个",
        "another one",
    )


def own_name(seen: Seen, person: ToldPerson, around: Surroundings) -> Fault | None:
    """In the whole run it has sent to the platform only, under its own code: no other province's, no inbox."""
    found = around.written_as_others()
    if not found:
        return None
    return ("只以本省名义写入报送主题", "it writes as itself only, on the topic of submissions"), found[0]


_RECEIPTED = {"ContactLetterReceived": "ContactLetterIssued", "InformationSheetReceived": "InformationSheetSent"}
CHECKS: Mapping[str, Callable[[Seen, ToldPerson, Any], Fault | None]] = {
    "partition": partition,
    "headers": headers,
    "digest": digest,
    "sealed": sealed,
    "person": person,
    "receipt": receipt,
    "own-name": own_name,
}
