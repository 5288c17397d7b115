"""Banks' CSV statements: four banks write one month, each in its way, read as the same; a fault ends the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinbao.regional_adapter.files.mapping.mapping_file import WrongMappingError
from jinbao.regional_adapter.statements.bank_csv import BankCsv
from jinbao.regional_adapter.statements.bank_mapping import BankMapping, bank_mapping_of, load_bank_mapping
from jinbao.regional_adapter.statements.statement import Entry, Statement, UnreadableStatementError
from jinbao.regional_adapter.statements.statement_check import check_statements

BANKS = Path(__file__).resolve().parents[3] / "examples" / "banks"
NAMES = ("two-columns", "signed-amount", "words-for-direction", "no-order")
HEADER = "日期,金额,余额,附言\n"


def simple(**more: object) -> BankMapping:
    """A mapping of four columns, with what a test adds."""
    columns = {"日期": "记账日期", "金额": "金额", "余额": "余额", "附言": {"field": "附言", "optional": True}}
    content = {"name": "t", "version": 1, "valid_from": _day(), "format": "bank-csv", "encoding": "utf-8"}
    return bank_mapping_of({**content, "columns": columns, "labels": {"账号": "账号"}, **more})


def _day() -> object:
    from datetime import date

    return date(2025, 1, 1)


def read(folder: Path, text: str, mapping: BankMapping | None = None) -> list[Entry | Statement]:
    """Everything of a file whose account is named before the header."""
    file = folder / "statement.csv"
    file.write_text(f"账号：001\n{text}", encoding="utf-8", newline="")
    return list(BankCsv(file, mapping or simple()).read())


def refused(folder: Path, text: str, mapping: BankMapping | None = None) -> tuple[str, int]:
    """Code and line with which it is refused."""
    with pytest.raises(UnreadableStatementError) as caught:
        read(folder, text, mapping)
    return caught.value.code, caught.value.line


def month(name: str) -> list[tuple[object, ...]]:
    """The entries of one bank's example, as a person compares them."""
    read_by = load_bank_mapping(BANKS / name / "mapping.toml")
    entries = [one for one in BankCsv(BANKS / name / "202504.csv", read_by).read() if isinstance(one, Entry)]
    return sorted(
        (e.booked_on, e.amount, e.details[0].counterparty_account, "".join(e.details[0].remark.split()), e.class_code)
        for e in entries
    )


def test_four_banks_write_the_same_month() -> None:
    of_first = month("signed-amount")
    for name in NAMES:
        for found, expected in zip(month(name), of_first, strict=True):
            assert found[:3] + found[4:] == expected[:3] + expected[4:], name
            assert str(found[3]).startswith(str(expected[3])), name


@pytest.mark.parametrize("name", NAMES)
def test_each_banks_month_adds_up(name: str) -> None:
    (one,) = check_statements(BANKS / name / "202504.csv", load_bank_mapping(BANKS / name / "mapping.toml")).statements
    assert (one.account, one.entries, one.adds_up(), one.problems) == ("4100000000000000017", 7, True, [])


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_anywhere_is_refused_or_named(tmp_path: Path, name: str) -> None:
    whole, read_by = (BANKS / name / "202504.csv").read_bytes(), load_bank_mapping(BANKS / name / "mapping.toml")
    ends = {at + 1 for at, byte in enumerate(whole) if byte in b"\r\n"}
    file = tmp_path / "cut.csv"
    for length in sorted({*range(0, len(whole), 13), *(at - 1 for at in ends)} - ends):
        file.write_bytes(whole[:length])
        with pytest.raises(UnreadableStatementError):
            check_statements(file, read_by)


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_digit_of_an_amount_or_balance_is_named(tmp_path: Path, name: str) -> None:
    file, read_by = BANKS / name / "202504.csv", load_bank_mapping(BANKS / name / "mapping.toml")
    text = file.read_text(read_by.encoding)
    changed = tmp_path / "changed.csv"
    for digits in ("1234.50", "88.05", "10.50"):
        written = f"{float(digits):,.2f}" if "thousands" in read_by.columns[1].writing.numbers else digits
        at = text.index(written) + len(written) - 1
        changed.write_text(text[:at] + "9" + text[at + 1 :], encoding=read_by.encoding, newline="")
        assert _faults(changed, read_by), (name, digits)


def _faults(file: Path, read_by: BankMapping) -> list[str]:
    """Everything that is wrong with a file."""
    try:
        (one,) = check_statements(file, read_by).statements
    except UnreadableStatementError as error:
        return [error.code]
    return [problem.code for problem in one.problems]


def test_rows_in_the_wrong_order_are_named_with_their_line(tmp_path: Path) -> None:
    *_, one = read(tmp_path, HEADER + "2025-04-01,1.00,11.00,\n2025-04-03,1.00,13.00,\n2025-04-02,1.00,12.00,\n")
    assert isinstance(one, Statement)
    assert [(problem.code, problem.line) for problem in one.problems] == [("BALANCE", 4), ("BALANCE", 5)]


def test_a_missing_row_is_noticed_in_rows_without_order(tmp_path: Path) -> None:
    rows = "2025-04-03,1.00,13.00,\n2025-04-01,1.00,11.00,\n"
    *_, one = read(tmp_path, HEADER + rows, simple(order="any"))
    assert isinstance(one, Statement)
    assert [problem.code for problem in one.problems] == ["BALANCE"]


def test_a_reversal_in_its_own_column_has_the_other_sign(tmp_path: Path) -> None:
    columns = {"日期": "记账日期", "支出": "借方金额", "收入": "贷方金额", "余额": "余额"}
    text = "日期,支出,收入,余额\n2025-04-01,5.00,,95.00\n2025-04-02,-5.00,,100.00\n"
    *entries, one = read(tmp_path, text, simple(columns=columns))
    assert isinstance(one, Statement)
    assert ([str(e.amount) for e in entries if isinstance(e, Entry)], one.adds_up()) == (["-5.00", "5.00"], True)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2025-04-31,1.00,1.00,", "DATE"),
        ("20250401,1.00,1.00,", "DATE"),
        ("2025-04-01,1.005,1.00,", "AMOUNT"),
        ("2025-04-01,1e5,1.00,", "AMOUNT"),
        ("2025-04-01,１,1.00,", "AMOUNT"),
        ('2025-04-01,"1,000.00",1.00,', "AMOUNT"),
        ("2025-04-01,1.00,1.00,x,y", "HEADER"),
        ("2025-04-01,1.00", "TRUNCATED"),
        ('2025-04-01,1.00,1.00,"x', "HEADER"),
        ("2025-04-01,1.00,1.00,\0", "UNSAFE_FILE"),
    ],
)
def test_a_row_with_a_fault_ends_the_whole_file_with_its_line(tmp_path: Path, row: str, code: str) -> None:
    good = "2025-04-01,1.00,11.00,\n"
    assert refused(tmp_path, HEADER + good + row + "\n") == (code, 4)


def test_a_total_that_disagrees_or_is_missing_refuses_the_file(tmp_path: Path) -> None:
    with_total = simple(total={"column": "日期", "text": "合计", "sums": ["金额"]})
    row = "2025-04-01,1.00,11.00,\n"
    assert isinstance(read(tmp_path, HEADER + row + "合计,1.00,,\n", with_total)[-1], Statement)
    assert refused(tmp_path, HEADER + row + "合计,1.01,,\n", with_total) == ("TOTALS", 4)
    assert refused(tmp_path, HEADER + row, with_total)[0] == "TRUNCATED"


def test_a_total_is_held_against_its_column_whatever_the_bank_calls_it(tmp_path: Path) -> None:
    bank = BANKS / "two-columns"
    text = (bank / "202504.csv").read_bytes().decode("gb18030")
    assert text.count("44,013.89") == 1
    changed = tmp_path / "changed.csv"
    changed.write_bytes(text.replace("44,013.89", "44,013.88").encode("gb18030"))
    assert _faults(changed, load_bank_mapping(bank / "mapping.toml")) == ["TOTALS"]


def test_another_header_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    assert refused(tmp_path, "日期,金额\n")[0] == "HEADER"
    assert refused(tmp_path, "日期,金额,余额,附言,备注\n") == ("HEADER", 2)
    assert refused(tmp_path, "日期,金额,金额,余额,附言\n") == ("HEADER", 2)


def test_the_wrong_encoding_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path, HEADER, simple(encoding="gb18030")) == ("ENCODING", 1)


def test_all_mistakes_of_a_mapping_come_at_once_with_the_nearest_spelling() -> None:
    columns = {"日期": "记帐日期", "收入": "贷方金额", "向": {"field": "借贷方向", "codes": {"C": "入"}}}
    with pytest.raises(WrongMappingError) as caught:
        simple(columns=columns, labels={}, order="oldest", total={"column": "合", "text": "合计", "sums": ["收"]})
    found = {problem.path: problem.suggestion for problem in caught.value.problems}
    assert found["columns.日期"] == "记账日期"
    assert found["order"] == "oldest-first"
    assert {"columns.向.codes.C", "columns", "labels.账号", "total"} <= set(found)


def test_values_of_another_kind_are_mistakes_as_well() -> None:
    with pytest.raises(WrongMappingError) as caught:
        simple(labels=5, ignored=[1], total={"column": 1, "text": "合计", "sums": 7})
    assert {"labels", "ignored[0]", "total.column", "total.sums"} <= {one.path for one in caught.value.problems}


def test_a_total_adds_up_columns_of_amounts() -> None:
    with pytest.raises(WrongMappingError) as caught:
        simple(ignored=["序号"], total={"column": "日期", "text": "合计", "sums": ["序号", "余额", "金额"]})
    assert [one.path for one in caught.value.problems] == ["total", "total"]


def test_a_mapping_nested_without_end_is_a_mistake_of_its_writer(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text("a = " + "[" * 5_000, "utf-8")
    with pytest.raises(WrongMappingError):
        load_bank_mapping(tmp_path / "mapping.toml")
