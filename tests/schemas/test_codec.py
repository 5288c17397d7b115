"""The codec: what is encoded decodes to the same, and nothing that breaks a message's rules passes either way."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

import msgspec
import pytest
from fastavro import parse_schema, schemaless_writer
from hypothesis import HealthCheck, given, settings, strategies as st
from support.drawn_messages import records

from jinbao.schemas.codec import MAX_BYTES, InvalidMessage, Undecodable, content_hash, decode, encode
from jinbao.schemas.messages import (
    MESSAGES,
    ApplicationAccepted,
    ContactLetterDeemedReceived,
    ContactLetterReceived,
    Envelope,
    FundsReceived,
    FundsRemitted,
    InformationSheetSent,
    Record,
)
from jinbao.schemas.registry import shipped_registry, without_logical_types

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


any_message = st.sampled_from(MESSAGES).flatmap(records)


@pytest.mark.parametrize("kind", MESSAGES)
def test_every_message_decodes_to_what_was_encoded(kind: type[Record]) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(message=records(kind))
    def round_trip(message: Record) -> None:
        data = encode(message)
        back = decode(data)
        assert back == message
        assert type(back) is kind
        assert encode(back) == data
        assert content_hash(back) == content_hash(message)

    round_trip()


@quick
@given(message=any_message, flip=st.integers(min_value=0))
def test_a_flipped_bit_is_refused_or_gives_another_sound_message(message: Record, flip: int) -> None:
    data = bytearray(encode(message))
    bit = flip % (len(data) * 8)
    data[bit // 8] ^= 1 << bit % 8
    try:
        other = decode(bytes(data))
    except Undecodable:
        return
    assert decode(encode(other)) == other


@settings(max_examples=400, deadline=None)
@given(name=st.sampled_from(sorted(shipped_registry().newest)), body=st.binary(max_size=400))
def test_garbage_behind_a_known_fingerprint_is_refused(name: str, body: bytes) -> None:
    prefix = b"\xc3\x01" + shipped_registry().newest[name].fingerprint
    try:
        message = decode(prefix + body)
    except Undecodable:
        return
    assert decode(encode(message)) == message


@quick
@given(data=st.binary(max_size=200))
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(data)


def test_every_truncation_and_every_trailing_byte_is_refused(sheet: InformationSheetSent) -> None:
    data = encode(sheet)
    for length in range(len(data)):
        with pytest.raises(Undecodable):
            decode(data[:length])
    with pytest.raises(Undecodable) as refused:
        decode(data + b"\0")
    assert refused.value.code == "UNDECODABLE"


def test_an_unknown_fingerprint_is_named(received: ContactLetterReceived) -> None:
    data = encode(received)
    with pytest.raises(Undecodable, match="0102030405060708") as refused:
        decode(data[:2] + bytes(range(1, 9)) + data[10:])
    assert refused.value.code == "UNKNOWN_SCHEMA"


def test_a_shared_type_alone_is_no_message() -> None:
    (sealed,) = shipped_registry().versions("Sealed")
    with pytest.raises(Undecodable) as refused:
        decode(b"\xc3\x01" + sealed.fingerprint + bytes(100))
    assert refused.value.code == "UNKNOWN_SCHEMA"


REPLACEMENTS: list[tuple[str, Any, str | None]] = [
    ("payment_line", True, "payment_line"),
    ("payment_line", 1.0, "payment_line"),
    ("payment_line", 2**40, "payment_line"),
    ("payment_line", 0, "payment_line"),
    ("amount", -1, "amount"),
    ("amount", 2**63, "amount"),
    ("amount", Decimal(1), "amount"),
    ("amount", float("nan"), "amount"),
    ("amount", "1", "amount"),
    ("amount", None, "amount"),
    ("purpose", "gift", "purpose"),
    ("payment_reference", "RF1", "payment_reference"),
    ("payment_reference", "RF18539007547034\n", "payment_reference"),
    ("payment_reference", UUID(int=1), "payment_reference"),
    ("remitted_on", "2025-01-02", "remitted_on"),
    ("remitted_on", datetime(2025, 1, 2), "remitted_on"),
    ("remitted_on", 20_000, "remitted_on"),
    ("remitted_on", date(1899, 12, 31), "remitted_on"),
    ("remitted_on", date(3000, 1, 1), "remitted_on"),
    ("envelope", None, "envelope"),
    ("envelope", {"event_id": bytes(16)}, "envelope.relationship_id"),
    ("envelope", object(), None),
]


@pytest.mark.parametrize(("field", "value", "named"), REPLACEMENTS)
def test_a_wrong_value_is_not_encoded(remitted: FundsRemitted, field: str, value: Any, named: str | None) -> None:
    with pytest.raises(InvalidMessage) as refused:
        encode(msgspec.structs.replace(remitted, **{field: value}))
    assert refused.value.field == named


ENVELOPE_REPLACEMENTS: list[tuple[str, Any]] = [
    ("event_id", bytes(15)),
    ("event_id", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ("event_id", UUID(int=1)),
    ("event_id", None),
    ("sender", "4"),
    ("sender", "44\n"),
    ("sender", "４４"),
    ("operator", ""),
    ("operator", "x" * 2001),
    ("operator", "clerk\0"),
    ("operator", "\x1b[31mclerk"),
    ("occurred_at", 2**62),
    ("occurred_at", datetime(2025, 1, 2)),
    ("occurred_at", True),
]


@pytest.mark.parametrize(("field", "value"), ENVELOPE_REPLACEMENTS)
def test_a_wrong_value_in_the_envelope_is_named_by_its_path(
    received: ContactLetterReceived, field: str, value: Any
) -> None:
    envelope = msgspec.structs.replace(received.envelope, **{field: value})
    with pytest.raises(InvalidMessage) as refused:
        encode(msgspec.structs.replace(received, envelope=envelope))
    assert refused.value.field == f"envelope.{field}"


def test_a_plain_mapping_or_a_tuple_does_not_pass_for_what_the_message_declares(sheet: InformationSheetSent) -> None:
    as_mapping = msgspec.structs.replace(sheet, agency=msgspec.structs.asdict(sheet.agency))
    as_tuple = msgspec.structs.replace(sheet, rows=tuple(sheet.rows))
    for wrong in (as_mapping, as_tuple):
        with pytest.raises(InvalidMessage, match="another type"):
            encode(wrong)


def test_text_that_is_no_unicode_is_not_encoded(received: ContactLetterReceived) -> None:
    envelope = msgspec.structs.replace(received.envelope, operator="\ud800")
    with pytest.raises(InvalidMessage, match="Unicode"):
        encode(msgspec.structs.replace(received, envelope=envelope))


def test_what_is_no_message_is_not_encoded(envelope: Envelope) -> None:
    with pytest.raises(InvalidMessage, match="Envelope is no message"):
        encode(envelope)


def test_a_message_has_a_longest_size_both_ways(sheet: InformationSheetSent) -> None:
    endless = msgspec.structs.replace(sheet, rows=sheet.rows * 10_000)
    with pytest.raises(InvalidMessage, match="longer than"):
        encode(endless)
    with pytest.raises(Undecodable, match="longer than"):
        decode(encode(sheet) + bytes(MAX_BYTES))


def foreign_bytes(message: Record, **changes: Any) -> bytes:
    """What another program could send: the message's fields, some changed, by the schema but not by the rules."""
    release = shipped_registry().newest[type(message).NAME]  # type: ignore[attr-defined]
    datum = msgspec.to_builtins(message, builtin_types=(bytes, date))
    for path, value in changes.items():
        *above, last = path.split("__")
        part = datum
        for step in above:
            part = part[int(step) if step.isdigit() else step]
        part[last] = value
    for name, value in datum.items():
        if isinstance(value, date):
            datum[name] = value.toordinal() - date(1970, 1, 1).toordinal()
    stream = BytesIO()
    schemaless_writer(stream, parse_schema(without_logical_types(release.schema)), datum)
    return b"\xc3\x01" + release.fingerprint + stream.getvalue()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"envelope__sender": "广东"}, "envelope.sender"),
        ({"envelope__operator": "a\0b"}, "envelope.operator"),
        ({"envelope__occurred_at": 2**62}, "envelope.occurred_at"),
        ({"rows__1__months": 13}, "rows[1].months"),
        ({"rows__2__account_credit": -1}, "rows[2].account_credit"),
        ({"total": -5}, "total"),
        ({"agency__postcode": "51000"}, "agency.postcode"),
        ({"personal__ciphertext": b"short"}, "personal.ciphertext"),
    ],
)
def test_foreign_bytes_that_break_a_rule_are_refused_by_field(
    sheet: InformationSheetSent, changes: dict[str, Any], field: str
) -> None:
    assert decode(foreign_bytes(sheet)) == sheet
    with pytest.raises(Undecodable) as refused:
        decode(foreign_bytes(sheet, **changes))
    assert (refused.value.code, refused.value.field) == ("INVALID_FIELD", field)


@pytest.mark.parametrize("day", [-(2**31), -25568, 376200, 2**31 - 1])
def test_a_day_out_of_range_is_refused_by_field(remitted: FundsRemitted, day: int) -> None:
    with pytest.raises(Undecodable) as refused:
        decode(foreign_bytes(remitted, remitted_on=day))
    assert (refused.value.code, refused.value.field) == ("INVALID_FIELD", "remitted_on")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("envelope__sender", "4", "expected two digits"),
        ("envelope__operator", "\t\0", "expected text of 1 to 2000 characters without control characters"),
        ("agency__postcode", "1", "expected six digits"),
        ("months", 1201, "expected a whole number from 0 to 1200"),
        ("total", 10**13 + 1, "expected an amount of 0 to 10000000000000 fen"),
    ],
)
def test_an_error_says_in_words_what_was_expected(
    sheet: InformationSheetSent, field: str, value: Any, words: str
) -> None:
    with pytest.raises(Undecodable) as refused:
        decode(foreign_bytes(sheet, **{field: value}))
    assert refused.value.fault[1] == words


def test_the_sum_of_many_largest_amounts_fits_the_books(remitted: FundsRemitted) -> None:
    most = msgspec.structs.replace(remitted, amount=10**13)
    assert decode(encode(most)) == most
    assert 900_000 * most.amount < 2**63, "what a database's integer holds"


def test_a_payment_reference_is_described(remitted: FundsRemitted) -> None:
    with pytest.raises(InvalidMessage, match="RF, two check digits"):
        encode(msgspec.structs.replace(remitted, payment_reference="1"))


def test_no_error_quotes_a_value(accepted: ApplicationAccepted) -> None:
    number = "11010519491231002X"
    for field in ("scheme", "origin", "hukou_province"):
        with pytest.raises(Undecodable) as undecodable:
            decode(foreign_bytes(accepted, **{field: number}))
        with pytest.raises(InvalidMessage) as invalid:
            encode(msgspec.structs.replace(accepted, **{field: number}))
        for error in (undecodable.value, invalid.value):
            assert error.field == field
            assert number not in str(error)
            assert number not in repr(error)
            assert error.__suppress_context__


def test_equal_fields_under_another_type_are_other_content(envelope: Envelope) -> None:
    letter = ContactLetterReceived(envelope=envelope, letter_version=1)
    deemed = ContactLetterDeemedReceived(envelope=envelope, letter_version=1)
    assert content_hash(letter) != content_hash(deemed)
    assert len(content_hash(letter)) == 16


def test_the_content_hash_sees_every_field(remitted: FundsRemitted) -> None:
    seen = {content_hash(remitted)}
    for field, value in (("amount", 1), ("purpose", "top_up"), ("remitted_on", date(2025, 1, 3))):
        seen.add(content_hash(msgspec.structs.replace(remitted, **{field: value})))
    answering = msgspec.structs.replace(remitted.envelope, causation_id=bytes(16))
    seen.add(content_hash(msgspec.structs.replace(remitted, envelope=answering)))
    assert len(seen) == 5


def test_the_content_hash_of_a_message_never_changes(remitted: FundsRemitted) -> None:
    assert content_hash(remitted).hex() == "e36351a94dfb7ce9c91f0643914ca2de"


def test_absent_and_none_are_the_same_content(received: ContactLetterReceived) -> None:
    envelope = msgspec.structs.replace(received.envelope, causation_id=None)
    assert content_hash(msgspec.structs.replace(received, envelope=envelope)) == content_hash(received)


def test_types_with_equal_fields_do_not_decode_as_each_other(envelope: Envelope, remitted: FundsRemitted) -> None:
    credited = FundsReceived(
        envelope=envelope, payment_reference="RF18539007547034", payment_line=1, amount=1, received_on=date(2025, 1, 6)
    )
    assert encode(credited)[:10] != encode(remitted)[:10]
