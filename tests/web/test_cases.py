"""Cases on pages: the same as the command says, whole, and only to those whose case it is."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest
from support.in_process import jinbao_in
from support.pages import USERS

from jinbao.platform.projections.clocks import ClockRow
from jinbao.views.clock_calendar import MARGIN_DAYS, MOST_DAYS, clock_calendar

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def ministry(signed_in):
    return signed_in("ministry")


@pytest.fixture
def cases(ministry) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ministry.get("/api/cases?rows=all").json()["cases"]
    return found


def said(folder: Path, *words: str) -> Any:
    """What a command answers."""
    return json.loads(jinbao_in(folder)("case", *words, "--data", folder, "--json").stdout)


def by_parties(cases: list[dict[str, Any]], *, destination: str = "", origin: str = "") -> str:
    return next(c["transfer"] for c in cases if destination in ("", c["destination"]) and origin in ("", c["origin"]))


def test_a_list_is_the_commands_and_its_pages_hold_each_case_once(ministry, folder, cases):
    assert cases == said(folder, "list", "--limit", "2000")["cases"]
    found, query = [], ""
    while True:
        page = ministry.get(f"/api/cases?{query}").json()
        found += page["cases"]
        if not page["more"]:
            break
        query = f"after={page['after']}"
    assert found == cases
    assert len(cases) > 50, "more than one page"


@pytest.mark.parametrize("filters", [{"province": "41"}, {"state": "completed"}, {"province": "44", "waiting": "true"}])
def test_each_filter_is_the_commands(ministry, folder, filters):
    words = [word for name, said in filters.items() for word in ([f"--{name}"] + [said] * (said != "true"))]
    page = ministry.get("/api/cases", params={**filters, "rows": "all"}).json()
    assert page["cases"] == said(folder, "list", *words)["cases"] != []


def test_an_unknown_state_is_told_and_an_empty_one_is_none(ministry):
    assert ministry.get("/api/cases?state=nowhere").status_code == 422
    assert ministry.get("/cases?province=&state=").status_code == 200
    assert ministry.get("/cases?province=99").status_code == 404


def test_a_case_is_the_commands_with_why(ministry, folder, cases):
    for case in cases[:12]:
        page = ministry.get(f"/api/cases/{case['transfer']}").json()
        shown, explained = (said(folder, word, case["transfer"]) for word in ("show", "explain"))
        assert {key: page[key] for key in shown} == shown
        explained.pop("in_the_way")
        assert page["explanation"] == explained


def test_a_case_is_found_by_its_applications_number_and_first_digits_as_the_command_finds_it(
    ministry, signed_in, cases
):
    case, clerk = cases[0], signed_in("clerk41")
    for text in (case["application"], case["transfer"][:8]):
        assert ministry.get(f"/api/cases/{text}").json()["transfer"] == case["transfer"]
    foreign = next(c["application"] for c in cases if "41" not in (c["origin"], c["destination"]))
    assert [clerk.get(f"/api/cases/{text}").status_code for text in (foreign, foreign[:8])] == [404, 404]


def test_a_page_tells_both_times_and_every_fact(ministry, cases):
    transfer = next(c["transfer"] for c in cases if c["state"] == "completed")
    value, html = ministry.get(f"/api/cases/{transfer}").json(), ministry.get(f"/cases/{transfer}").text
    assert len(value["timeline"]) >= 8
    for step in value["timeline"]:
        assert f'<time datetime="{step["occurred_at"]}">' in html
        assert f'<time datetime="{step["received_at"]}">' in html
        assert step["said"]["zh"] in html
    for figure in value["explanation"]["figures"]:
        assert figure["text"].partition(" / ")[0] in html.replace("&#39;", "'")


def test_foreign_and_unknown_cases_get_the_same_answer(signed_in, cases):
    clerk = signed_in("clerk41")
    own, counterpart = by_parties(cases, destination="41"), by_parties(cases, origin="41")
    foreign = next(c["transfer"] for c in cases if "41" not in (c["origin"], c["destination"]))
    assert [clerk.get(f"/cases/{t}").status_code for t in (own, counterpart)] == [200, 200]
    for path in ("/cases/", "/api/cases/"):
        answers = [clerk.get(path + t) for t in (foreign, UNKNOWN, "no-id")]
        assert [a.status_code for a in answers] == [404, 404, 404]
        assert len({a.text.replace(t, "T") for a, t in zip(answers, (foreign, UNKNOWN, "no-id"), strict=True)}) == 1
    assert signed_in("auditor41").get(f"/cases/{foreign}").status_code == 404
    assert signed_in("auditor").get(f"/cases/{foreign}").status_code == 200


def test_a_province_lists_its_own_cases_only(signed_in, cases):
    for name, (role, province) in USERS.items():
        if province is None or role == "finance":
            continue
        client = signed_in(name)
        listed = client.get("/api/cases?rows=all").json()["cases"]
        assert listed == [c for c in cases if province in (c["origin"], c["destination"])]
        foreign = next(c["transfer"] for c in cases if province not in (c["origin"], c["destination"]))
        assert client.get("/api/cases?province=32").status_code == 404
        assert client.get(f"/api/cases?after={foreign}").status_code == 404
        assert client.get(f"/api/cases?after={UNKNOWN}").status_code == 404


def clock(**changes: Any) -> ClockRow:
    at_noon = 1_758_513_600_000_000  # 2025-09-22 12:00 in Shanghai
    known = dict.fromkeys(ClockRow._fields) | {"clock": "C1", "run": 1, "responsible": "41", "limit_working_days": 15}
    return ClockRow(**{**known, "started_at": at_noon, "due": "2025-10-17", **changes})


def test_days_off_are_those_of_the_states_council_and_the_due_day_is_worked():
    drawn = clock_calendar([clock()], date(2025, 10, 9))
    assert drawn is not None
    days = [drawn.first + timedelta(place) for place in range(drawn.days)]
    off = {drawn.first + timedelta(run.place + i) for run in drawn.off for i in range(run.days)}
    assert off == {day for day in days if not chinese_calendar.is_workday(day)}
    assert date(2025, 10, 11) not in off, "a Saturday that is worked"
    (bar,) = drawn.bars
    assert (bar.started, days[bar.due]) == (MARGIN_DAYS, date(2025, 10, 17))
    assert sum(day not in off for day in days[bar.started + 1 : bar.due + 1]) == 15
    assert (days[drawn.today or 0], bar.outcome) == (date(2025, 10, 9), "running")


def test_a_clock_past_its_due_day_is_overdue_and_one_of_years_stays_drawable():
    late = clock_calendar([clock()], date(2025, 10, 18))
    assert late is not None
    assert late.bars[0].outcome == "late"
    old = clock_calendar([clock()], date(2035, 1, 5))
    assert old is not None
    assert (old.days, old.today) == (MOST_DAYS, None)
    assert old.bars[0].until == MOST_DAYS - 1
    assert clock_calendar([], date(2025, 10, 9)) is None
