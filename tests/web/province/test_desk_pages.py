"""The desk's further pages: a new case, searching, loads, keys."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from support.desk import Clerk, form_of, posted, taken
from support.pages import PASSWORD

from jinbao.regional_adapter.local.local_records import Person
from jinbao.service.province import Province
from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import UsersFile


def a_person(folder: Path) -> Person:
    """Somebody whom the province knows."""
    with closing(Province(folder, "41").local_system()) as local:
        number = local.applications()[0].person
        found = local.person(number)
    assert found is not None
    return found


def test_an_application_is_filled_in_from_what_the_province_knows_and_written(clerk: Clerk, own_folder: Path):
    client, person = clerk("clerk41"), a_person(own_folder)
    form = form_of(client, "/desk/new", begins='action="/desk/new"')
    number = form["fields.number"]
    assert re.fullmatch(r"2025-41-\d{4}", number)
    shown = client.get("/desk/new").text
    assert re.search(r'<select id="f-origin"[^>]* autofocus', shown), "what must be said first has the focus"
    assert shown.count(" autofocus") == 1
    filled = client.post("/desk/new", data=form | {"fields.personal.number": person.number, "fill": "1"})
    assert filled.status_code == 200
    assert f'value="{person.name}"' in filled.text
    form = form_of(client, "/desk/new", begins='action="/desk/new"')  # in another page: it was kept
    assert form["fields.personal.name"] == person.name
    refused = client.post("/desk/new", data=form)
    assert refused.status_code == 422
    assert '<a href="#f-origin">' in refused.text
    assert re.search(r'<select id="f-origin"[^>]* aria-describedby="f-origin-fault[^>]* autofocus', refused.text)
    assert refused.text.count(" autofocus") == 1, "the first wrong field has the focus, not the summary too"
    form = form_of(client, "/desk/new", begins='action="/desk/new"') | {"fields.origin": "44"}
    written = client.post("/desk/new", data=form)
    assert written.status_code == 303, written.text
    location = written.headers["location"]
    assert location.startswith(f"/desk/{number}?done=")
    assert client.post("/desk/new", data=form).headers["location"] == location, "sent twice, written once"
    case = client.get(f"/api/desk/{number}").json()
    assert (case["holder"], case["case"]["person"]["number"]) == ("clerk41", person.number)
    assert case["form"]["action"] == "issue-letter"


def test_a_number_that_is_taken_is_told_at_its_field(clerk: Clerk, own_folder: Path):
    client = clerk("clerk41")
    with closing(Province(own_folder, "41").local_system()) as local:
        number = local.documents(kind="ApplicationAccepted")[0].case
    form = form_of(client, "/desk/new", begins='action="/desk/new"') | {"fields.number": number}
    answer = client.post("/desk/new", data=form)
    assert answer.status_code == 409
    assert '<a href="#f-number">' in answer.text


def test_a_case_is_found_by_number_person_and_name_and_no_address_holds_them(clerk: Clerk, own_folder: Path):
    client, person = clerk("clerk41"), a_person(own_folder)
    for text in (person.number, person.name):
        answer = posted(client, "/desk/search", text=text)
        address = answer.headers.get("location", "")
        assert answer.status_code in (200, 303)
        assert text not in address
        assert answer.status_code == 303 or '<th scope="row"><a href="/desk/' in answer.text
    assert posted(clerk("clerk44"), "/desk/search", text=person.name).text.count('href="/desk/n') <= 1
    nobody = posted(client, "/desk/search", text="nobody at all")
    assert (nobody.status_code, "in full." in nobody.text) == (200, True)


def test_a_supervisor_sees_loads_and_moves_a_case(clerk: Clerk, own_folder: Path):
    with closing(UsersFile(own_folder)) as file:
        for name in ("clerk41", "second41"):
            add_user(file, name, "clerk", "41", PASSWORD)
    client, supervisor = clerk("clerk41"), clerk("supervisor41")
    case = taken(client)
    loads = {load["clerk"]: load["total"] for load in supervisor.get("/api/desk/loads").json()["loads"]}
    assert loads == {"clerk41": 1, "second41": 0}
    assert client.get("/desk/loads").status_code == 403
    ref = case.removeprefix("/desk/")
    assert posted(supervisor, "/desk/loads", transfer=ref, clerk="clerk44").status_code == 422
    moved = posted(supervisor, "/desk/loads", transfer=ref, clerk="second41")
    assert (moved.status_code, moved.headers["location"]) == (303, f"/desk/loads?moved={ref}")
    after = supervisor.get(moved.headers["location"]).text
    assert re.search(r'role="status" id="moved">Moved: \S+ → second41<', after), "what was done is said"
    assert re.search(r'<select[^>]*aria-describedby="moved" autofocus>', after), "the place and the focus stay"
    assert client.get(f"/api{case}").json()["holder"] == "second41"
    assert client.get("/desk/loads").status_code == 403


def test_where_a_province_alone_is_served_its_auditor_begins_at_the_first_page_there_and_the_ministry_nowhere(
    clerk: Clerk,
):
    begins = [clerk(name).get("/").headers.get("location") for name in ("clerk41", "auditor41", "ministry")]
    assert begins == ["/desk", "/persons", None]


def test_keys_are_switched_off_for_one_clerk(clerk: Clerk):
    client, other = clerk("clerk41"), clerk("supervisor41")
    assert "aria-keyshortcuts" in client.get("/desk").text
    assert posted(client, "/desk/keys", on="false").status_code == 303
    assert "aria-keyshortcuts" not in client.get("/desk").text
    assert "aria-keyshortcuts" in other.get("/desk").text
