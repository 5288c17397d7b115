"""The conformance kit: our own adapter passes every case, in the test's process and behind its driver's command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from support.conformance_kit import harness_in, not_passed
from support.in_process import jinbao_in

from jinbao.conformance.case_file import CaseFileError, load_cases
from jinbao.conformance.driven_province import DrivenProvince
from jinbao.conformance.driver_process import DriverProcess
from jinbao.conformance.harness import DATABASE, Harness
from jinbao.conformance.instructions import Instruction
from jinbao.conformance.kit import Report, run_cases
from jinbao.platform.store.store import Store
from jinbao.service.errors import UserError

HEAD = 'id = "destination-odd"\nrole = "destination"\nrequired = true\ntitle_zh = "x"\ntitle_en = "x"\n'
DRIVER = f"{Path(sys.executable).parent / 'jinbao'} adapter conformance-driver"


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with harness_in(tmp_path_factory.mktemp("conformance")) as made:
        yield made


def ours_in(folder: Path, harness: Harness) -> AbstractContextManager[DrivenProvince]:
    return closing(DrivenProvince(folder / "ours", "41", harness.bus, harness.ring))


@pytest.fixture(scope="module")
def report(harness: Harness) -> Report:
    """Of our own adapter."""
    with ours_in(harness.folder, harness) as ours:
        return run_cases(harness, ours, load_cases())


@pytest.mark.parametrize("case", load_cases(), ids=lambda case: case.id)
def test_our_own_adapter_passes(report: Report, case: object) -> None:
    (result,) = [result for result in report.results if result.case == case]
    assert result.verdict == "passed", (result.expected[1], result.seen[1])


def test_it_is_certified_and_the_report_names_what_it_holds_for(report: Report) -> None:
    assert report.certified
    assert [len(report.kit), len(report.schemas), report.mapping] == [64, 64, None]


def test_the_platform_has_warned_of_deadlines_and_said_that_they_were_missed(harness: Harness, report: Report) -> None:
    told = harness.observer.kinds_delivered()
    assert {"DeadlineApproaching", "DeadlineMissed"} <= told


def test_the_command_certifies_our_driver(tmp_path: Path) -> None:
    config = tmp_path / "conformance.toml"
    config.write_text(f'province = "44"\nstimulus = "{DRIVER}"\ntimeout_s = 60\nroles = ["origin"]\n')
    done = jinbao_in(tmp_path)("adapter", "conformance", "--config", config, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["certified"]
    assert {(case["role"], case["verdict"]) for case in said["cases"]} == {("origin", "passed")}
    assert set(said["cases"][0]) == {"id", "role", "required", "verdict", "expected", "seen"}


def test_people_are_told_case_by_case_in_their_language(tmp_path: Path) -> None:
    silent = f"{sys.executable} -c pass"
    words = ("adapter", "conformance", "--province", "44", "--stimulus", silent)
    for language, told in (("zh", ("联系函回执", "未运行", "不合格")), ("en", ("receipt", "not run", "not certified"))):
        done = jinbao_in(tmp_path, JINBAO_LANG=language)(*words)
        assert done.exit_code == 1
        assert all(word in done.output for word in told)


def test_a_folder_is_used_again_where_the_run_before_has_ended(tmp_path: Path) -> None:
    few = [case for case in load_cases() if case.id in ("origin-receipt", "origin-deadline", "origin-review")]
    for _ in range(2):
        with harness_in(tmp_path) as harness, ours_in(tmp_path, harness) as ours:
            assert not_passed(run_cases(harness, ours, few)) == {}


def test_a_bus_or_a_folder_that_is_in_use_is_refused(harness: Harness, report: Report, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="messages of others"):
        Harness(tmp_path, harness.bus_url, "41", timeout_s=1, quiet_s=1)
    real = tmp_path / "real"
    real.mkdir()
    with closing(Store(f"sqlite:///{real / DATABASE}", durable=False)) as store:
        store.create()
    with pytest.raises(UserError, match="a platform works here"):
        Harness(real, harness.bus_url, "41", timeout_s=1, quiet_s=1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('id = "destination-odd"', "role"),
        ('id = "destination-odd"\nrole = "destination"\nrequired = 1', "required"),
        (f"{HEAD}after = 'origin-normal'", "after and needs"),
        (HEAD.replace("odd", "other"), "the file's name"),
    ],
)
def test_a_case_that_cannot_be_read_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "destination-odd.toml").write_text(text)
    with pytest.raises(CaseFileError, match=told):
        load_cases(tmp_path)


def test_an_instruction_that_lacks_something_is_answered() -> None:
    said = "\n".join(['{"do": "start"}', '{"do": "dance"}', '{"do": "hello", "protocol": 1, "province": "41"}', ""])
    done = subprocess.run(DRIVER.split(), input=said.encode(), capture_output=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["ok"] for answer in answers] == [False, False, True]
    assert "bus" in answers[0]["error"]
    assert answers[1]["unsupported"]


def test_what_was_not_run_is_not_passed(tmp_path: Path) -> None:
    silent = f"{sys.executable} -c pass"
    done = jinbao_in(tmp_path)("adapter", "conformance", "--province", "44", "--stimulus", silent, "--json")
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert not said["certified"]
    assert {case["verdict"] for case in said["cases"]} == {"not_run"}


def test_a_driver_that_ends_is_started_again_for_the_next_case(tmp_path: Path) -> None:
    fragile = tmp_path / "fragile.py"
    fragile.write_text(FRAGILE)
    with closing(DriverProcess(f"{sys.executable} {fragile}", 20)) as driver:
        assert driver.tell(Instruction(do="hello", protocol=1)).ok
        assert driver.tell(Instruction(do="pay")).gone
        assert driver.tell(Instruction(do="stop")).gone
        assert not driver.work()
        assert driver.tell(Instruction(do="start")).ok
        assert driver.tell(Instruction(do="decide")).unsupported
        assert not driver.tell(Instruction(do="receive")).ok


def test_jinbao_is_found_by_its_name_where_it_is_not_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with closing(DriverProcess("jinbao adapter conformance-driver", 20)) as driver:
        assert driver.tell(Instruction(do="hello", protocol=1, province="41")).ok


def test_a_driver_that_cannot_say_when_it_is_done_is_given_time(tmp_path: Path) -> None:
    plain = tmp_path / "plain.py"
    plain.write_text(PLAIN.format(driver=DRIVER.split()))
    few = [case for case in load_cases() if case.id in ("origin-receipt", "origin-review")]
    with harness_in(tmp_path) as harness, closing(DriverProcess(f"{sys.executable} {plain}", 60)) as driver:
        harness.quiet_s = 0.2
        assert not_passed(run_cases(harness, driver, few)) == {}


PLAIN = """import json, subprocess, sys
driver = subprocess.Popen({driver}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for line in sys.stdin.buffer:
    if json.loads(line)["do"] == "work":
        answer = b'{{"ok": false, "unsupported": true}}\\n'
    else:
        driver.stdin.write(line)
        driver.stdin.flush()
        answer = driver.stdout.readline()
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
driver.stdin.close()
driver.wait()
"""
FRAGILE = """import json, sys
for line in sys.stdin:
    do = json.loads(line)["do"]
    if do == "pay":
        break
    print("noise" if do == "receive" else json.dumps({"ok": do != "decide", "unsupported": do == "decide"}), flush=True)
"""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--province", "41"], "--stimulus"),
        (["--province", "99", "--stimulus", "x"], "99"),
        (["--province", "41", "--stimulus", "no-such-command"], "cannot start"),
        (["--config", "no.toml"], "no.toml"),
    ],
)
def test_a_users_mistake_is_told(tmp_path: Path, words: list[str], told: str) -> None:
    done = jinbao_in(tmp_path, JINBAO_LANG="en")("adapter", "conformance", *words)
    assert done.exit_code == 2
    assert told in done.output
