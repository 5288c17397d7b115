"""A month's money by province, pair and case on the page of a finance reader, held against its JSON."""

from __future__ import annotations

import re

MONTH = "/finance/month?month=2025-01&province=44"
NAMES = ("opening_fen", "in_fen", "out_fen", "closing_fen")


def test_money_by_pair_and_case_is_shown_and_adds_up(signed_in):
    reader = signed_in("auditor")
    ledger = reader.get(f"/api{MONTH}").json()["ledger"]
    pairs, cases = ledger["pairs"], ledger["cases"]
    assert len(pairs) >= 2
    assert len(cases) >= 2
    for one in [*ledger["provinces"], *pairs, *cases]:
        assert one["opening_fen"] + one["in_fen"] - one["out_fen"] == one["closing_fen"]
    for one in pairs:
        assert "44" in (one["origin"], one["destination"])
        assert any(one[name] for name in NAMES), "a pair that has nothing to tell is not listed"
    assert [sum(one[name] for one in pairs) for name in NAMES] == [sum(one[name] for one in cases) for name in NAMES]
    shown = reader.get(f"{MONTH}&lang=en").text
    for one in cases:
        row = shown.partition(f'<a href="/cases/{one["transfer"]}">')[2].partition("</tr>")[0]
        assert re.findall(r">(-?[\d,]+\.\d\d)</td>", row) == [f"{one[name] / 100:,.2f}" for name in NAMES]
    assert shown.count(" → ") >= len(pairs)
    assert reader.get(f"/cases/{cases[0]['transfer']}").status_code == 200, "a link that leads to what it names"


def test_the_cases_of_a_long_month_go_on_behind_the_one_that_is_named(signed_in):
    reader = signed_in("auditor")
    cases = [one["transfer"] for one in reader.get(f"/api{MONTH}").json()["ledger"]["cases"]]
    shown = reader.get(f"{MONTH}&after={cases[0]}").text
    assert re.findall(r'<a href="/cases/([0-9a-f-]{36})">', shown) == cases[1:]
