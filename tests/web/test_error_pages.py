"""Error pages: within the frame of who is signed in, in the reader's language, with what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from support.pages import sign_in, token_of

from jinbao.language.words import LANGUAGES
from jinbao.presentation.page_labels import ROLES
from jinbao.web.application import Application
from jinbao.web.national.site import national_site
from jinbao.web.page import Asker, NoQuery
from jinbao.web.security import MOST_BYTES

BIG = b"x" * (MOST_BYTES + 1)
DOES = {
    "403": {"zh": "请联系管理用户的人", "en": "ask whoever manages users"},
    "404": {"zh": "请检查地址", "en": "Check the address"},
    "413": {"zh": "请把文件拆开", "en": "split the file"},
    "422": {"zh": "更正后再提交", "en": "correct it and send it again"},
    "500": {"zh": "告诉运行维护员", "en": "tell the operator the time"},
}


@pytest.fixture
def client(nation, users) -> TestClient:
    """A user of the ministry, whose page of alerts fails."""

    def failing(asker: Asker, query: NoQuery) -> None:
        raise RuntimeError("secret of the program")

    site = national_site(nation)
    pages = [replace(page, value=failing) if page.path == "/alerts" else page for page in site.pages]
    application = Application([replace(site, pages=pages)], users, "zh")
    client = TestClient(application.asgi, "http://127.0.0.1", raise_server_exceptions=False, follow_redirects=False)
    assert sign_in(client, "ministry") == 303
    return client


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("path", "status"),
    [("/ingest", 403), ("/cases/none", 404), ("/none", 404), ("/cases?state=x", 422), ("/alerts", 500)],
)
def test_who_is_signed_in_sees_menu_and_name_and_what_to_do(client, path, status, lang):
    answer = client.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
    assert answer.status_code == status
    text = answer.text
    assert f'<html lang="{"zh-Hans" if lang == "zh" else "en"}"' in text
    assert "<strong>ministry</strong>" in text
    assert ROLES["ministry"][lang == "en"].replace("'", "&#39;") in text
    assert 'href="/overview"' in text
    assert 'action="/logout"' in text
    assert DOES[str(status)][lang] in text
    assert "secret of the program" not in text
    assert "Traceback" not in text


def test_a_state_that_is_none_is_told_with_all_there_are_and_the_nearest(client):
    said = client.get("/api/cases?state=complete").json()["error"]
    assert "最接近的是 completed" in said
    assert "application_review, letter_issued" in said
    assert "the nearest is completed" in client.get("/cases?state=complete&lang=en").text


def test_who_sends_too_much_is_told_so_within_the_page_however_it_is_sent(client):
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for content in (BIG, (part for part in [b"name=", BIG])):
        answer = client.post("/ingest/replay?lang=en", content=content, headers=kind)
        assert answer.status_code == 413
        assert DOES["413"]["en"] in answer.text
        assert "<strong>ministry</strong>" in answer.text


def test_signing_out_works_from_an_error_page(client):
    assert client.post("/logout", data={"csrf_token": token_of(client, "/none")}).status_code == 303


def test_who_is_not_signed_in_is_shown_no_name_and_a_program_json(client):
    client.cookies.clear()
    answer = client.post("/login", content=BIG)
    assert answer.status_code == 413
    assert 'action="/logout"' not in answer.text
    assert client.post("/api/ingest/replay", content=BIG).json() == {"error": "内容太大"}
