"""Forms have their message's fields and a source for each; no field of letter or sheet is typed."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar
from uuid import uuid4

import msgspec
import pytest

from jinbao.regional_adapter.forms import FORMS, by_kind
from jinbao.regional_adapter.forms.application import application_form
from jinbao.regional_adapter.forms.completion import completion
from jinbao.regional_adapter.forms.contact_letter import ContactLetterForm, contact_letter
from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.regional_adapter.forms.information_sheet import InformationSheetForm, information_sheet
from jinbao.regional_adapter.forms.mismatch import mismatch
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.funds import FundsError
from jinbao.schemas.messages import BY_NAME, Agency, YearRow

TYPED = {Source.CLERK, Source.BANK}


@pytest.fixture
def letter(application: Any, person: Any, agency: Agency) -> ContactLetterForm:
    accepted = application_form(application, person, "41")
    return contact_letter(application.number, accepted, agency)


@pytest.fixture
def incoming_letter(letter: ContactLetterForm) -> IncomingDocument:
    return IncomingDocument(
        uuid4(), "ContactLetterIssued", uuid4(), uuid4(), "41", letter.letter_number, 1, 2, letter.fields
    )


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_has_the_fields_of_its_message_and_a_source_for_each(form: type[Form]) -> None:
    sent = set(BY_NAME[form.KIND].__struct_fields__) - {"envelope", "new_relationship_id"}
    sent = {"annulled_document" if name == "annulled_event_id" else name for name in sent}
    assert set(form.__struct_fields__) == sent
    assert form.sources().keys() == sent


def test_a_second_form_of_a_message_and_one_of_no_message_are_refused() -> None:
    class Impostor(InformationSheetForm, frozen=True, kw_only=True):
        KIND: ClassVar[str] = "InformationSheetSaid"

    for form in (InformationSheetForm, Impostor):
        with pytest.raises(TypeError, match=rf"{form.__name__}: no message '{form.KIND}' waits for a form$"):
            by_kind([*FORMS.values(), form])


def test_no_field_of_letter_or_sheet_is_typed() -> None:
    for form in (ContactLetterForm, InformationSheetForm):
        assert not TYPED & set(form.sources().values())


def test_the_letter_holds_what_application_and_agency_say(
    letter: ContactLetterForm, person: Any, agency: Agency
) -> None:
    assert letter.agency == agency
    assert letter.fields["personal"] == {
        "number": person.number,
        "id_type": "resident_id",
        "name": person.name,
        "sex": "2",
        "birth": "1949-12-31",
    }


def test_the_sheet_says_whose_it_is_and_what_stays_behind(
    incoming_letter: IncomingDocument, history: Any, account: Any, agency: Agency
) -> None:
    day = date(2019, 10, 15)
    sheet = information_sheet(incoming_letter, history, account, agency, day, "44").form
    found = LocalDocument(1, "LumpSumFound", "Y", 1, "c", "c", 0, None, {"months": 36, "amount": 1_000})
    behind = [found, found]
    partial = information_sheet(incoming_letter, history, account, agency, day, "44", left_behind=behind).form

    assert (partial.withheld_months, partial.withheld_amount) == (72, 2_000)
    assert (sheet.withheld_months, sheet.withheld_amount) == (None, None)
    assert sheet.fields["personal"] == incoming_letter.fields["personal"]
    assert sheet.letter_version == incoming_letter.fields["letter_version"]


def test_the_sheet_of_worked_example_a_is_right_to_the_fen(
    incoming_letter: IncomingDocument, history: Any, account: Any, agency: Agency
) -> None:
    fields = information_sheet(incoming_letter, history, account, agency, date(2019, 10, 15), "44").form.fields

    assert fields["account_at_previous_year_end"] == 933_425
    assert fields["current_year_principal"] == 432_000
    assert fields["individual_total"] == 1_365_425
    assert fields["pooling_total"] == 1_944_000
    assert fields["total"] == 3_309_425
    assert (fields["first_month"], fields["last_month"], fields["months"]) == (201_701, 201_909, 33)
    assert [row["pooling"] for row in fields["rows"]] == [576_000, 720_000, 648_000]
    assert {row["province"] for row in fields["rows"]} == {"44"}


def test_a_year_without_contributions_has_a_row_only_where_it_earned_interest(
    incoming_letter: IncomingDocument, history: Any, account: Any, agency: Agency
) -> None:
    first, _, last = history
    unpaid = msgspec.structs.replace(last, months=0, contribution_base_total=0)
    for rows, years in (([first, last], [2017, 2018, 2019]), ([first, unpaid], [2017, 2018])):
        fields = information_sheet(incoming_letter, rows, account, agency, date(2019, 10, 15), "44").form.fields
        assert [row["year"] for row in fields["rows"]] == years
        assert fields["rows"][1]["account_interest"] > 0
        assert fields["last_month"] == max(row["last_month"] for row in fields["rows"] if row["months"])


def test_arrears_credited_later_stand_in_the_year_in_which_they_were_credited(
    incoming_letter: IncomingDocument, history: Any, account: Any, agency: Agency
) -> None:
    first, second, last = history
    late = msgspec.structs.replace(first, credited_year=2019, credited_month=3)
    sheet = information_sheet(incoming_letter, [late, second, last], account, agency, date(2019, 10, 15), "44").form
    assert [row["year"] for row in sheet.fields["rows"]] == [2018, 2017, 2019]
    assert [row.get("credited_year") for row in sheet.fields["rows"]] == [None, 2019, None]
    assert sheet.fields["current_year_principal"] == 384_000 + 432_000
    assert (sheet.fields["first_month"], sheet.fields["last_month"]) == (201_701, 201_909)
    rows = msgspec.convert(sheet.fields["rows"], list[YearRow])
    assert (rows[1].credited_year, rows[1].credited_month) == (2019, 3)


def test_the_sheet_reckons_a_temporary_account_by_the_rule_of_the_place_that_keeps_it(
    incoming_letter: IncomingDocument, history: Any, account: Any, agency: Agency
) -> None:
    temporary = msgspec.structs.replace(account, temporary=True, employer_rate_bp=1000)
    pooling = [
        information_sheet(
            incoming_letter, history, temporary, agency, date(2019, 10, 15), province
        ).amounts.pooling_total
        for province in ("44", "62")
    ]
    assert pooling[1] == (48_000_00 + 60_000_00 + 54_000_00) * 12 // 100
    assert pooling[0] > pooling[1]


def test_a_converted_account_moves_as_an_ordinary_one(
    incoming_letter: IncomingDocument, history: Any, account: Any, agency: Agency
) -> None:
    day = date(2019, 10, 15)
    totals = [
        information_sheet(
            incoming_letter,
            history,
            msgspec.structs.replace(account, temporary=True, hukou_since=moved),
            agency,
            day,
            "44",
        ).amounts.total
        for moved in (None, date(2019, 10, 1), date(2019, 9, 30))
    ]
    assert totals[0] == totals[1] > totals[2] == 3_309_425


def test_a_history_without_a_month_makes_no_sheet(
    incoming_letter: IncomingDocument, account: Any, agency: Agency
) -> None:
    with pytest.raises(FundsError):
        information_sheet(incoming_letter, [], account, agency, date(2019, 10, 15), "44")


@pytest.mark.parametrize(("received", "request_"), [(90, "top_up"), (110, "take_back_excess")])
def test_a_mismatch_asks_for_what_is_missing_or_too_much(
    incoming_letter: IncomingDocument, received: int, request_: str
) -> None:
    sheet = IncomingDocument(
        uuid4(), "InformationSheetSent", uuid4(), uuid4(), "44", "S", 1, 2, {"sheet_version": 1, "total": 100}
    )
    form = mismatch(sheet, received)

    assert form.request == request_
    assert "1.00" in form.text


def test_a_completion_repeats_the_totals_of_the_sheet() -> None:
    fields = {"sheet_version": 2, "individual_total": 60, "pooling_total": 40, "total": 100}
    sheet = IncomingDocument(uuid4(), "InformationSheetSent", uuid4(), uuid4(), "44", "S", 1, 2, fields)

    form = completion(sheet, date(2019, 11, 1))

    assert form.fields == {
        "sheet_version": 2,
        "individual_total": 60,
        "pooling_total": 40,
        "completed_on": "2019-11-01",
    }
