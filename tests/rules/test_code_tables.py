"""Tables of codes: provinces, reasons, field codes, payment references."""

from datetime import date

import msgspec
import pytest
from hypothesis import given, strategies as st

from jinbao.rules.field_codes import FIELD_CODES, codes_for, field_code
from jinbao.rules.payment_reference import is_payment_reference, make_payment_reference
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.reason_codes import EDITIONS, REASON_CODES, edition_in_force, reasons
from jinbao.schemas import messages

SECOND_EDITION = (
    "RELATIONSHIP_MOVED LUMP_SUM_DOCUMENT_INVALID LUMP_SUM_NOT_WITHHELD TEMPORARY_ACCOUNT_SEALED NOTHING_WITHHELD "
    "TEMPORARY_ACCOUNT_MOVED "
    "CERTIFICATE_OF_OTHER_ORIGIN REVERSAL_OF_ANOTHER MONEY_STILL_HELD CANNOT_ANNUL INFORMATION_ONLY INVALID_REQUEST"
)
THIRD_EDITION = (
    "WITHHELD_DIFFERS LUMP_SUM_NOT_NAMED TRANSFER_ID_DIFFERS SHEET_MONTHS_WRONG MONEY_OF_ANOTHER_CASE MONEY_MOVED_ON "
    "REVERSAL_DIFFERS CONTRIBUTIONS_DIFFER SETTLED_BY_PERIOD LIMIT_REACHED INTERNAL_ERROR CASE_DAMAGED WRONG_READER "
    "SETTLEMENT_NOT_OWED"
)
BODIES = st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=21)


def test_there_are_thirty_one_provinces_and_the_corps() -> None:
    assert len(PROVINCES) == 32
    assert PROVINCES["41"].name_en == "Henan"
    assert PROVINCES["66"].short == "兵团"
    assert PROVINCES["44"].area_code == "440000"
    assert "11" in PROVINCES
    assert "00" not in PROVINCES
    assert "71" not in PROVINCES


def test_names_are_unique_and_complete() -> None:
    for attribute in ("name_zh", "name_en", "short"):
        names = [getattr(province, attribute) for province in PROVINCES.values()]
        assert all(names)
        assert len(set(names)) == 32


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (
            "refusal",
            "PENSION_ALREADY_DRAWN NOT_INSURED_HERE AGE_LIMIT_TEMPORARY_ACCOUNT CERTIFICATE_INVALID IDENTITY_MISMATCH "
            "DUPLICATE_LIVE_CASE",
        ),
        (
            "return",
            "PERSON_NOT_FOUND IDENTITY_MISMATCH_AT_ORIGIN CONTRIBUTIONS_NOT_STOPPED BANK_DATA_INVALID "
            "ALREADY_TRANSFERRED TEMPORARY_ACCOUNT_NOT_ELIGIBLE WITHDRAWAL_AGREED",
        ),
        ("dead_letter", "UNDECODABLE DIGEST_MISMATCH UNKNOWN_SCHEMA INVALID_FIELD INTERNAL_ERROR CASE_DAMAGED"),
    ],
)
def test_each_kind_has_its_reasons(kind: str, codes: str) -> None:
    assert {reason.code for reason in reasons(kind)} == set(codes.split())  # type: ignore[arg-type]


def test_every_reason_says_in_both_languages_what_happened_and_what_to_do() -> None:
    for reason in REASON_CODES.values():
        assert msgspec.convert(reason.code, messages.Code)
        assert all([reason.text_zh, reason.text_en, reason.next_step_zh, reason.next_step_en])


def test_a_code_is_never_taken_back_and_a_new_one_makes_a_new_edition() -> None:
    counts = {kind: len(reasons(kind, 1)) for kind in ("refusal", "return", "rejection", "dead_letter")}
    assert counts == {"refusal": 6, "return": 7, "rejection": 23, "dead_letter": 4}
    added = {code for code, reason in REASON_CODES.items() if reason.since == 2}
    assert added == set(SECOND_EDITION.split())
    added = {code for code, reason in REASON_CODES.items() if reason.since == 3}
    assert added == set(THIRD_EDITION.split())


def test_the_edition_in_force_is_that_of_the_day() -> None:
    assert [edition.version for edition in EDITIONS] == [1, 2, 3, 4, 5]
    assert edition_in_force(date(2009, 1, 1)).version == 1
    assert edition_in_force(date(2016, 11, 27)).version == 1
    assert edition_in_force(date(2016, 11, 28)).version == 2
    assert edition_in_force(date(2026, 11, 27)).version == 3
    assert edition_in_force(date(2026, 11, 28)).version == 4
    assert edition_in_force(date(2026, 11, 29)).version == 5


def test_every_code_says_how_grave_it_is() -> None:
    assert {reason.severity for reason in REASON_CODES.values()} == {"notice", "correctable", "blocking", "fault"}
    assert {reason.severity for reason in reasons("dead_letter")} == {"fault", "correctable"}


def test_field_codes_point_to_fields_that_our_messages_have() -> None:
    known = {"personal", "envelope", "rows", "agency"}
    fields = {field for message in messages.MESSAGES for field in message.__struct_fields__}
    nested = {
        "envelope": messages.Envelope.__struct_fields__,
        "rows": messages.YearRow.__struct_fields__,
        "agency": messages.Agency.__struct_fields__,
    }
    for entry in FIELD_CODES:
        if entry.our_field is None:
            continue
        head, _, tail = entry.our_field.partition(".")
        assert head in fields, entry
        if tail and head in nested:
            assert tail in nested[head], entry
        assert bool(tail) is (head in known), entry


def test_field_codes_can_be_found_both_ways() -> None:
    assert field_code("AIC102").meaning_en == "total"
    assert field_code("AAE180", "sheet_2").label == "likely"
    assert [entry.code for entry in codes_for("pooling_total")] == ["AIC084"]
    spelled = [(entry.code, entry.table) for entry in FIELD_CODES]
    assert len(set(spelled)) == len(spelled)
    with pytest.raises(KeyError):
        field_code("AAA999")


def test_the_reference_of_the_standard() -> None:
    assert make_payment_reference("539007547034") == "RF18539007547034"


@given(BODIES)
def test_every_made_reference_is_valid_and_fits_the_messages(body: str) -> None:
    reference = make_payment_reference(body)
    assert is_payment_reference(reference)
    assert msgspec.convert(reference, messages.PaymentReference) == reference


def test_each_body_has_one_pair_of_check_digits() -> None:
    for number in range(400):
        body = f"{number:03d}"
        valid = [check for check in range(100) if is_payment_reference(f"RF{check:02d}{body}")]
        assert [f"RF{check:02d}{body}" for check in valid] == [make_payment_reference(body)]


@given(BODIES, st.data())
def test_no_digit_or_letter_mistaken_for_another_survives(body: str, data: st.DataObject) -> None:
    reference = make_payment_reference(body)
    position = data.draw(st.integers(2, len(reference) - 1))
    alike = "0123456789" if reference[position].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    wrong = data.draw(st.sampled_from(alike).filter(lambda c: c != reference[position]))
    assert not is_payment_reference(reference[:position] + wrong + reference[position + 1 :])


@given(st.text(alphabet="0123456789", min_size=1, max_size=21), st.data())
def test_no_two_neighbouring_digits_swapped_survive(body: str, data: st.DataObject) -> None:
    reference = make_payment_reference(body)
    at = data.draw(st.integers(4, max(4, len(reference) - 2)))
    swapped = reference[:at] + reference[at : at + 2][::-1] + reference[at + 2 :]
    assert is_payment_reference(swapped) is (swapped == reference)


@pytest.mark.parametrize(
    "text", ["", "RF", "RF18", "rf18539007547034", "RF18 5390 0754 7034", "RF18" + "1" * 22, "RF００1"]
)
def test_other_texts_are_no_references(text: str) -> None:
    assert not is_payment_reference(text)


@pytest.mark.parametrize("body", ["", "1" * 22, "A-1", "甲"])
def test_no_reference_is_made_of_other_bodies(body: str) -> None:
    with pytest.raises(ValueError, match="1 to 21 characters"):
        make_payment_reference(body)
