"""The page of index and forecast: the rows of the commands, in the order that its links ask for."""

from __future__ import annotations

import json
import re

import pytest
from support.in_process import jinbao_in

from jinbao.platform.projections import handling_index


@pytest.fixture
def asked(signed_in):
    client = signed_in("ministry")

    def value(query: str = ""):
        answer = client.get(f"/api/index{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    return value


def test_it_has_the_rows_of_the_commands(asked, folder):
    found, jinbao = asked(), jinbao_in(folder)
    said = json.loads(jinbao("index", "--json", "--data", folder).stdout)
    assert sorted(found["index"], key=repr) == sorted(said["index"], key=repr)
    assert (found["as_of"], found["position"]) == (said["as_of"], said["position"])
    forecast = json.loads(jinbao("forecast", "--json", "--data", folder).stdout)
    assert sorted(found["forecast"], key=repr) == sorted(forecast, key=repr)
    assert sum(row["expected_missed"] for row in found["expected"]) == pytest.approx(
        sum(row["expected_missed"] for row in forecast), abs=0.01
    )


@pytest.mark.parametrize("column", ["province", "cases", "open", "p90_working_days"])
def test_each_clocks_rows_are_in_the_order_asked_for_and_too_few_come_last(asked, column):
    for order, sign in ((column, 1), (f"-{column}", -1)):
        value = asked(f"?order={order}")
        assert value["order"] == order
        for clock in value["clocks"]:
            found = [row[column] for row in value["index"] if row["clock"] == clock]
            known = [one for one in found if one is not None]
            assert found[: len(known)] == sorted(known, reverse=sign < 0), (clock, order)
    assert [row["province"] for row in asked("?forecast_order=province")["expected"]] == sorted(
        row["province"] for row in asked()["expected"]
    )


def test_provinces_with_too_few_cases_are_one_line(asked, signed_in):
    few = [row for row in asked()["index"] if row["too_few"]]
    page = signed_in("ministry").get("/index?lang=en").text
    assert few
    assert page.count("Too few to say anything") == len({row["clock"] for row in few})
    assert page.count("<tr>") < len(few)


def test_one_clock_is_shown_alone_and_a_head_leads_to_its_order_and_back(asked, signed_in, monkeypatch):
    monkeypatch.setattr(handling_index, "FEWEST_CASES", 1)
    clock = asked()["clocks"][0]
    assert {row["clock"] for row in asked(f"?clock={clock}")["index"]} == {clock}
    client = signed_in("ministry")
    page = client.get(f"/index?clock={clock}&lang=en").text
    [up] = re.findall(r'href="(/index\?[^"]*order=-cases[^"]*)"', page)
    after = client.get(up.replace("&amp;", "&")).text
    assert 'aria-sort="descending"' in after
    assert "order=cases" in after
    assert client.get("/index?order=secret").status_code == 422
