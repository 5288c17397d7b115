"""The law's forms as PDF: readable and tagged, the same bytes for the same version, names only where they belong."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from jinbao.language.words import LANGUAGES, Translator
from jinbao.platform.projections.case_board import BoardRow, case_list
from jinbao.platform.sent_messages import certificates_of
from jinbao.presentation.masking import masked_name, masked_number
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.service.errors import UserError
from jinbao.service.province import Province
from jinbao.views.law_forms import MESSAGE_OF, TITLES, FormHead, FormName, law_form
from jinbao.web.accounts.users import User
from jinbao.web.forms_pdf.compiled import FormQuery, MissingGlyph, pdf
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Refused
from jinbao.web.province.case_forms import case_form
from jinbao.web.province.offices import Offices
from jinbao.web.province.views_log import ViewsLog

HEAD = FormHead("a5d38011-0cc3-57ea-a7b9-065e35c1ef7a", "2025-41-0001", "44", "41", date(2025, 3, 1))
PERSON = {"number": "11010519491231002X", "id_type": "resident_id", "name": "张三", "sex": "2", "birth": "1949-12-31"}


def year_row(year: int) -> dict[str, Any]:
    row = {"year": year, "first_month": year * 100 + 1, "last_month": year * 100 + 12, "months": 12, "province": "44"}
    return row | dict.fromkeys(("contribution_base_total", "account_credit", "account_balance", "pooling"), 1_234_567)


def made(name: FormName = "contact_letter", language: str = "zh", person: Any = PERSON, **fields: Any) -> bytes:
    known = {"letter_version": 1, "letter_number": "2025-41-0001-L1"}
    return pdf(law_form(Translator(language), name, HEAD, {**known, **fields}, person))  # type: ignore[arg-type]


def pages(content: bytes) -> list[str]:
    """The text that a reader can select, page by page."""
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def run_together(texts: list[str]) -> str:
    return "".join("".join(texts).split())


@pytest.mark.parametrize("name", ["𠮷田䶮", "欧阳·买买提", "㐂𠀋", "Anna-Marie O'Neill"])
def test_every_character_of_a_name_can_be_selected(name):
    assert "".join(name.split()) in run_together(pages(made(person={**PERSON, "name": name})))


@pytest.mark.parametrize("text", ["#let x = 1", "$ sum $", "] #panic() [", "*b* _i_ `c` <l> @r", "\\u{41} // c", '"'])
def test_what_reads_like_markup_is_text(text):
    shown = run_together(pages(made(person={**PERSON, "name": text}, agency={"name": f"#[{text}"})))
    assert "".join(text.split()) in shown
    assert "".join(f"#[{text}".split()) in shown


@pytest.mark.parametrize("missing", ["张\U0003fffd", "李😀", "王\ue000"])
def test_a_character_without_a_glyph_is_an_error_that_names_it_and_not_the_person(missing):
    with pytest.raises(MissingGlyph, match=f"U\\+{ord(missing[1]):04X}") as told:
        made(person={**PERSON, "name": missing})
    assert missing[0] not in str(told.value)


def test_each_page_has_title_number_and_page_number():
    found = pages(made("information_sheet", sheet_version=2, rows=[year_row(year) for year in range(1960, 2025)]))
    assert len(found) > 1
    for number, text in enumerate(found, start=1):
        assert TITLES["information_sheet"][0] in text
        assert "2025-41-0001" in text
        assert f"第{number}页" in run_together([text])
        assert "年度" in text, "the heads of the table on each page"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pdf_is_tagged_titled_and_in_its_language(language):
    content = made(language=language)
    reader = PdfReader(BytesIO(content))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == ("zh-CN" if language == "zh" else "en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert reader.metadata is not None
    assert str(reader.metadata.title).startswith(TITLES["contact_letter"][language == "en"])


def test_the_same_version_is_the_same_bytes_and_another_version_another_paper():
    assert made() == made()
    assert made() != made(letter_version=2)
    assert made() != made(language="en")


@pytest.fixture
def papers(nation) -> list[dict[str, Any]]:
    """Completed transfers into Henan."""
    with nation.reading() as work:
        return [row._asdict() for row in case_list(work, province="41") if row.sheet_version]


def local_person(folder, province: str, application: str) -> Any:
    local: EmbeddedLocalSystem = Province(folder, province).local_system()
    try:
        found = local.application(application)
        assert found is not None
        return local.person(found.person)
    finally:
        local.close()


def test_the_nations_forms_hold_no_personal_field(signed_in, folder, papers):
    case = next(c for c in papers if c["destination"] == "41")
    person = local_person(folder, "41", case["application"])
    ministry = signed_in("ministry")
    for form in ("application", "contact_letter", "information_sheet"):
        answer = ministry.get(f"/cases/{case['transfer_id']}/{form}.pdf")
        assert answer.status_code == 200, form
        text = run_together(pages(answer.content))
        assert case["application"] in text
        assert person.name not in text
        assert person.number not in text
        assert "不含个人信息" in text


def test_a_clerk_of_the_case_gets_the_form_with_the_names(signed_in, folder, papers):
    case = next(c for c in papers if c["destination"] == "41")
    person = local_person(folder, "41", case["application"])
    for form in ("application", "contact_letter", "information_sheet"):
        answer = signed_in("clerk41").get(f"/cases/{case['transfer_id']}/{form}.pdf")
        assert answer.headers["content-type"] == "application/pdf"
        assert person.number in run_together(pages(answer.content)), form
        assert person.name not in answer.headers["content-disposition"]
    views = signed_in("auditor41").get("/api/views").json()["views"]
    assert [view["user"] for view in views if view["case"] == case["application"]][:3] == ["clerk41"] * 3


def test_to_others_of_the_province_names_are_masked(signed_in, folder, papers):
    case = next(c for c in papers if c["destination"] == "41")
    person = local_person(folder, "41", case["application"])
    for name in ("supervisor41", "auditor41"):
        text = run_together(pages(signed_in(name).get(f"/cases/{case['transfer_id']}/application.pdf").content))
        assert masked_number(person.number) in text
        assert masked_name(person.name) in text
        assert person.number not in text
        assert person.name not in text


def test_a_form_whose_view_cannot_be_recorded_is_not_shown(signed_in, papers, monkeypatch):
    def failing(*given):
        raise UserError("磁盘已满", "disk full")

    monkeypatch.setattr(ViewsLog, "record", failing)
    case = next(c for c in papers if c["destination"] == "41")
    assert signed_in("clerk41").get(f"/cases/{case['transfer_id']}/application.pdf").status_code >= 500


def test_the_province_at_the_other_end_makes_the_same_letter(folder, clock, papers):
    case = papers[0]
    query, written = FormQuery(str(case["transfer_id"]), "contact_letter"), []
    for province in (case["origin"], case["destination"]):
        asker = Asker(User(1, "somebody", "clerk", province, False), Translator("zh"))
        written.append(case_form(Offices(folder, [province], clock)).make(asker, query).content)
    origin, destination = (run_together(pages(content)) for content in written)
    person = local_person(folder, case["destination"], case["application"])
    assert person.number in origin
    assert origin == destination.replace(f"申请号{case['application']}", "")


def test_a_certificate_is_a_form_of_the_case_that_started_from_it_with_names_at_its_origin_alone(
    signed_in, nation, folder, clock
):
    with nation.reading() as work:
        rows = [r for r in case_list(work, limit=1_000) if certificates_of(work, r.transfer_id)]
        ((row, issued),) = [(r, certificates_of(work, r.transfer_id)[0]) for r in rows[:1]]
    case, ministry = row.transfer_id, signed_in("ministry")
    assert ministry.get(f"/api/cases/{case}").json()["forms"][0] == "certificate"
    told = run_together(pages(ministry.get(f"/cases/{case}/certificate.pdf").content))
    assert TITLES["certificate"][0] in told
    assert issued.certificate_number in told
    assert "不含个人信息" in told
    person = local_person(folder, row.destination, row.application)
    assert person.number not in told
    query = FormQuery(str(case), "certificate")
    origin, destination = (
        Asker(User(1, "somebody", "clerk", province, False), Translator("zh"))
        for province in (row.origin, row.destination)
    )
    own = run_together(pages(case_form(Offices(folder, [row.origin], clock)).make(origin, query).content))
    assert issued.certificate_number in own
    assert person.number in own
    assert "账户类别一般账户" in own
    with pytest.raises(Refused):
        case_form(Offices(folder, [row.destination], clock)).make(destination, query)
    without = next(r for r in papers_of(nation) if r.transfer_id not in {one.transfer_id for one in rows})
    assert "certificate" not in ministry.get(f"/api/cases/{without.transfer_id}").json()["forms"]
    assert ministry.get(f"/cases/{without.transfer_id}/certificate.pdf").status_code == 404


def papers_of(nation: Nation) -> list[BoardRow]:
    with nation.reading() as work:
        return case_list(work, limit=1_000)


def test_forms_of_foreign_and_unknown_cases_and_forms_that_are_not_there_get_one_answer(signed_in, nation, papers):
    with nation.reading() as work:
        foreign = next(r for r in case_list(work) if "41" not in (r.origin, r.destination) and r.letter_version)
    own = papers[0]["transfer_id"]
    clerk = signed_in("clerk41")
    paths = [f"{foreign.transfer_id}/contact_letter", "00000000-0000-4000-8000-000000000000/contact_letter"]
    paths += ["no-id/contact_letter", f"{own}/refusal", f"{own}/contact_letter.pdf?version=77&x="]
    for path in paths:
        assert clerk.get(f"/cases/{path}.pdf").status_code == 404, path
        assert clerk.get(f"/api/cases/{path}.pdf").status_code == 404, path
    assert signed_in("ministry").get(f"/cases/{foreign.transfer_id}/contact_letter.pdf").status_code == 200


def test_every_form_has_its_title():
    assert set(TITLES) == set(MESSAGE_OF)
