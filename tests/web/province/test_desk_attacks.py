"""Attacks at the desk: what names another's case in a body, and scripts in reasons and remarks."""

from __future__ import annotations

from support.desk import Clerk, form_of, posted, taken
from support.pages import token_of

from jinbao.platform.projections.case_board import case_list

SCRIPT = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>"


def test_a_foreign_case_or_document_in_a_body_is_told_as_an_unknown_one(clerk: Clerk, store):
    with store.read() as work:
        foreign = next(r for r in case_list(work, limit=1_000) if "41" not in (r.origin, r.destination))
    supervisor = clerk("supervisor41")
    token = {"X-CSRF-Token": token_of(supervisor, "/desk")}
    own = taken(supervisor)
    position = supervisor.get(f"/api{own}").json()["position"]
    found, foreign_ids = [], (foreign.transfer_id.hex, "0" * 32)
    for case in foreign_ids:
        moved = supervisor.post("/api/desk/loads", json={"transfer": case, "clerk": ""}, headers=token)
        decided = supervisor.post(
            f"/api/desk/{case}", json={"action": "complete", "position": 1, "fields": {}}, headers=token
        )
        found.append([(a.status_code, a.content) for a in (moved, decided)])
    assert found[0] == found[1]
    assert {status for status, _ in found[0]} == {404}
    for text in (foreign.application, foreign.transfer_id.hex, "no such case"):
        assert supervisor.post("/api/desk/search", json={"text": text}, headers=token).json() == {"cases": []}
    answers = []
    others = supervisor.get("/api/desk").json()["cases"][-1]["ref"]
    document = next(
        (d["sequence"] for d in supervisor.get(f"/api/desk/{others}").json()["documents"] if d["sequence"]), 999_999
    )
    for number in (document, 999_999):
        body = {"action": "annul", "document": number, "position": position}
        body["fields"] = {"annulment.reason": "typing_error", "annulment.remark": "x"}
        answer = supervisor.post(f"/api{own}", json=body, headers=token)
        answers.append((answer.status_code, answer.json()["code"]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422


def test_scripts_in_reasons_and_remarks_are_text_on_every_page_that_shows_them(clerk: Clerk):
    client = clerk("clerk41")
    case = taken(client)
    written = client.post(case, data=form_of(client, case)).headers["location"].partition("done=")[2]
    page = f"{case}?action=annul&document={written}"
    form = form_of(client, page) | {"fields.annulment.reason": "other", "fields.annulment.remark": SCRIPT}
    posted(client, f"{case}/draft", action="annul", document=written, **{"fields.annulment.remark": SCRIPT})
    pages = [client.get(page), client.post(case, data=form | {"fields.annulment.reason": ""})]
    answer = client.post(case, data=form)
    assert answer.status_code == 303, answer.text
    annulment = answer.headers["location"].partition("done=")[2]
    pages += [client.get(path) for path in (answer.headers["location"], f"/desk/documents/{annulment}", case, "/desk")]
    assert any("&lt;script&gt;" in found.text for found in pages)
    for found in pages:
        assert "<script>alert" not in found.text
        assert "<img src=x" not in found.text
