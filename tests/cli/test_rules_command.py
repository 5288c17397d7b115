"""`jinbao rules …`: spellings, answers and exit codes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from jinbao.cli.main import app
from jinbao.rules.identity import check_digit

EXAMPLE_A: dict[str, Any] = {
    "remitted_on": "2019-10-15",
    "account_before_1998": "0.00",
    "account_at_previous_year_end": None,
    "temporary_account": False,
    "employer_rate": "0.16",
    "years": [
        {"year": 2017, "months": 12, "contribution_base": "4000.00", "account_rate": "0.08"},
        {"year": 2018, "months": 12, "contribution_base": "5000.00", "account_rate": "0.08"},
        {"year": 2019, "months": 9, "contribution_base": "6000.00", "account_rate": "0.08"},
    ],
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["rules", *map(str, arguments)])


def asked(command: str, question: object, folder: Path) -> Result:
    file = folder / "question.json"
    file.write_text(json.dumps(question), "utf-8")
    return run(command, file, "--json")


def test_due() -> None:
    plain = run("due", "--from", "2025-09-22", "--working-days", 15)
    assert (plain.exit_code, plain.stdout) == (0, "2025-10-17\n")
    as_json = run("due", "--from", "2025-09-22", "--working-days", 15, "--json")
    assert json.loads(as_json.stdout) == {"due": "2025-10-17", "provisional": False}
    later = run("due", "--from", "2026-12-22", "--working-days", 15, "--json")
    assert json.loads(later.stdout) == {"due": "2027-01-13", "provisional": True}


@pytest.mark.parametrize(
    ("start", "days"),
    [("2025-02-30", 15), ("22.9.2025", 15), ("20250922", 15), ("2025-W39-1", 15), ("1990-01-01", 1), ("2025-01-02", 0)],
)
def test_due_refuses_wrong_input(start: str, days: int) -> None:
    result = run("due", "--from", start, "--working-days", days)
    assert result.exit_code == 2
    assert result.stderr.startswith("jinbao: ")
    assert "Traceback" not in result.output


def test_id_asks_whether_the_birth_lies_ahead_by_chinas_day(monkeypatch: pytest.MonkeyPatch) -> None:
    number = "11010520250102001" + check_digit("11010520250102001")
    midnight = int(datetime(2025, 1, 1, 16, tzinfo=UTC).timestamp()) * 1_000_000_000
    for instant, code in ((midnight - 1_000, 1), (midnight, 0)):
        monkeypatch.setattr("time.time_ns", lambda instant=instant: instant)
        assert run("id", number).exit_code == code


def test_id() -> None:
    assert run("id", "11010519491231002X").exit_code == 0
    valid = run("id", "110105491231002", "--json")
    assert json.loads(valid.stdout) == {
        "valid": True,
        "type": "resident_id",
        "normalized": "11010519491231002X",
        "reason": None,
    }
    assert run("id", "91350100M000100Y43", "--type", "credit_code").exit_code == 0
    assert run("id", "810000199408230021", "--type", "residence_permit").exit_code == 0
    assert run("id", "E12345678", "--type", "other").exit_code == 0


def test_id_says_no_with_a_reason_that_does_not_repeat_the_number() -> None:
    result = run("id", "110105194912310021", "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (answer["valid"], answer["normalized"]) == (False, None)
    assert "校验码" in answer["reason"]
    assert "check character" not in answer["reason"]
    english = CliRunner().invoke(app, ["--lang", "en", "rules", "id", "110105194912310021", "--json"])
    assert json.loads(english.stdout)["reason"].startswith("the check character")
    assert "110105194912310021" not in run("id", "110105194912310021").output
    assert run("id", "1", "--type", "library_card").exit_code == 2


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jinbao.cli.output.on_terminal", lambda: True)


def test_a_form_is_answered_by_a_form_where_nobody_looks(tmp_path: Path) -> None:
    asked("funds", EXAMPLE_A, tmp_path)
    assert json.loads(run("funds", tmp_path / "question.json").stdout)["total"] == "33094.25"


@pytest.mark.usefixtures("on_terminal")
def test_funds_are_readable_on_a_terminal(tmp_path: Path) -> None:
    asked("funds", EXAMPLE_A, tmp_path)
    assert "国办发〔2009〕66号" in run("funds", tmp_path / "question.json").stdout.splitlines()[-1]


@pytest.mark.usefixtures("on_terminal")
def test_the_benefit_place_is_readable_on_a_terminal(tmp_path: Path) -> None:
    question = {"hukou": None, "current": "32", "places": [{"province": "44", "months": 118}]}
    asked("benefit-place", question, tmp_path)
    assert "广东省" in run("benefit-place", tmp_path / "question.json").stdout


def test_funds_of_worked_example_a(tmp_path: Path) -> None:
    result = asked("funds", EXAMPLE_A, tmp_path)
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["individual_before_1998"] == "0.00"
    assert answer["account_at_previous_year_end"] == "9334.25"
    assert answer["current_year_principal"] == "4320.00"
    assert answer["individual_total"] == "13654.25"
    assert answer["pooling_total"] == "19440.00"
    assert answer["total"] == "33094.25"
    assert answer["corrections"] == []
    assert [year["year"] for year in answer["years"]] == [2017, 2018, 2019]
    assert answer["years"][1]["account_balance"] == "9334.25"
    assert {"figure", "amount", "text", "article"} == set(answer["explanation"][0])


def test_funds_with_base_total_and_correction(tmp_path: Path) -> None:
    question = {
        "remitted_on": "2019-10-15",
        "years": [
            {"year": 2019, "months": 7, "contribution_base_total": "29619.59", "account_rate": "0.11"},
        ],
    }
    answer = json.loads(asked("funds", question, tmp_path).stdout)
    assert answer["total"] == "5923.92"
    (correction,) = answer["corrections"]
    assert (correction["year"], correction["scale"], correction["transferred"]) == (2019, "2369.57", "2369.57")
    assert correction["recorded"] == "3258.15"


def test_funds_of_a_temporary_account(tmp_path: Path) -> None:
    question = EXAMPLE_A | {"temporary_account": True, "years": EXAMPLE_A["years"][2:]}
    answer = json.loads(asked("funds", question, tmp_path).stdout)
    assert (answer["individual_total"], answer["pooling_total"]) == ("4320.00", "8640.00")


def _changed(path: tuple[Any, ...], value: object) -> dict[str, Any]:
    question = json.loads(json.dumps(EXAMPLE_A))
    holder = question
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return question  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("remitted_on",), "15.10.2019", "remitted_on"),
        (("remitted_on",), "2019-W42-2", "remitted_on"),
        (("years", 0, "year"), 2012, "2012"),
        (("years", 1, "contribution_base"), 5000, "years[1].contribution_base"),
        (("years", 1, "contribution_base"), "5000.001", "years[1].contribution_base"),
        (("years", 1, "contribution_base"), None, "years[1].contribution_base"),
        (("years", 1, "account_rate"), None, "years[1].account_rate"),
        (("years", 1, "account_rate"), "8", "years[1].account_rate"),
        (("years", 1, "months"), 13, "years[1].months"),
        (("years", 1, "first_month"), 2, "years[1].months"),
        (("years", 1, "mouths"), 12, "years[1].mouths"),
        (("years", 1, "contribution_base_total"), "60000.00", "years[1].contribution_base_total"),
        (("years", 2, "year"), 2020, "years[2].year"),
        (("account_before_1998",), "-1", "account_before_1998"),
        (("temporary_account",), "no", "temporary_account"),
    ],
)
def test_funds_names_the_field_at_fault(path: tuple[Any, ...], value: object, named: str, tmp_path: Path) -> None:
    result = asked("funds", _changed(path, value), tmp_path)
    assert result.exit_code == 2
    assert named in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("text", ["2019-W42-2", "20191015", "2019-288", "2019-10-15T00:00", " 2019-10-15", ""])
def test_a_week_date_is_no_day_of_a_remittance(text: str, tmp_path: Path) -> None:
    result = asked("funds", EXAMPLE_A | {"remitted_on": text}, tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "remitted_on" in result.stderr


def test_funds_names_a_missing_field(tmp_path: Path) -> None:
    question = json.loads(json.dumps(EXAMPLE_A))
    del question["years"][2]["months"]
    result = asked("funds", question, tmp_path)
    assert (result.exit_code, "years[2].months" in result.stderr) == (2, True)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b""])
@pytest.mark.parametrize("command", ["funds", "benefit-place"])
def test_what_is_no_form_is_refused(command: str, content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "question.json"
    file.write_bytes(content)
    assert run(command, file).exit_code == 2
    assert run(command, tmp_path / "nowhere.json").exit_code == 2


def test_benefit_place(tmp_path: Path) -> None:
    question = {"hukou": "41", "current": "32", "places": [{"province": "44", "months": 118}]}
    result = asked("benefit-place", question, tmp_path)
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["province"], answer["rule"]) == (0, "41", 4)
    assert answer["article"]
    nobody = json.loads(asked("benefit-place", question | {"hukou": None}, tmp_path).stdout)
    assert (nobody["province"], nobody["rule"]) == ("44", 5)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"current": "99"}, "current"),
        ({"places": [{"province": "44", "months": -1}]}, "places[0].months"),
        ({"places": [{"province": "4", "months": 1}]}, "places[0].province"),
        ({"place": []}, "place"),
    ],
)
def test_benefit_place_names_the_field_at_fault(change: dict[str, Any], named: str, tmp_path: Path) -> None:
    question = {"hukou": "41", "current": "32", "places": []}
    result = asked("benefit-place", question | change, tmp_path)
    assert (result.exit_code, named in result.stderr) == (2, True)
