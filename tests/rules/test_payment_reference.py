"""Payment references (ISO 11649): what a typing error makes of one is none."""

from __future__ import annotations

import pytest

from jinbao.rules.payment_reference import is_payment_reference, make_payment_reference


@pytest.mark.parametrize("body", ["539007547034", "2025410001", "A1B2C3", "281E71F89A3A725360920"])
def test_no_digit_taken_for_another_and_no_two_swapped_pass(body: str) -> None:
    reference = make_payment_reference(body)
    assert is_payment_reference(reference)
    for place, was in enumerate(reference[2:], 2):
        for typed in "0123456789" if was.isdigit() else "":
            wrong = reference[:place] + typed + reference[place + 1 :]
            assert is_payment_reference(wrong) is (typed == was)
    for place in range(4, len(reference) - 1):
        wrong = reference[:place] + reference[place + 1] + reference[place] + reference[place + 2 :]
        if reference[place : place + 2].isdigit():
            assert is_payment_reference(wrong) is (wrong == reference)


def test_check_digits_that_nobody_makes_are_wrong_though_they_leave_the_same_remainder() -> None:
    bodies = (f"{number:06d}" for number in range(2_000))
    references = [make_payment_reference(body) for body in bodies]
    seen = {reference[2:4] for reference in references}
    assert {"02", "98"} <= seen
    for check, alike in (("02", "99"), ("97", "00"), ("98", "01")):
        reference = next(r for r in references if r[2:4] == check)
        assert not is_payment_reference(f"RF{alike}{reference[4:]}")


def test_it_is_written_in_capitals_without_spaces() -> None:
    reference = make_payment_reference("a1b2")
    assert is_payment_reference(reference)
    assert not any(map(is_payment_reference, (reference.lower(), f" {reference}", reference[:6] + " " + reference[6:])))
    assert not is_payment_reference("RF" + "9" * 24)
