"""`jinbao breaks list` and `jinbao reconcile`: the JSON of the contract, and pages in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.in_process import jinbao_in
from typer.testing import Result

BANK = Path(__file__).parents[3] / "examples" / "banks" / "two-columns"
NUMBER = "4100000000000000017"
Answer = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a statement that no payment explains."""
    place = tmp_path_factory.mktemp("reconcile")
    run = jinbao_in(place)
    statement = ("--mapping", BANK / "mapping.toml", "--account", NUMBER)
    add = run("bank", "accounts", "add", NUMBER, "--province", "41", "--kind", "in", "--data", "data")
    taken = run("bank", "import", BANK / "202504.csv", *statement, "--data", "data")
    assert (add.exit_code, taken.exit_code) == (0, 0), add.output + taken.output
    return place / "data"


def test_each_account_is_explained_by_ledger_classes_and_breaks(answer: Answer, folder: Path) -> None:
    said = answer("reconcile", "--as-of", "2025-04-28", "--data", folder)
    (account,) = said["accounts"]
    assert set(account) >= {"account", "province", "statements_to", "unexplained_fen"}
    changed = account["closing_fen"] - account["opening_fen"]
    parts = ("ledger_fen", "other_fen", "breaks_fen", "unexplained_fen")
    assert changed == sum(account[part] for part in parts) == 265_772
    assert (said["as_of"], said["explained"], account["unexplained_fen"]) == ("2025-04-28", True, 0)
    assert sum(said["breaks"].values()) > 0
    assert answer("reconcile", "--province", "44", "--data", folder)["accounts"] == []


def test_each_break_is_one_row_with_the_fields_of_the_contract(answer: Answer, folder: Path) -> None:
    breaks = answer("breaks", "list", "--as-of", "2025-04-28", "--data", folder)
    assert all(list(one) == FIELDS for one in breaks)
    kinds = answer("reconcile", "--as-of", "2025-04-28", "--data", folder)["breaks"]
    assert {kind: sum(one["kind"] == kind for one in breaks) for kind in kinds} == kinds
    (account,) = answer("reconcile", "--as-of", "2025-04-28", "--data", folder)["accounts"]
    assert sum(one["difference_fen"] for one in breaks) == account["breaks_fen"]
    assert len({one["break"] for one in breaks}) == len(breaks)
    unknown = next(one for one in breaks if one["kind"] == "unknown_reference")
    assert unknown["payment_reference"].startswith("RF")
    assert (unknown["state"], unknown["cured_by"], unknown["province"]) == ("open", None, "41")
    assert answer("breaks", "list", "--province", "44", "--data", folder) == []


FIELDS = [
    *("break", "kind", "state", "province", "account", "amount_fen", "difference_fen", "booked_on"),
    *("age_working_days", "payment_reference", "transfers", "candidates", "cured_by"),
]


def test_what_was_not_told_for_days_is_missing(answer: Answer, folder: Path) -> None:
    breaks = answer("breaks", "list", "--as-of", "2025-05-07", "--data", folder)
    missing = [one["booked_on"] for one in breaks if one["kind"] == "missing_statement"]
    assert missing == ["2025-04-29", "2025-04-30", "2025-05-06"]


def test_a_break_is_investigated_and_nothing_but_a_candidate_is_confirmed(
    answer: Answer, jinbao: Callable[..., Result], folder: Path
) -> None:
    words = ("--data", folder)
    first = answer("breaks", "list", "--as-of", "2025-04-28", *words)[0]["break"]
    assert answer("breaks", "investigate", first, "--user", "wang", *words) == {"break": first, "refused": []}
    states = {one["break"]: one["state"] for one in answer("breaks", "list", *words)}
    assert {states.pop(first), *states.values()} == {"investigating", "open"}
    refused = answer("breaks", "confirm", first, "--payment", "RF18539007547034", "--user", "wang", *words, code=1)
    assert refused["refused"][0]["code"] == "NO_CANDIDATE"
    assert jinbao("breaks", "annul", first, *words).exit_code == 2
    assert jinbao("breaks", "investigate", "no-such", *words).exit_code == 2


def test_a_banks_own_correction_clears_two_breaks_by_the_event_that_brought_it(answer: Answer, folder: Path) -> None:
    words = ("--data", folder)
    pair = [one for one in answer("breaks", "list", *words) if one["kind"] == "unmatched_bank"]
    assert [one["amount_fen"] for one in pair] == [2_134_567, -2_134_567]
    first = pair[0]["break"]
    for event in ("1", "999", "no-event"):
        refused = answer("breaks", "resolve", first, "--event", event, "--user", "wang", *words, code=1)
        assert refused["refused"][0]["code"] == "DIFFERENCE_REMAINS"
    assert answer("breaks", "resolve", first, "--event", "2", "--user", "wang", *words)["refused"] == []
    still = {one["break"] for one in answer("breaks", "list", *words)}
    assert still.isdisjoint(one["break"] for one in pair)
    everything = {one["break"]: one for one in answer("breaks", "list", "--resolved", *words)}
    assert {everything[one["break"]]["state"] for one in pair} == {"resolved"}
    assert len({everything[one["break"]]["cured_by"] for one in pair} - {None}) == 1
    assert answer("reconcile", "--as-of", "2025-04-28", *words)["accounts"][0]["unexplained_fen"] == 0


def test_pages_speak_both_languages(jinbao: Callable[..., Result], folder: Path) -> None:
    words = ("--as-of", "2025-04-28", "--data", folder)
    assert "付款编号无人报告" in jinbao("breaks", "list", *words).stdout
    assert "payment reference that nobody reported" in jinbao("--lang", "en", "breaks", "list", *words).stdout
    assert "未解释合计 0.00 元" in jinbao("reconcile", *words).stdout
    assert "unexplained: 0.00 yuan" in jinbao("--lang", "en", "reconcile", *words).stdout


def test_a_day_that_is_none_is_refused(jinbao: Callable[..., Result], folder: Path) -> None:
    result = jinbao("--lang", "en", "reconcile", "--as-of", "yesterday", "--data", folder)
    assert (result.exit_code, "2019-10-15" in result.output) == (2, True)


def test_a_nation_without_bank_accounts_is_explained(answer: Answer, nation_folder: Path) -> None:
    said = answer("reconcile", "--data", nation_folder)
    assert (said["explained"], said["accounts"], said["breaks"]) == (True, [], {})
