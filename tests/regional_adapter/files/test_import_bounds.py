"""Bounds of every value in every form: what cannot be is a bad row, named by line and column, and the others go on."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.files.imports.imported_rows import ImportReport
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.rules.working_days import end_of_day

TODAY = date(2026, 11, 27)
NUMBER, OTHER = "44000019880315001X", "440000199107220023"
APPLICATION = {
    "转入省份": "41",
    "申请编号": "2026-41-0101",
    "证件类型": "居民身份证",
    "社会保障号码": NUMBER,
    "姓名": "合成甲一",
    "户籍省份": "41",
    "转出省份": "44",
    "申请日期": "2025-03-03",
    "受理日期": "2025-03-04",
    "本地参保日期": "2025-02-10",
    "参保缴费凭证号": "44-0001",
    "联系地址": "合成市样本路1号",
    "数据性质": "合成",
}
YEAR = {
    "经办省份": "44",
    "社会保障号码": NUMBER,
    "姓名": "合成甲一",
    "参保地": "44",
    "年度": "2018",
    "起始月": "1",
    "缴费月数": "12",
    "缴费基数合计(元)": "60000.00",
    "记账比例(%)": "8",
    "累计缴费月数": "24",
    "是否停保": "是",
    "数据性质": "合成",
}
SLIP = {
    "收款省份": "41",
    "收款日期": "2026-03-05",
    "付款编号": "RF18539007547034",
    "付款行号": "1",
    "金额(元)": "100.00",
    "附言": "A-1-L1",
    "付款日期": "2026-03-04",
    "收款户名": "合成户名",
}
LETTER_WRITTEN = date(2026, 3, 2)

Take = Callable[..., ImportReport]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Callable[[str], EmbeddedLocalSystem]]:
    opened: dict[str, EmbeddedLocalSystem] = {}

    def of(province: str) -> EmbeddedLocalSystem:
        if province not in opened:
            opened[province] = EmbeddedLocalSystem(tmp_path / f"{province}.sqlite", province, durable=False)
        return opened[province]

    yield of
    for system in opened.values():
        system.close()


@pytest.fixture
def take(tmp_path: Path, local: Callable[[str], EmbeddedLocalSystem]) -> Take:
    def run(*rows: dict[str, str]) -> ImportReport:
        file = tmp_path / "file.csv"
        with file.open("w", encoding="gb18030", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        province = next(rows[0][column] for column in ("转入省份", "经办省份", "收款省份") if column in rows[0])
        return import_file(file, local(province), today=TODAY)

    return run


@pytest.fixture
def letter(local: Callable[[str], EmbeddedLocalSystem], take: Take) -> None:
    """A contact letter of Henan's that the slip's remark names."""
    take({**APPLICATION, "申请编号": "A-1"})
    written_at = end_of_day(LETTER_WRITTEN) - 1
    local("41").write_document("ContactLetterIssued", "A-1-L1", "A-1", {}, "clerk", written_at)


def _where(report: ImportReport) -> list[tuple[int, str]]:
    return [(bad.line, bad.column) for bad in report.bad]


DAYS_THAT_CANNOT_BE = ["0001-01-01", "1899-12-31", "2205-02-10", "2026-11-28", "2025-W01-1", "2025-001", "٢٠٢٥-٠١-٠١"]


@pytest.mark.parametrize("day", DAYS_THAT_CANNOT_BE)
@pytest.mark.parametrize("column", ["申请日期", "受理日期", "本地参保日期"])
def test_a_day_of_an_application_lies_from_1900_to_today(take: Take, local: Take, column: str, day: str) -> None:
    report = take({**APPLICATION, column: day}, {**APPLICATION, "申请编号": "B", "社会保障号码": OTHER})
    assert _where(report) == [(2, column)]
    assert [a.number for a in local("41").applications()] == ["B"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("day", DAYS_THAT_CANNOT_BE)
@pytest.mark.parametrize("column", ["收款日期", "付款日期"])
@pytest.mark.usefixtures("letter")
def test_a_day_of_a_slip_lies_from_1900_to_today(take: Take, column: str, day: str) -> None:
    assert _where(take({**SLIP, column: day}, {**SLIP, "付款行号": "2"})) == [(2, column)]


@pytest.mark.parametrize("column", ["申请日期", "本地参保日期"])
def test_nobody_applies_or_is_insured_before_birth(take: Take, column: str) -> None:
    assert _where(take({**APPLICATION, column: "1988-03-14"})) == [(2, column)]
    assert _where(take({**APPLICATION, "本地参保日期": "1988-03-15"})) == []


def test_who_was_born_before_1900_is_a_typing_error(take: Take) -> None:
    assert _where(take({**APPLICATION, "社会保障号码": "440000189903150012"})) == [(2, "社会保障号码")]


def test_months_that_have_not_come_are_not_paid(take: Take) -> None:
    this_year = {**YEAR, "年度": "2026", "累计缴费月数": "11"}
    assert _where(take({**this_year, "缴费月数": "12"})) == [(2, "缴费月数")]
    assert _where(take({**this_year, "起始月": "12", "缴费月数": "0"})) == [(2, "缴费月数")]
    assert _where(take({**this_year, "缴费月数": "11"})) == []


def test_nobody_pays_before_the_year_of_birth(take: Take) -> None:
    assert _where(take({**YEAR, "年度": "1987"})) == [(2, "年度")]


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\x9b", "\n", "\u202e", "\u2066", "\u200b", "\u2028"])
@pytest.mark.parametrize(
    ("row", "column"),
    [
        *((APPLICATION, column) for column in ("申请编号", "姓名", "参保缴费凭证号", "联系地址", "数据性质")),
        *((YEAR, column) for column in ("姓名", "年度", "数据性质")),
        *((SLIP, column) for column in ("附言", "收款户名")),
    ],
)
def test_no_cell_holds_what_a_terminal_obeys_or_nobody_sees(
    take: Take, row: dict[str, str], column: str, character: str
) -> None:
    bad = {**row, column: row[column][:1] + character + row[column][1:]}
    report = take(bad)
    assert _where(report) == [(2, column)]
    assert not any(character in text for text in (str(report.bad[0]), report.bad[0].reason_zh))


@pytest.mark.parametrize("length", [201, 140_000])
def test_a_long_cell_is_told_as_long_and_the_next_row_is_taken(take: Take, length: int) -> None:
    report = take({**APPLICATION, "联系地址": "长" * length}, {**APPLICATION, "申请编号": "B"})
    (bad,) = report.bad
    assert bad.reason_en == "longer than 200 characters"
    assert report.taken == 1


def test_a_lonely_quotation_mark_spoils_its_own_line_only(tmp_path: Path, take: Take, local: Take) -> None:
    take(APPLICATION)
    text = (tmp_path / "file.csv").read_bytes().decode("gb18030")
    header, row = text.splitlines()
    rows = [row.replace("2026-41-0101", f"B-{n}") for n in range(5)]
    rows[1] = rows[1].replace("合成甲一", '"合成甲一')
    (tmp_path / "file.csv").write_bytes("\r\n".join([header, *rows, ""]).encode("gb18030"))

    report = import_file(tmp_path / "file.csv", local("41"), today=TODAY)  # type: ignore[arg-type]

    assert [(b.line, b.reason_en) for b in report.bad] == [(3, "a quotation mark has no counterpart")]
    assert report.taken == 4


@pytest.mark.parametrize(
    ("column", "value"),
    [("社会保障号码", OTHER), ("受理日期", "2025-03-05"), ("转出省份", "32"), ("报送次数", "2"), ("联系地址", "别处")],
)
def test_two_applications_of_one_number_say_the_same_or_the_second_is_bad(
    take: Take, local: Take, column: str, value: str
) -> None:
    first = {"报送次数": "1", **APPLICATION}
    report = take(first, {**first, column: value}, first)
    assert [bad.line for bad in report.bad] == [3]
    assert report.unchanged == 1
    (kept,) = local("41").applications()  # type: ignore[attr-defined]
    assert (kept.person, kept.revision, kept.origin) == (NUMBER, 1, "44")


def test_one_number_under_two_names_is_a_bad_row_of_a_history_too(take: Take, local: Take) -> None:
    report = take(YEAR, {**YEAR, "年度": "2019", "姓名": "合成甲乙"})
    assert _where(report) == [(3, "姓名")]
    guangdong = local("44")
    assert guangdong.person(NUMBER).name == "合成甲一"  # type: ignore[attr-defined]
    assert not guangdong.history_is_complete(NUMBER)  # type: ignore[attr-defined]


@pytest.mark.usefixtures("letter")
@pytest.mark.parametrize(("column", "value"), [("金额(元)", "101.00"), ("收款日期", "2026-03-06")])
def test_two_slips_of_one_payment_line_say_the_same_or_the_second_is_bad(take: Take, column: str, value: str) -> None:
    report = take(SLIP, {**SLIP, column: value}, SLIP)
    assert _where(report) == [(3, "付款行号")]
    assert (report.taken, report.unchanged) == (1, 1)


@pytest.mark.usefixtures("letter")
def test_no_money_comes_before_the_letter_that_asked_for_it_and_none_is_nothing(take: Take) -> None:
    assert _where(take({**SLIP, "收款日期": "2026-03-01"})) == [(2, "收款日期")]
    assert _where(take({**SLIP, "金额(元)": "0.00"})) == [(2, "金额(元)")]
    assert _where(take({**SLIP, "收款日期": LETTER_WRITTEN.isoformat(), "付款日期": ""})) == []
