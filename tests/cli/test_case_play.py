"""`jinbao case play` and `jinbao case explain`: stories at the command line, and a clerk's questions about a case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jinbao.cli import main as program

STORIES = Path(__file__).parents[2] / "examples" / "stories"
BEGINNING = """
[transfer.case]
origin = "44"
destination = "41"

[[step]]
at = 2025-03-03
say = "ApplicationAccepted"
"""


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("JINBAO_LANG", "JINBAO_CONFIG"):
        monkeypatch.delenv(variable, raising=False)


def run(*words: str) -> Result:
    return CliRunner().invoke(program.app, list(words))


def test_a_story_is_told_with_outcomes_states_clocks_and_money() -> None:
    result = run("case", "play", str(STORIES / "ordinary"))
    assert result.exit_code == 0
    for word in ("受理申请", "接受", "转入地确认限 2019-11-14", "已办结", "33,094.25", "收到 12，接受 12"):
        assert word in result.output


def test_a_story_is_told_to_machines() -> None:
    told = json.loads(run("case", "play", str(STORIES / "wrong-sheet"), "--json").output)
    refused = [entry for entry in told["timeline"] if entry["outcome"] == "rejected"]
    assert [(entry["type"], entry["code"]) for entry in refused] == [("TransferCompleted", "SHEET_FUNDS_MISMATCH")]
    (transfer,) = told["transfers"]
    assert (transfer["state"], transfer["money_fen"]["destination_fund"]) == ("completed", 2_429_980)


@pytest.mark.parametrize(
    ("more", "names"),
    [
        (
            '\n[[step]]\nsay = "ContactLeterIssued"\n',
            "step 2: say: 没有这种报文 ContactLeterIssued，是否 ContactLetterIssued",
        ),
        ('\n[[step]]\nsay = "FundsRemitted"\namount = "viel"\n', "step 2: amount: 'viel'"),
        ('\n[[step]]\nsay = "FundsRemitted"\namount = 0.001\n', "step 2: amount: 0.001"),
        ('\n[[step]]\nsay = "FundsRemitted"\namuont = 1\n', "step 2: amuont:"),
        ('\n[[step]]\nat = 2025-03-01\nsay = "ContactLetterIssued"\n', "step 2: at:"),
        ('\n[[step]]\nsay = "ContactLetterIssued"\ntransfer = "other"\n', "step 2: transfer:"),
        ('\n[[step]]\nsay = "TransferFrozen"\ncause = "boredom"\n', "step 2: cause"),
        ('\n[[step]]\nagain = "never"\n', "step 2: again:"),
    ],
)
def test_a_bad_story_is_one_line_that_names_step_and_field(tmp_path: Path, more: str, names: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(BEGINNING + more, encoding="utf-8")
    result = run("case", "play", str(file))
    assert result.exit_code == 2
    assert names in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_missing_story_or_a_full_folder_is_said(tmp_path: Path) -> None:
    assert run("case", "play", str(tmp_path / "none")).exit_code == 2
    (tmp_path / "empty.toml").write_text("step = []")
    assert "empty.toml: step" in run("case", "play", str(tmp_path / "empty.toml")).stderr
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    result = run("case", "play", str(STORIES / "ordinary"), "--data", str(tmp_path / "full"))
    assert result.exit_code == 2
    assert "--data" in result.stderr


def played(folder: Path, name: str, transfer: str) -> str:
    told = json.loads(run("case", "play", str(STORIES / name), "--data", str(folder), "--json").output)
    return next(str(t["transfer"]) for t in told["transfers"] if t["name"] == transfer)


def test_a_completed_case_is_explained_to_the_fen(tmp_path: Path) -> None:
    transfer = played(tmp_path / "data", "ordinary", "case")
    zh = run("case", "explain", transfer[:8], "--data", str(tmp_path / "data")).output
    for word in (
        "已办结",
        "现在不用谁办",
        "利息 546.15",
        "统筹基金转移额 19,440.00",
        "合计 33,094.25",
        "66号 第 4 条第 (2) 项",
    ):
        assert word in zh
    en = run("--lang", "en", "case", "explain", transfer, "--data", str(tmp_path / "data")).output
    for word in ("Nobody has to act now", "330.61 on the balance", "which agrees with the sheet"):
        assert word in en


def test_a_running_case_names_whose_turn_it_is_until_when_and_what_may_come(tmp_path: Path) -> None:
    file = tmp_path / "running.toml"
    letter = '\n[[step]]\nat = 2025-03-05\nsay = "ContactLetterIssued"\n\n[[step]]\nsay = "ContactLetterReceived"\n'
    file.write_text(BEGINNING + letter, encoding="utf-8")
    told = json.loads(run("case", "play", str(file), "--data", str(tmp_path / "data"), "--json").output)
    transfer = told["transfers"][0]["transfer"]
    text = run("case", "explain", transfer, "--data", str(tmp_path / "data")).output
    assert "轮到广东" in text
    assert "2025-03-26" in text
    assert "余 15 个工作日" in text
    why = json.loads(run("case", "explain", transfer, "--data", str(tmp_path / "data"), "--json").output)
    assert [n["message"] for n in why["may_come_next"] if n["everyday"]] == ["OriginReviewPassed", "FundsReceived"]
    assert why["figures"] == []


def test_a_partial_transfer_says_what_stays_behind(tmp_path: Path) -> None:
    transfer = played(tmp_path / "data", "lump-sum", "main")
    text = run("case", "explain", transfer, "--data", str(tmp_path / "data")).output
    assert "48 个月、26,880.00 元留在转出地" in text


SHEET = """
[[step]]
at = 2025-03-05
say = "ContactLetterIssued"

[[step]]
say = "ContactLetterReceived"

[[step]]
say = "OriginReviewPassed"

[[step]]
say = "InformationSheetSent"
paid = [
    { year = 2022, months = 12, base = 5000, credited_year = 2023, credited_month = 9 },
    { year = 2023, months = 6, base = 5000 },
    { year = 2023, months = 4, base = 4000, first_month = 5, province = "31" },
    { year = 2024, months = 3, base = 5000, credited_year = 2025, credited_month = 1 },
]
"""


def test_months_of_two_provinces_and_arrears_are_told_where_the_clerk_looks(tmp_path: Path) -> None:
    file = tmp_path / "overlap.toml"
    file.write_text(BEGINNING + SHEET, encoding="utf-8")
    told = json.loads(run("case", "play", str(file), "--data", str(tmp_path / "data"), "--json").output)
    transfer = told["transfers"][0]["transfer"]
    zh = run("case", "explain", transfer, "--data", str(tmp_path / "data")).output
    assert "2023-05 至 2023-06，广东和上海：两地重复缴费" in zh
    assert "2022 年 12 个月（2023-09 记账）" in zh
    en = run("--lang", "en", "case", "explain", transfer, "--data", str(tmp_path / "data")).output
    assert "2023-05 to 2023-06, Guangdong and Shanghai: paid in two places at once" in en
    why = json.loads(run("case", "explain", transfer, "--data", str(tmp_path / "data"), "--json").output)
    assert [(o["first_month"], o["last_month"], o["provinces"]) for o in why["overlaps"]] == [
        (202305, 202306, ["44", "31"])
    ]
    figures = {figure["figure"]: figure for figure in why["figures"]}
    assert figures["current_year_principal"]["fen"] == 120_000
    arrears = 480_000 * 4 * 397
    assert figures["years[0].account_interest"]["fen"] == round(arrears / 120_000)


def test_the_sheet_is_found_where_it_was_sent_before_the_number_was_corrected(tmp_path: Path) -> None:
    transfer = played(tmp_path / "data", "identity-corrected", "case")
    why = json.loads(run("case", "explain", transfer, "--data", str(tmp_path / "data"), "--json").output)
    assert why["state"] == "completed"
    assert why["sheet_version"] == 1
    assert [f["fen"] for f in why["figures"] if f["figure"] == "total"] == [800_000]


def test_an_unknown_case_is_answered_with_no(tmp_path: Path) -> None:
    played(tmp_path / "data", "ordinary", "case")
    assert run("case", "explain", "ffffffff", "--data", str(tmp_path / "data")).exit_code == 1


def settled(tmp_path: Path) -> Path:
    """The data folder of the story of Sichuan and Chongqing."""
    folder = tmp_path / "settled"
    assert run("case", "play", str(STORIES / "sichuan-chongqing"), "--data", str(folder)).exit_code == 0
    return folder


def test_a_settlement_is_told_case_by_case_net_and_paid(tmp_path: Path) -> None:
    folder = settled(tmp_path)
    asked = ("ledger", "settlement", "--pair", "51,50", "--year", "2024", "--data", str(folder))
    told = json.loads(run(*asked, "--json").stdout)
    assert (told["pair"], told["owes_fen"], told["debtor"]) == (["50", "51"], {"50": 0, "51": 2_303_694}, "51")
    assert [case["total_fen"] for case in told["cases"]] == [told["net_fen"]] == [2_303_694]
    statement = told["statement"]
    assert [payment["fen"] for payment in statement["payments"]] == [2_000_000, 303_694]
    assert (statement["debtor"], statement["still_owed_fen"], statement["cleared"]) == ("51", 0, True)
    page = run(*asked).stdout
    for words in ("四川应付重庆：1 笔，23,036.94 元", "2024 年净额：四川付重庆 23,036.94 元", "已结清。"):
        assert words in page
    never = run("ledger", "settlement", "--pair", "41,44", "--year", "2025", "--data", str(folder))
    assert (never.exit_code, "2025 年河南、广东之间不按期结算" in never.stdout) == (0, True)
    nothing = run("ledger", "settlement", "--pair", "50,51", "--year", "2025", "--data", str(folder)).stdout
    assert "结算单尚未出具" in nothing
    balances = json.loads(run("ledger", "--data", str(folder), "--json").stdout)
    assert {row["total_fen"] for row in balances["rows"] if row["account"].startswith("settlement")} == {0}
    english = run("--lang", "en", *asked).stdout
    assert "Net for 2024: Sichuan pays Chongqing 23,036.94 yuan" in english


@pytest.mark.parametrize("pair", ["50", "50,50", "50,99", "50,51,52", ""])
def test_a_pair_is_two_different_provinces(tmp_path: Path, pair: str) -> None:
    asked = run("ledger", "settlement", "--pair", pair, "--year", "2024", "--data", str(tmp_path))
    assert asked.exit_code == 2
    assert f"--pair {pair}" in asked.stderr


def test_a_corrected_case_is_shown_whole_with_the_change_of_relationship(tmp_path: Path) -> None:
    transfer = played(tmp_path / "data", "identity-corrected", "case")
    show = ("case", "show", transfer, "--data", str(tmp_path / "data"))
    case = json.loads(run(*show, "--json").output)
    told = [(step["fact"], case["relationships"].index(step["relationship"])) for step in case["timeline"]]
    assert told == [
        ("application-accepted", 0),
        ("contact-letter-issued", 0),
        ("contact-letter-received", 0),
        ("origin-review-passed", 0),
        ("funds-remitted", 0),
        ("identity-corrected", 0),
        ("case-continued", 1),
        ("continuation-confirmed", 0),
        ("funds-received", 1),
        ("information-sheet-sent", 1),
        ("information-sheet-received", 1),
        ("transfer-completed", 1),
    ]
    assert [message["code"] for message in case["not_taken"]] == ["RELATIONSHIP_MOVED"]
    money = {account: fen for account, fen in case["money_fen"].items() if fen}
    assert money == {"origin_fund": -800_000, "destination_fund": 800_000}
    clocks = [(clock["clock"], clock["run"], clock["outcome"]) for clock in case["clocks"]]
    assert clocks == [
        ("application_review", 1, "met"),
        ("origin_transfer", 1, "met"),
        ("confirmation", 1, "met"),
    ]
    wrong, right = case["relationships"]
    explained = run("case", "explain", transfer, "--data", str(tmp_path / "data")).output
    assert f"由关系 {wrong} 转到关系 {right}" in "".join(explained.splitlines())
    zh, en = run(*show).output, run("--lang", "en", *show).output
    assert f"2025-08-14 更正身份号码：业务由关系 {wrong} 转到关系 {right}" in "".join(zh.splitlines())
    assert f"identity corrected 2025-08-14: the case went from relationship {wrong} to {right}" in en.replace("\n", " ")
    assert f"from relationship {wrong[:8]}" in en
