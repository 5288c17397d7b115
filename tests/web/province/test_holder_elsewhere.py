"""A province's application in a process of its own, without the platform's database, and the national in another."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import httpx
import pytest
from support.desk import form_of, taken
from support.in_process import jinbao_in
from support.pages import PASSWORD, sign_in
from support.programs import serving

from jinbao.platform.audit.statements.accesses import listed
from jinbao.platform.projections.case_board import case_list
from jinbao.platform.store.store import Store
from jinbao.presentation.formatting import in_shanghai
from jinbao.presentation.page_labels import NATIONAL_ANSWERS
from jinbao.web.province.national_application import REST_S


@pytest.mark.slow
def test_the_desk_shows_who_holds_a_case_and_goes_on_when_the_nation_is_away(folder, own_folder, users, store, clock):
    nation, province = jinbao_in(folder, "--lang", "en"), jinbao_in(own_folder, "--lang", "en")
    nation("users", "add", "henan", "--role", "service", "--province", "41", "--data", ".")
    token = json.loads(nation("users", "token", "henan", "--json", "--data", ".").stdout)["token"]
    added = province(
        *("users", "add", "wang", "--role", "clerk", "--province", "41", "--password-stdin", "--data", "."),
        input=PASSWORD + "\n",
    )
    assert added.exit_code == 0
    with serving(folder, "--national") as (national, url):
        options = ["--province", "41", "--national-url", url, "--clock", in_shanghai(clock.now_us()).isoformat()]
        refused = province("serve", "--port", "0", "--data", ".", *options)
        assert (refused.exit_code, "41.national-token" in refused.output) == (2, True), refused.output
        file = own_folder / "local" / "41.national-token"
        file.touch(0o600)
        file.write_text(token)
        with serving(own_folder, *options) as (_, address), httpx.Client(base_url=address, timeout=30) as client:
            assert sign_in(client, "wang") == 303
            case = taken(client)
            told = asked(client, case)
            with store.read() as work:
                row = next(r for r in case_list(work, limit=1_000) if str(r.transfer_id) == told["case"]["transfer"])
            holder = told["national"]["holder"]
            assert (holder["waiting_for"] or "", holder["due"] or "") == (row.waiting_for, row.due)
            figure = f'data-figure="national.holder.position" data-value="{holder["position"]}"'
            assert figure in client.get(f"{case}?lang=en").text
            followed(store, client, case)
            national.send_signal(signal.SIGKILL)
            national.wait()
            for _ in range(2):
                away = client.get(f"/api{case}").json()["national"]
                assert away == {"outcome": "away", "holder": None}
            assert NATIONAL_ANSWERS["away"][1] in client.get(f"{case}?lang=en").text
            assert client.post(case, data=form_of(client, case)).status_code == 303, "the clerk decides all the same"
    assert not (own_folder / "platform.sqlite").exists()


def followed(store: Store, client: httpx.Client, case: str) -> None:
    """The views of the desk are entries of the nation's log, once its courier has come round."""
    transfer = client.get(f"/api{case}").json()["case"]["transfer"]
    deadline = time.monotonic() + 60
    while True:
        with store.read() as work:
            found = [one for one in listed(work.bulk, about={transfer}) if one.access.user == "wang"]
        if found or time.monotonic() > deadline:
            break
        time.sleep(1)
    assert {(one.place[:3], one.access.role, one.access.ground) for one in found} == {("41/", "clerk", "desk")}


def asked(client: httpx.Client, case: str) -> dict[str, Any]:
    """The case once the nation has told who holds it: on a busy machine its first answer may come too late."""
    deadline = time.monotonic() + 60
    while True:
        found: dict[str, Any] = client.get(f"/api{case}").json()
        if found["national"]["outcome"] != "away" or time.monotonic() > deadline:
            return found
        time.sleep(REST_S)
