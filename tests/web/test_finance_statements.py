"""A province's bank accounts at its finance desk: named on the page, and statements taken in as banks write them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient
from support.finance import BANK, BANKS, NUMBER, finance_application, finance_folder
from support.in_process import jinbao_in
from support.pages import browser, sign_in, token_of

from jinbao.service.province import Province
from jinbao.web.application import Application
from jinbao.web.province import break_words

PAGE = "/finance/statements"
CSV, MAPPING = (BANK / "202504.csv").read_bytes(), (BANK / "mapping.toml").read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finance_folder(tmp_path_factory.mktemp("statements"))


@pytest.fixture
def application(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    monkeypatch.setattr(break_words, "WAIT_S", 0.0)
    with finance_application(folder) as found:
        yield found


@pytest.fixture
def officer(application: Application) -> TestClient:
    client = browser(application.asgi)
    assert sign_in(client, "finance41") == 303
    return client


def _sent(officer: TestClient, rows: bytes, mapping: bytes = b"", **fields: str) -> Response:
    """A form with a file, as a browser sends it."""
    form = {"account": NUMBER, "csrf_token": token_of(officer, PAGE), **fields}
    return officer.post(
        PAGE, data=form, files={"file": ("202504.csv", rows), "mapping": ("m.toml" if mapping else "", mapping)}
    )


def _named(officer: TestClient, number: str, kind: str) -> Response:
    return officer.post(
        "/finance/accounts", data={"number": number, "kind": kind, "csrf_token": token_of(officer, PAGE)}
    )


def test_a_statement_is_refused_with_code_and_line_and_counts_once_when_sent_again(officer):
    again = _sent(officer, CSV, MAPPING)
    assert again.status_code == 202
    assert "New entries: 0, known: 7" in again.text
    cut = _sent(officer, CSV[: len(CSV) // 2], MAPPING)
    assert cut.status_code == 422
    assert 'role="alert"' in cut.text
    assert "line " in cut.text
    assert _sent(officer, CSV, MAPPING, account="999").status_code == 422
    (account,) = [one for one in officer.get(f"/api{PAGE}").json()["accounts"] if one["number"] == NUMBER]
    assert (account["number"], account["statements_to"]) == (NUMBER, "2025-04-28")


def test_a_csv_is_read_by_the_mapping_of_the_accounts_last_one_on_the_page_and_by_the_command(officer, folder):
    shown = officer.get(f"/api{PAGE}").json()
    assert shown["mappings"] == ["two-columns 1"], "the command has remembered it"
    (account,) = [one for one in shown["accounts"] if one["number"] == NUMBER]
    assert account["mapping"] == "two-columns 1"
    assert "New entries: 0, known: 7" in _sent(officer, CSV).text
    assert "New entries: 0, known: 7" in _sent(officer, CSV, used_mapping="two-columns 1").text
    assert _sent(officer, CSV, used_mapping="other 1").status_code == 422
    said = jinbao_in(folder.parent)("bank", "import", BANK / "202504.csv", "--account", NUMBER, "--data", "data")
    assert said.exit_code == 0, said.output

    other = BANKS / "no-order"
    refused = _sent(officer, CSV, (other / "mapping.toml").read_bytes())
    assert refused.status_code == 422
    assert officer.get(f"/api{PAGE}").json()["accounts"][0]["mapping"] == "two-columns 1", "it did not fit"


def test_a_used_version_of_a_mapping_cannot_be_sent_changed(officer, folder):
    changed = MAPPING.replace(b'order = "newest-first"', b'order = "any"')
    assert changed != MAPPING
    answer = _sent(officer, CSV, changed)
    assert (answer.status_code, "give a greater one" in answer.text) == (422, True)
    assert _sent(officer, CSV, b"# a comment\n" + MAPPING).status_code == 202
    file = folder.parent / "changed.toml"
    file.write_bytes(changed)
    words = ("bank", "import", BANK / "202504.csv", "--account", NUMBER, "--mapping", file, "--data", "data")
    said = jinbao_in(folder.parent)("--lang", "en", *words)
    assert (said.exit_code, "give a greater one" in said.output) == (2, True), said.output


def test_an_account_is_named_on_the_page_once_and_becomes_one_of_the_platforms(officer, folder):
    number = "4100000000000000033"
    answer = _named(officer, f" {number} ", "out")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?told=sent")
    shown = officer.get(answer.headers["location"]).text
    assert number in shown
    assert "on its way" in shown
    assert _named(officer, number, "out").headers["location"] == f"{PAGE}?told=accepted"
    run = jinbao_in(folder.parent)  # the command's own platform takes with it what was written before
    other = run("bank", "accounts", "add", "41009", "--province", "41", "--kind", "fiscal", "--data", "data")
    assert other.exit_code == 0, other.output
    accounts = {one["number"]: one for one in officer.get(f"/api{PAGE}").json()["accounts"]}
    assert accounts[number]["account"] is not None
    assert accounts[number]["kind"] == "out"


@pytest.mark.parametrize(
    ("number", "kind", "told"),
    [
        (NUMBER, "out", "was named as income account"),
        ("4100-17", "in", "1 to 40 digits or letters"),
        ("<script>", "in", "1 to 40 digits or letters"),
        ("１２３", "in", "1 to 40 digits or letters"),
    ],
)
def test_what_is_no_account_is_told_at_the_field_with_what_was_typed(officer, folder, number, kind, told):
    answer = _named(officer, number, kind)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "<script>" not in answer.text.partition("<main")[2]
    with closing(Province(folder, "41").local_system()) as local:
        assert {own.kind for own in local.bank.accounts() if own.number == number} <= {"in"}


def test_only_the_provinces_own_finance_officer_names_accounts(application):
    for name, status in (("supervisor41", 403), ("finance44", 404)):
        client = browser(application.asgi)
        assert sign_in(client, name) == 303
        form = {"number": "41", "kind": "in", "csrf_token": token_of(client, "/finance/breaks")}
        assert client.post("/finance/accounts", data=form).status_code == status
