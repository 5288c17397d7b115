"""Files as an agency exports them: good rows are taken, bad ones named, the same file changes nothing."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jinbao.regional_adapter.files.form_rows import UnusableFileError
from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.files.imports.imported_rows import ImportReport
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem

TODAY = date(2025, 6, 1)
NUMBER = "11010519491231002X"
EXAMPLES = Path(__file__).parents[3] / "examples"

APPLICATION = {
    "转入省份": "41",
    "申请编号": "A-1",
    "社会保障号码": NUMBER,
    "姓名": "合成甲样本",
    "户籍省份": "河南",
    "转出省份": "44",
    "申请日期": "2025-03-03",
    "受理日期": "2025-03-04",
    "本地参保日期": "2025-02-01",
    "联系地址": "合成市",
    "数据性质": "合成",
}
YEAR = {
    "经办省份": "44",
    "社会保障号码": NUMBER,
    "姓名": "合成甲样本",
    "参保地": "44",
    "年度": "2023",
    "起始月": "1",
    "缴费月数": "12",
    "缴费基数合计(元)": "48,000.50",
    "记账比例(%)": "8",
    "累计缴费月数": "12",
    "是否停保": "是",
}


def _save(file: Path, *rows: dict[str, str]) -> Path:
    with file.open("w", encoding="gb18030", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


@pytest.fixture
def local_of(tmp_path: Path) -> Iterator[Callable[[str], EmbeddedLocalSystem]]:
    opened: list[EmbeddedLocalSystem] = []

    def make(province: str) -> EmbeddedLocalSystem:
        opened.append(EmbeddedLocalSystem(tmp_path / f"{province}.sqlite", province, durable=False))
        return opened[-1]

    yield make
    for local in opened:
        local.close()


@pytest.fixture
def henan(local_of: Any) -> EmbeddedLocalSystem:
    return local_of("41")  # type: ignore[no-any-return]


@pytest.fixture
def guangdong(local_of: Any) -> EmbeddedLocalSystem:
    return local_of("44")  # type: ignore[no-any-return]


@pytest.fixture
def take(tmp_path: Path) -> Callable[..., ImportReport]:
    def run(local: EmbeddedLocalSystem, *rows: dict[str, str]) -> ImportReport:
        return import_file(_save(tmp_path / "file.csv", *rows), local, today=TODAY)

    return run


def _where(report: ImportReport) -> list[tuple[int, str]]:
    return [(bad.line, bad.column) for bad in report.bad]


def test_the_examples_are_taken_whole_and_changing_nothing_the_second_time(henan: Any, guangdong: Any) -> None:
    for local, name, rows in ((henan, "applications-41.csv", 3), (guangdong, "history-44.csv", 10)):
        first = import_file(EXAMPLES / name, local, today=TODAY)
        again = import_file(EXAMPLES / name, local, today=TODAY)
        assert (first.taken, first.unchanged, first.bad) == (rows, 0, [])
        assert (again.taken, again.unchanged, again.bad) == (0, rows, [])
    assert [a.revision for a in henan.applications()] == [1, 1, 1]
    assert all(henan.person(a.person).synthetic for a in henan.applications())


def test_a_15_digit_number_is_upgraded_and_is_the_same_person(henan: Any, take: Any) -> None:
    take(henan, {**APPLICATION, "社会保障号码": "110105491231002"})
    assert henan.application("A-1").person == NUMBER


def test_a_bad_row_is_named_and_the_others_are_taken(henan: Any, take: Any) -> None:
    wrong = {**APPLICATION, "申请编号": "A-2", "社会保障号码": "110105194912310021"}

    report = take(henan, APPLICATION, wrong, {**APPLICATION, "申请编号": "A-3", "转出省份": "32"})

    assert _where(report) == [(3, "社会保障号码")]
    assert str(report.bad[0]).startswith("file.csv:3: 社会保障号码: ")
    assert [a.number for a in henan.applications()] == ["A-1", "A-3"]
    assert "110105" not in str(report.bad)
    assert "合成甲" not in str(report.bad)


def test_a_rejected_row_corrected_and_fed_again_is_accepted(henan: Any, take: Any) -> None:
    take(henan, {**APPLICATION, "受理日期": "2025-13-04"})
    assert henan.applications() == []

    report = take(henan, APPLICATION)

    assert report.taken == 1
    assert henan.application("A-1").accepted_on == date(2025, 3, 4)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("转入省份", "42"),
        ("申请编号", ""),
        ("姓名", " "),
        ("户籍省份", "火星"),
        ("转出省份", "41"),
        ("受理日期", "2025-03-02"),
        ("受理日期", "2025-06-02"),
        ("申请日期", "昨天"),
        ("本地参保日期", ""),
        ("单位信用代码", "91350100M000100Y44"),
        ("证件类型", "护照"),
        ("调动", "也许"),
    ],
)
def test_each_rule_of_an_application_names_its_column(henan: Any, take: Any, column: str, value: str) -> None:
    good = {"单位信用代码": "91350100M000100Y43", "证件类型": "居民身份证", "调动": "否", **APPLICATION}

    report = take(henan, good, {**good, "申请编号": "A-2", column: value})

    assert _where(report) == [(3, column)]


def test_a_corrected_application_is_the_next_revision_also_when_only_the_person_changed(henan: Any, take: Any) -> None:
    take(henan, APPLICATION)
    take(henan, {**APPLICATION, "联系地址": "合成市新址"})
    assert henan.application("A-1").revision == 2
    take(henan, {**APPLICATION, "联系地址": "合成市新址", "转出省份": "32"})
    assert henan.application("A-1").revision == 3


def test_two_rows_that_contradict_each_other_about_a_person_are_not_both_taken(henan: Any, take: Any) -> None:
    report = take(henan, APPLICATION, {**APPLICATION, "申请编号": "A-2", "姓名": "合成乙样本"})
    assert _where(report) == [(3, "社会保障号码")]


def test_a_history_row_is_kept_in_fen_by_the_province_paid_in(guangdong: Any, take: Any) -> None:
    take(guangdong, {**YEAR, "参保地": "浙江"})
    (row,) = guangdong.contributions(NUMBER)
    assert (row.contribution_base_total, row.account_rate_bp, row.province) == (4_800_050, 800, "33")
    assert guangdong.history_is_complete(NUMBER)


def test_a_history_with_a_bad_row_is_incomplete_until_that_row_comes_again(guangdong: Any, take: Any) -> None:
    one, two = ({**YEAR, "年度": year, "累计缴费月数": "24"} for year in ("2022", "2023"))

    report = take(guangdong, one, {**two, "缴费基数合计(元)": "四万"})
    assert _where(report) == [(3, "缴费基数合计(元)")]
    assert report.taken == 1
    assert not guangdong.history_is_complete(NUMBER)

    assert take(guangdong, two).bad == []
    assert guangdong.history_is_complete(NUMBER)


def test_a_history_whose_months_do_not_add_up_is_reported(guangdong: Any, take: Any) -> None:
    report = take(guangdong, {**YEAR, "累计缴费月数": "13"})
    assert _where(report) == [(2, "累计缴费月数")]
    assert not guangdong.history_is_complete(NUMBER)


def test_a_whole_corrected_history_replaces_the_rows_it_no_longer_has(guangdong: Any, take: Any) -> None:
    take(guangdong, YEAR)
    take(guangdong, {**YEAR, "年度": "2024"})
    assert [row.year for row in guangdong.contributions(NUMBER)] == [2024]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("年度", "2026"),
        ("起始月", "0"),
        ("缴费月数", "13"),
        ("记账比例(%)", "101"),
        ("缴费基数合计(元)", "-1"),
        ("是否停保", ""),
        ("年度", "2023"),
        ("累计缴费月数", "36"),
    ],
)
def test_each_rule_of_a_history_names_its_column(guangdong: Any, take: Any, column: str, value: str) -> None:
    one, two = ({**YEAR, "年度": year, "累计缴费月数": "24"} for year in ("2023", "2024"))
    if column == "是否停保":
        value = "也许"
    report = take(guangdong, one, {**two, column: value})
    assert (3, column) in _where(report)


def test_another_provinces_file_is_refused_whole(henan: Any, tmp_path: Path) -> None:
    file = _save(tmp_path / "f.csv", YEAR)
    with pytest.raises(UnusableFileError, match="Guangdong"):
        import_file(file, henan, today=TODAY)


def test_a_row_may_say_when_it_was_credited_and_at_which_interest(guangdong: Any, take: Any) -> None:
    assert take(guangdong, {**YEAR, "记账年度": "2025", "记账月": "2", "年度利率(%)": "2.5"}).bad == []
    (row,) = guangdong.contributions(NUMBER)
    assert (row.credited_year, row.credited_month, row.interest_rate_bp) == (2025, 2, 250)


@pytest.mark.parametrize(
    ("year", "month", "column"),
    [
        ("", "2", "记账年度"),
        ("2024", "", "记账月"),
        ("2022", "12", "记账月"),
        ("2023", "11", "记账月"),
        ("2025", "7", "记账月"),
        ("2026", "1", "记账年度"),
        ("2024", "13", "记账月"),
    ],
)
def test_a_row_is_credited_after_what_it_paid_for_and_not_in_months_to_come(
    guangdong: Any, take: Any, year: str, month: str, column: str
) -> None:
    assert _where(take(guangdong, {**YEAR, "记账年度": year, "记账月": month})) == [(2, column)]


def test_the_day_on_which_the_hukou_moved_is_kept(henan: Any, guangdong: Any, take: Any) -> None:
    assert take(henan, {**APPLICATION, "户籍迁入日期": "2025-02-20"}).bad == []
    assert henan.person(NUMBER).hukou_since == date(2025, 2, 20)
    take(guangdong, {**YEAR, "临时账户": "是", "户籍迁入日期": "2025-02-20"})
    account = guangdong.account(NUMBER)
    assert [account.is_temporary(day) for day in (date(2025, 2, 28), date(2025, 3, 1))] == [True, False]
    ahead = {**APPLICATION, "户籍迁入日期": "2035-02-20"}
    assert _where(take(henan, ahead)) == [(2, "户籍迁入日期")]


def test_a_bank_slip_of_an_unknown_letter_is_a_bad_row(henan: Any, take: Any) -> None:
    slip = {
        "收款省份": "41",
        "收款日期": "2025-03-05",
        "付款编号": "RF18539007547034",
        "付款行号": "1",
        "金额(元)": "100.00",
        "附言": "没有",
    }
    assert _where(take(henan, slip)) == [(2, "附言")]
    assert _where(take(henan, {**slip, "付款编号": "RF19539007547034"})) == [(2, "付款编号")]


def test_a_history_whose_rows_are_scattered_over_the_file_is_one_history(guangdong: Any, take: Any) -> None:
    other = "440000199107220023"
    years = [{**YEAR, "年度": year, "累计缴费月数": "24"} for year in ("2022", "2023")]
    others = [{**row, "社会保障号码": other, "姓名": "合成乙样本"} for row in years]

    report = take(guangdong, years[0], others[0], {**years[1], "社会保障号码": f" {NUMBER.lower()}"}, others[1])

    assert (report.taken, report.bad) == (4, [])
    assert guangdong.history_is_complete(NUMBER)
    assert guangdong.history_is_complete(other)
