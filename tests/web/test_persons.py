"""Names and numbers: masked, in clear for an auditor who says why, each such view recorded first; nowhere in a log."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.access_samples import Samples
from support.pages import token_of

from jinbao.platform.audit.statements.accesses import gaps, listed
from jinbao.presentation.masking import masked_name, masked_number
from jinbao.regional_adapter.local.local_records import Person
from jinbao.service.province import Province
from jinbao.web.accounts.sessions import make_token

REASON = "信访件 2025-17"


@pytest.fixture
def views_file(folder: Path) -> Path:
    """The log of province 41, empty."""
    file = Province(folder, "41").views_file
    for part in file.parent.glob("41.sqlite*"):
        part.unlink()
    return file


@pytest.fixture
def case(folder: Path) -> tuple[str, Person]:
    """A case of province 41 by its application number, with its person."""
    with closing(Province(folder, "41").local_system()) as local:
        application = local.applications()[0]
        person = local.person(application.person)
        assert person is not None
        return application.number, person


def asked(client: TestClient, case: str, reason: str = "") -> str:
    """What the page shows."""
    fields = {"case": case, "reason": reason, "csrf_token": token_of(client, "/persons")}
    answer = client.post("/persons", data=fields)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


def test_without_a_reason_names_and_numbers_are_masked_and_nothing_is_recorded(signed_in, views_file, case):
    number, person = case
    client = signed_in("auditor41")
    for reason in ("", "  ", "x"):
        page = asked(client, number, reason)
        assert masked_name(person.name) in page
        assert masked_number(person.number) in page
        assert person.number not in page
        assert person.name not in page
    assert client.get("/api/views").json()["views"] == []


def test_with_a_reason_they_are_shown_once_and_the_view_is_recorded(signed_in, views_file, case):
    number, person = case
    client = signed_in("auditor41")
    page = asked(client, number, REASON)
    assert person.name in page
    assert person.number in page
    assert "居民身份证" in page
    assert person.number not in client.get("/persons").text
    for name in ("auditor41", "supervisor41"):
        (view,) = signed_in(name).get("/api/views").json()["views"]
        assert (view["user"], view["role"], view["case"]) == ("auditor41", "auditor", number)
        assert (view["ground"], view["reason"]) == ("reason", REASON)
        assert REASON in signed_in(name).get("/views").text


def test_each_view_is_an_entry_of_the_nations_log_without_a_number(signed_in, views_file, case, store):
    number, person = case
    reason = f"{REASON} {person.number}"
    asked(signed_in("auditor41"), number, reason)
    with store.read() as work:
        found = list(listed(work.bulk, about={number}, user="auditor41"))[-1]
        (bodies,) = work.bulk.execute("SELECT COUNT(*) FROM tree_statements WHERE body LIKE ?", f"%{person.number}%")
        assert gaps(work.bulk) == {}
    access = found.access
    assert (access.way, access.action, access.ground, access.province) == ("page", "view", "reason", "41")
    assert access.reason == reason.replace(person.number, "*" * len(person.number))
    assert access.transfer
    assert bodies[0] == 0


def test_what_the_nation_beside_cannot_record_is_not_shown(signed_in, views_file, case, store):
    number, person = case
    client = signed_in("auditor41")
    fields = {"case": number, "reason": REASON, "csrf_token": token_of(client, "/persons")}
    with store.write() as work:
        work.bulk.execute("ALTER TABLE tree_statements RENAME TO gone")
    try:
        answer = client.post("/persons", data=fields)
    finally:
        with store.write() as work:
            work.bulk.execute("ALTER TABLE gone RENAME TO tree_statements")
    assert answer.status_code == 503
    assert person.number not in answer.text


def test_a_log_of_views_that_is_begun_anew_is_another_place(signed_in, views_file, case, store):
    number, _ = case
    asked(signed_in("auditor41"), number, "before it was lost")
    copy = views_file.read_bytes()
    asked(signed_in("auditor41"), number, "after the copy")
    for part in views_file.parent.glob("41.sqlite*"):
        part.unlink()
    views_file.write_bytes(copy)
    asked(signed_in("auditor41"), number, "on an old copy")
    for part in views_file.parent.glob("41.sqlite*"):
        part.unlink()
    asked(signed_in("auditor41"), number, "begun anew")
    with store.read() as work:
        found = {one.access.reason: one.place for one in listed(work.bulk, user="auditor41")}
    assert found["before it was lost"] == found["after the copy"] == found["on an old copy"] != found["begun anew"]


def test_a_view_that_cannot_be_recorded_does_not_happen(signed_in, users, views_file, case):
    number, person = case
    client = signed_in("auditor41")
    views_file.parent.mkdir(exist_ok=True)
    views_file.write_bytes(b"no database" * 1_000)
    fields = {"case": number, "reason": REASON, "csrf_token": token_of(client, "/persons")}
    bearer = {"Authorization": f"Bearer {make_token(users, 'auditor41')}"}
    for answer in (
        client.post("/persons", data=fields),
        client.post("/api/persons", json={"case": number, "reason": REASON}, headers=bearer),
    ):
        assert answer.status_code == 503
        assert person.name not in answer.text
        assert person.number not in answer.text


def test_what_was_recorded_cannot_be_changed_nor_removed(signed_in, views_file, case):
    asked(signed_in("auditor41"), case[0], REASON)
    with closing(sqlite3.connect(views_file)) as db:
        for statement in (
            "UPDATE views SET reason = ''",
            "DELETE FROM views",
            "REPLACE INTO views SELECT * FROM views",
        ):
            with pytest.raises(sqlite3.DatabaseError, match="append-only"):
                db.execute(statement)


def test_views_are_listed_a_page_at_a_time_the_newest_first(signed_in, views_file, case):
    client = signed_in("auditor41")
    for number in range(53):
        asked(client, case[0], f"{REASON} {number}")
    first = client.get("/api/views").json()
    rest = client.get(f"/api/views?after={first['after']}").json()
    assert [view["number"] for view in first["views"] + rest["views"]] == list(range(53, 0, -1))
    assert rest["after"] is None
    assert f"after={first['after']}" in client.get("/views").text


def test_nobody_else_asks_and_another_provinces_case_is_as_unknown(signed_in, views_file, case, store):
    rows = Samples.read(store).cases
    foreign = next(row.transfer_id.hex for row in rows if "41" not in (row.origin, row.destination))
    client = signed_in("auditor41")
    answers = [
        client.post("/persons", data={"case": name, "reason": REASON, "csrf_token": token_of(client, "/persons")})
        for name in (foreign, "no-such-case", "0" * 32, "%", "")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert signed_in("auditor").get("/persons").status_code == 404, "the nation's auditor has no province here"
    for name in ("ministry", "clerk41", "supervisor41", "operator"):
        assert signed_in(name).get("/persons").status_code == 403
    assert client.get("/api/views").json()["views"] == []
