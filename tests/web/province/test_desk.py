"""The desk: who gets which case, a decision written once, what was typed kept, what is refused told at its field."""

from __future__ import annotations

import html
import re
from contextlib import closing
from pathlib import Path

from starlette.testclient import TestClient
from support.desk import Clerk, form_of, posted, taken
from support.pages import token_of

from jinbao.presentation.masking import masked_field
from jinbao.regional_adapter.exchange.set_aside import SetAside
from jinbao.service.province import Province


def test_two_clerks_never_get_the_same_next_case(clerk: Clerk):
    first, second = clerk("clerk41"), clerk("supervisor41")
    one, other = taken(first), taken(second)
    assert one != other
    assert taken(first) == one, "what a clerk has comes first"
    held = second.get(f"/api{one}").json()
    assert (held["holder"], held["mine"], held["form"]) == ("clerk41", False, None)
    told = first.get(f"/api{one}").json()["case"]["person"]
    assert held["case"]["person"] == {name: masked_field(name, value) for name, value in told.items()} != told


def test_a_decision_is_written_and_the_next_case_stands_there(clerk: Clerk):
    client = clerk("clerk41")
    case = taken(client)
    form = form_of(client, case)
    answer = client.post(case, data=form)
    assert answer.status_code == 303, answer.text
    document = answer.headers["location"].partition("done=")[2]
    state = client.get(f"/api/desk/documents/{document}").json()
    assert (state["state"], state["operator"], state["code"]) == ("written", "clerk41", None)
    page = client.get(answer.headers["location"]).text
    assert f'href="/desk/documents/{document}"' in page


def test_a_form_that_is_sent_twice_is_one_submission(clerk: Clerk):
    client = clerk("clerk41")
    case = taken(client)
    form = form_of(client, case)
    first, second = client.post(case, data=form), client.post(case, data=form)
    written = [answer.headers["location"].partition("done=")[2] for answer in (first, second)]
    assert written[0] == written[1] != ""


def test_the_api_names_the_actions_and_refuses_what_was_said_of_another_state(clerk: Clerk):
    client = clerk("clerk41")
    case = taken(client)
    seen = client.get(f"/api{case}").json()
    action, form = seen["form"]["action"], seen["form"]
    assert action in [possible["name"] for possible in seen["actions"]]
    token = {"X-CSRF-Token": token_of(client, "/desk")}
    body = {"action": action, "fields": {}, "position": seen["position"] - 1}
    assert client.post(f"/api{case}", json=body, headers=token).status_code == 409
    body["position"] = seen["position"]
    if not form["missing"]:
        answer = client.post(f"/api{case}", json=body, headers=token)
        assert (answer.status_code, list(answer.json())) == (202, ["document"])
        assert client.post(f"/api{case}", json=body, headers=token).status_code == 409, "it has moved"
    assert client.get("/api/desk/documents/999999").status_code == 404
    assert client.get("/api/desk/nothing").status_code == 404


def a_form_with_a_reason(client: TestClient) -> str:
    """The address of a decision that needs a reason."""
    for case in client.get("/api/desk").json()["cases"]:
        path = f"/desk/{case['ref']}"
        names = [action["name"] for action in client.get(f"/api{path}").json()["actions"]]
        for name in ("return-letter", "refuse-application"):
            if name in names:
                posted(client, f"{path}/take")
                return f"{path}?action={name}"
    raise AssertionError("no case of the nation can be refused or returned")


def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_is_kept(clerk: Clerk):
    client = clerk("clerk41")
    page = a_form_with_a_reason(client)
    path = page.partition("?")[0]
    form = form_of(client, page) | {"fields.reason_code": "", "fields.reason_text": "see the letter of Monday"}
    answer = client.post(path, data=form)
    assert answer.status_code == 422
    assert '<a href="#f-reason_code">' in answer.text
    assert 'id="f-reason_code"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "<title>Error: " in answer.text
    assert "see the letter of Monday" in answer.text
    again = clerk("clerk41").get(page).text  # in another session
    assert "see the letter of Monday" in again
    assert "has not been submitted" in again


def test_a_reason_is_a_code_and_its_text_follows(clerk: Clerk):
    client = clerk("clerk41")
    page = a_form_with_a_reason(client)
    path = page.partition("?")[0]
    html = client.get(page).text
    code = re.findall(r'<option value="([A-Z_]+)"', html)[0]
    answer = client.post(path, data=form_of(client, page) | {"fields.reason_code": code})
    assert answer.status_code == 303, answer.text
    document = answer.headers["location"].partition("done=")[2]
    sent = client.get(f"/api{path}").json()["case"]["sent"][-1]
    assert (str(sent["sequence"]), sent["fields"]["reason_code"]) == (document, code)
    assert sent["fields"]["reason_text"]


def test_typed_text_is_kept_while_it_is_typed(clerk: Clerk):
    client = clerk("clerk41")
    page = a_form_with_a_reason(client)
    path = page.partition("?")[0]
    form = form_of(client, page) | {"fields.reason_text": "not finished"}
    kept = client.post(f"{path}/draft", data=form, headers={"HX-Request": "true"})
    assert kept.status_code == 204
    assert "not finished" in client.get(page).text


def test_that_a_clerk_was_shown_a_person_is_recorded(clerk: Clerk):
    client, supervisor = clerk("clerk41"), clerk("supervisor41")
    case = taken(client)
    assert supervisor.get("/api/views").json()["views"] == []
    supervisor.get(case)
    assert supervisor.get("/api/views").json()["views"] == [], "masked"
    client.get(case)
    (view,) = supervisor.get("/api/views").json()["views"]
    assert (view["user"], view["ground"]) == ("clerk41", "desk")


def test_a_document_that_does_not_fit_into_the_provinces_files_stands_on_its_case(clerk: Clerk, own_folder: Path):
    client = clerk("clerk41")
    case = taken(client)
    assert client.get(f"/api{case}").json()["not_written"] == []
    reason = "姓名：需 34 字节，只有 30 字节 / 姓名: needs 34 bytes, and there are 30"
    place, number = Province(own_folder, "41"), client.get(f"/api{case}").json()["case"]["case"]
    with closing(place.store()) as store:
        store.set_aside.keep([SetAside("file", "in 1", "DOES_NOT_FIT", reason, "InformationSheetSent", (number,))], 1)
    assert "needs 34 bytes, and there are 30" in client.get(case).text
    assert client.get(f"/api{case}").json()["not_written"] == [
        {"message": "InformationSheetSent", "reason": "姓名: needs 34 bytes, and there are 30"}
    ]


def test_who_has_a_case_reads_why_a_letter_was_returned_and_others_do_not(clerk: Clerk, own_folder: Path):
    with closing(Province(own_folder, "44").local_system()) as local:
        returned = local.documents(kind="TransferReturned")[-1]
    path, client, other = f"/desk/{returned.case}", clerk("clerk44"), clerk("supervisor41")
    assert posted(client, f"{path}/take").status_code == 303
    assert html.escape(returned.fields["reason_text"], quote=False) in client.get(path).text
    assert returned.fields["reason_text"] not in other.get(path).text
    posted(client, f"{path}/give-back")
    assert {document["says"] for document in client.get(f"/api{path}").json()["documents"]} == {""}
