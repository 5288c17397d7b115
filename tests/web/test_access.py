"""Access: no endpoint without a row, nothing without signing in. Each cell of the table: `test_access_matrix.py`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.pages import PASSWORD, browser, sign_in, token_of

from jinbao.presentation.prose import prose
from jinbao.web.access import AccessError, load_access
from jinbao.web.accounts.sessions import make_token
from jinbao.web.accounts.users import ROLES, User
from jinbao.web.application import HOME, Application
from jinbao.web.national.site import national_site
from jinbao.web.page import Page


@pytest.mark.slow
def test_an_endpoint_that_is_not_in_the_table_does_not_start(nation, users):
    site = national_site(nation)
    unknown = Page("/forgotten", prose("Overview"), "overview.html", site.pages[0].value)
    with pytest.raises(AccessError, match="GET /forgotten"):
        Application([replace(site, pages=[*site.pages, unknown])], users, "zh")


def test_every_row_of_the_table_is_an_endpoint_and_every_role_has_a_home(application):
    access = load_access()
    assert {*access.open, *access.cells} == set(application.endpoints())
    assert set(HOME) == set(ROLES) - {"service"}
    assert all(access.cells[f"GET {HOME[role]}"][role] for role in HOME)


def test_who_has_not_signed_in_is_asked_to_and_then_shown_the_link_asked_for(visitor):
    for path in ("/", "/overview?x=1", "/desk", "/nothing-there"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login"), path
    assert visitor.get("/overview?x=1").headers["location"] == "/login?next=%2Foverview%3Fx%3D1"
    fields = {"name": "ministry", "password": PASSWORD, "next": "/overview?x=1", "csrf_token": token_of(visitor)}
    assert visitor.post("/login", data=fields).headers["location"] == "/overview?x=1"


def test_the_api_answers_401_and_takes_a_token_with_the_rights_of_its_user(visitor, users):
    assert visitor.get("/api/overview").status_code == 401
    bearer = {"Authorization": f"Bearer {make_token(users, 'ministry')}"}
    assert visitor.get("/api/overview", headers=bearer).status_code == 200
    assert visitor.get("/api/desk", headers=bearer).status_code == 403
    assert visitor.get("/overview", headers=bearer).status_code == 303, "a token opens no page"
    assert visitor.get("/api/overview", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_health_and_description_are_open(visitor):
    assert visitor.get("/healthz").json() == {"status": "ok"}
    described = visitor.get("/openapi.json").json()
    form, paths = "/api/cases/{transfer}/{form}.pdf", described["paths"]
    assert {"/api/overview", "/api/desk", "/api/cases.csv", form} <= set(paths)
    assert list(paths[form]["get"]["responses"]["200"]["content"]) == ["application/pdf"]


def test_what_is_foreign_and_what_is_unknown_get_the_same_answer(application, signed_in):
    foreign = signed_in("clerk66").get("/desk")  # no desk of that province is served here
    unknown = signed_in("clerk66").get("/no-such-page")
    assert foreign.status_code == unknown.status_code == 404
    told = "没有此页，或您无权查看"
    assert told in foreign.text
    assert told in unknown.text


def test_the_front_page_is_the_roles_own(application):
    for name, page in (("ministry", "/overview"), ("clerk41", "/desk"), ("supervisor41", "/desk")):
        client = browser(application.asgi)
        assert sign_in(client, name) == 303
        assert client.get("/").headers["location"] == page


def test_the_menu_leads_nobody_to_pages_of_a_province_they_do_not_belong_to():
    access = load_access()
    nation, henan = (User(1, "auditor", "auditor", province, False) for province in (None, "41"))
    for page in ("GET /persons", "GET /views"):
        assert (access.may_reach(nation, page), access.may_reach(henan, page)) == (False, True)
    assert access.may_reach(nation, "GET /overview")
