"""Identity numbers: check characters, forms, and what may be read from them."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from jinbao.rules.identity import birth_date, check_digit, check_identity, sex

BIRTHS = st.dates(date(1900, 1, 1), date(1999, 12, 31))


@st.composite
def first_seventeen(draw: st.DrawFn) -> str:
    area = draw(st.sampled_from(["110105", "440524", "410101", "650100"]))
    return area + draw(BIRTHS).strftime("%Y%m%d").zfill(8) + f"{draw(st.integers(0, 999)):03d}"


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_published_examples_are_valid(number: str) -> None:
    check = check_identity(number)
    assert (check.valid, check.normalized, check.reason) == (True, number, None)


def test_what_a_number_says_and_what_it_does_not() -> None:
    assert birth_date("11010519491231002X") == date(1949, 12, 31)
    assert sex("11010519491231002X") == "female"
    assert sex("440524188001010014") == "male"


def test_a_number_of_the_first_generation_becomes_eighteen_digits() -> None:
    check = check_identity("110105491231002")
    assert check.normalized == "11010519491231002X"


def test_lower_case_full_width_and_blanks_are_put_right() -> None:
    assert check_identity(" 11010519491231002x ").normalized == "11010519491231002X"
    assert check_identity("１１０１０５１９４９１２３１００２Ｘ").normalized == "11010519491231002X"


@given(first_seventeen())
def test_the_check_character_of_any_number_is_accepted_and_no_other_is(first17: str) -> None:
    right = check_digit(first17)
    assert check_identity(first17 + right).valid
    assert not any(check_identity(first17 + other).valid for other in "0123456789X" if other != right)


@given(first_seventeen(), st.integers(0, 16), st.integers(1, 9))
def test_no_single_wrong_digit_passes(first17: str, position: int, shift: int) -> None:
    wrong = str((int(first17[position]) + shift) % 10)
    damaged = first17[:position] + wrong + first17[position + 1 :] + check_digit(first17)
    check = check_identity(damaged)
    assert not check.valid
    assert check.reason is not None
    assert damaged not in check.reason


@given(first_seventeen(), st.integers(0, 15))
def test_no_two_neighbours_swapped_pass(first17: str, position: int) -> None:
    one, two = first17[position], first17[position + 1]
    swapped = first17[:position] + two + one + first17[position + 2 :] + check_digit(first17)
    assert check_identity(swapped).valid is (one == two)


@given(st.text(max_size=25), st.sampled_from(["resident_id", "residence_permit", "credit_code", "other"]))
def test_no_text_breaks_the_check_and_no_reason_repeats_it(text: str, type: str) -> None:
    check = check_identity(text, type)
    assert check.valid is (check.reason is None) is (check.normalized is not None)
    if check.reason is not None and len(text) > 4:
        assert text not in check.reason
        assert "/ " in check.reason


@pytest.mark.parametrize(
    "number",
    [
        "",
        "123",
        "11010519490230002X",
        "99010519491231002X",
        "1101051949123100２Ⅹ",
        "110105194912310021",
        "110105490230002",
    ],
)
def test_bad_resident_numbers_are_refused(number: str) -> None:
    assert not check_identity(number).valid


def test_a_birth_after_the_day_of_the_question_is_refused() -> None:
    first17 = "11010520301231002"
    number = first17 + check_digit(first17)
    assert check_identity(number).valid
    assert not check_identity(number, on=date(2026, 1, 1)).valid


@pytest.mark.parametrize("number", ["810000199408230021", "830000199201300022"])
def test_residence_permits_use_the_same_check_but_are_no_resident_ids(number: str) -> None:
    assert check_identity(number, "residence_permit").valid
    assert not check_identity(number, "resident_id").valid
    assert not check_identity("11010519491231002X", "residence_permit").valid
    assert not check_identity(number[:-1] + "9", "residence_permit").valid


def test_credit_codes() -> None:
    assert check_identity("91350100M000100Y43", "credit_code").valid
    assert check_identity("91350100m000100y43", "credit_code").normalized == "91350100M000100Y43"
    assert not check_identity("91350100M000100Y44", "credit_code").valid
    assert not check_identity("91350100I000100Y43", "credit_code").valid


def test_a_credit_code_whose_check_character_is_0() -> None:
    """The sum is a multiple of 31: 31 less nothing is no character, 0 is."""
    code = next(
        f"9135010{n:010d}0"
        for n in range(10**10)
        if sum(int(c) * pow(3, place, 31) for place, c in enumerate(f"9135010{n:010d}")) % 31 == 0
    )
    assert check_identity(code, "credit_code").valid
    assert not check_identity(code[:-1] + "1", "credit_code").valid
    assert not check_identity(code[:-1] + "Y", "credit_code").valid


def test_other_documents_are_taken_as_they_are() -> None:
    assert check_identity("e12345678", "other").normalized == "E12345678"
    assert not check_identity("  ", "other").valid
    assert not check_identity("A" * 41, "other").valid


def test_an_unknown_type_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown type"):
        check_identity("1", "library_card")


@pytest.mark.parametrize(
    ("number", "type", "fault"),
    [
        ("110105194912310021", "resident_id", "check_character"),
        ("91350100M000100Y44", "credit_code", "check_character"),
        ("1101051949123100", "resident_id", "form"),
        ("810000199001010013", "resident_id", "type"),
        ("990105194912310021", "resident_id", "area"),
        ("110105194913310021", "resident_id", "birth"),
        ("11010519491231002X", "resident_id", None),
    ],
)
def test_what_is_wrong_is_a_code_beside_the_words(number: str, type: str, fault: str | None) -> None:
    assert check_identity(number, type).fault == fault
