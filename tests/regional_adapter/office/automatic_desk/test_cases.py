"""Two provinces' adapters with automatic desks and the real platform: from imported files to completion."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from support.two_provinces import EXAMPLES, NOW_US, PARTIES, TODAY, Run, import_both

from jinbao.regional_adapter.local.local_records import Account, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.regional_adapter.office.automatic_desk import ground_for_return

BORN_1970 = "440000197003150017"


def test_cases_go_from_csv_files_to_completion_without_typing(run: Run) -> None:
    import_both(run)
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
    import_both(run)
    run.bank()
    messages, documents = run.count(), {code: run.sent(code) for code in PARTIES}

    import_both(run)
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
    import_both(run)
    run.bank("1.00")
    answers = run.nation.province("41").local.incoming("SubmissionAnswered")
    assert {a.fields["code"] for a in answers} == {"AMOUNT_DIFFERS"}
    assert {a.fields["document"]["kind"] for a in answers} == {"FundsReceived"}
    assert "TransferCompleted" not in run.sent("41")

    run.bank()

    assert run.sent("41").count("TransferCompleted") == 3
    assert len(run.nation.province("44").local.incoming("TransferCompleted")) == 3


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
