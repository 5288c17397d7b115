"""The overview: past days as the log has them, the page by the same figures, and the slider that replays them."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import date, timedelta

import pytest
from support.browser import violations, watched
from support.pages import PASSWORD

from jinbao.web.figures import figures_of


def past_value(client, day):
    """The overview of a past day, asked for again while its log is folded, which a busy machine is slow at."""
    for _ in range(40):
        answer = client.get(f"/api/overview?at={day}")
        if answer.status_code != 504:
            break
    return answer.json()


def test_a_past_day_is_a_page_and_json_of_the_same_figures(signed_in):
    client = signed_in("ministry")
    now = client.get("/api/overview").json()
    day = date.fromisoformat(now["duty"]["first_day"]) + timedelta(days=10)
    value = past_value(client, day)
    assert value["as_of"] == f"{day}T23:59:59+08:00"
    assert 0 < value["position"] < now["position"]
    assert value["ingest"]["received"] < now["ingest"]["received"]
    assert set(value) == set(now)
    known = figures_of(value)
    shown = re.findall(r'data-figure="([^"]+)" data-value="([^"]*)"', client.get(f"/overview?at={day}").text)
    assert len(shown) > 150
    for figure, said in shown:
        assert said == ("" if known[figure] is None else str(known[figure])), figure


def test_a_past_minute_is_the_nation_of_then(signed_in):
    client = signed_in("ministry")
    day = date.fromisoformat(client.get("/api/overview").json()["duty"]["first_day"]) + timedelta(days=10)
    value = past_value(client, f"{day}T12:00")
    assert value["as_of"] == f"{day}T12:00:00+08:00"
    ends = [past_value(client, each)["position"] for each in (day - timedelta(days=1), day)]
    assert ends[0] <= value["position"] <= ends[1]
    assert f'value="{day}T12:00"' in client.get(f"/overview?at={day}T12:00").text
    assert client.get("/api/overview?at=2025-02-31T12:00").status_code == 404


def test_a_day_that_is_none_is_refused_and_one_to_come_is_now(signed_in):
    client = signed_in("ministry")
    assert client.get("/api/overview?at=yesterday").status_code == 422
    assert client.get("/api/overview?month=2025-13").status_code == 422
    assert client.get("/api/overview?measure=weight").status_code == 422
    position = client.get("/api/overview").json()["position"]
    assert client.get("/api/overview?at=2999-01-01").json()["position"] == position


def test_a_cell_of_the_matrix_leads_to_as_many_cases(signed_in):
    client = signed_in("ministry")
    month = client.get("/api/overview").json()["duty"]["first_day"][:7]
    flows = [flow for flow in client.get(f"/api/overview?month={month}").json()["flows"] if flow["cases"]]
    assert flows
    for flow in flows:
        path = f"/api/flows/{flow['from']}/{flow['to']}?month={month}"
        cases = client.get(path).json()["cases"]
        assert len(cases) == flow["cases"]
        assert {(case["origin"], case["destination"]) for case in cases} == {(flow["from"], flow["to"])}


@pytest.mark.slow
def test_the_slider_replays_days_and_the_focus_stays(address, signed_in, browser):
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(f"{address}/overview?lang=en")
        page.get_by_label("User name").fill("ministry")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        troubles = watched(page)
        client = signed_in("ministry")
        last = date.fromisoformat(client.get("/api/overview").json()["duty"]["last_day"])
        day = last - timedelta(days=3)
        value = past_value(client, day)
        past_value(client, last)
        slider = page.get_by_role("slider", name="Past day")
        slider.focus()
        for _ in range(3):
            page.keyboard.press("ArrowLeft")
        page.wait_for_url(f"**/overview?at={day}", timeout=60_000)
        shown = {
            element.get_attribute("data-figure"): element.get_attribute("data-value")
            for element in page.locator("[data-figure]").all()
        }
        known = figures_of(value)
        assert shown["position"] == str(value["position"])
        for path, said in shown.items():
            assert said == ("" if known[path] is None else json.dumps(known[path]).removesuffix(".0")), path
        assert slider.evaluate("(element) => element === document.activeElement")
        assert slider.get_attribute("aria-valuetext") == str(day)
        assert violations(page) == []
        assert troubles == []
