"""A message of the bus as it may be shown to anybody: decoded, its sealed fields left sealed."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from jinbao.bus.interface import BusRecord
from jinbao.language.words import Translator
from jinbao.presentation import case_labels, formatting, labels
from jinbao.schemas.codec import Undecodable, decode, digest_matches
from jinbao.schemas.headers import NOT_THEIR_DIGEST
from jinbao.schemas.messages import Record, Sealed

_ID_BYTES = 16


def view(record: BusRecord) -> dict[str, Any]:
    """Place, times, type and content; of what cannot be read only why, its length and how it was sent on."""
    shown: dict[str, Any] = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "appended_at": formatting.in_shanghai(record.appended_at),
        "key": record.key.decode("utf-8", "backslashreplace"),
    }
    why = _reasons(record)
    try:
        if not digest_matches(record.headers, record.value):
            raise Undecodable("DIGEST_MISMATCH", *NOT_THEIR_DIGEST)
        message = decode(record.value)
    except Undecodable as error:
        trouble = {"code": error.code, "text": error.fault[1], "text_zh": error.fault[0], "field": error.field}
        return {**shown, "type": None, "error": trouble, "dead_letter": why or None, "bytes": len(record.value)}
    return {**shown, "type": message.NAME, "message": _plain(message)}  # type: ignore[attr-defined]


def line(tr: Translator, record: BusRecord) -> str:
    """The same in one line for people."""
    shown = view(record)
    place = f"{formatting.instant(record.appended_at)}  {record.partition}/{record.offset}"
    if shown["type"] is None:
        why = shown["dead_letter"] or {}
        code = why.get("jinbao-dead-letter-code", shown["error"]["code"])
        return f"{place}  {code}  {shown['bytes']} B  {why.get('jinbao-dead-letter-from', '')}".rstrip()
    envelope = shown["message"]["envelope"]
    answer = shown["message"].get("code", "")
    if told := shown["message"].get("outcomes"):
        counts = Counter(one["outcome"] for one in told)
        answer = ", ".join(f"{tr.of(case_labels.RESULTS[outcome])} {count}" for outcome, count in counts.items())
    kind = tr.of(labels.message(shown["type"]))
    return f"{place}  {envelope['sender']}  {envelope['transfer_id']}  {kind}  {answer}".rstrip()


def _reasons(record: BusRecord) -> dict[str, str]:
    """What the platform noted on a dead letter; its headers come before the sender's own, who may imitate them."""
    reasons: dict[str, str] = {}
    for name, value in record.headers:
        if name.startswith("jinbao-dead-letter-"):
            reasons.setdefault(name, value.decode("ascii", "backslashreplace"))
    return reasons


def _plain(value: Any) -> Any:
    if isinstance(value, Sealed):
        return {"sealed_bytes": len(value.ciphertext), "key_id": str(UUID(bytes=value.key_id))}
    if isinstance(value, Record):
        fields = msgspec.structs.asdict(value)
        return {name: _plain(inner) for name, inner in fields.items() if inner is not None}
    if isinstance(value, bytes):
        return str(UUID(bytes=value)) if len(value) == _ID_BYTES else value.hex()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
