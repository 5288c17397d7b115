"""Pages: what is shown is what the API says, in either language; templates hold no text of their own."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from jinbao.web.figures import figures_of, shown

WEB = Path(__file__).parents[2] / "web"
TEMPLATES = sorted(WEB.rglob("templates/*.html"))
SAID_ALOUD = {"alt", "aria-label", "title", "placeholder", "data-label", "value"}
"""Attributes that somebody reads."""
LETTER = re.compile(r"[A-Za-z\u3400-\u9fff]")


class Shown(HTMLParser):
    """The figures of a page, and the texts that stand in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.figures: dict[str, str] = {}
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("data-figure"):
            self.figures[str(found["data-figure"])] = str(found["data-value"])
        self.texts += [str(value) for name, value in attrs if name in SAID_ALOUD]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ministry", "/overview"),
        ("ministry", "/provinces/41"),
        ("ministry", "/index"),
        ("operator", "/ingest"),
        ("clerk41", "/desk"),
    ],
)
def test_each_figure_of_a_page_is_the_one_of_the_api(signed_in, name, path):
    client = signed_in(name)
    page, value = Shown(client.get(path).text), client.get(f"/api{path}").json()
    known = figures_of(value)
    assert len(page.figures) >= 4
    for figure, said in page.figures.items():
        assert said == ("" if known[figure] is None else str(known[figure])), figure


def test_the_overviews_provinces_add_up_to_the_nation(signed_in):
    value = signed_in("ministry").get("/api/overview").json()
    for figure in ("at_risk", "missed"):
        assert sum(province[figure] for province in value["provinces"]) == value["deadlines"][figure]
    assert sum(v for k, v in value["ingest"].items() if k != "received") == value["ingest"]["received"]
    assert value["money_fen"]["sum"] == 0


def test_the_desk_lists_what_waits_for_the_users_own_province(signed_in, folder):
    assert signed_in("clerk41").get("/api/desk").json()["province"] == "41"
    assert signed_in("clerk44").get("/api/desk").json()["province"] == "44"


def test_the_language_is_asked_for_once_and_kept(signed_in):
    client = signed_in("ministry")
    assert "<h1>全国总览</h1>" in client.get("/overview").text
    assert "<h1>Overview</h1>" in client.get("/overview?lang=en").text
    english = client.get("/overview").text
    assert "<h1>Overview</h1>" in english
    assert not re.search(r"[\u3400-\u9fff]", english.replace("中文", ""))
    assert 'data-theme="dark"' in client.get("/overview?theme=dark").text
    assert 'data-theme="dark"' in client.get("/overview").text


def test_the_language_chosen_on_the_way_to_ones_own_page_is_kept(signed_in):
    client = signed_in("ministry")
    client.get("/?lang=en", follow_redirects=False)
    assert '<html lang="en"' in client.get("/overview").text
    client.get("/?lang=zh", follow_redirects=False)
    assert '<html lang="zh' in client.get("/overview").text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", "所填内容不对：after 应为 32 位十六进制的 id"),
        ("en", "what was sent cannot be read: after expected an id of 32 hexadecimal digits"),
    ],
)
def test_what_was_asked_for_wrongly_is_named_in_the_readers_words(signed_in, language, said):
    answer = signed_in("ministry").get(f"/cases?after=zzz&lang={language}")
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_text_of_its_own_nor_style_or_script_inside(template):
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template.read_text("utf-8"), flags=re.DOTALL)
    assert [said for said in Shown(text).texts if LETTER.search(said)] == []
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)", text)


def test_every_cell_of_a_table_that_reflows_names_its_column():
    for template in TEMPLATES:
        text = template.read_text("utf-8")
        for table in re.findall(r'<table class="reflow.*?</table>', text, re.DOTALL):
            cells = re.findall(r"<td\b[^>]*>", table)
            assert [cell for cell in cells if "data-label=" not in cell] == [], template.name


def test_a_figure_is_found_by_what_leads_its_list_and_shown_as_what_it_is():
    value = {"flows": [{"from": "44", "to": "41", "amount_fen": 123456}], "money_fen": {"in": -5}, "late": None}
    assert figures_of(value) == {"flows.44-41.amount_fen": 123456, "money_fen.in": -5, "late": None}
    assert shown("flows.44-41.amount_fen", 123456) == "1,234.56"
    assert shown("money_fen.in", -5) == "-0.05"
    assert shown("late", None) == "–"
    assert shown("cases", 1234) == "1,234"


@pytest.mark.parametrize(
    ("minutes", "zh", "en", "tile"),
    [
        (0, "0 分钟", "0 min", "0m"),
        (59, "59 分钟", "59 min", "59m"),
        (80, "1 小时 20 分钟", "1 h 20 min", "1h"),
        (180, "3 小时", "3 h", "3h"),
        (1_500, "1 天 1 小时", "1 d 1 h", "1d"),
        (79_201, "55 天", "55 d", "55d"),
    ],
)
def test_a_length_of_time_is_told_in_words(minutes, zh, en, tile):
    path = "provinces.41.silent_minutes"
    assert (shown(path, minutes, "zh"), shown(path, minutes, "en")) == (zh, en)
    assert shown(path, minutes, "en", short=True) == tile
    assert shown("duty.behind_seconds", 45, "en") == "45 s"


def test_static_files_are_compressed_and_kept_for_good_by_their_version(visitor):
    link = re.search(r'href="(/static/base\.css\?v=\w+)"', visitor.get("/login").text)
    assert link
    answer = visitor.get(link[1])
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert visitor.get("/static/base.css").headers["cache-control"] == "no-cache"
    assert visitor.get("/static/nothing.css").status_code == 404
