"""What acts outside, a payment order or a notice to a person, is released by the platform's acceptance alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.files.exports.file_exchange import FileExchange
from jinbao.regional_adapter.forms.annulment import annulment
from jinbao.regional_adapter.forms.application import application_form
from jinbao.regional_adapter.forms.contact_letter import contact_letter
from jinbao.regional_adapter.forms.information_sheet import information_sheet
from jinbao.regional_adapter.forms.payment import funds_received, remittance
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import ContributionRow
from jinbao.regional_adapter.local.local_system import DocumentOutcome, IncomingDocument, LocalDocument
from jinbao.regional_adapter.office.automatic_desk import Desk
from jinbao.rules.working_days import end_of_day

TODAY = date(2019, 10, 8)
NOW_US = end_of_day(TODAY) - 3_600_000_000
LETTER, TRANSFER = UUID(int=5), UUID(int=4)
NOT_STANDING = (DocumentState.SENT, DocumentState.PARKED, DocumentState.REJECTED)
ACCEPTED, PARKED, REJECTED = DocumentState.ACCEPTED, DocumentState.PARKED, DocumentState.REJECTED


class Office:
    """A province's local system with its desk and its files, and a platform that is what the test says."""

    def __init__(self, folder: Path, province: str, agency: Any) -> None:
        self.local = EmbeddedLocalSystem(folder / f"{province}.sqlite", province, durable=False)
        self.desk = Desk(self.local, agency)
        self.store = AdapterStore(folder / f"adapter-{province}.sqlite", durable=False)
        self.files = FileExchange(self.local, folder / province, self.store.set_aside)
        self.out = folder / province / "out"

    def work(self) -> None:
        for _ in range(4):
            self.desk.step(NOW_US)
            self.files.step(NOW_US)

    def say(self, document: LocalDocument, state: DocumentState, code: str | None = None) -> None:
        self.local.note([DocumentOutcome(document.sequence, state, NOW_US, code)])
        self.work()

    def last(self, kind: str) -> LocalDocument:
        return self.local.documents(kind=kind)[-1]

    def kinds(self) -> list[str]:
        return [document.kind for document in self.local.documents()]

    def orders(self) -> int:
        return len(list(self.out.glob("付款指令-*.csv")))


@pytest.fixture
def letter(person: Any, application: Any, agency: Any) -> IncomingDocument:
    accepted = application_form(application, person, "41")
    form = contact_letter(application.number, accepted, agency)
    fields = {**form.fields, "personal": {"number": person.number, "id_type": "resident_id", "name": person.name}}
    return IncomingDocument(LETTER, form.KIND, TRANSFER, UUID(int=6), "41", "A-0001-L1", 1, NOW_US, fields)


@pytest.fixture
def guangdong(
    tmp_path: Path, letter: Any, person: Any, account: Any, history: list[ContributionRow], agency: Any
) -> Any:
    office = Office(tmp_path, "44", agency)
    office.local.register_person(person)
    office.local.register_account(account)
    for row in history:
        office.local.register_contribution(row)
    office.local.deliver([letter])
    office.work()
    yield office
    office.local.close()


@pytest.fixture
def henan(tmp_path: Path, letter: Any, person: Any, application: Any, account: Any, history: Any, agency: Any) -> Any:
    """Application and letter have gone out; the sheet is in and the money reported."""
    office = Office(tmp_path, "41", agency)
    office.local.register_person(person)
    office.local.register_application(application)
    office.local.begun({application.number: TRANSFER})
    office.work()
    sheet = information_sheet(letter, history, account, agency, TODAY, "44").form
    office.local.deliver(
        [IncomingDocument(UUID(int=7), sheet.KIND, TRANSFER, UUID(int=6), "44", "S", 1, NOW_US, sheet.fields)]
    )
    money = funds_received(sheet.total, "RF18539007547034", 1, TODAY)
    office.local.write_document(money.KIND, "RF18539007547034/1", application.number, money.fields, "clerk", NOW_US)
    office.work()
    yield office
    office.local.close()


@pytest.mark.parametrize("state", NOT_STANDING)
def test_the_bank_gets_no_order_for_a_sheet_that_does_not_stand(guangdong: Office, state: DocumentState) -> None:
    guangdong.say(guangdong.last("InformationSheetSent"), state)
    assert guangdong.kinds() == ["OriginReviewPassed", "InformationSheetSent"]
    assert guangdong.orders() == 0


@pytest.mark.parametrize("state", NOT_STANDING)
def test_the_bank_gets_no_order_that_does_not_stand_itself(guangdong: Office, state: DocumentState) -> None:
    guangdong.say(guangdong.last("InformationSheetSent"), ACCEPTED)
    guangdong.say(guangdong.last("FundsRemitted"), state)
    assert guangdong.orders() == 0


def test_the_bank_gets_one_order_when_sheet_and_order_stand(guangdong: Office) -> None:
    guangdong.say(guangdong.last("InformationSheetSent"), ACCEPTED)
    order = guangdong.last("FundsRemitted")
    assert order.fields["amount"] == guangdong.last("InformationSheetSent").fields["total"]
    guangdong.say(order, PARKED)
    guangdong.say(order, ACCEPTED)
    assert guangdong.orders() == 1
    next(guangdong.out.iterdir()).unlink()
    guangdong.work()
    assert guangdong.orders() == 0, "the bank took it; it is not given again"


def test_a_clerks_order_waits_for_a_sheet_that_stands(guangdong: Office) -> None:
    form = remittance(100, "RF18539007547034", 1, TODAY)
    guangdong.local.write_document(form.KIND, "P", TRANSFER.hex, form.fields, "clerk", NOW_US)
    guangdong.say(guangdong.last("FundsRemitted"), ACCEPTED)
    assert guangdong.orders() == 0
    guangdong.say(guangdong.last("InformationSheetSent"), ACCEPTED)
    assert guangdong.orders() == 1


def test_an_order_that_is_being_taken_back_stays_here(guangdong: Office) -> None:
    guangdong.say(guangdong.last("InformationSheetSent"), ACCEPTED)
    order = guangdong.last("FundsRemitted")
    form = annulment(order, "误操作")
    guangdong.local.write_document(form.KIND, "Z", TRANSFER.hex, form.fields, "clerk", NOW_US)
    guangdong.say(order, ACCEPTED)
    assert guangdong.orders() == 0
    guangdong.say(guangdong.last("FactAnnulled"), REJECTED)
    assert guangdong.orders() == 1, "it was not taken back after all"


def test_a_rejected_sheet_is_written_again_from_corrected_records_and_not_before(
    guangdong: Office, history: list[ContributionRow]
) -> None:
    guangdong.say(guangdong.last("InformationSheetSent"), REJECTED, "SHEET_SUMS_WRONG")
    assert guangdong.kinds().count("InformationSheetSent") == 1
    guangdong.local.keep_only_contributions(history[0].number, history[1:])
    guangdong.work()
    assert guangdong.kinds().count("InformationSheetSent") == 2
    guangdong.say(guangdong.last("InformationSheetSent"), ACCEPTED)
    assert guangdong.last("FundsRemitted").fields["amount"] == guangdong.last("InformationSheetSent").fields["total"]


@pytest.mark.parametrize("state", NOT_STANDING)
def test_nothing_is_completed_on_money_whose_report_does_not_stand(henan: Office, state: DocumentState) -> None:
    assert "TransferCompleted" not in henan.kinds()
    henan.say(henan.last("FundsReceived"), state)
    assert "TransferCompleted" not in henan.kinds()
    assert "MismatchReported" not in henan.kinds()


@pytest.mark.parametrize("state", NOT_STANDING)
def test_nobody_is_told_of_a_completion_that_does_not_stand(henan: Office, state: DocumentState) -> None:
    henan.say(henan.last("FundsReceived"), ACCEPTED)
    henan.say(henan.last("TransferCompleted"), state)
    assert not any("Informed" in kind for kind in henan.kinds())
    assert henan.kinds().count("TransferCompleted") == 1, "nor is a rejected completion said every day again"


def test_person_and_employer_are_told_once_the_completion_stands(henan: Office) -> None:
    henan.say(henan.last("FundsReceived"), ACCEPTED)
    henan.say(henan.last("TransferCompleted"), PARKED)
    henan.say(henan.last("TransferCompleted"), ACCEPTED)
    henan.work()
    assert [kind for kind in henan.kinds() if "Informed" in kind] == ["PersonInformed", "EmployerInformed"]


def test_a_wrong_slip_that_was_rejected_stands_in_no_ones_way(henan: Office) -> None:
    right = henan.last("FundsReceived")
    wrong = {**right.fields, "amount": 1}
    henan.local.write_document("FundsReceived", right.key, right.case, wrong, "clerk", NOW_US)
    henan.say(henan.last("FundsReceived"), REJECTED, "AMOUNT_DIFFERS")
    henan.say(right, ACCEPTED)
    assert henan.kinds().count("TransferCompleted") == 1


def test_an_applicant_is_told_of_a_refusal_that_stands(
    tmp_path: Path, person: Any, application: Any, agency: Any
) -> None:
    office = Office(tmp_path, "33", agency)
    office.local.register_person(person)
    office.local.register_application(replace(application, insured_on=date(2019, 9, 1)))
    office.work()
    refusal = office.last("ApplicationRefused")
    office.say(refusal, PARKED)
    assert "PersonInformed" not in office.kinds()
    office.say(refusal, ACCEPTED)
    assert office.kinds().count("PersonInformed") == 1
    office.local.close()


def test_the_desk_goes_on_with_its_own_under_another_operators_name(guangdong: Office, agency: Any) -> None:
    guangdong.desk = Desk(guangdong.local, agency, "auto-desk-44")
    guangdong.say(guangdong.last("InformationSheetSent"), ACCEPTED)
    assert guangdong.kinds().count("FundsRemitted") == 1


def test_a_clerk_orders_the_payment_for_a_sheet_of_his_own(guangdong: Office) -> None:
    ours = guangdong.last("InformationSheetSent")
    guangdong.local.write_document(ours.kind, "clerk's", ours.case, ours.fields, "desk", NOW_US, answers=LETTER)
    guangdong.say(guangdong.last("InformationSheetSent"), ACCEPTED)
    assert "FundsRemitted" not in guangdong.kinds()
