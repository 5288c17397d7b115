"""The AsyncAPI 3 document of the national bus, made from the released schemas: for other people's tools.

Written from the view of a province's adapter, which sends submissions and receives from its own inbox.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jinbao.schemas.export import EVERY_INBOX, topic_of
from jinbao.schemas.messages import DEAD_LETTERS_TOPIC, IDENTITY_TOPIC, SUBMISSIONS_TOPIC, inbox_topic
from jinbao.schemas.registry import NAMESPACE, Registry, Release
from jinbao.transparency.key_notice import KEYS_TOPIC
from jinbao.transparency.witnessing import CHECKPOINTS_TOPIC, COSIGNATURES_TOPIC

AVRO_FORMAT = "application/vnd.apache.avro;version=1.9.0"
_KAFKA = "0.5.0"
_UUID = {"type": "string", "format": "uuid"}


def document(
    registry: Registry, topics: Mapping[str, int], provinces: Iterable[str], program_version: str
) -> dict[str, Any]:
    """The whole document.

    Args:
        registry: the released schemas; every version of every message appears.
        topics: name of each topic of the bus with its number of partitions.
        provinces: codes of the provinces that have an inbox.
        program_version: the document's version is the program's.

    """
    releases = [release for release in registry.releases if release.is_message]
    return {
        "asyncapi": "3.0.0",
        "info": _info(program_version),
        "defaultContentType": "application/avro",
        "servers": {
            "national": {
                "host": "{brokers}",
                "protocol": "kafka",
                "description": "全国总线 / The national bus: Apache Kafka.",
                "variables": {"brokers": {"default": "localhost:9092", "description": "host:port of a broker."}},
            }
        },
        "channels": _channels(releases, topics, list(provinces)),
        "operations": _operations(releases),
        "components": {"messages": {_key(r): _message(r) for r in releases}, "messageTraits": {"cloudEvent": _trait()}},
    }


def _info(program_version: str) -> dict[str, Any]:
    return {
        "title": "金保 Jinbao: inter-regional pension transfers",
        "version": program_version,
        "description": (
            "Signed facts about pension transfers between provinces. Every value is in Avro's single-object encoding: "
            "C3 01, eight bytes of fingerprint, the record. `jinbao schemas export` writes each schema under its "
            "fingerprint. Every record's key is the relationship id as UUID text, of messages about a bank account "
            "`bank_account/` and the account's id; it is also the CloudEvents attribute `partitionkey`, and its "
            "partition is that of Kafka's Java client, murmur2(key) mod partitions; "
            "whatever lies elsewhere is forwarded there by the platform. Personal fields are sealed."
        ),
        "license": {"name": "Apache-2.0"},
        "contact": {"name": "The operators of the national platform"},
        "tags": [{"name": "pension"}, {"name": "avro"}],
    }


def _channels(releases: list[Release], topics: Mapping[str, int], provinces: list[str]) -> dict[str, Any]:
    own = [r for r in releases if topic_of(r) == SUBMISSIONS_TOPIC]
    return {
        "submissions": {
            "address": SUBMISSIONS_TOPIC,
            "title": "Submissions",
            "description": "What provinces, and the platform itself, say about transfers.",
            "messages": _references(own),
            "bindings": _channel_binding(SUBMISSIONS_TOPIC, topics),
        },
        "inbox": {
            "address": inbox_topic("{province}"),
            "title": "A province's inbox",
            "description": "Accepted submissions that concern the province, and the platform's answers to its own.",
            "parameters": {
                "province": {"enum": provinces, "description": "省级代码 / Code of the province (GB/T 2260)."}
            },
            "messages": _references(releases),
            "bindings": _channel_binding(inbox_topic(provinces[0]), topics, name=EVERY_INBOX),
        },
        "deadLetters": {
            "address": DEAD_LETTERS_TOPIC,
            "title": "Dead letters",
            "description": "What the platform could not read, with its own bytes and headers, and the reason in front.",
            "messages": {"deadLetter": _dead_letter()},
            "bindings": _channel_binding(DEAD_LETTERS_TOPIC, topics),
        },
        "checkpoints": {
            "address": CHECKPOINTS_TOPIC,
            "title": "Checkpoints of the transparency log",
            "description": "Signed checkpoints with proofs of consistency, for the adapters, its witnesses.",
            "messages": {"checkpoint": _of_log("checkpoint", ("note", "proofs"))},
            "bindings": _channel_binding(CHECKPOINTS_TOPIC, topics),
        },
        "cosignatures": {
            "address": COSIGNATURES_TOPIC,
            "title": "Cosignatures",
            "description": "What witnesses answer: a cosignature, or two checkpoints that are not of one history.",
            "messages": {"cosignature": _of_log("cosignature", ("witness", "size", "note"))},
            "bindings": _channel_binding(COSIGNATURES_TOPIC, topics),
        },
        "keys": {
            "address": KEYS_TOPIC,
            "title": "The register of keys",
            "description": "A note signed by the log whenever the register has changed: each agency's keys.",
            "messages": {"keys": {"name": "keys", "title": "keys", "contentType": "text/plain"}},
            "bindings": _channel_binding(KEYS_TOPIC, topics),
        },
        "identity": {
            "address": IDENTITY_TOPIC,
            "title": "Identity of the bus",
            "description": "Which bus this is, and which key ring its provinces work with: the first record of a key.",
            "messages": {"identity": _identity()},
            "bindings": _channel_binding(IDENTITY_TOPIC, topics),
        },
    }


def _channel_binding(topic: str, topics: Mapping[str, int], name: str | None = None) -> dict[str, Any]:
    return {"kafka": {"topic": name or topic, "partitions": topics[topic], "bindingVersion": _KAFKA}}


def _operations(releases: list[Release]) -> dict[str, Any]:
    own = [r for r in releases if topic_of(r) == SUBMISSIONS_TOPIC]
    return {
        "submit": {
            "action": "send",
            "title": "Say what happened",
            "channel": {"$ref": "#/channels/submissions"},
            "messages": [{"$ref": f"#/channels/submissions/messages/{_key(r)}"} for r in own],
        },
        "receive": {
            "action": "receive",
            "title": "Hear what concerns the province",
            "channel": {"$ref": "#/channels/inbox"},
            "messages": [{"$ref": f"#/channels/inbox/messages/{_key(r)}"} for r in releases],
        },
        "watchDeadLetters": {
            "action": "receive",
            "title": "Watch what could not be read",
            "channel": {"$ref": "#/channels/deadLetters"},
            "messages": [{"$ref": "#/channels/deadLetters/messages/deadLetter"}],
        },
        "readIdentity": {
            "action": "receive",
            "title": "See that it is the bus that one belongs to",
            "channel": {"$ref": "#/channels/identity"},
            "messages": [{"$ref": "#/channels/identity/messages/identity"}],
        },
    }


def _key(release: Release) -> str:
    return f"{release.name}.v{release.version}"


def _references(releases: list[Release]) -> dict[str, Any]:
    return {_key(r): {"$ref": f"#/components/messages/{_key(r)}"} for r in releases}


def _message(release: Release) -> dict[str, Any]:
    return {
        "name": f"{NAMESPACE}.{_key(release)}",
        "title": " ".join(re.findall(r"[A-Z][a-z]*", release.name)).capitalize(),
        "summary": release.schema["doc"],
        "description": f"Fingerprint on the wire: {release.fingerprint.hex()}.",
        "contentType": "application/avro",
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"schemaFormat": AVRO_FORMAT, "schema": release.schema},
    }


def _trait() -> dict[str, Any]:
    """The headers of every message: CloudEvents 1.0, Kafka binding, binary mode."""
    headers = {
        "content-type": {"const": "application/avro"},
        "ce_specversion": {"const": "1.0"},
        "ce_id": {**_UUID, "description": "Event id, derived by the sender from its own record."},
        "ce_source": {"type": "string", "description": "/jinbao/province/44, or /jinbao/platform."},
        "ce_type": {"type": "string", "description": "Name and version, jinbao.FundsRemitted.v1."},
        "ce_time": {"type": "string", "format": "date-time", "description": "When it happened, by the sender."},
        "ce_subject": {**_UUID, "description": "Transfer id."},
        "ce_partitionkey": {**_UUID, "description": "Relationship id; the same text is the record's key."},
        "ce_sha256": {"type": "string", "description": "SHA-256 of the value's bytes, hexadecimal."},
    }
    signatures = {
        "ce_signature": {"type": "string", "description": "The sender's signature, bytes as docs/audit.md has them."},
        "ce_platformsignature": {"type": "string", "description": "In an inbox: the platform's, in the same form."},
    }
    return {
        "headers": {"type": "object", "required": sorted(headers), "properties": headers | signatures},
        "bindings": {"kafka": {"key": _UUID, "bindingVersion": _KAFKA}},
    }


def _dead_letter() -> dict[str, Any]:
    prefix = "jinbao-dead-letter-"
    headers = {
        f"{prefix}code": {"type": "string", "description": "Why it could not be read."},
        f"{prefix}field": {"type": "string", "description": "Path of the field at fault, or empty."},
        f"{prefix}from": {"type": "string", "description": "topic/partition/offset where it lay."},
        f"{prefix}received-at": {"type": "string", "description": "Microseconds since 1970 UTC."},
        f"{prefix}omitted-bytes": {"type": "string", "description": "Length of a value too long to be sent on."},
    }
    required = sorted(name for name in headers if not name.endswith("omitted-bytes"))
    return {
        "name": "deadLetter",
        "title": "Dead letter",
        "summary": "Bytes as they came; the sender's own headers follow these.",
        "contentType": "application/octet-stream",
        "headers": {"type": "object", "required": required, "properties": headers},
    }


def _of_log(name: str, needed: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": name,
        "title": name.capitalize(),
        "summary": "JSON; signed notes of c2sp.org/signed-note as text (`transparency/witnessing.py`).",
        "contentType": "application/json",
        "payload": {"type": "object", "required": list(needed)},
    }


def _identity() -> dict[str, Any]:
    return {
        "name": "identity",
        "title": "Identity",
        "summary": "Key `bus` or `key ring`, value the identity; adapters of one bus share one key ring.",
        "contentType": "text/plain",
        "payload": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    }
