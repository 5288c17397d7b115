"""Two provinces' adapters with automatic desks and the real platform: from imported files to completion."""

from __future__ import annotations

import csv
import runpy
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.projections import fund_ledger
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.adapter_config import load_adapter_config
from jinbao.regional_adapter.files.file_exchange import FileExchange
from jinbao.regional_adapter.files.import_file import import_file
from jinbao.regional_adapter.forms.information_sheet import information_sheet
from jinbao.regional_adapter.forms.origin_review import review_passed
from jinbao.regional_adapter.forms.payment import remittance
from jinbao.regional_adapter.local.local_records import Account, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.regional_adapter.office.automatic_desk import Desk, ground_for_return
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.working_days import end_of_day
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

EXAMPLES = Path(__file__).parents[3] / "examples"
TODAY = date(2025, 3, 10)
BORN_1970 = "440000197003150017"
NOW_US = end_of_day(TODAY) - 3_600_000_000
PARTIES = ("41", "44")


class Run:
    """Platform, adapters, desks and file exchange on one bus."""

    def __init__(self, nation: Any, folder: Path, platform: NationalPlatform) -> None:
        self.folder = folder
        self.nation = nation
        self.platform = platform
        self.desks = {}
        self.files = {}
        self.parties = [*PARTIES]
        for code in PARTIES:
            province = nation.province(code)
            agency = load_adapter_config(EXAMPLES / f"adapter-{code}.toml", code).agency
            self.desks[code] = Desk(province.local, agency)
            self.write_files(code)

    def write_files(self, code: str) -> None:
        province = self.nation.province(code)
        self.files[code] = FileExchange(province.local, self.folder / "local" / code, province.store.set_aside)

    def settle(self) -> None:
        """Step everything until all is idle."""
        for _ in range(100):
            done = self.platform.step(NOW_US)
            for code in self.parties:
                done += self.nation.province(code).adapter.step(NOW_US)
                if code in self.files:
                    done += self.files[code].step(NOW_US)
                if code in self.desks:
                    done += self.desks[code].step(NOW_US)
            if done == 0:
                return
        raise AssertionError("the nation does not come to rest")

    def take(self, file: Path, code: str) -> None:
        assert import_file(file, self.nation.province(code).local, today=TODAY).bad == []
        self.settle()

    def bank(self, amount: str | None = None) -> None:
        """Let the banks turn all payment orders into slips, and Henan take them in."""
        slips = self.folder / "slips"
        runpy.run_path(str(EXAMPLES / "bank.py"))["main"](self.folder / "local" / "44" / "out", slips)
        file = slips / "到账回单-41.csv"
        if amount is not None:
            with file.open(encoding="gb18030", newline="") as stream:
                rows = [{**row, "金额(元)": amount} for row in csv.DictReader(stream)]
            with file.open("w", encoding="gb18030", newline="") as stream:
                writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        self.take(file, "41")

    def sent(self, code: str) -> list[str]:
        return [d.kind for d in self.nation.province(code).local.documents()]

    def count(self) -> int:
        return sum(self.nation.bus.end_offsets(SUBMISSIONS_TOPIC).values())


@pytest.fixture
def run(nation_of_the_platform: Any, tmp_path: Path) -> Run:
    nation, platform = nation_of_the_platform
    return Run(nation, tmp_path, platform)


@pytest.fixture
def bus_clock() -> Callable[[], int]:
    """Bus, platform and desks live on the same day."""
    return lambda: NOW_US


@pytest.fixture
def nation_of_the_platform(bare_nation: Any, tmp_path: Path) -> Any:
    store = Store(f"sqlite:///{tmp_path}/platform.sqlite", durable=False)
    bare_nation.bus._clock = lambda: NOW_US  # one day for bus and platform
    platform = NationalPlatform(bare_nation.bus, store)
    yield bare_nation, platform
    platform.close()
    store.close()


def _import_both(run: Run) -> None:
    run.take(EXAMPLES / "applications-41.csv", "41")
    run.take(EXAMPLES / "history-44.csv", "44")


def test_cases_go_from_csv_files_to_completion_without_typing(run: Run) -> None:
    _import_both(run)
    assert run.sent("41") == ["ApplicationAccepted", "ContactLetterIssued"] * 3
    assert sorted(run.sent("44")) == sorted(["OriginReviewPassed", "InformationSheetSent", "FundsRemitted"] * 3)

    run.bank()

    assert run.sent("41").count("TransferCompleted") == 3
    told = [(d.kind, d.fields["about"]) for d in run.nation.province("41").local.documents() if "Informed" in d.kind]
    assert told == [("PersonInformed", "TransferCompleted"), ("EmployerInformed", "TransferCompleted")] * 3
    completed = run.nation.province("44").local.incoming("TransferCompleted")
    assert len(completed) == 3
    for code in PARTIES:
        assert run.nation.province(code).local.incoming("SubmissionAnswered") == []
        assert run.desks[code].waiting == ()


def test_the_same_files_again_and_a_lost_store_change_nothing(run: Run) -> None:
    _import_both(run)
    run.bank()
    messages, documents = run.count(), {code: run.sent(code) for code in PARTIES}

    _import_both(run)
    run.bank()
    assert run.count() == messages

    for code in PARTIES:
        run.nation.province(code).restart(lose_store=True)
        run.write_files(code)
    run.settle()
    assert {code: run.sent(code) for code in PARTIES} == documents
    assert all(run.nation.province(code).local.incoming("SubmissionAnswered") == [] for code in PARTIES)
    assert run.count() > messages, "everything was sent again, and was a duplicate"


@pytest.mark.parametrize(("here", "there"), [("合成甲·样本", "合成甲•样本"), ("合成甲", "合成　甲"), ("ＡＢ", "AB")])
def test_ways_of_writing_a_name_are_no_ground_for_return(here: str, there: str) -> None:
    number = "11010519491231002X"
    person, account = Person(number=number, name=here), Account(number=number)
    assert ground_for_return(person, account, {"number": number, "name": there}, TODAY) is None
    other = {"number": number, "name": "合成乙"}
    assert ground_for_return(person, account, other, TODAY) == "IDENTITY_MISMATCH_AT_ORIGIN"


def test_a_temporary_account_is_no_ground_for_return_from_the_month_after_the_hukou_moved_to_it() -> None:
    number = "11010519491231002X"
    person, personal = Person(number=number, name="合成甲"), {"number": number, "name": "合成甲"}
    account = Account(number=number, temporary=True, hukou_since=date(2025, 2, 14))
    assert ground_for_return(person, account, personal, date(2025, 2, 28)) == "TEMPORARY_ACCOUNT_NOT_ELIGIBLE"
    assert ground_for_return(person, account, personal, date(2025, 3, 1)) is None
    forever = Account(number=number, temporary=True)
    assert ground_for_return(person, forever, personal, date(2099, 1, 1)) == "TEMPORARY_ACCOUNT_NOT_ELIGIBLE"


def test_a_letter_waits_until_the_history_is_complete(run: Run) -> None:
    run.take(EXAMPLES / "applications-41.csv", "41")

    assert run.sent("44") == []
    assert len(run.desks["44"].waiting) == 3


def test_a_slip_that_differs_from_the_order_is_answered_and_the_corrected_one_completes(run: Run) -> None:
    _import_both(run)
    run.bank("1.00")
    answers = run.nation.province("41").local.incoming("SubmissionAnswered")
    assert {a.fields["code"] for a in answers} == {"AMOUNT_DIFFERS"}
    assert {a.fields["document"]["kind"] for a in answers} == {"FundsReceived"}
    assert "TransferCompleted" not in run.sent("41")

    run.bank()

    assert run.sent("41").count("TransferCompleted") == 3
    assert len(run.nation.province("44").local.incoming("TransferCompleted")) == 3


@pytest.fixture
def announce(run: Run) -> Callable[[int | None], Any]:
    """Guangdong sends the first case's sheet, and says that it pays where an amount is given."""
    desk = run.desks.pop("44")
    _import_both(run)
    guangdong = run.nation.province("44").local
    letter = guangdong.incoming("ContactLetterIssued")[0]
    account = guangdong.account(letter.fields["personal"]["number"])
    rows = guangdong.contributions(account.number)
    sheet = information_sheet(letter, rows, account, desk._agency, TODAY, "44").form
    reference = make_payment_reference("TEST")

    def say(amount: int | None) -> tuple[Any, Any, str]:
        said = [("V", review_passed(letter)), ("S", sheet)] if not run.sent("44") else []
        if amount is not None:
            said.append((f"{reference}-1", remittance(amount, reference, 1, TODAY)))
        for key, form in said:
            guangdong.write_document(form.KIND, key, letter.transfer_id.hex, form.fields, "clerk", NOW_US)
        run.settle()
        return letter, sheet, reference

    return say


@pytest.fixture
def slips(run: Run, tmp_path: Path) -> Callable[..., Any]:
    """Henan takes in a file of slips (到账回单) with these amounts for one payment line."""

    def take(letter: Any, reference: str, *amounts: str) -> Any:
        head = "收款省份,收款日期,付款编号,付款行号,金额(元),附言"
        rows = [f'41,{TODAY},{reference},1,"{amount}",{letter.local_document}' for amount in amounts]
        file = tmp_path / "slips.csv"
        file.write_text("\n".join([head, *rows, ""]), encoding="gb18030")
        report = import_file(file, run.nation.province("41").local, today=TODAY)
        run.settle()
        return report

    return take


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02}"


def test_a_payment_line_that_comes_twice_with_two_amounts_is_bad_the_second_time(
    run: Run, announce: Callable[..., Any], slips: Callable[..., Any]
) -> None:
    letter, sheet, reference = announce(None)
    right = sheet.fields["total"]
    report = slips(letter, reference, _yuan(right), _yuan(right + 18))
    assert (report.taken, [(bad.line, bad.column) for bad in report.bad]) == (1, [(3, "付款行号")])
    assert run.sent("41").count("TransferCompleted") == 1


@pytest.mark.parametrize("wrong_by", [18, -18])
@pytest.mark.parametrize("told", ["before", "after"])
def test_the_right_slip_replaces_the_wrong_one_and_completes(
    run: Run, announce: Callable[..., Any], slips: Callable[..., Any], wrong_by: int, told: str
) -> None:
    """Whether the payer's notice came before the wrong slip, so that it was refused, or after the mismatch."""
    letter, sheet, reference = announce(None)
    right = sheet.fields["total"]
    if told == "before":
        announce(right)
    assert slips(letter, reference, _yuan(right + wrong_by)).taken == 1
    assert "TransferCompleted" not in run.sent("41")
    assert ("MismatchReported" in run.sent("41")) == (told == "after")
    assert slips(letter, reference, _yuan(right)).taken == 1
    assert run.sent("41").count("TransferCompleted") == 1
    assert len(run.nation.province("44").local.incoming("TransferCompleted")) == 1
    again = slips(letter, reference, _yuan(right))
    assert (again.taken, again.unchanged) == (0, 1)


def test_a_wrong_slip_after_the_completion_changes_nothing_and_the_right_one_still_stands(
    run: Run, announce: Callable[..., Any], slips: Callable[..., Any]
) -> None:
    letter, sheet, reference = announce(None)
    right = sheet.fields["total"]
    slips(letter, reference, _yuan(right))
    assert run.sent("41").count("TransferCompleted") == 1
    slips(letter, reference, _yuan(right + 18))
    codes = [a.fields["code"] for a in run.nation.province("41").local.incoming("SubmissionAnswered")]
    assert codes == ["CANNOT_ANNUL", "AMOUNT_DIFFERS"]
    again = slips(letter, reference, _yuan(right))
    assert (again.taken, again.unchanged) == (0, 1)


def test_the_desk_completes_nothing_while_announced_money_is_on_its_way(
    run: Run, announce: Callable[..., Any], slips: Callable[..., Any]
) -> None:
    """Though what came is what the sheet says: a second payment was announced."""
    letter, sheet, reference = announce(None)
    total, more = sheet.fields["total"], make_payment_reference("MORE")
    guangdong = run.nation.province("44").local
    form = remittance(700, more, 1, TODAY)
    guangdong.write_document(form.KIND, f"{more}-1", letter.transfer_id.hex, form.fields, "clerk", NOW_US)
    announce(total)
    slips(letter, reference, _yuan(total))
    assert "TransferCompleted" not in run.sent("41")
    assert "MismatchReported" not in run.sent("41")
    slips(letter, more, "7.00")
    assert "MismatchReported" in run.sent("41")


def test_an_order_for_less_than_the_sheet_is_reported_as_a_mismatch(run: Run) -> None:
    del run.desks["44"]
    _import_both(run)
    guangdong = run.nation.province("44").local
    agency = load_adapter_config(EXAMPLES / "adapter-44.toml", "44").agency
    letter = guangdong.incoming("ContactLetterIssued")[0]
    number = letter.fields["personal"]["number"]
    account = guangdong.account(number)
    sheet = information_sheet(letter, guangdong.contributions(number), account, agency, TODAY, "44").form
    reference = make_payment_reference("TEST")
    order = remittance(100, reference, 1, TODAY)
    for key, form in (("V", review_passed(letter)), ("S", sheet), (f"{reference}-1", order)):
        guangdong.write_document(form.KIND, key, letter.transfer_id.hex, form.fields, "clerk", NOW_US)
    run.settle()

    run.bank()

    (report,) = guangdong.incoming("MismatchReported")
    assert (report.fields["received"], report.fields["expected"]) == (100, sheet.fields["total"])
    assert report.fields["request"] == "top_up"
    assert "TransferCompleted" not in run.sent("41")
    assert run.nation.province("41").local.incoming("SubmissionAnswered") == []


def test_an_insured_person_is_returned_and_the_corrected_application_becomes_the_next_letter(
    run: Run, tmp_path: Path
) -> None:
    run.take(EXAMPLES / "applications-41.csv", "41")
    text = (EXAMPLES / "history-44.csv").read_text(encoding="gb18030")
    still_insured = tmp_path / "history.csv"
    still_insured.write_text(text.replace("否,是,合成", "否,否,合成"), encoding="gb18030")
    run.take(still_insured, "44")
    assert run.sent("44") == ["TransferReturned"] * 3
    assert run.nation.province("41").local.incoming("TransferReturned")[0].fields["reason_code"] == (
        "CONTRIBUTIONS_NOT_STOPPED"
    )

    run.take(EXAMPLES / "history-44.csv", "44")
    corrected = tmp_path / "applications.csv"
    text = (EXAMPLES / "applications-41.csv").read_text(encoding="gb18030")
    corrected.write_text(text.replace("样本路1号", "样本路9号"), encoding="gb18030")
    run.take(corrected, "41")

    letters = run.nation.province("41").local.documents(kind="ContactLetterIssued")
    assert [letter.fields["letter_version"] for letter in letters] == [1, 1, 1, 2, 2, 2]
    assert run.sent("44").count("InformationSheetSent") == 3
    assert run.nation.province("41").local.incoming("SubmissionAnswered") == []


def test_a_rejected_application_corrected_and_fed_again_goes_on(run: Run, tmp_path: Path) -> None:
    zhejiang = run.nation.province("33")
    header, first, *_ = (EXAMPLES / "applications-41.csv").read_text(encoding="gb18030").splitlines(keepends=True)
    second = first.replace("2025-41-0001", "2025-41-0009")
    file = tmp_path / "applications.csv"
    file.write_text(header + first + second, encoding="gb18030")
    run.take(file, "41")
    henan = run.nation.province("41").local
    (answer,) = henan.incoming("SubmissionAnswered")
    assert answer.fields["document"]["key"] == "2025-41-0009"

    file.write_text(header + first + second.replace(",44,", ",33,", 1), encoding="gb18030")
    run.take(file, "41")
    zhejiang.run()

    (letter,) = zhejiang.local.incoming("ContactLetterIssued")
    assert letter.local_document == "2025-41-0009-L1"
    assert len(henan.incoming("SubmissionAnswered")) == 1


def test_a_letter_that_was_rejected_is_sent_again_as_another_message(run: Run) -> None:
    run.take(EXAMPLES / "applications-41.csv", "41")
    henan = run.nation.province("41").local
    application = henan.applications()[0]
    transfer = henan.transfer_of(application.number)
    document = {"kind": "ContactLetterIssued", "key": f"{application.number}-L1", "sequence": 2}
    fields = {"code": "PREDECESSOR_MISSING", "document": document}
    henan.deliver(
        [IncomingDocument(UUID(int=1), "SubmissionAnswered", transfer, transfer, "00", "-", 1, 1, fields, position=0)]
    )

    henan.register_application(application, person_changed=True)
    run.desks["41"].step(NOW_US)

    letters = henan.documents(case=application.number, kind="ContactLetterIssued")
    assert [letter.attempt for letter in letters] == [1, 2]


def test_an_unchanged_application_is_sent_again_on_purpose_by_its_count(run: Run, tmp_path: Path) -> None:
    text = (EXAMPLES / "applications-41.csv").read_text(encoding="gb18030").splitlines()
    file = tmp_path / "applications.csv"
    for attempt in ("1", "2"):
        file.write_text(f"{text[0]},报送次数\n{text[1]},{attempt}\n", encoding="gb18030")
        run.take(file, "41")

    accepted = run.nation.province("41").local.documents(kind="ApplicationAccepted")
    assert [d.attempt for d in accepted] == [1, 2]
    assert accepted[0].fields == accepted[1].fields


def test_who_is_too_old_and_not_at_home_is_refused_in_writing(run: Run, tmp_path: Path) -> None:
    text = (EXAMPLES / "applications-41.csv").read_text(encoding="gb18030")
    file = tmp_path / "applications.csv"
    file.write_text(text.replace("河南省", "44").replace("44000019880315001X", BORN_1970), encoding="gb18030")
    run.take(file, "41")

    assert run.sent("41").count("ApplicationRefused") == 1
    assert run.sent("41").count("ContactLetterIssued") == 2
    (refusal,) = run.nation.province("41").local.documents(kind="ApplicationRefused")
    assert refusal.fields["reason_code"] == "AGE_LIMIT_TEMPORARY_ACCOUNT"
    assert refusal.fields["reason_text"]


@pytest.mark.parametrize(
    ("moved", "sent"), [("2025-02-28", "ContactLetterIssued"), ("2025-03-02", "ApplicationRefused")]
)
def test_whose_hukou_moved_here_after_the_age_limit_is_taken_from_the_month_after(
    run: Run, tmp_path: Path, moved: str, sent: str
) -> None:
    """Insured here at 62 without hukou: the account is an ordinary one from the month after the hukou came."""
    cells = {
        "转入省份": "41",
        "申请编号": "2025-41-0009",
        "社会保障号码": "11010519491231002X",
        "姓名": "合成丁四",
        "户籍省份": "41",
        "户籍迁入日期": moved,
        "转出省份": "44",
        "申请日期": "2025-03-03",
        "受理日期": "2025-03-04",
        "本地参保日期": "2012-02-01",
        "数据性质": "合成",
    }
    file = tmp_path / "moved.csv"
    file.write_text(",".join(cells) + "\n" + ",".join(cells.values()) + "\n", encoding="gb18030")
    run.take(file, "41")
    assert set(run.sent("41")) & {"ContactLetterIssued", "ApplicationRefused"} == {sent}


def _translated(file: Path, folder: Path, *changes: tuple[str, str]) -> Path:
    """A copy of an example with other provinces."""
    text = file.read_text("gb18030")
    for old, new in changes:
        text = text.replace(old, new)
    copy = folder / file.name
    copy.write_text(text, "gb18030")
    return copy


def test_between_sichuan_and_chongqing_no_payment_is_ordered_and_the_sheet_alone_completes(
    run: Run, tmp_path: Path
) -> None:
    """The desks know by the same procedures as the platform that the two settle by period."""
    run.parties = ["50", "51"]
    agency = load_adapter_config(EXAMPLES / "adapter-41.toml", "41").agency
    for code in run.parties:
        run.desks[code] = Desk(run.nation.province(code).local, agency)
    provinces = (",44,2025-03-03", ",51,2025-03-03"), (",广东,", ",四川,"), (",440000,2025", ",510000,2025")
    head = ("41,2025-41-", "50,2025-50-")
    run.take(_translated(EXAMPLES / "applications-41.csv", tmp_path, head, *provinces), "50")
    run.take(_translated(EXAMPLES / "history-44.csv", tmp_path, ("\n44,", "\n51,"), (",44,", ",51,")), "51")
    assert "FundsRemitted" not in run.sent("51")
    assert run.sent("51").count("InformationSheetSent") == run.sent("50").count("TransferCompleted") == 3
    with run.platform.store.read() as work:
        accounts = {(row.province, row.account) for row in fund_ledger.ledger(work)}
    assert accounts == {
        ("51", "origin_fund"),
        ("51", "settlement_owed"),
        ("50", "destination_fund"),
        ("50", "settlement_due"),
    }


def test_one_record_that_the_desk_cannot_work_stops_no_other(
    run: Run, application: Any, person: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Both come from a system of before, which took what an import refuses today."""
    henan, guangdong = run.nation.province("41"), run.nation.province("44")
    henan.local.register_person(person)
    for number in range(3):
        insured_on = date(1900, 1, 1) if number == 0 else date(2025, 2, 10)
        henan.local.register_application(
            msgspec.structs.replace(application, number=f"B-{number}", insured_on=insured_on, origin="44")
        )
    nameless = IncomingDocument(
        UUID(int=5), "ContactLetterIssued", UUID(int=6), UUID(int=7), "41", "L-1", 0, 0, {"personal": {}}
    )
    guangdong.local.deliver([nameless])
    run.desks["44"].step(NOW_US)
    run.take(EXAMPLES / "history-44.csv", "44")
    run.take(EXAMPLES / "applications-41.csv", "41")

    assert [(what.subject, what.code) for what in run.desks["41"].set_aside] == [
        ("ApplicationAccepted B-0", "INTERNAL_ERROR")
    ]
    assert [what.subject for what in run.desks["44"].set_aside] == ["ContactLetterIssued L-1"]
    assert henan.local.documents(case="B-0") == [], "nothing half done is kept"
    assert henan.local.documents(case="B-1")
    assert run.sent("44").count("InformationSheetSent") == 3
    logged = [record.getMessage() for record in caplog.records if record.name == "jinbao.adapter"]
    assert len(logged) == 2, "each is told once, though it is tried again"
    assert run.desks["41"].step(NOW_US) == 0

    henan.local.register_application(msgspec.structs.replace(application, number="B-0", origin="32"))
    run.settle()
    assert run.desks["41"].set_aside == ()
    assert henan.local.documents(case="B-0")
