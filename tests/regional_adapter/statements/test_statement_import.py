"""What is new of a bank's statement behind those that are known: overlaps, entries that are alike, gaps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from support.bank_messages import envelope

from jinbao.regional_adapter.local.bank_book import LocalPart, Told
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.statements.bank_mapping import load_bank_mapping
from jinbao.regional_adapter.statements.statement_file import RefusedFileError, read_statements
from jinbao.regional_adapter.statements.statement_import import MOST_SEALED_BYTES, TakenIn, take_in
from jinbao.simulator.bank_statements.bank_forms import StatementRows, camt

NUMBER = "4100000000000000017"
BANKS = Path(__file__).parents[3] / "examples" / "banks"
MAPPING = """
name = "plain"
version = 1
valid_from = 2025-01-01
format = "bank-csv"
encoding = "utf-8"
currency = "CNY"
labels = { "账号" = "账号" }
classes = { "手续费" = "charge", "结息" = "interest" }
[columns]
"日" = "记账日期"
"金额" = "金额"
"余额" = "余额"
"对方" = { field = "对方账号", optional = true }
"附言" = { field = "附言", optional = true }
"摘要" = { field = "摘要", optional = true }
"""


class Bank:
    """A province's own system, and a bank that writes statements of its account."""

    def __init__(self, folder: Path, local: EmbeddedLocalSystem) -> None:
        self.folder, self.local, self._files = folder, local, 0
        (folder / "plain.toml").write_text(MAPPING, "utf-8")
        local.bank.add_account(NUMBER, "in", "clerk", 1)

    def take(
        self, opening: int, *rows: str, number: str = NUMBER, own_id: str = "", replaces: str | None = None
    ) -> TakenIn:
        """Take a CSV statement in, each row `day amount [other side [remark [class]]]` in whole yuan.

        `own_id`: as if the bank had numbered it.
        """
        lines, balance = [f"账号：{number}", "日,金额,余额,对方,附言,摘要"], opening
        for row in rows:
            day, amount, *rest = row.split()
            balance += int(amount)
            lines.append(",".join([f"2025-04-{day}", amount, str(balance), *rest, *[""] * (3 - len(rest))]))
        self._files += 1
        file = self.folder / f"{self._files}.csv"
        file.write_text("\n".join(lines) + "\n", "utf-8")
        statements = read_statements(file, load_bank_mapping(self.folder / "plain.toml"), NUMBER, ["4199"])
        if own_id:
            for statement in statements:
                object.__setattr__(statement, "id", own_id)
                object.__setattr__(statement, "has_own_id", True)
        return take_in(self.local.bank, NUMBER, statements, "clerk", 1, replaces)

    def parts(self) -> list[LocalPart]:
        """The parts of all statements, as their messages will say them."""
        return [record.part for record in self.local.bank.outgoing(1000) if record.kind == "StatementBooked"]


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with closing(EmbeddedLocalSystem(tmp_path / "41.sqlite", "41", durable=False)) as local:
        yield Bank(tmp_path, local)


def refused(bank: Bank, opening: int, *rows: str, **how: str) -> list[str]:
    """Codes with which a statement is refused; nothing of it is kept."""
    before = bank.local.bank.last(NUMBER), len(bank.parts())
    with pytest.raises(RefusedFileError) as caught:
        bank.take(opening, *rows, **how)
    assert (bank.local.bank.last(NUMBER), len(bank.parts())) == before
    return [reason.code for reason in caught.value.reasons]


def test_the_same_statement_again_and_one_of_the_past_change_nothing(bank: Bank) -> None:
    assert bank.take(100, "01 10", "02 -5")[:2] == (2, 0)
    assert bank.take(100, "01 10", "02 -5") == (0, 2, [])
    assert bank.take(105, "03 7")[:2] == (1, 0)
    assert bank.take(100, "01 10") == (0, 1, [])


def test_an_overlapping_statement_brings_what_is_new(bank: Bank) -> None:
    bank.take(100, "01 10", "02 -5")
    assert bank.take(110, "02 -5", "03 7", "04 7")[:2] == (2, 1)
    assert [(part.opening_fen, part.closing_fen) for part in bank.parts()] == [(10000, 10500), (10500, 11900)]


def test_two_payments_that_are_alike_in_every_column_count_twice(bank: Bank) -> None:
    assert bank.take(0, "01 50 4401 款", "01 50 4401 款").new == 2
    assert bank.take(0, "01 50 4401 款", "01 50 4401 款", "01 50 4401 款")[:2] == (1, 2)
    assert bank.take(150, "01 50 4401 款").new == 1, "the rest of the day: the balance says that it is another one"
    assert [entry.ordinal for part in bank.parts() for entry in part.entries] == [0, 1, 2, 3]


def test_a_gap_a_changed_amount_and_a_removed_entry_are_refused(bank: Bank) -> None:
    bank.take(100, "01 10", "02 -5")
    assert refused(bank, 106, "03 7") == ["OPENING"]
    assert refused(bank, 100, "01 10", "02 -6") == ["ID_REUSED"]
    assert refused(bank, 100, "02 -5", "03 7") == ["OPENING"]


def test_a_statement_that_the_bank_has_numbered_keeps_its_content(bank: Bank) -> None:
    bank.take(100, "01 10", own_id="7")
    assert bank.take(100, "01 10", own_id="7") == (0, 1, [])
    assert refused(bank, 100, "01 10", "02 5", own_id="7") == ["ID_REUSED"]


def test_a_statement_takes_the_place_of_another(bank: Bank) -> None:
    bank.take(100, "01 10", "02 -5", own_id="7")
    bank.take(105, "03 7", own_id="8")
    assert refused(bank, 100, "01 10", "02 -6", own_id="7", replaces="7") == ["CLOSING"]
    assert refused(bank, 101, "01 10", "02 -5", own_id="7", replaces="7") == ["OPENING"]
    assert refused(bank, 100, "01 10", own_id="7", replaces="6") == ["REPLACES"]
    assert bank.take(100, "01 11", "02 -6", own_id="7", replaces="7")[:2] == (2, 0)
    assert bank.take(105, "03 8", own_id="9", replaces="8")[:2] == (1, 0), "the last one may end elsewhere"
    assert bank.take(113, "04 1").new == 1
    assert [part.replaces != b"" for part in bank.parts()] == [False, False, True, True, False]
    assert bank.take(100, "01 10", "02 -5", own_id="7", replaces="7").new == 2, "and back"
    first, again = bank.parts()[0], bank.parts()[-1]
    assert (first.entries, first.name != again.name) == (again.entries, True)


def test_a_csv_statement_in_anothers_place_tells_of_the_same_days(bank: Bank) -> None:
    bank.take(100, "01 10")
    bank.take(110, "04 7")
    bank.take(110, "04 7 4499", replaces=f"{NUMBER}/2025-04-04..2025-04-04")
    assert [part.first_day.day for part in bank.parts()] == [1, 2, 2]


def test_a_replacement_that_the_platform_refuses_leaves_the_statement_before(bank: Bank) -> None:
    bank.take(100, "01 10", own_id="7")
    bank.take(100, "01 11", own_id="7", replaces="7")
    book, sequence = bank.local.bank, 3
    book.collected({sequence: envelope(sequence)}, {})
    book.note({envelope(sequence).event_id: Told(DocumentState.REJECTED, "STATEMENT_OPENING", None)})
    assert bank.take(100, "01 10", own_id="7") == (0, 1, [])
    assert bank.take(110, "02 1").new == 1


def test_another_account_is_refused_and_the_whole_file_with_it(bank: Bank) -> None:
    assert refused(bank, 0, "01 10", number="4400") == ["ACCOUNT"]


def test_another_currency_and_balances_that_do_not_add_up_are_refused(tmp_path: Path) -> None:
    text = (BANKS / "camt053" / "202504.xml").read_text("gb18030")
    file = tmp_path / "202504.xml"
    for code, old, new in (
        ("CURRENCY", "CNY", "EUR"),
        ("BALANCE", "102657.72", "102657.73"),
        ("BALANCE", "<Cd>OPBD</Cd>", "<Cd>ITBD</Cd>"),
    ):
        file.write_text(text.replace(old, new), "gb18030")
        with pytest.raises(RefusedFileError) as caught:
            read_statements(file, None, NUMBER)
        assert [reason.code for reason in caught.value.reasons] == [code]


def test_a_refusal_says_the_line_once_and_the_sums_that_do_not_lead_to_the_balance(tmp_path: Path) -> None:
    text = (BANKS / "camt053" / "202504.xml").read_text("gb18030")
    file = tmp_path / "202504.xml"
    told = []
    for changed in (text.replace("102657.72", "102657.73"), text.replace("?>", "?><!DOCTYPE Document>", 1)):
        file.write_text(changed, "gb18030")
        with pytest.raises(RefusedFileError) as caught:
            read_statements(file, None, NUMBER)
        told += [reason.words for reason in caught.value.reasons]
    (zh, en), (_, unsafe) = told
    assert zh.endswith("为 102657.72，期末却为 102657.73，相差 0.01")
    assert en.endswith("come to 102657.72, but closing is 102657.73: 0.01 between them")
    assert unsafe == "has a document type (DOCTYPE), and is not read"


def test_a_csv_statement_tells_of_the_days_since_the_one_before(bank: Bank) -> None:
    """Its balance goes on, and it says no day of its own."""
    bank.take(100, "01 10")
    assert bank.take(110, "03 1", "03 -1").new == 2
    assert [(part.first_day.day, part.last_day.day) for part in bank.parts()] == [(1, 1), (2, 3)]


def test_entries_are_classed_by_the_mapping_and_by_own_accounts(bank: Bank) -> None:
    bank.take(0, "01 -1 4401 费 手续费", "02 2 - 息 结息", "03 -5 4199 上划 归集", "04 3 4401 款 转账")
    (part,) = bank.parts()
    assert [entry.entry_class for entry in part.entries] == ["charge", "interest", "own", "other"]


def test_a_long_statement_is_several_parts_of_bounded_size(bank: Bank) -> None:
    rows = [f"01 1 4401 {'款' * 60}{number}" for number in range(450)]
    assert bank.take(0, *rows).new == 450
    parts = bank.parts()
    assert sum(len(part.entries) for part in parts) == 450
    assert [part.part for part in parts] == list(range(1, parts[0].parts + 1))
    assert all(one.closing_fen == next_.opening_fen for one, next_ in pairwise(parts))
    for part in parts:
        assert len(part.entries) <= 200
        assert sum(len(entry.words()) + 1 for entry in part.entries) <= MOST_SEALED_BYTES


def test_camt_and_its_opening_day(tmp_path: Path) -> None:
    (statement,) = read_statements(BANKS / "camt053" / "202504.xml", None, NUMBER)
    assert (statement.first_day.isoformat(), statement.last_day.isoformat()) == ("2025-04-01", "2025-04-30")
    assert (len(statement.entries), statement.opening_fen, statement.closing_fen) == (7, 10000000, 10265772)


def test_a_statement_of_a_day_without_movement_comes_late_once(bank: Bank) -> None:
    def quiet(day: str, balance: int) -> TakenIn:
        rows = StatementRows(f"S{day}", NUMBER, Decimal(balance), f"2025-04-{day}", f"2025-04-{day}", ())
        file = bank.folder / f"{day}-{balance}.xml"
        file.write_bytes(camt(rows))
        return take_in(bank.local.bank, NUMBER, read_statements(file, None, NUMBER), "clerk", 1)

    bank.take(100, "01 10")
    quiet("04", 110)
    assert len(quiet("02", 110).messages) == 1
    assert quiet("02", 110).messages == quiet("01", 110).messages == []
    last = bank.local.bank.last(NUMBER)
    assert last is not None
    assert (last.day.day, last.closing_fen) == (4, 11_000)
    assert bank.take(110, "05 1")[:2] == (1, 0)
