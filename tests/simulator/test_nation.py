"""The nation as a whole: the same seed the same nation, nothing lost, every fen named."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jinbao.bus.interface import OutgoingRecord
from jinbao.platform.projections import case_board, clocks, fund_ledger
from jinbao.platform.projections.runner import Runner
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.simulator.clerks.origin import OriginClerk
from jinbao.simulator.daily_books import EXPECTED_CAUSES
from jinbao.simulator.nation import Nation
from jinbao.simulator.run_state import NoRunError, RunExistsError, RunState
from jinbao.simulator.scenario.plan import PATHS, Late, Path as CasePath
from jinbao.simulator.scenario.special_cases import SPECIAL_CASES, SpecialCase

pytestmark = pytest.mark.slow

IMPORT = "import sys; from pathlib import Path; from jinbao.simulator.nation import Nation\n"
RUN = "print(flush=True)\nwhile not n.finished: n.run_day()"
BEGIN = IMPORT + "n = Nation.begin(Path(sys.argv[1]), seed=7, transfers=40, days=30)\n" + RUN
RESUME = IMPORT + "n = Nation.resume(Path(sys.argv[1]))\n" + RUN


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the small nation of seed 7 comes to when nothing interrupts it."""
    with Nation.begin(tmp_path_factory.mktemp("whole") / "nation", seed=7, transfers=40, days=30) as nation:
        while not nation.finished:
            nation.run_day()
        return counted(nation)


def counted(nation: Nation) -> dict[str, Any]:
    result = nation.summary()
    del result["events_per_second"]
    return result


def test_the_same_seed_is_the_same_nation_and_another_seed_another(run_nation: Any, whole: dict[str, Any]) -> None:
    one, other = run_nation(seed=7, stop_after=8), run_nation(seed=8, stop_after=8)
    assert one.summary()["digest"] != other.summary()["digest"]
    while not one.finished:
        one.run_day()
    assert counted(one) == whole


def test_a_file_on_which_a_clerk_fails_is_set_aside_and_the_nation_goes_on(
    run_nation: Any, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One record that nobody foresaw: its case stands still, and every other ends as it would have."""
    answer = OriginClerk._answer

    def unforeseen(self: OriginClerk, file: Any, letter: Any) -> Any:
        if file.plan.index == 5:
            raise KeyError(letter.fields["personal"]["name"])
        return answer(self, file, letter)

    monkeypatch.setattr(OriginClerk, "_answer", unforeseen)
    result = counted(run_nation(seed=7))
    assert whole["set_aside"] == 0
    assert result["set_aside"] == 1
    assert result["outcomes"]["open"] == whole["outcomes"]["open"] + 1
    assert "KeyError at" in caplog.text


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not(run_nation: Any, whole: dict[str, Any]) -> None:
    stopped = run_nation(stop_after=4)
    while not stopped.finished:
        for _ in range(9):
            if not stopped.finished:
                stopped.run_day()
        stopped.close()
        stopped = Nation.resume(stopped.folder)
    assert counted(stopped) == whole
    stopped.close()


def test_a_sample_of_a_nation_holds_the_same_transfers_also_when_it_is_resumed(run_nation: Any, tmp_path: Path) -> None:
    chosen = [0, 1, 2, 17]
    everybody = run_nation(stop_after=0)
    with Nation.begin(tmp_path / "sample", seed=7, transfers=40, days=30, sample=chosen) as nation:
        nation.run_day()
    with Nation.resume(tmp_path / "sample") as nation:
        assert nation.plans == [everybody.plans[index] for index in chosen]
        for plan in nation.plans:
            assert nation.courses.application(plan) == everybody.courses.application(plan)
        nation.run_day()
        assert sum(nation.summary()["outcomes"].values()) == len(chosen)


def test_a_run_that_was_killed_comes_to_the_same_digest(tmp_path: Path, whole: dict[str, Any]) -> None:
    folder = tmp_path / "killed"
    script = BEGIN
    for milliseconds in (300, 230, 170):
        with subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()  # the first day has begun
            time.sleep(milliseconds / 1_000)
            process.kill()
        script = RESUME
    with Nation.resume(folder) as killed:
        while not killed.finished:
            killed.run_day()
        result = counted(killed)
    for counts in (result, expected := dict(whole)):
        del counts["ingest"]  # what was sent again counts as duplicates
        counts["paths"] = counts["paths"] | {"duplicate": 0}
    assert result == expected


def test_a_folder_holds_one_run(run_nation: Any, tmp_path: Path) -> None:
    nation = run_nation(stop_after=0)
    with pytest.raises(RunExistsError, match="not empty"):
        Nation.begin(nation.folder, seed=1, transfers=1, days=1)
    with pytest.raises(NoRunError):
        Nation.resume(tmp_path / "nowhere")


def test_every_transfer_ends_as_planned(whole_nation: Nation) -> None:
    ended = {
        CasePath.REFUSED: "refused",
        CasePath.RETURNED_AND_CLOSED: "returned",
        CasePath.WITHDRAWN: "withdrawn",
        CasePath.WITHDRAWN_BY_AGREEMENT: "withdrawn",
    }
    turned = {
        SpecialCase.REVERSED: "reversed",
        SpecialCase.DIES_AFTER_REMITTANCE: "returned",
        SpecialCase.LOSES_NATIONALITY: "returned",
    }
    planned = Counter(
        turned.get(plan.special) or ended.get(plan.path, "completed")  # type: ignore[arg-type]
        for plan in whole_nation.plans
    )
    outcomes = whole_nation.summary()["outcomes"]
    assert outcomes == {**dict.fromkeys(outcomes, 0), **planned}


def test_clocks_are_missed_where_planned_and_nowhere_else(whole_nation: Nation) -> None:
    with whole_nation.store.read() as work:
        for plan in whole_nation.plans:
            case = case_board.case_of(work, whole_nation.courses.application(plan).transfer)
            assert case is not None
            missed = {clock.clock for clock in clocks.clocks_of(work, case.case_id) if clock.outcome == "missed"}
            named = {Late.APPLICATION_REVIEW: "application_review", Late.ORIGIN: "origin_transfer"}
            assert missed == ({named.get(plan.late, "confirmation")} if plan.late else set()), plan


def test_messages_and_money_add_up(whole_nation: Nation) -> None:
    result = whole_nation.summary()
    ingest, money = dict(result["ingest"]), dict(result["money_fen"])
    end = whole_nation.bus.end_offsets(SUBMISSIONS_TOPIC)
    assert ingest.pop("received") == sum(ingest.values()) == sum(end.values())
    assert (ingest["parked"], ingest["dead_letter"]) == (0, 0)
    assert money["sum"] == 0
    assert money["out"] == money["in_transit"] + money["in"] + money["returned"] + money["suspense"] > 0
    assert money["in_transit"] == money["suspense"] == 0


def test_banks_and_ledger_agree_when_everything_has_ended(whole_nation: Nation) -> None:
    assert whole_nation.banks.entries()
    assert whole_nation.open_items() == []


def test_open_items_of_a_running_nation_are_named_and_add_up(run_nation: Any) -> None:
    nation = run_nation(transfers=80, days=60, stop_after=40)
    items = nation.open_items()
    assert items, "some money is on its way, or not reported yet"
    bank, ledger = Counter[str](), Counter[str]()
    for entry in nation.banks.entries():
        bank[entry.province] += entry.amount
    with nation.store.read() as work:
        for province in nation.offices:
            ledger[province] += sum(fund_ledger.case_cash(work, province).values())
    for province in nation.offices:
        assert bank[province] - ledger[province] == sum(i.difference for i in items if i.province == province)
    assert {item.cause for item in items} <= EXPECTED_CAUSES


def test_a_deleted_receipt_of_funds_is_a_difference_by_name(run_nation: Any) -> None:
    nation = run_nation(transfers=40, days=60)
    before = nation.open_items()
    with nation.store.write() as work:
        sql = "SELECT position, sender FROM events WHERE topic = 'funds-received' ORDER BY position LIMIT 1"
        position, receiver = work.bulk.connection.exec_driver_sql(sql).one()
        work.bulk.connection.exec_driver_sql("DELETE FROM events WHERE position = ?", (position,))
    Runner(nation.store).rebuild()
    (item,) = [item for item in nation.open_items() if item not in before]
    assert (item.province, item.missing, item.cause) == (receiver, "ledger", "receipt_not_reported")
    assert item.ledger == 0
    assert item.bank == nation.banks.amount(item.reference, item.line)


def test_bytes_that_are_no_message_are_dead_letters_and_harm_nobody(run_nation: Any, whole: dict[str, Any]) -> None:
    nation = run_nation(stop_after=20)
    with_source = (("ce_source", b"/jinbao/province/44"), ("ce_type", b"jinbao.FundsReceived.v1"))
    nation.bus.producer().send(
        [
            OutgoingRecord(SUBMISSIONS_TOPIC, b"x" * 16, b"garbage"),
            OutgoingRecord(SUBMISSIONS_TOPIC, b"y" * 16, b"\xc3\x01" + bytes(20), with_source),
        ]
    )
    while not nation.finished:
        nation.run_day()
    result = nation.summary()
    assert result["ingest"]["dead_letter"] == 2
    assert result["digest"] == whole["digest"]
    answers = nation.offices["44"].local.incoming("SubmissionAnswered")
    assert "dead_letter" not in [a.fields["outcome"] for a in answers], "44 is only named by a header"


def planted_in(blob: bytes, planted: set[bytes]) -> set[bytes]:
    """Which of the numbers and names stand in the blob: looked for by their shape, which is quicker than one by one."""
    found = {run[i : i + 18] for run in re.findall(rb"[0-9]{17}[0-9X]+", blob) for i in range(len(run) - 17)}
    for code, width in (("utf-8", 3), ("gb18030", 2)):
        begin = "合成".encode(code)
        found |= {begin + rest[: 5 * width] for rest in blob.split(begin)[1:]}
    return found & planted


def test_personal_data_stay_in_the_local_systems(whole_nation: Nation) -> None:
    """Every number and name, in UTF-8 and GB18030, in every file but those under local/."""
    planted: set[bytes] = set()
    for office in whole_nation.offices.values():
        for application in office.local.applications():
            person = office.local.person(application.person)
            assert person is not None
            planted |= {t.encode(code) for t in (person.number, person.name) for code in ("utf-8", "gb18030")}
    assert len(planted) > 400
    files = [f for f in whole_nation.folder.rglob("*") if f.is_file() and "local" not in f.parts]
    names = {"bus.sqlite", "platform.sqlite", "banks.sqlite", "simulation.sqlite", "keys.sqlite", "44.sqlite"}
    assert {f.name for f in files} >= names
    for file in files:
        assert planted_in(file.read_bytes(), planted) == set(), file.name
    found = planted_in(b"".join(f.read_bytes() for f in whole_nation.folder.glob("local/*")), planted)
    assert found == {p for p in planted if len(p) != 14}, "the search finds all that is there, in the encoding used"


def days_done(folder: Path) -> int:
    state = RunState(folder)
    try:
        return state.load().day
    finally:
        state.close()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_the_command_stops_after_the_day_and_goes_on(tmp_path: Path, whole: dict[str, Any]) -> None:
    folder = tmp_path / "command"
    command = [str(Path(sys.executable).with_name("jinbao")), "simulate", "--data", str(folder), "--json"]
    process = subprocess.Popen(
        [*command, "--transfers", "40", "--days", "30", "--seed", "7"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while not (folder / "platform.sqlite").exists() or days_done(folder) < 1:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    if days_done(folder) < 30:
        assert process.returncode == 130, stderr.decode()
        assert b"--resume" in stderr
    else:  # the machine was busy here and the run was over: the signal came before or after the program's last word
        assert process.returncode in (0, -signal.SIGINT), stderr.decode()
    again = subprocess.run(command, capture_output=True, check=False)
    assert again.returncode == 2
    assert b"Traceback" not in again.stderr
    finished = subprocess.run([*command, "--resume"], capture_output=True, check=False)
    assert finished.returncode == 0, finished.stderr.decode()
    result = json.loads(finished.stdout)
    assert result.pop("events_per_second") > 0
    assert result == whole


def test_before_the_rule_of_2016_a_temporary_account_moves_with_the_person(tmp_path: Path) -> None:
    start = date(2016, 3, 1)
    with Nation.begin(tmp_path / "nation", seed=46, transfers=12, days=140, start=start) as nation:
        while not nation.finished:
            nation.run_day()
        paths = nation.summary()["paths"]
    assert paths["temporary_account_moved"] == 1
    assert paths["temporary_account_sealed"] == paths["temporary_account_collected"] == 0


def test_a_run_full_of_special_cases_that_was_stopped_goes_on_as_if_it_had_not(
    run_nation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for turn in SPECIAL_CASES:
        monkeypatch.setitem(SPECIAL_CASES, turn, 1 / len(SPECIAL_CASES))
    monkeypatch.setitem(PATHS, CasePath.REFUSED, 0.2)
    whole = counted(run_nation(seed=5, transfers=60, days=70))
    stopped = run_nation(seed=5, transfers=60, days=70, stop_after=0)
    while not stopped.finished:
        for _ in range(13):
            if not stopped.finished:
                stopped.run_day()
        stopped.close()
        stopped = Nation.resume(stopped.folder)
    assert counted(stopped) == whole
    assert sum(count > 0 for count in whole["paths"].values()) > 40
    stopped.close()
