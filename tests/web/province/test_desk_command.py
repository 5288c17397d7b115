"""The desk's command counts as its page does: in the nation's own time, not in ours."""

from __future__ import annotations

import json

from support.in_process import jinbao_in


def test_the_command_lists_a_simulated_nations_cases_with_the_pages_ages_and_groups(folder, signed_in):
    page = signed_in("supervisor41").get("/api/desk").json()
    only_there = {"ref", "pile", "age_days", "holder", "mine"}
    shown = {c["case"]: {key: c[key] for key in c if key not in only_there} for c in page["cases"]}
    jinbao = jinbao_in(folder, "--lang", "en")
    listed = {
        c["case"]: c for c in json.loads(jinbao("desk", "list", "--province", "41", "--json", "--data", ".").stdout)
    }
    assert len(shown) > 3
    assert listed == shown
    later = json.loads(
        jinbao("desk", "list", "--province", "41", "--json", "--data", ".", "--clock", "2030-01-02T09:00").stdout
    )
    assert {c["group"] for c in later if c["due"]} <= {"overdue", "others"} != {c["group"] for c in listed.values()}
