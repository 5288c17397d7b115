"""`jinbao payments list` tells each payment that a province has ordered, line by line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Answer = Callable[..., Any]


def test_every_payment_is_the_sum_of_its_transfers(answer: Answer, nation_folder: Path) -> None:
    found = answer("payments", "list", "--data", nation_folder)
    assert found
    assert [one["payment_reference"] for one in found] == sorted({one["payment_reference"] for one in found})
    for one in found:
        assert list(one) == ["payment_reference", "from_account", "to_account", "amount_fen", "ordered_on", "lines"]
        assert (one["from_account"], one["to_account"]) == (None, None), "no province has named an account"
        assert one["amount_fen"] == sum(line["amount_fen"] for line in one["lines"]) > 0
        assert all(len(line["transfer"]) == 36 for line in one["lines"])


def test_a_province_sees_what_it_pays_and_what_it_is_paid(answer: Answer, nation_folder: Path) -> None:
    all_of_them = answer("payments", "list", "--data", nation_folder)
    of_one = answer("payments", "list", "--province", "44", "--data", nation_folder)
    assert 0 < len(of_one) < len(all_of_them)
    assert all(one in all_of_them for one in of_one)
