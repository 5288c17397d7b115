"""`jinbao audit`: a simulated nation's log verified, proved and checked by who has nothing of ours but one file."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from pypdf import PdfReader

from jinbao.cli.this_user import this_user
from jinbao.platform.audit.log.verifications import latest
from jinbao.platform.audit.log.verify import verify_log
from jinbao.platform.outbox.log_key import policy_in
from jinbao.platform.store.entries import SOURCES
from jinbao.platform.store.store import Store
from jinbao.platform.store.tree import stored_rows

KEYS = ["ok", "origin", "size", "root", "checked", "first_bad", "unwitnessed", "population", "not_covered", "rules"]


@pytest.fixture
def copied(nation_folder: Path, tmp_path: Path) -> Path:
    """The nation's database and log key alone, to be written to."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("platform.sqlite", "platform-projections.sqlite"):
        shutil.copy(nation_folder / name, folder / name)
    shutil.copytree(nation_folder / "audit", folder / "audit")
    return folder


def test_a_nation_verifies_and_says_what_it_covers(answer, nation_folder):
    found = answer("audit", "verify", "--data", nation_folder)
    assert list(found) == KEYS
    assert (found["ok"], found["first_bad"], found["unwitnessed"]) == (True, None, 0)
    assert found["checked"]["entries"] == found["size"] > 0
    assert found["population"]["gaps"] == []
    assert any(line.startswith("marks") for line in found["not_covered"])
    root = found["root"]
    [kept] = latest(nation_folder, 1)
    assert (kept.by, kept.size, kept.root, kept.first_bad) == (this_user("auditor"), found["size"], root, None)
    with closing(sqlite3.connect(nation_folder / "platform.sqlite")) as database:
        assert database.execute("SELECT hex(root) FROM tree_heads ORDER BY size DESC").fetchone() == (root.upper(),)


def test_a_change_is_named_and_ends_with_1(answer, jinbao, copied):
    with closing(sqlite3.connect(copied / "platform.sqlite")) as database, database:
        database.execute("UPDATE events SET sender = '00' WHERE position = 100")
    found = answer("audit", "verify", "--data", copied, code=1)
    assert found["first_bad"]["code"] == "ENTRY_CHANGED"
    assert "events 第 100 行" in found["first_bad"]["text"]
    told = jinbao("--lang", "en", "audit", "verify", "--data", copied)
    assert told.exit_code == 1
    assert "ENTRY_CHANGED row 100 of events is not what was recorded" in told.stdout


def test_any_byte_of_a_nations_log_that_is_changed_is_seen(copied):
    """At random places: in which table, row, column and byte."""
    chosen = random.Random(19)
    policy = policy_in(copied)
    for _ in range(8):
        with closing(Store(f"sqlite:///{copied / 'platform.sqlite'}")) as store:
            with store.write() as work:
                source = chosen.choice(
                    [one for one in SOURCES if one.name in ("events", "intake", "outbox", "streams")]
                )
                columns = [
                    c.name for c in source.table.columns if c.name not in ("records", "delivered_at", source.key)
                ]
                key = chosen.choice([row[0] for row in stored_rows(work.bulk, source, 0, 2**62)])
                where = f"FROM {source.name} WHERE {source.key} = {key}"
                row = work.bulk.execute(f"SELECT {', '.join(columns)} {where}").one()
                column, old = chosen.choice([each for each in zip(columns, row, strict=True) if each[1] is not None])
                new = old + 1 if isinstance(old, int) else _flipped(old, chosen)
                _set(work, source, key, column, new)
            with store.read() as work:
                bad = verify_log(work.bulk, policy).bad
                assert {one.code for one in bad} & {"ENTRY_CHANGED", "ORDER_CHANGED"}, (source.name, column)
                assert any(f"{key} of {source.name} is not what" in one.text[1] for one in bad), (source.name, column)
            with store.write() as work:
                _set(work, source, key, column, old)


def _flipped(value, chosen):
    at = chosen.randrange(len(value))
    return (
        value[:at] + (chr(ord(value[at]) ^ 1) if isinstance(value, str) else bytes([value[at] ^ 1])) + value[at + 1 :]
    )


def _set(work, source, key, column, value):
    work.bulk.execute(f"UPDATE {source.name} SET {column} = ? WHERE {source.key} = ?", value, key)


def test_what_cannot_be_verified_ends_with_2(jinbao, nation_folder, tmp_path):
    missing = jinbao("audit", "verify", "--data", nation_folder, "--policy", tmp_path / "none")
    (tmp_path / "policy").write_text("nonsense\n")
    wrong = jinbao("audit", "verify", "--data", nation_folder, "--policy", tmp_path / "policy")
    assert (missing.exit_code, wrong.exit_code) == (2, 2)
    assert "line 1" in jinbao("--lang", "en", "audit", "verify", "--policy", tmp_path / "policy").stderr


def test_two_nations_of_one_seed_are_two_logs(answer, nation_folder, tmp_path):
    assert answer("simulate", "--transfers", 1, "--days", 2, "--seed", 7, "--data", tmp_path / "other")
    policy = tmp_path / "other" / "audit" / "policy"
    found = answer("audit", "verify", "--data", nation_folder, "--policy", policy, code=1)
    assert found["first_bad"]["code"] == "FOREIGN_LOG"


def test_a_kept_checkpoint_and_the_exported_tiles_are_of_the_same_log(answer, nation_folder, tmp_path):
    found = answer("audit", "verify", "--data", nation_folder, "--export", tmp_path / "log")
    checkpoint = tmp_path / "log" / "checkpoint"
    assert checkpoint.read_text().splitlines()[:2] == [found["origin"], str(found["size"])]
    assert (tmp_path / "log" / "tile" / "0" / "000").stat().st_size == 256 * 32
    assert (tmp_path / "log" / "tile" / "entries" / "000").exists()
    assert answer("audit", "verify", "--data", nation_folder, "--against", checkpoint)["ok"]


def test_a_case_is_proved_to_who_has_only_the_checker_and_a_policy(answer, jinbao, nation_folder, tmp_path):
    (case,) = answer("case", "list", "--data", nation_folder, "--limit", 1)["cases"]
    shown = answer("case", "show", case["transfer"], "--data", nation_folder)
    made = answer("audit", "prove", case["transfer"], "--out", tmp_path / "out", "--data", nation_folder)
    assert len(made["proofs"]) == len(shown["timeline"]) > 0
    attached = PdfReader(tmp_path / "out" / made["pdf"]).attachments
    assert sorted(attached) == sorted([*made["proofs"], "check_proof.py"])
    for name, (content,) in attached.items():
        assert content == (tmp_path / "out" / name).read_bytes()
    policy = nation_folder / "audit" / "policy"
    proof = tmp_path / "out" / made["proofs"][0]
    found = answer("audit", "check-proof", proof, "--policy", policy)
    assert list(found) == ["valid", "origin", "index", "size", "cosigned_by", "entry", "reason"]
    assert (found["valid"], found["entry"][:2]) == (True, ["events", int(proof.stem)])
    assert len(found["cosigned_by"]) == 32
    alone = [sys.executable, "-I", tmp_path / "out" / "check_proof.py", proof, "--policy", policy]
    assert json.loads(subprocess.run(alone, capture_output=True, check=True).stdout) == found
    proof.write_text(proof.read_text().replace("index ", "index 1", 1))
    assert not answer("audit", "check-proof", proof, "--policy", policy, code=1)["valid"]
    assert jinbao("audit", "prove", "nobody", "--out", tmp_path / "none", "--data", nation_folder).exit_code == 1


def test_a_sample_is_the_same_whoever_draws_it_and_every_draw_is_known(answer, jinbao, copied):
    first = answer("audit", "sample", "--n", 3, "--seed", "第一季度", "--user", "chen", "--data", copied)
    again = answer("audit", "sample", "--n", 3, "--seed", "第一季度", "--user", "wang", "--data", copied)
    assert first["sample"] == again["sample"]
    assert list(first["population"]) == ["n", "digest", "position", "root"]
    assert [one["by"] for one in again["earlier"]] == ["chen"]
    other = jinbao("--lang", "en", "audit", "sample", "--n", 2, "--seed", "x", "--method", "amount", "--data", copied)
    assert other.exit_code == 0
    assert "drawn from before: by chen, seed 第一季度" in other.stderr
    assert jinbao("audit", "sample", "--n", 0, "--seed", "x", "--data", copied).exit_code == 2


def test_a_finding_is_recorded_closed_and_reported(answer, jinbao, copied, tmp_path):
    [case, *_] = answer("case", "list", "--limit", 1, "--data", copied)["cases"]
    slip = tmp_path / "slip.txt"
    slip.write_text("=1+1")
    what = ("--title", "=2+5", "--text", "twice", "--severity", "high", "--user", "chen", "--data", copied)
    shown = ("--transfer", case["transfer"][:18], "--position", 1, "--file", slip)
    number = answer("audit", "finding", "add", *what, *shown)["number"]
    [one] = answer("audit", "finding", "list", "--open", "--data", copied)["findings"]
    assert (one["number"], one["by"], one["evidence"]["transfers"]) == (number, "chen", [case["transfer"]])
    assert jinbao("audit", "finding", "remark", number, "--text", "ok", "--close", "--data", copied).exit_code == 0
    assert answer("audit", "finding", "list", "--open", "--data", copied)["findings"] == []
    assert "closed" in jinbao("--lang", "en", "audit", "finding", "list", "--data", copied).stdout
    for form in ("pdf", "xlsx", "csv", "json"):
        out = tmp_path / f"report.{form}"
        assert jinbao("audit", "report", "--out", out, "--format", form, "--data", copied).exit_code == 0
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["findings"][0]["number"] == number
    assert written["tests"] == answer("audit", "tests", "--data", copied)["tests"]
    assert "late_posting" in PdfReader(tmp_path / "report.pdf").pages[0].extract_text().replace("\u200b", "")
    assert "'=2+5" in (tmp_path / "report.csv").read_text()
    for wrong in (("--transfer", "nothing"), ("--position", 10**9), ("--file", tmp_path / "none")):
        assert jinbao("audit", "finding", "add", *what, *wrong).exit_code == 2
    assert jinbao("audit", "finding", "remark", 999, "--text", "x", "--data", copied).exit_code == 2


def test_a_replay_compares_every_read_model(answer, jinbao, nation_folder, copied):
    found = answer("audit", "replay", "--data", nation_folder)
    assert found["equal"] is True
    assert list(found["projections"][0]) == ["name", "rows", "digest", "equal", "first_difference"]
    with closing(sqlite3.connect(copied / "platform-projections.sqlite")) as database, database:
        database.execute("UPDATE ledger_balances SET personal = personal + 1 WHERE province = '44'")
    wrong = answer("audit", "replay", "--data", copied, code=1)
    [one] = [row for row in wrong["projections"] if not row["equal"]]
    assert (one["name"], one["first_difference"]["table"]) == ("fund_ledger", "ledger_balances")
    assert jinbao("audit", "replay", "--position", 5, "--data", copied).exit_code == 0


def test_the_tests_tell_parameters_population_and_hits(answer, jinbao, nation_folder):
    found = answer("audit", "tests", "--data", nation_folder)["tests"]
    assert list(found[0]) == ["test", "title", "parameters", "population", "hits"]
    assert {one["test"] for one in found} >= {"cut_off", "back_dated", "two_roles", "overrides", "bulk_reads"}
    assert {
        one["population"] for one in answer("audit", "tests", "--to", "2001-01-01", "--data", nation_folder)["tests"]
    } == {0}
    told = jinbao("audit", "tests", "--data", nation_folder)
    assert (told.exit_code, "跨月入账" in told.stdout) == (0, True)
