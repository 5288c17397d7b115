"""Payment references in banks' texts: found however they are typed, and never guessed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings, strategies as st

from jinbao.rules.payment_reference import is_payment_reference, make_payment_reference
from jinbao.rules.reference_finder import find_payment_references

ONE = make_payment_reference("539007547034")
OTHER = make_payment_reference("2025410001")
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}


def spaced(reference: str, width: int = 4, by: str = " ") -> str:
    return by.join(reference[i : i + width] for i in range(0, len(reference), width))


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        f"养老保险关系转移{ONE}基金划转",
        ONE.lower(),
        ONE.translate(FULL_WIDTH),
        ONE.lower().translate(FULL_WIDTH),
        spaced(ONE),
        spaced(ONE).translate(FULL_WIDTH),
        spaced(ONE, 1),
        spaced(ONE, by="-"),
        f"附言：{ONE[:11]}\n{ONE[11:]}，共 1 笔",
        f"附言：{ONE[:1]}\r\n{ONE[1:]}",
        f"\t{ONE}\t",
        f"{ONE} 20250131 8850.00",
        f"20250131 {spaced(ONE)} TRANSFER",
        f"“{ONE}”",
        f"{ONE[:6]}\u200b{ONE[6:]}",
    ],
)
def test_a_reference_is_found_however_it_is_typed(text: str) -> None:
    assert ONE in find_payment_references("", text)


def test_several_are_found_in_order_and_each_once() -> None:
    assert find_payment_references(f"{OTHER}、{ONE}；{OTHER}", ONE) == (OTHER, ONE)


def test_none_reaches_from_one_field_into_the_next() -> None:
    assert find_payment_references(ONE[:9], ONE[9:]) == ()


@pytest.mark.parametrize("text", [f"A{ONE}", f"{ONE}A", f"9{ONE}", ONE[2:], ONE.replace("RF", "RＦ9")])
def test_what_is_part_of_a_longer_word_or_not_whole_is_none(text: str) -> None:
    assert find_payment_references(text) == ()


def test_what_only_looks_like_letters_and_digits_is_not_read_as_them() -> None:
    assert find_payment_references(ONE.replace("0", "٠"), ONE.replace("RF", "ℛF"), ONE.replace("5", "⑤")) == ()


@given(st.from_regex(r"[0-9]{6,21}", fullmatch=True), st.data())
@settings(max_examples=60)
def test_wrong_digits_are_taken_for_nothing(body: str, data: st.DataObject) -> None:
    reference = make_payment_reference(body)
    place = data.draw(st.integers(2, len(reference) - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != reference[place]]))
    typed = reference[:place] + digit + reference[place + 1 :]
    found = find_payment_references(f"转移{typed}款")
    assert found == ()


@given(st.text(max_size=40), st.from_regex(r"[0-9A-Z]{1,21}", fullmatch=True), st.text(max_size=40))
@settings(max_examples=150)
def test_every_reference_that_is_found_is_one_and_the_one_that_is_there_is_found(
    before: str, body: str, after: str
) -> None:
    reference = make_payment_reference(body)
    found = find_payment_references(f"{before}。{reference}，{after}")
    assert reference in found
    assert all(map(is_payment_reference, found))


def test_a_long_remark_costs_what_it_is_long() -> None:
    """20,000 words that each could begin a reference: three seconds of a processor at most."""
    began = time.process_time()
    assert find_payment_references("RF11 " * 20_000) == ()
    assert time.process_time() - began < 3
