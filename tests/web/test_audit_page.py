"""The auditor's room: what was verified last and by whom, and that whoever verifies there is told the truth."""

from __future__ import annotations

import json
import time

import pytest
from support.pages import token_of

from jinbao.platform.audit.history.folds import verify_store
from jinbao.platform.audit.log.places import newest_head
from jinbao.platform.audit.log.verifications import FILE, keep, latest, of_result
from jinbao.platform.outbox.log_key import FOLDER
from jinbao.transparency.check_proof import parse_policy


@pytest.fixture(autouse=True)
def never_verified(folder):
    (folder / FOLDER / FILE).unlink(missing_ok=True)


def ended(client) -> dict[str, object]:
    """The room once no verification is under way."""
    for _ in range(600):
        found = client.get("/api/audit").json()
        if found["running"] is None:
            return found
        time.sleep(0.05)
    raise AssertionError("the verification does not end")


def test_a_verification_from_the_page_says_who_what_and_how_far(signed_in, store):
    client = signed_in("auditor")
    assert "从未核验过" in client.get("/audit").text
    started = client.post("/audit/verify", data={"csrf_token": token_of(client, "/audit")})
    assert (started.status_code, started.headers["location"]) == (303, "/audit")
    [one] = ended(client)["verifications"]
    with store.read() as work:
        head = newest_head(work.bulk)
    assert (one["by"], one["size"], one["root"]) == ("auditor", head.size, head.root.hex())
    assert (one["first_bad"], "日志成立" in client.get("/audit").text) == (None, True)


def test_what_does_not_hold_stands_on_the_page_by_name(signed_in, folder, store):
    policy = parse_policy((folder / FOLDER / "policy").read_text())
    found = verify_store(store, policy)
    found.add(7, "ENTRY_CHANGED", "events 第 7 行被改过", "row 7 of events is not what was recorded")
    keep(folder, of_result(found, "2025-06-30T09:00:00+08:00", "chen"))
    page = signed_in("auditor").get("/audit?lang=en").text
    assert "The log does not hold" in page
    assert "row 7 of events is not what was recorded" in page


def test_without_a_policy_nothing_is_verified_and_the_file_is_named(signed_in, folder, monkeypatch):
    monkeypatch.setattr("jinbao.web.national.audit.POLICY", "none")
    client = signed_in("auditor")
    refused = client.post("/api/audit/verify", json={}, headers={"X-CSRF-Token": token_of(client, "/audit")})
    assert refused.status_code == 409
    assert "none" in json.dumps(refused.json())


def test_a_damaged_line_hides_no_other_verification(folder, store):
    found = verify_store(store, parse_policy((folder / FOLDER / "policy").read_text()))
    for by in ("first", "second"):
        keep(folder, of_result(found, "2025-06-30T09:00:00+08:00", by))
        with (folder / FOLDER / FILE).open("ab") as file:
            file.write(b'{"at": \xff\n')
    assert [one.by for one in latest(folder, 5)] == ["second", "first"]
    assert [one.by for one in latest(folder, 1)] == ["second"]


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), ArithmeticError("a fold has a defect")])
def test_a_verification_that_fails_in_whatever_way_says_so_and_another_may_begin(signed_in, monkeypatch, error):
    def failing(*_):
        raise error

    client = signed_in("auditor")
    monkeypatch.setattr("jinbao.web.national.audit.keep", failing)
    for _ in range(2):
        started = client.post("/audit/verify", data={"csrf_token": token_of(client, "/audit")})
        assert started.status_code == 303
        told = ended(client)["failed"]
        assert ("写不下来" in told) if isinstance(error, OSError) else ("ArithmeticError" in told)
