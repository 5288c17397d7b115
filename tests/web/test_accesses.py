"""POST `/api/accesses`: a province's application elsewhere tells who looked, for itself alone, each access once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from jinbao.platform.audit.statements.accesses import listed
from jinbao.platform.store.store import Store
from jinbao.schemas.accesses import Access
from jinbao.web.accounts.sessions import make_token
from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.national.accesses import AccessesHere

LOG = "0badcafe"


@pytest.fixture
def bearer(users: UsersFile) -> dict[str, str]:
    """The token of Henan's application."""
    with users.writing() as db:
        db.execute("DELETE FROM users WHERE name = 'henan'")
    add_user(users, "henan", "service", "41", "")
    return {"Authorization": f"Bearer {make_token(users, 'henan')}"}


def told(number: int, **fields: Any) -> Any:
    return msgspec.to_builtins(Access(number, 1, "wang", "clerk", "page", "view", case=f"2025-41-{number}", **fields))


def test_what_is_told_is_an_entry_of_the_province_that_tells_it(visitor: TestClient, bearer: Any, store: Store) -> None:
    def tell(*accesses: Any) -> int:
        answer = visitor.post("/api/accesses", json={"log": LOG, "accesses": accesses}, headers=bearer)
        assert answer.status_code == 200, answer.text
        last: int = answer.json()["last"]
        return last

    assert tell() == 0
    assert tell(told(1), told(2, province="44")) == 2
    assert tell(told(2), told(3)) == 3
    assert tell() == 3
    with store.read() as work:
        found = [one for one in listed(work.bulk) if one.place == f"41/{LOG}"]
    assert [(one.access.number, one.access.province) for one in found] == [(1, "41"), (2, "41"), (3, "41")]


def test_who_is_no_province_and_what_is_no_access_is_refused(visitor: TestClient, bearer: Any, signed_in: Any) -> None:
    assert visitor.post("/api/accesses", json={"log": LOG}).status_code == 401
    assert signed_in("auditor41").post("/api/accesses", json={"log": LOG}).status_code in (403, 404)
    for wrong in (
        {"log": "x"},
        {"log": LOG, "accesses": [told(4) | {"reason": "x" * 201}]},
        {"log": LOG, "accesses": 7},
        {"log": LOG, "accesses": [told(8), told(9, relationships=["\1" * 64] * 400)]},
    ):
        assert visitor.post("/api/accesses", json=wrong, headers=bearer).status_code == 422


class Waiting:
    """A province's log in which a hundred accesses wait, told ten at a time."""

    name = LOG

    def __init__(self) -> None:
        self.last = 100

    def go_on_behind(self, number: int) -> None:
        assert number <= self.last

    def accesses(self, province: str, after: int) -> list[Access]:
        numbers = range(after + 1, min(after + 10, self.last) + 1)
        return [Access(n, 1, "wang", "clerk", "page", "view", province=province) for n in numbers]

    def keep(self) -> None:
        self.last += 1


def test_what_waits_is_told_some_at_a_time_and_never_all_under_the_logs_lock(store: Store) -> None:
    def heads() -> int:
        with store.read() as work:
            return int(work.bulk.execute("SELECT COUNT(*) FROM tree_heads").scalar_one())

    waiting, before = Waiting(), heads()
    here = AccessesHere(store)
    here.record("43", waiting, waiting.keep, 1)
    assert heads() - before == 11, "ten transactions of what waited, and the one of the access itself"
    here.record("43", waiting, waiting.keep, 1)
    assert heads() - before == 12
    with store.read() as work:
        assert [one.access.number for one in listed(work.bulk) if one.place == f"43/{LOG}"] == [*range(1, 103)]
