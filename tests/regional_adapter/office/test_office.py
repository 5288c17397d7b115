"""The office: what waits and why, how urgent it is, what is prefilled, and mistakes taken back or corrected."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest
from msgspec.structs import replace

from jinbao.regional_adapter.forms.information_sheet import InformationSheetForm
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.office.draft import OfficeError
from jinbao.regional_adapter.office.office import Office
from jinbao.regional_adapter.office.usual import usual_step
from jinbao.rules.working_days import day_of, end_of_day, load_working_days

DAYS = load_working_days()


def now() -> int:
    return time.time_ns() // 1_000


def waiting(country: Any, province: str, at: int | None = None) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Names, groups and reasons of what waits at a province."""
    found = country.clerk(province).office.waiting(at or now())
    return [
        (
            w.case.letter.local_document if w.case.letter else w.case.number,
            w.situation.group,
            [(y.code, y.detail) for y in w.why],
        )
        for w in found
    ]


def test_what_waits_is_this_agencys_turn_and_the_most_urgent_comes_first(country: Any) -> None:
    country.to_letter("A-1")
    country.say("41", "A-2", "accept-application", **_who(country, "A-2"), origin="45")
    assert waiting(country, "41") == [("A-2", "open", [("turn", "")])]
    assert waiting(country, "44") == [("A-1-L1", "open", [("turn", "")])]
    assert [w.case.number for w in country.clerk("41").office.waiting(now(), everything=True)] == ["A-2", "A-1"]


def test_what_has_ended_waits_no_more_unless_its_end_is_taken_back_or_somebody_is_to_be_told(country: Any) -> None:
    letter = country.to_letter("A-1")
    returned = country.say("44", letter, "return-letter", reason_code="PERSON_NOT_FOUND")
    assert waiting(country, "41") == [("A-1", "open", [("turn", "")])]
    country.say("41", "A-1", "close", reason_text="不再办理")
    assert waiting(country, "41") == [("A-1", "ended", [("notice", "TransferClosed")])]
    assert country.clerk("44").office.waiting(now(), everything=True) == []
    closed = country.clerk("41").said["TransferClosed"]
    country.clerk("41").office.annul(country.clerk("41").case("A-1"), closed.sequence, "误点", "li", now())
    country.settle()
    assert waiting(country, "41") == [("A-1", "open", [("turn", "")])]
    assert [w.case.number for w in country.clerk("44").office.waiting(now(), everything=True)] == [returned.case]
    country.say("41", "A-1", "close", reason_text="不再办理了")
    country.say("41", "A-1", "inform-person")
    assert waiting(country, "41") == []


def test_a_sheet_whose_time_is_before_the_reviews_is_not_proposed_again(country: Any) -> None:
    letter = country.to_letter("A-1")
    country.say("44", letter, "pass-review")
    country.say("44", letter, "send-sheet")
    case = country.clerk("44").case(letter)
    assert usual_step(case) == "order-payment"
    early = [dataclasses.replace(d, written_at=case.outgoing[0].written_at - 1) for d in case.outgoing[1:]]
    assert usual_step(dataclasses.replace(case, outgoing=[case.outgoing[0], *early])) == "order-payment"


def test_a_case_has_moved_on_when_something_was_said_in_it_not_when_a_receipt_came(country: Any) -> None:
    letter = country.to_letter("A-1")
    case = country.clerk("41").case("A-1")
    unheard = dataclasses.replace(case, incoming=[d for d in case.incoming if d.kind != "ContactLetterReceived"])
    assert len(unheard.incoming) < len(case.incoming)
    assert unheard.position == case.position
    country.say("44", letter, "return-letter", reason_code="PERSON_NOT_FOUND")
    assert country.clerk("41").case("A-1").position == case.position + 1


def test_a_case_is_due_soon_and_then_overdue_by_the_clock_that_runs(country: Any) -> None:
    country.to_letter("A-1")
    (waits,) = country.clerk("44").office.waiting(now())
    due = waits.situation.due
    assert due == DAYS.due(day_of(now()), 15).date, "national-2009: fifteen working days from the letter's receipt"
    groups = [waiting(country, "44", end_of_day(day) - 1)[0][1] for day in (DAYS.before(due, 1), due)]
    assert groups == ["soon", "soon"]
    assert waiting(country, "44", end_of_day(DAYS.next_working_day(due)) - 1)[0][1] == "overdue"


def _who(country: Any, case: str) -> dict[str, Any]:
    person = country.person(case)
    country.clerk("45")
    return {"personal__number": person.number, "personal__name": person.name}


def test_a_refused_document_waits_with_its_code_until_another_takes_its_place(country: Any) -> None:
    letter = country.to_sheet("A-1")
    country.say("44", letter, "order-payment")
    clerk = country.clerk("41")
    wrong = clerk.act("A-1", "report-funds", amount=1)
    country.settle()
    assert clerk.document(wrong).state is DocumentState.REJECTED
    (found,) = waiting(country, "41")
    assert found[2] == [("turn", ""), ("rejected", "FundsReceived AMOUNT_DIFFERS")]
    right = country.clerk("44").said["FundsRemitted"].fields["amount"]
    (again,) = clerk.office.correct(clerk.case("A-1"), wrong.sequence, {"amount": right}, "漏写", "li", now())
    country.settle()
    assert (clerk.document(again).state, again.operator) == (DocumentState.ACCEPTED, "li")
    assert waiting(country, "41")[0][2] == [("turn", "")]


def test_a_correction_takes_back_what_stands_and_the_mismatch_that_it_caused(country: Any) -> None:
    letter = country.to_sheet("A-1")
    clerk, total = country.clerk("41"), country.clerk("44").said["InformationSheetSent"].fields["total"]
    country.say("44", letter, "order-payment", amount=total - 100)
    country.say("44", letter, "report-bounced-payment", reason_text="户名不符")
    slip = country.say("41", "A-1", "report-funds", amount=5, payment_reference="RF18539007547034", payment_line=1)
    country.say("41", "A-1", "report-mismatch")
    written = clerk.office.correct(clerk.case("A-1"), slip.sequence, {"amount": total}, "看错", "li", now())
    country.settle()
    assert [(d.kind, clerk.document(d).state.name) for d in written] == [
        ("FactAnnulled", "ACCEPTED"),
        ("FactAnnulled", "ACCEPTED"),
        ("FundsReceived", "ACCEPTED"),
    ]
    assert clerk.case("A-1").kept() == total
    assert "complete" in clerk.can("A-1")


def test_announced_money_on_its_way_keeps_a_case_in_transfer_at_office_and_platform(country: Any) -> None:
    letter, clerk = country.to_sheet("A-1"), country.clerk("41")
    country.say("44", letter, "order-payment")
    country.say("41", "A-1", "report-funds", amount=5, payment_reference="RF18539007547034", payment_line=1)
    assert clerk.state("A-1")[0] == country.clerk("44").state(letter)[0] == "transfer"
    assert "report-mismatch" not in clerk.can("A-1")
    country.say("44", letter, "report-bounced-payment", reason_text="户名不符")
    assert clerk.state("A-1")[0] == country.clerk("44").state(letter)[0] == "confirmation"
    country.say("41", "A-1", "report-mismatch")


def test_a_clerk_takes_a_review_back_while_nobody_has_acted_on_it(country: Any) -> None:
    letter, clerk = country.to_letter("A-1"), country.clerk("44")
    passed = country.say("44", letter, "pass-review")
    assert clerk.state(letter)[0] == "transfer"
    taken = clerk.office.annul(clerk.case(letter), passed.sequence, "误点", "li", now())
    country.settle()
    assert clerk.document(taken).state is DocumentState.ACCEPTED
    assert clerk.state(letter)[0] == country.clerk("41").state("A-1")[0] == "origin_review"
    assert {"pass-review", "return-letter"} <= set(clerk.can(letter))
    for sequence in (taken.sequence, passed.sequence):
        with pytest.raises(OfficeError) as error:
            clerk.office.annul(clerk.case(letter), sequence, "误点", "li", now())
        assert error.value.code == "NOTHING_TO_ANNUL"


def test_a_form_is_prefilled_and_what_a_clerk_says_takes_its_place(country: Any) -> None:
    letter = country.to_letter("A-1")
    office = country.clerk("44").office
    draft = office.draft(country.clerk("44").case(letter), "send-sheet", {})
    form = draft.finished()
    assert isinstance(form, InformationSheetForm)
    assert (form.total, draft.missing()) == (form.individual_total + form.pooling_total, ())
    ours = office.draft(country.clerk("44").case(letter), "send-sheet", {"agency.telephone": "1"}).finished()
    assert isinstance(ours, InformationSheetForm)
    assert (ours.agency.telephone, ours.rows) == ("1", form.rows)
    kinds = {field.name: field.kind for field in draft.fields()}
    assert (kinds["total"], kinds["months"], kinds["rows"], kinds["personal.birth"]) == (
        "amount",
        "number",
        "rows",
        "day",
    )


@pytest.mark.parametrize(
    ("action", "given", "code", "subject"),
    [
        ("complete", {}, "NOT_POSSIBLE", "complete"),
        ("dance", {}, "NOT_POSSIBLE", "dance"),
        ("return-letter", {}, "FIELDS_MISSING", "reason_code, reason_text"),
        ("return-letter", {"reason_code": "CERTIFICATE_INVALID"}, "BAD_FIELD", "reason_code"),
        ("return-letter", {"why": "x"}, "UNKNOWN_FIELD", "why"),
        ("pass-review", {"letter_version": "first"}, "BAD_FIELD", "letter_version"),
        ("send-sheet", {"personal.age": 3}, "UNKNOWN_FIELD", "personal.age"),
        ("freeze", {"cause": "moved", "happened_on": "2025-01-01", "document_number": "1"}, "BAD_FIELD", "cause"),
        ("freeze", {"cause": "death", "happened_on": "yesterday", "document_number": "1"}, "BAD_FIELD", "happened_on"),
    ],
)
def test_what_cannot_be_said_is_named(
    country: Any, action: str, given: dict[str, Any], code: str, subject: str
) -> None:
    clerk = country.clerk("44")
    case = clerk.case(country.to_letter("A-1"))
    with pytest.raises(OfficeError) as error:
        clerk.office.submit(case, action, given, "li", now())
    assert (error.value.code, error.value.subject) == (code, subject)
    assert len(clerk.case("A-1-L1").outgoing) == len(case.outgoing)


def test_two_clerks_at_once_say_a_thing_once(country: Any) -> None:
    clerk = country.clerk("44")
    letter = country.to_letter("A-1")
    both = clerk.case(letter), clerk.case(letter)
    clerk.office.submit(both[0], "return-letter", {"reason_code": "PERSON_NOT_FOUND"}, "li", now())
    with pytest.raises(OfficeError) as error:
        clerk.office.submit(both[1], "pass-review", {}, "chen", now())
    assert error.value.code == "NOT_POSSIBLE"


def test_a_case_is_found_by_each_of_its_names(country: Any) -> None:
    letter = country.to_letter("A-1")
    transfer = country.clerk("41").case("A-1").transfer_hex
    for province, names in (
        ("41", ("A-1", letter, transfer, transfer[:12])),
        ("44", (letter, transfer, transfer[:12])),
    ):
        assert len({country.clerk(province).case(name).number for name in names}) == 1
    with pytest.raises(OfficeError) as error:
        country.clerk("44").case("A-1")
    assert error.value.code == "NO_CASE"


def test_an_office_without_its_agencys_data_says_which_fields_are_missing(country: Any) -> None:
    clerk = country.clerk("41")
    country.say("41", "A-1", "accept-application", **_who(country, "A-1"), origin="45")
    bare = Office(clerk.local)
    with pytest.raises(OfficeError) as error:
        bare.submit(bare.find("A-1", now()), "issue-letter", {}, "li", now())
    assert error.value.code == "FIELDS_MISSING"
    assert "agency.name" in error.value.subject


def test_what_the_counter_does_not_ask_of_a_known_person_stays_as_it_is_known(country: Any) -> None:
    person, clerk = replace(country.person("A-1"), address="合成市样本路1号", sex="1"), country.clerk("41")
    clerk.local.register_person(person)
    number = {"personal__number": person.number, "origin": "45"}
    accepted = country.say("41", "A-1", "accept-application", **number, personal__telephone="123")
    assert (accepted.fields["personal"]["name"], accepted.fields["hukou_province"]) == (person.name, "41")
    assert clerk.local.person(person.number) == replace(person, telephone="123")
