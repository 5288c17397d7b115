"""The banks' books follow from payment orders alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st

from jinbao.rules.payment_reference import make_payment_reference
from jinbao.schemas.messages import Fen
from jinbao.simulator.banks import BankRefusal, Banks, OrderLine

DAY = date(2025, 3, 3)
REFERENCE = make_payment_reference("444120250303A")


@pytest.fixture
def banks(tmp_path: Path) -> Iterator[Banks]:
    banks = Banks(tmp_path / "banks.sqlite", durable=False)
    yield banks
    banks.close()


def line(number: int, amount: int = 100) -> OrderLine:
    return OrderLine(number, UUID(int=number), Fen(amount))


def later(days: int) -> date:
    return DAY + timedelta(days=days)


def test_one_order_pays_several_persons_line_by_line(banks: Banks) -> None:
    banks.order(REFERENCE, "44", "41", [line(1, 300), line(2, 500)], ordered_on=DAY, credited_on=later(2))
    banks.post(DAY)
    assert [(e.line, e.amount, e.counterpart) for e in banks.statement("44")] == [(1, -300, "41"), (2, -500, "41")]
    assert banks.statement("41") == []
    banks.post(later(1))
    assert banks.statement("41") == []
    banks.post(later(2))
    assert [(e.booked_on, e.transfer_id, e.amount) for e in banks.statement("41")] == [
        (later(2), UUID(int=1), 300),
        (later(2), UUID(int=2), 500),
    ]
    assert banks.statement("41", since=banks.statement("41")[0].entry)[0].line == 2


def test_the_same_order_and_the_same_day_count_once(banks: Banks) -> None:
    for _ in range(2):
        banks.order(REFERENCE, "44", "41", [line(1)], ordered_on=DAY, credited_on=DAY)
        banks.post(DAY)
    assert [entry.amount for entry in banks.entries()] == [-100, 100]


def test_a_reference_names_one_payment_for_good(banks: Banks) -> None:
    banks.order(REFERENCE, "44", "41", [line(1)], ordered_on=DAY, credited_on=DAY)
    with pytest.raises(BankRefusal, match="line 1"):
        banks.order(REFERENCE, "44", "41", [line(1, 101)], ordered_on=DAY, credited_on=DAY)
    with pytest.raises(BankRefusal, match="another order"):
        banks.order(REFERENCE, "44", "43", [line(2)], ordered_on=DAY, credited_on=DAY)
    with pytest.raises(BankRefusal, match="check digits"):
        banks.order("RF00444120250303A", "44", "41", [line(1)], ordered_on=DAY, credited_on=DAY)
    with pytest.raises(BankRefusal, match="positive"):
        banks.order(REFERENCE, "44", "41", [line(3, 0)], ordered_on=DAY, credited_on=DAY)
    assert banks.amount(REFERENCE, 1) == 100
    assert banks.amount(REFERENCE, 3) is None


orders = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 5), st.lists(st.integers(1, 10**6), min_size=1, max_size=3)),
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(orders, st.lists(st.integers(0, 30), max_size=8))
def test_what_is_debited_is_credited_or_on_its_way(
    tmp_path_factory: pytest.TempPathFactory, given_orders: list[tuple[int, int, list[int]]], posted: list[int]
) -> None:
    banks = Banks(tmp_path_factory.mktemp("banks") / "banks.sqlite", durable=False)
    for number, (ordered, transit, amounts) in enumerate(given_orders):
        lines = [line(i + 1, amount) for i, amount in enumerate(amounts)]
        reference = make_payment_reference(f"X{number}")
        banks.order(reference, "44", "41", lines, ordered_on=later(ordered), credited_on=later(ordered + transit))
    for day in sorted(posted):
        banks.post(later(day))
        out = -sum(e.amount for e in banks.statement("44"))
        arrived = sum(e.amount for e in banks.statement("41"))
        assert out == sum(sum(a) for ordered, _, a in given_orders if ordered <= day)
        assert arrived == sum(sum(a) for ordered, transit, a in given_orders if ordered + transit <= day)
    banks.close()
