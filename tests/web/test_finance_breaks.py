"""The breaks of a province as its finance officer works them off: list, one break, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.finance import finance_application, finance_folder
from support.in_process import jinbao_in
from support.pages import browser, sign_in, token_of

from jinbao.web.application import Application
from jinbao.web.province import break_words
from jinbao.web.province.views_log import views_log


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finance_folder(tmp_path_factory.mktemp("finance"))


@pytest.fixture
def application(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """No platform runs: what is said stays on its way."""
    monkeypatch.setattr(break_words, "WAIT_S", 0.0)
    with finance_application(folder) as found:
        yield found


@pytest.fixture
def officer(application: Application) -> TestClient:
    client = browser(application.asgi)
    assert sign_in(client, "finance41") == 303
    return client


def test_the_list_is_what_the_command_says_and_filters_by_kind_state_account_and_age(officer, folder):
    said = jinbao_in(folder.parent)("breaks", "list", "--json", "--data", folder)
    listed = officer.get("/api/finance/breaks").json()
    places = [one.pop("place") for one in listed["breaks"]]
    assert listed["breaks"] == json.loads(said.stdout)[:50]
    assert places == sorted(places)
    kinds = listed["counts"]
    for kind, number in kinds.items():
        found = officer.get(f"/api/finance/breaks?kind={kind}").json()
        assert {one["kind"] for one in found["breaks"]} == {kind}
        assert found["counts"] == {kind: number}
    assert officer.get("/api/finance/breaks?state=investigating").json()["breaks"] == []
    account = listed["accounts"][0]["account"]
    assert officer.get(f"/api/finance/breaks?account={account}").json()["counts"] == kinds
    assert officer.get("/api/finance/breaks?account=other").json()["breaks"] == []
    oldest = max(one["age_working_days"] for one in listed["breaks"])
    old = officer.get(f"/api/finance/breaks?age={oldest}").json()["breaks"]
    assert {one["age_working_days"] for one in old} == {oldest}


def test_the_list_keeps_its_place_when_what_stood_there_is_gone(officer):
    listed = officer.get("/api/finance/breaks").json()
    places = [one["place"] for one in listed["breaks"]]
    assert listed["chosen"]["place"] == places[0]
    gone = places[2][:-1] + "0"  # a break that stood just before the third
    assert officer.get(f"/api/finance/breaks?at={gone}").json()["chosen"]["place"] == places[2]
    behind = officer.get(f"/api/finance/breaks?after={places[1]}&at={places[2]}").json()
    assert behind["breaks"][0]["place"] == places[2]
    assert behind["chosen"]["place"] == places[2]
    beyond = officer.get("/api/finance/breaks?after=9999-01-01.41.under.ffffffff-ffff-ffff-ffff-ffffffffffff").json()
    assert beyond["breaks"], "the last page was worked off: the one before it is shown"


def test_a_word_is_written_once_in_the_own_system_and_leads_back_to_its_place(officer, folder):
    listed = officer.get("/api/finance/breaks?kind=unmatched_bank").json()
    chosen = listed["breaks"][0]
    back = f"/finance/breaks?kind=unmatched_bank&at={chosen['place']}"
    form = {"word": "investigate", "back": back, "csrf_token": token_of(officer, back)}
    answer = officer.post(f"/finance/breaks/{chosen['break']}", data=form)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{back}&told=sent"
    assert "on its way" in officer.get(answer.headers["location"]).text
    run = jinbao_in(folder.parent)  # its own platform and adapter take with them what was written before
    other = listed["breaks"][1]["break"]
    assert run("breaks", "investigate", other, "--user", "li", "--data", folder).exit_code == 0
    found = officer.get(f"/api/finance/breaks/{chosen['break']}").json()
    assert (found["state"], found["operator"]) == ("investigating", "finance41")


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ({"word": "confirm", "payment": "RF18539007547034"}, "NO_CANDIDATE"),
        ({"word": "resolve", "event": "1"}, "DIFFERENCE_REMAINS"),
        ({"word": "annul"}, "NOT_CONFIRMED"),
    ],
)
def test_what_cannot_be_said_is_told_with_its_code_and_the_place_is_kept(officer, word, code):
    chosen = officer.get("/api/finance/breaks?kind=unmatched_bank").json()["breaks"][0]
    back = f"/finance/breaks?at={chosen['place']}"
    form = {**word, "back": back, "csrf_token": token_of(officer, back)}
    answer = officer.post(f"/finance/breaks/{chosen['break']}", data=form)
    assert answer.headers["location"] == f"{back}&refused={code}"
    shown = officer.get(answer.headers["location"]).text
    assert 'role="alert"' in shown
    assert code in shown


def test_supervisor_and_auditor_read_and_another_province_sees_nothing(application, officer):
    one = officer.get("/api/finance/breaks").json()["breaks"][0]["break"]
    for name in ("supervisor41", "auditor"):
        reader = browser(application.asgi)
        assert sign_in(reader, name) == 303
        assert reader.get("/api/finance/breaks").json()["breaks"]
        page = reader.get(f"/finance/breaks/{one}")
        assert page.status_code == 200
        assert 'name="word"' not in page.text
        form = {"word": "investigate", "csrf_token": token_of(reader, "/finance/breaks")}
        assert reader.post(f"/finance/breaks/{one}", data=form).status_code == 403
    stranger = browser(application.asgi)
    assert sign_in(stranger, "finance44") == 303
    assert stranger.get("/api/finance/breaks").json()["breaks"] == []
    assert stranger.get(f"/api/finance/breaks/{one}").status_code == 404


def test_the_month_is_what_the_command_says_on_the_page_and_as_pdf(officer, application, folder):
    said = jinbao_in(folder.parent)(
        "reconcile", "report", "--province", "41", "--month", "2025-04", "--json", "--data", folder
    )
    report = json.loads(said.stdout)
    page = officer.get("/api/finance/month?month=2025-04").json()
    assert {name: page[name] for name in report} == report
    assert [one["account"] for one in page["to_seal"]] == [report["accounts"][0]["account"]]
    shown = officer.get("/finance/month?month=2025-04").text
    assert f"{report['accounts'][0]['adjusted_bank_fen'] / 100:,.2f}" in shown
    paper = officer.get("/finance/month.pdf?month=2025-04")
    assert paper.content.startswith(b"%PDF-")
    assert paper.content == officer.get("/finance/month.pdf?month=2025-04").content
    form = {"month": "2025-05", "csrf_token": token_of(officer, "/finance/month?month=2025-05")}
    answer = officer.post("/finance/month", data=form)
    code = answer.headers["location"].partition("refused=")[2]
    assert code == "MONTH_OUT_OF_ORDER"
    assert code in officer.get(answer.headers["location"]).text


def test_both_languages_name_the_kind_of_each_break(officer):
    assert "payment reference that nobody reported" in officer.get("/finance/breaks?lang=en").text
    assert "付款编号无人报告" in officer.get("/finance/breaks?lang=zh").text


def test_the_banks_words_are_shown_to_the_own_officer_and_each_view_is_recorded_first(officer, application, folder):
    one = officer.get("/api/finance/breaks?kind=unmatched_bank").json()["breaks"][0]
    page = f"/finance/breaks/{one['break']}"
    assert f'href="{page}/words"' in officer.get(page).text
    (entry,) = officer.get(f"/api{page}/words").json()["entries"]
    assert (entry["booked_on"], entry["amount_fen"]) == (one["booked_on"], one["amount_fen"])
    (payment,) = entry["payments"]
    assert payment["name"].startswith("合成")
    shown = officer.get(f"{page}/words").text
    assert payment["name"] in shown
    assert payment["remark"] in shown
    with views_log(folder, "41") as log:
        seen = log.newest(10, None)
    assert [(one_.user, one_.case, one_.ground) for one_ in seen] == [("finance41", one["break"], "bank")] * 2
    for name, status in (("supervisor41", 403), ("auditor", 403), ("finance44", 404)):
        reader = browser(application.asgi)
        assert sign_in(reader, name) == 303
        assert reader.get(f"{page}/words").status_code == status
        assert payment["name"] not in reader.get(page).text


def test_the_views_log_is_asked_before_anything_is_shown(officer, folder):
    one = officer.get("/api/finance/breaks?kind=unmatched_bank").json()["breaks"][0]["break"]
    file = folder / "local" / "views" / "41.sqlite"
    assert officer.get(f"/finance/breaks/{one}/words").status_code == 200
    content = file.read_bytes()
    file.write_bytes(b"no file of ours" * 100)
    assert officer.get(f"/finance/breaks/{one}/words").status_code >= 500
    file.write_bytes(content)
