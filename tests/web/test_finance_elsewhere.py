"""A province's finance desk in a process of its own: breaks and months are the nation's, words and names its own."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from support.finance import NUMBER, finance_folder
from support.in_process import jinbao_in
from support.pages import sign_in, token_of
from support.programs import serving

from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.service.province import Province

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finance_folder(tmp_path_factory.mktemp("nation"))


@pytest.fixture
def apart(folder: Path, tmp_path: Path) -> Path:
    """What the province has of it: its own system and users, and no platform."""
    own = tmp_path / "henan"
    (own / "local").mkdir(parents=True)
    for file in folder.joinpath("local").glob("41*"):
        if file.is_file():
            shutil.copy(file, own / "local" / file.name)
    shutil.copy(folder / "users.sqlite", own)
    nation = jinbao_in(folder.parent)
    nation("users", "add", "henan", "--role", "service", "--province", "41", "--data", "data")
    token = json.loads(nation("users", "token", "henan", "--json", "--data", "data").stdout)["token"]
    file = own / "local" / "41.national-token"
    file.touch(0o600)
    file.write_text(token)
    return own


@pytest.fixture
def both(folder: Path, apart: Path) -> Iterator[tuple[httpx.Client, httpx.Client, object]]:
    """An officer's browser at the province, another's at the nation, and the nation's process."""
    with (
        serving(folder, "--national") as (process, url),
        serving(apart, "--province", "41", "--national-url", url) as (_, address),
        httpx.Client(base_url=address, timeout=30) as here,
        httpx.Client(base_url=url, timeout=30) as there,
    ):
        assert sign_in(here, "finance41") == sign_in(there, "finance41") == 303
        yield here, there, process


def test_the_list_one_break_the_month_and_its_paper_are_those_of_the_nation(both):
    here, there, _ = both
    assert here.get("/", follow_redirects=False).headers["location"] == "/finance/breaks"
    for path in ("/finance/breaks", "/finance/breaks?kind=unmatched_bank", "/finance/month?month=2025-04"):
        ours, theirs = here.get(f"/api{path}").json(), there.get(f"/api{path}").json()
        assert ours.pop("as_of")[:10] == theirs.pop("as_of")[:10]
        assert ours == theirs, path
    chosen = here.get("/api/finance/breaks").json()["chosen"]["break"]
    assert here.get(f"/api/finance/breaks/{chosen}").json()["entries"]
    assert here.get("/finance/month.pdf?month=2025-04").content == there.get("/finance/month.pdf?month=2025-04").content
    assert here.get("/finance/breaks?kind=other").status_code == 422
    assert here.get("/api/finance/breaks?province=44").status_code == 404
    for language, theme in (("zh", "light"), ("en", "dark")):
        shown = here.get(f"/finance/breaks?lang={language}&theme={theme}")
        assert shown.status_code == 200
        assert f'href="/finance/breaks/{chosen}/words"' in shown.text
        assert 'href="/cases/' not in shown.text, "no way to a page that is not served here"
    told = there.get("/finance/breaks?lang=en").text
    assert "Names and remarks are with the province alone" in told
    assert f"{chosen}/words" not in told


def test_words_and_names_are_the_provinces_own(both, apart):
    here, _, _ = both
    one = here.get("/api/finance/breaks?kind=unmatched_bank").json()["chosen"]
    (entry,) = here.get(f"/api/finance/breaks/{one['break']}/words").json()["entries"]
    assert entry["amount_fen"] == one["amount_fen"]
    assert entry["payments"][0]["name"].startswith("合成")
    token = {"X-CSRF-Token": token_of(here, "/finance/breaks")}

    def say(**said: str) -> tuple[int, str | None]:
        answer = here.post(f"/api/finance/breaks/{one['break']}", json=said, headers=token)
        return answer.status_code, answer.json()["code"]

    assert say(word="confirm", payment="RF18539007547034") == (409, "NO_CANDIDATE")
    assert say(word="resolve", event="1") == (409, "DIFFERENCE_REMAINS")
    assert say(word="investigate") == (202, None)
    sealed = here.post("/api/finance/month", json={"month": "2025-05"}, headers=token)
    assert (sealed.status_code, sealed.json()["code"]) == (409, "MONTH_OUT_OF_ORDER")
    with closing(Province(apart, "41").local_system()) as local:
        (word,) = [one for one in local.bank.outgoing(10) if one.kind == "BreakInvestigated"]
        assert (word.number, word.operator) == (NUMBER, "finance41")
        assert local.bank.told([word.sequence])[0].state is DocumentState.WRITTEN


def test_without_the_nation_the_page_says_so_and_statements_go_on(both):
    here, _, process = both
    process.send_signal(signal.SIGKILL)
    process.wait()
    for _ in range(2):
        away = here.get("/finance/breaks?lang=en")
        assert away.status_code == 503
        assert "cannot be reached" in away.text
    assert here.get("/finance/statements").status_code == 200
