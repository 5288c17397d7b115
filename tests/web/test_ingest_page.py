"""The page of what was not taken: every message of the command's list, page by page, and dead letters sent again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.in_process import jinbao_in
from support.pages import browser, sign_in, token_of

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
from jinbao.cli.alert_watch import alert_watch, outside
from jinbao.platform.ingest.dead_letters import REPLAYED_BY
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.exchange.set_aside import SetAside
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.service.settings import load_settings
from jinbao.web.application import Application
from jinbao.web.national import ingest
from jinbao.web.national.nation import Nation
from jinbao.web.national.site import national_site

GARBAGE = b"no message <script>alert(1)</script>"


@pytest.fixture
def faulty(folder: Path, tmp_path: Path, clock) -> Path:
    """A copy of the nation in which somebody sent what is no message, and Henan has set something aside."""
    found = shutil.copytree(folder, tmp_path / "faulty")
    now = clock.now_us()
    with (
        closing(EmbeddedBus(found / "bus.sqlite", clock=lambda: now)) as bus,
        closing(bus.producer()) as producer,
        closing(Store(f"sqlite:///{found / 'platform.sqlite'}")) as store,
        closing(NationalPlatform(bus, store)) as platform,
    ):
        producer.send([OutgoingRecord(SUBMISSIONS_TOPIC, b"k" * 16, GARBAGE, (("ce_type", b"\x1b[2Jx"),))] * 3)
        platform.open()
        while platform.step(now):
            pass
    with closing(AdapterStore(found / "adapters" / "41.sqlite")) as book:
        book.set_aside.keep([SetAside("document", "7", "KEY_MISSING", kind="ContactLetterIssued")], now)
    return found


@pytest.fixture
def operator(faulty: Path, users, clock) -> Iterator[TestClient]:
    settings = load_settings(faulty, {})
    with closing(Store(settings.database_url)) as store, closing(alert_watch(settings, store)) as watch:
        nation = Nation(store, clock, watch, *outside(settings))
        client = browser(Application([national_site(nation)], users, "en").asgi)
        assert sign_in(client, "operator") == 303
        yield client


def messages_of(faulty: Path, *words: str) -> list[dict]:
    answer = jinbao_in(faulty)("intake", "list", "--limit", 1000, "--json", "--data", faulty, *words)
    return json.loads(answer.stdout)["messages"]


def test_it_lists_what_the_command_lists_page_by_page(operator, faulty, monkeypatch):
    monkeypatch.setattr(ingest, "ROWS_A_PAGE", 2)
    for query, words in (
        ("", ()),
        ("&outcome=no_duplicates", ("--outcome", "no_duplicates")),
        ("&outcome=dead_letter", ("--outcome", "dead_letter")),
        ("&sender=41", ("--province", "41")),
    ):
        found, after, pages = [], "", 0
        while after is not None:
            value = operator.get(f"/api/ingest?{after}{query}").json()
            found += value["messages"]
            after = None if value["after"] is None else f"after={value['after']}"
            pages += 1
        expected = messages_of(faulty, *words)
        assert found == expected, query
        assert pages == max(1, -(-len(expected) // 2))
    assert value["counts"]["dead_letter"] == 3
    assert value["counts"]["set_aside"] == 1
    assert 'rel="next"' in operator.get("/ingest").text


def test_a_dead_letter_is_looked_at_explained_and_sent_again(operator, faulty):
    [*_, letter] = operator.get("/api/ingest?outcome=dead_letter").json()["messages"]
    number = letter["position"]
    page = operator.get(f"/ingest/{number}").text
    assert letter["text"]["en"] in page
    assert GARBAGE.hex() in page
    assert "\x1b" not in page
    said = json.loads(jinbao_in(faulty)("dead-letters", "show", number, "--json", "--data", faulty).stdout)
    shown = operator.get(f"/api/ingest/{number}").json()
    assert {key: shown[key] for key in said} == said
    form = {"number": str(number), "csrf_token": token_of(operator, f"/ingest/{number}")}
    answer = operator.post("/ingest/replay", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/ingest/{number}?sent=1")
    assert "It was sent again" in operator.get(answer.headers["location"]).text
    with closing(EmbeddedBus(faulty / "bus.sqlite")) as bus, closing(bus.reader(SUBMISSIONS_TOPIC)) as reader:
        sent = [record for record in reader.poll(100_000) if record.value == GARBAGE]
    assert len(sent) == 4
    assert dict(sent[-1].headers)[REPLAYED_BY] == b"operator", "who asked for it stands with the record"
    assert operator.get("/ingest/999999").status_code == 404
    assert operator.post("/ingest/replay", data={"number": str(number)}).status_code == 403, "without its token"


def test_all_that_can_be_read_now_are_sent_again_and_no_other(operator):
    form = {"csrf_token": token_of(operator, "/ingest?outcome=dead_letter")}
    answer = operator.post("/ingest/replay", data=form)
    assert answer.headers["location"] == "/ingest?outcome=dead_letter"
    assert operator.get("/api/ingest").json()["counts"]["dead_letter"] == 3


def test_what_an_adapter_has_set_aside_is_shown_with_its_reason_and_how_to_have_it_worked(operator):
    page = operator.get("/ingest?outcome=set_aside").text
    assert "the key is not in this key ring" in page
    assert "jinbao adapter set-aside retry" in page
    [row] = operator.get("/api/ingest?outcome=set_aside").json()["set_aside"]
    assert (row["province"], row["code"], row["number"]) == ("41", "KEY_MISSING", 1)


def test_the_menu_leads_to_what_there_is_to_look_at_and_says_so(operator):
    assert '<a href="/ingest?outcome=no_duplicates"' in operator.get("/ingest").text
    page = operator.get("/ingest?outcome=no_duplicates").text
    assert "<strong>all but duplicates</strong>" in page
    found = operator.get("/api/ingest?outcome=no_duplicates").json()["messages"]
    assert {message["outcome"] for message in found} <= {"rejected", "parked", "dead_letter"}


def test_a_filter_that_is_none_is_refused(operator):
    assert operator.get("/ingest?outcome=secret").status_code == 422
    assert operator.get("/ingest?after=abc").status_code == 422
