"""Documents that begin something of their own, bear a corrected number or take a document back become messages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from jinbao.platform.example_fields import example_fields
from jinbao.regional_adapter.exchange.mapping import CannotMapError, to_submission
from jinbao.regional_adapter.forms import FORMS
from jinbao.regional_adapter.forms.agency_change import AgencyChangedForm
from jinbao.regional_adapter.forms.annulment import annulment
from jinbao.regional_adapter.forms.application import refusal
from jinbao.regional_adapter.forms.arrears import ArrearsDeclinedForm, ArrearsReportedForm, ArrearsSettledForm
from jinbao.regional_adapter.forms.certificate import certificate
from jinbao.regional_adapter.forms.form import Form, registered
from jinbao.regional_adapter.forms.identity_correction import identity_corrected
from jinbao.regional_adapter.forms.information_sheet import sheet_given_back
from jinbao.regional_adapter.forms.lump_sum import (
    LumpSumDocumentError,
    document_requested,
    document_supplied,
    lump_sum_found,
    lump_sum_notice,
)
from jinbao.regional_adapter.forms.notification import informed
from jinbao.regional_adapter.forms.overlap import overlap_cleared
from jinbao.regional_adapter.forms.payment import PaymentBouncedForm, funds_received, remittance
from jinbao.regional_adapter.forms.reversal import TransferReversedForm
from jinbao.regional_adapter.forms.suspension import TransferFrozenForm
from jinbao.regional_adapter.forms.temporary_account import (
    TemporaryAccountSealedForm,
    contributions_recorded,
    temporary_account,
)
from jinbao.regional_adapter.forms.transfer_offer import TransferOfferedForm
from jinbao.regional_adapter.forms.unassigned_funds import UnassignedFundsAssignedForm, UnassignedFundsReceivedForm
from jinbao.regional_adapter.local.local_records import Account, ContributionRow, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.notices import notices_due
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.schemas import messages as m
from jinbao.schemas.codec import encode
from jinbao.schemas.derived_ids import transfer_id
from jinbao.schemas.personal_fields import PERSONAL_FIELDS, PersonFields

DAY = date(2025, 3, 10)
OLD, RIGHT = "11010519491231002X", "110105194912310038"
TRANSFER, EVENT = UUID(int=5), UUID(int=9)
REFERENCE = make_payment_reference("UNKNOWN1")


def only(nation: Any, kind: type[m.Submission]) -> Any:
    """The one message of that kind on the bus."""
    (message,) = [s for s in nation.submissions() if type(s) is kind]
    return message


def continued(relationship: UUID, transfer: UUID, arrived_at: int = 50_000) -> IncomingDocument:
    return IncomingDocument(EVENT, "CaseContinued", transfer, relationship, "00", "A-0001", 0, arrived_at, {})


def test_a_document_about_the_relationship_belongs_to_no_transfer(
    nation: Any, person: Person, history: list[ContributionRow], account: Account, agency: m.Agency
) -> None:
    origin = nation.province("44")
    form = certificate("C-77", 1, person, history, account, agency, date(2019, 10, 1))
    origin.local.write_document(form.KIND, "C-77", "C-77", form.fields, "clerk", 1_000, person=person.number)
    origin.run()

    message = only(nation, m.CertificateIssued)
    assert message.envelope.transfer_id == m.NO_TRANSFER
    assert UUID(bytes=message.envelope.relationship_id) == nation.ring.relationship_id(person.number, "110")
    assert (message.first_month, message.last_month, message.months) == (201_701, 201_909, 33)


def test_an_offer_makes_its_transfer_id_from_its_own_letter_and_later_documents_follow(
    nation: Any, person: Person, agency: m.Agency
) -> None:
    origin = nation.province("44")
    form = TransferOfferedForm(
        kind="temporary_collection",
        origin="44",
        destination="41",
        offered_on=DAY,
        letter_number="GJ-1",
        agency=agency,
        personal=registered(person, PersonFields),
        account_number="LS-1",
    )
    origin.local.write_document(form.KIND, "GJ-1", "GJ-1", form.fields, "clerk", 1_000, person=person.number)
    order = remittance(100, REFERENCE, 1, DAY)
    origin.local.write_document(order.KIND, "P-1", "GJ-1", order.fields, "clerk", 2_000)
    origin.run()

    offered, remitted = only(nation, m.TransferOffered), only(nation, m.FundsRemitted)
    whose = nation.ring.relationship_id(person.number, "110")
    assert UUID(bytes=offered.envelope.transfer_id) == transfer_id(whose, "44", "GJ-1")
    assert remitted.envelope.transfer_id == offered.envelope.transfer_id
    assert remitted.envelope.relationship_id == offered.envelope.relationship_id


def test_a_reversal_names_the_earlier_transfer(nation: Any, person: Person, agency: m.Agency) -> None:
    form = TransferOfferedForm(
        kind="reversal",
        origin="41",
        destination="44",
        offered_on=DAY,
        letter_number="CX-1",
        agency=agency,
        personal=registered(person, PersonFields),
        names=TRANSFER,
    )
    local = nation.province("41").local
    local.write_document(form.KIND, "CX-1", "CX-1", form.fields, "clerk", 1_000, person=person.number)
    nation.province("41").run()
    assert only(nation, m.TransferOffered).names == TRANSFER.bytes


def test_money_that_nobody_knows_has_a_relationship_of_its_own(nation: Any) -> None:
    receiver, case = nation.province("41"), f"{REFERENCE}/1"
    whose = f"unassigned|41|{REFERENCE}"
    form = UnassignedFundsReceivedForm(
        payer="44", amount=500, payment_reference=REFERENCE, payment_line=1, received_on=DAY
    )
    receiver.local.write_document(form.KIND, case, case, form.fields, "clerk", 1_000, person=whose)
    later = UnassignedFundsAssignedForm(assigned_to=TRANSFER, reason_text="附言有误")
    receiver.local.write_document(later.KIND, f"{case}-R", case, later.fields, "clerk", 2_000)
    receiver.run()

    held, assigned = only(nation, m.UnassignedFundsReceived), only(nation, m.UnassignedFundsAssigned)
    assert UUID(bytes=held.envelope.relationship_id) == nation.ring.relationship_id(whose, "110")
    assert assigned.envelope.relationship_id == held.envelope.relationship_id
    assert assigned.envelope.transfer_id == held.envelope.transfer_id
    assert assigned.assigned_to == TRANSFER.bytes


def test_after_its_own_correction_a_province_speaks_under_the_right_number(
    nation: Any, person: Person, apply: Any
) -> None:
    destination = nation.province("41")
    case = apply(destination)
    right = msgspec.structs.replace(person, number=RIGHT)
    form = identity_corrected("wrong_digit", right)
    destination.local.write_document(form.KIND, "G", case, form.fields, "clerk", 3_000)
    received = funds_received(100, REFERENCE, 1, DAY)
    destination.local.write_document(received.KIND, "R", case, received.fields, "clerk", 4_000)
    destination.run()

    old, new = (nation.ring.relationship_id(number, "110").bytes for number in (person.number, RIGHT))
    corrected, after = only(nation, m.IdentityCorrected), only(nation, m.FundsReceived)
    assert (corrected.envelope.relationship_id, corrected.new_relationship_id) == (old, new)
    assert after.envelope.relationship_id == new
    assert after.envelope.transfer_id == corrected.envelope.transfer_id


def test_a_correction_that_was_rejected_changes_nothing(nation: Any, person: Person, apply: Any) -> None:
    local = nation.province("41").local
    case = apply(nation.province("41"))
    form = identity_corrected("wrong_digit", msgspec.structs.replace(person, number=RIGHT))
    sequence = local.write_document(form.KIND, "G", case, form.fields, "clerk", 3_000)
    answer = {"document": {"kind": form.KIND, "key": "G", "sequence": sequence}, "code": "CASE_CLOSED"}
    nation.province("41").run()
    transfer = local.transfer_of(case)
    local.deliver([IncomingDocument(EVENT, "SubmissionAnswered", transfer, EVENT, "00", "G", 0, 4_000, answer)])
    received = funds_received(100, REFERENCE, 1, DAY)
    local.write_document(received.KIND, "R", case, received.fields, "clerk", 5_000)
    assert local.documents(kind="FundsReceived")[0].corrected is None


@pytest.mark.parametrize("began_here", [True, False])
def test_after_the_platform_moved_a_case_both_sides_follow(nation: Any, apply: Any, began_here: bool) -> None:
    new = nation.ring.relationship_id(RIGHT, "110")
    province = nation.province("41" if began_here else "44")
    case = apply(province) if began_here else TRANSFER.hex
    province.run()
    transfer = province.local.transfer_of(case)
    letter = IncomingDocument(UUID(int=1), "ContactLetterIssued", transfer, UUID(int=2), "41", "L", 0, 0, {})
    province.local.deliver([letter, continued(new, transfer)])
    late = IncomingDocument(UUID(int=3), "SubmissionAnswered", transfer, UUID(int=2), "00", "X", 0, 60_000, {})
    province.local.deliver([late])
    order = remittance(100, REFERENCE, 1, DAY)
    province.local.write_document(order.KIND, "P-1", case, order.fields, "clerk", 70_000)
    province.run()

    message = only(nation, m.FundsRemitted)
    assert UUID(bytes=message.envelope.relationship_id) == new
    assert UUID(bytes=message.envelope.transfer_id) == transfer


def test_an_annulment_names_the_message_that_the_mistaken_document_became(nation: Any, apply: Any) -> None:
    destination = nation.province("41")
    case = apply(destination)
    mistake = refusal("CERTIFICATE_INVALID")
    destination.local.write_document(mistake.KIND, "R", case, mistake.fields, "clerk", 3_000)
    (mistaken,) = destination.local.documents(kind="ApplicationRefused")
    form = annulment(mistaken, "误操作")
    destination.local.write_document(form.KIND, "Z", case, form.fields, "clerk", 4_000)
    destination.run()

    refused, annulled = only(nation, m.ApplicationRefused), only(nation, m.FactAnnulled)
    assert annulled.annulled_event_id == refused.envelope.event_id
    assert annulled.envelope.transfer_id == refused.envelope.transfer_id


def test_an_annulment_of_no_document_is_answered_to_the_clerk(nation: Any, apply: Any) -> None:
    destination = nation.province("41")
    case = apply(destination)
    for number, fields in enumerate(({}, {"annulled_document": {"sequence": 999}})):
        destination.local.write_document("FactAnnulled", f"Z{number}", case, {**fields, "reason_text": "误"}, "c", 5)
    destination.run()
    answers = destination.local.incoming("SubmissionAnswered")
    assert [a.fields["field"] for a in answers] == ["annulled_document", "annulled_document.sequence"]
    assert not [s for s in nation.submissions() if isinstance(s, m.FactAnnulled)]


def test_an_id_that_is_none_is_named() -> None:
    document = LocalDocument(
        1, "TransferReversed", "X", 1, TRANSFER.hex, "c", 0, None, {"reversal": "no id", "reason_text": "误"}, EVENT
    )
    with pytest.raises(CannotMapError, match="reversal"):
        to_submission(document, "44", None)  # type: ignore[arg-type]


def all_forms(person: Person, agency: m.Agency, letter: IncomingDocument, sheet: IncomingDocument) -> list[Form]:
    """Forms of the rarer messages, made as an office makes them."""
    row = ContributionRow(number=person.number, year=2020, months=12, contribution_base_total=100, province="31")
    found = LocalDocument(
        1,
        "LumpSumFound",
        "Y",
        1,
        "c",
        "c",
        0,
        None,
        {"months": 36, "paid_on": DAY, "paid_in": "31", "lump_sum_number": 1},
    )
    told = notices_due(
        "TransferCompleted",
        {"individual_total": 1, "pooling_total": 2},
        origin="44",
        destination="41",
        sender="41",
        day=DAY,
    )
    return [
        certificate("C", 1, person, [row], Account(number=person.number), agency, DAY),
        temporary_account("LS", person, DAY),
        contributions_recorded("LS", row, 8, 16),
        TemporaryAccountSealedForm(account_number="LS", sealed_on=DAY),
        TransferOfferedForm(
            kind="supplement",
            origin="44",
            destination="41",
            offered_on=DAY,
            letter_number="BC",
            agency=agency,
            personal=registered(person, PersonFields),
            names=TRANSFER,
            account_number="LS",
        ),
        TransferReversedForm(reversal=letter.transfer_id, reason_text="误"),
        lump_sum_found(letter, [row] * 3, 10, DAY, "44"),
        document_requested(found),
        document_supplied("inspection_opinion", "F", DAY - timedelta(1), found, DAY),
        lump_sum_notice([found], "G", DAY),
        ArrearsReportedForm(letter_version=1, months=2, own_part=10),
        ArrearsSettledForm(paid_on=DAY, amount=10),
        ArrearsDeclinedForm(declined_on=DAY),
        PaymentBouncedForm(payment_reference=REFERENCE, payment_line=1, amount=10, bounced_on=DAY, reason_text="退汇"),
        UnassignedFundsReceivedForm(
            payer="44", amount=10, payment_reference=REFERENCE, payment_line=1, received_on=DAY
        ),
        UnassignedFundsAssignedForm(assigned_to=TRANSFER, reason_text="误"),
        overlap_cleared([202001, 202002], "41", 10, REFERENCE, 1, DAY),
        TransferFrozenForm(cause="death", happened_on=DAY, document_number="D"),
        identity_corrected("wrong_digit", person),
        annulment(found, "误"),
        AgencyChangedForm(reason="merged", valid_from=DAY, agency=agency),
        *(informed(notice, DAY) for notice in told),
        sheet_given_back(sheet, agency),
    ]


def test_a_document_that_does_not_let_the_years_move_is_told_at_the_desk() -> None:
    fields = {"months": 36, "paid_on": "2019-06-20", "paid_in": "31", "lump_sum_number": 2}
    found = LocalDocument(1, "LumpSumFound", "Y", 1, "c", "c", 0, None, fields)
    right = document_supplied("court", "F", date(2019, 6, 19), found, date(2024, 9, 9))
    assert (right.fields["lump_sum_number"], right.fields["document"]) == (2, "court")
    for kind, made, field in (
        ("court", date(2019, 6, 20), "document"),
        ("commitment", date(2019, 6, 1), "document"),
        ("promise", date(2019, 6, 1), "document_kind"),
    ):
        with pytest.raises(LumpSumDocumentError) as error:
            document_supplied(kind, "F", made, found, date(2024, 9, 9))
        assert error.value.field == field


def test_every_form_is_a_valid_message(nation: Any, person: Person, agency: m.Agency) -> None:
    row = {"year": 2020, "first_month": 202001, "last_month": 202012, "months": 12, "province": "44"}
    row |= {"contribution_base_total": 1, "account_rate_bp": 800, "account_credit": 1, "account_interest": 0}
    sums = {"individual_before_1998": 0, "account_at_previous_year_end": 1, "current_year_principal": 0}
    sheet_fields = {
        **sums,
        "sheet_version": 2,
        "letter_version": 2,
        "individual_total": 1,
        "pooling_total": 0,
        "total": 1,
        "first_month": 202001,
        "last_month": 202012,
        "months": 12,
        "rows": [{**row, "account_balance": 1, "pooling": 0}],
        "agency": msgspec.to_builtins(agency),
        "personal": msgspec.to_builtins(registered(person, PersonFields)),
        "withheld_months": 36,
        "withheld_amount": 5,
    }
    letter = IncomingDocument(EVENT, "ContactLetterIssued", TRANSFER, EVENT, "41", "L", 0, 0, {"letter_version": 1})
    sheet = IncomingDocument(EVENT, "InformationSheetSent", TRANSFER, EVENT, "44", "S", 0, 0, sheet_fields)
    made = all_forms(person, agency, letter, sheet)
    for kind in FORMS.keys() - {form.KIND for form in made}:
        known = {"personal": registered(person, PERSONAL_FIELDS.get(kind, PersonFields)), "agency": agency}
        made.append(FORMS[kind](**example_fields(FORMS[kind], known)))
    for form in made:
        document = LocalDocument(1, form.KIND, "K", 1, "K", "c", 0, None, form.fields, person=person.number)
        annulled = None
        if form.KIND == "FactAnnulled":
            refused = LocalDocument(2, "TransferClosed", "W", 1, "K", "c", 0, None, {"reason_text": "误"}, EVENT, "p")
            annulled = to_submission(refused, "44", nation.ring)
        encode(to_submission(document, "44", nation.ring, annulled=annulled))
