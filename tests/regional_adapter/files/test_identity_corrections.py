"""更正身份 through the real chain: files, desks, adapters, bus and platform, until the case is completed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.projections import case_board
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.adapter_config import load_adapter_config
from jinbao.regional_adapter.files.exports.csv_files import write_another_csv
from jinbao.regional_adapter.files.exports.file_exchange import FileExchange
from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.files.imports.imported_rows import ImportReport
from jinbao.regional_adapter.forms.application import application_form
from jinbao.regional_adapter.office.automatic_desk import Desk
from jinbao.rules.working_days import end_of_day

EXAMPLES = Path(__file__).parents[3] / "examples"
TODAY = date(2025, 3, 10)
NOW_US = end_of_day(TODAY) - 3_600_000_000
WRONG, RIGHT, THIRD = "44000019880315001X", "440000199107220023", "440000197003150017"
CASE = "2026-41-0001"


@pytest.fixture
def bus_clock() -> Callable[[], int]:
    return lambda: NOW_US


def application(number: str = WRONG, name: str = "合成甲一", case: str = CASE) -> dict[str, str]:
    return {
        "转入省份": "41",
        "申请编号": case,
        "社会保障号码": number,
        "姓名": name,
        "户籍省份": "41",
        "转出省份": "44",
        "申请日期": "2025-03-03",
        "受理日期": "2025-03-04",
        "本地参保日期": "2025-02-10",
        "数据性质": "合成",
    }


def history(number: str, name: str = "合成甲一") -> dict[str, str]:
    return {
        "经办省份": "44",
        "社会保障号码": number,
        "姓名": name,
        "参保地": "44",
        "年度": "2018",
        "起始月": "1",
        "缴费月数": "12",
        "缴费基数合计(元)": "60000.00",
        "记账比例(%)": "8",
        "累计缴费月数": "12",
        "是否停保": "是",
        "数据性质": "合成",
    }


def correction(before: str = WRONG, right: str = RIGHT, case: str = CASE, province: str = "41") -> dict[str, str]:
    return {
        "经办省份": province,
        "业务编号": case,
        "原社会保障号码": before,
        "社会保障号码": right,
        "姓名": "合成甲一",
        "更正原因": "号码有误",
        "数据性质": "合成",
    }


class Chain:
    """Two provinces with desks and files, and the platform, driven by hand."""

    def __init__(self, nation: Any, platform: Any, folder: Path) -> None:
        self.nation, self.platform, self.folder = nation, platform, folder
        self.desks: dict[str, Desk] = {}
        self.files: dict[str, FileExchange] = {}
        for code in ("41", "44"):
            province = nation.province(code)
            agency = load_adapter_config(EXAMPLES / f"adapter-{code}.toml", code).agency
            self.desks[code] = Desk(province.local, agency)
            self.files[code] = FileExchange(province.local, folder / code, province.store.set_aside)

    def local(self, code: str = "41") -> Any:
        return self.nation.province(code).local

    def settle(self, *desks: str) -> None:
        """Step everything until all is idle; of the desks only those named, all where none is."""
        for _ in range(100):
            done = self.platform.step(NOW_US)
            for code in ("41", "44"):
                done += self.nation.province(code).adapter.step(NOW_US) + self.files[code].step(NOW_US)
                if code in (desks or ("41", "44")):
                    done += self.desks[code].step(NOW_US)
            if done == 0:
                return
        raise AssertionError("the nation does not come to rest")

    def take(self, code: str, *rows: dict[str, str]) -> ImportReport:
        file = self.folder / "import.csv"
        with file.open("w", encoding="gb18030", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return import_file(file, self.local(code), today=TODAY, now=NOW_US)

    def orders(self) -> list[dict[str, str]]:
        found = []
        for file in sorted((self.folder / "44" / "out").glob("付款指令-*.csv")):
            with file.open(encoding="gb18030", newline="") as stream:
                found += list(csv.DictReader(stream))
        return found

    def pay(self) -> None:
        """The bank credits every order, and the slip is taken in."""
        slips = [{**row, "收款日期": row["付款日期"], "收款省份": "41"} for row in self.orders()]
        names = ("收款省份", "收款日期", "付款编号", "付款行号", "金额(元)", "附言")
        assert self.take("41", *({n: slip[n] for n in names} for slip in slips)).bad == []
        self.settle()

    def board(self) -> list[tuple[str, str]]:
        with self.platform.store.read() as work:
            return sorted((row.state, row.application) for row in case_board.case_list(work))


@pytest.fixture
def nation_of_the_platform(bare_nation: Any, tmp_path: Path) -> Iterator[Any]:
    store = Store(f"sqlite:///{tmp_path}/platform.sqlite", durable=False)
    platform = NationalPlatform(bare_nation.bus, store)
    yield bare_nation, platform
    platform.close()
    store.close()


@pytest.fixture
def chain(nation_of_the_platform: Any, tmp_path: Path) -> Chain:
    nation, platform = nation_of_the_platform
    return Chain(nation, platform, tmp_path)


def reasons(report: ImportReport) -> list[tuple[int, str]]:
    return [(bad.line, bad.column) for bad in report.bad]


def test_one_number_for_two_persons_in_a_file_is_a_bad_row(chain: Chain) -> None:
    report = chain.take("41", application(), application(RIGHT, "合成乙二"))
    assert (report.taken, reasons(report)) == (1, [(3, "申请编号")])
    assert chain.local().application(CASE).person == WRONG
    assert chain.local().person(RIGHT) is None, "nothing of the row is kept"


def test_a_number_that_belongs_to_another_person_names_the_way_out_and_changes_nothing(chain: Chain) -> None:
    assert chain.take("41", application()).bad == []
    assert chain.take("44", history(WRONG), history(RIGHT, "合成乙二")).bad == []
    chain.settle()
    before = chain.board()
    report = chain.take("41", application(RIGHT, "合成乙二"))
    assert reasons(report) == [(2, "申请编号")]
    assert "身份更正" in report.bad[0].reason_zh
    assert "身份更正" in report.bad[0].reason_en
    chain.settle()
    assert chain.board() == before
    assert len(chain.orders()) == 1


def test_before_anything_was_said_the_application_is_registered_under_the_right_number(chain: Chain) -> None:
    chain.take("41", application())
    assert chain.take("41", correction()).bad == []
    chain.take("44", history(RIGHT))
    chain.settle()
    assert [d.person for d in chain.local().documents(kind="ApplicationAccepted")] == [RIGHT]
    chain.pay()
    assert chain.board() == [("completed", CASE)]


def test_before_the_letter_it_is_withdrawn_and_applied_for_anew(chain: Chain) -> None:
    """A clerk had accepted it; the letter was not written yet."""
    chain.take("41", application())
    local = chain.local()
    registered = local.application(CASE)
    accepted = application_form(registered, local.person(WRONG), "41")
    local.write_document(accepted.KIND, CASE, CASE, accepted.fields, "clerk", NOW_US)
    local.application_handled(registered)
    chain.settle("44")
    assert chain.take("41", correction()).bad == []
    chain.take("44", history(RIGHT))
    chain.settle()
    chain.pay()
    assert chain.board() == [("completed", f"{CASE}-2"), ("withdrawn", CASE)]


def test_after_the_letter_the_case_goes_on_under_the_right_number(chain: Chain) -> None:
    chain.take("41", application())
    chain.settle()
    report = chain.take("41", correction())
    assert (report.taken, report.bad) == (1, [])
    again = chain.take("41", correction())
    assert (again.taken, again.unchanged) == (0, 1)
    chain.settle()
    assert chain.board() == [("moved", CASE), ("origin_review", CASE)]
    with chain.platform.store.read() as work:
        assert len(case_board.transfers_like(work, CASE)) == 1, "one transfer, found by its number as before"


def test_a_letter_that_came_back_for_the_identity_is_sent_anew_and_the_case_completed(chain: Chain) -> None:
    """Before, the new letter was parked under the right number for ever."""
    chain.take("41", application())
    chain.take("44", history(WRONG, "合成丙三"), history(RIGHT))
    chain.settle()
    (returned,) = chain.local().incoming("TransferReturned")
    assert returned.fields["reason_code"] == "IDENTITY_MISMATCH_AT_ORIGIN"

    assert chain.take("41", correction()).bad == []
    chain.settle()
    assert [d.fields["letter_version"] for d in chain.local().documents(kind="ContactLetterIssued")] == [1, 2]
    chain.pay()
    assert chain.board() == [("completed", CASE), ("moved", CASE)]
    assert len(chain.local("44").incoming("TransferCompleted")) == 1


def test_the_origin_corrects_the_case_of_a_letter(chain: Chain) -> None:
    chain.take("41", application())
    chain.settle("41")
    (letter,) = chain.local("44").incoming("ContactLetterIssued")
    transfer = str(letter.transfer_id)
    assert reasons(chain.take("44", correction(THIRD, case=transfer, province="44"))) == [(2, "原社会保障号码")]
    assert chain.take("44", correction(case=transfer, province="44")).bad == []
    chain.settle("41")
    assert chain.board() == [("moved", CASE), ("origin_review", CASE)]


def test_a_case_that_could_not_be_taken_goes_on_here_and_both_are_told(chain: Chain) -> None:
    chain.take("41", application(), application(RIGHT, "合成甲一", "2026-41-0002"))
    chain.settle("41")
    chain.take("41", correction())
    chain.settle("41")
    for code in ("41", "44"):
        (told,) = chain.local(code).incoming("ContinuationRefused")
        assert told.fields["code"] == "LIVE_TRANSFER_EXISTS"
    chain.take("44", history(WRONG), history(RIGHT))
    chain.settle()
    chain.pay()
    assert chain.board() == [("completed", "2026-41-0001"), ("completed", "2026-41-0002")]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"业务编号": "2026-41-9999"}, "业务编号"),
        ({"业务编号": "00000000-0000-0000-0000-000000000001"}, "业务编号"),
        ({"原社会保障号码": THIRD}, "原社会保障号码"),
        ({"更正原因": "不知道"}, "更正原因"),
        ({"社会保障号码": "440000199107220024"}, "社会保障号码"),
        ({"经办省份": "33"}, "经办省份"),
    ],
)
def test_a_correction_that_cannot_be_made_is_a_bad_row(chain: Chain, change: dict[str, str], column: str) -> None:
    chain.take("41", application())
    chain.settle("41")
    good = correction(case=CASE)
    report = chain.take("41", {**good, **change}, {**good, "业务编号": "2026-41-8888"})
    assert (2, column) in reasons(report)
    assert chain.local().application(CASE).person == WRONG


def test_an_ended_case_is_not_corrected(chain: Chain) -> None:
    chain.take("41", application())
    chain.take("44", history(WRONG))
    chain.settle()
    chain.pay()
    assert chain.board() == [("completed", CASE)]
    assert reasons(chain.take("41", correction())) == [(2, "业务编号")]


def test_no_file_is_written_over_anothers(tmp_path: Path) -> None:
    file, first, other = tmp_path / "a.csv", [{"x": "1"}], [{"x": "2"}]
    assert write_another_csv(file, first) == file
    assert write_another_csv(file, first) == file
    second = write_another_csv(file, other)
    assert second == tmp_path / "a-2.csv"
    assert write_another_csv(file, other) == second
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-2.csv", "a.csv"]
    assert file.read_bytes() != second.read_bytes()
