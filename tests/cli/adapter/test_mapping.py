"""`jinbao adapter check-mapping` and `import --mapping`: what is printed, the exit codes, the file of rejects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SET = Path(__file__).parents[3] / "examples" / "provinces" / "csv-gb18030"
MAPPING, SAMPLE = SET / "mapping.toml", SET / "applications.csv"

Answer = Callable[..., Any]


def _changed(folder: Path, file: Path, encoding: str, *changes: tuple[str, str]) -> Path:
    text = file.read_bytes().decode(encoding)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    changed = folder / file.name
    changed.write_bytes(text.encode(encoding))
    return changed


def test_a_good_sample_exits_0_and_shows_its_records(answer: Answer) -> None:
    said = answer("adapter", "check-mapping", MAPPING, "--sample", SAMPLE)
    assert (said["ok"], said["rows"], said["accepted"], said["rejected"], said["skipped"]) == (True, 3, 3, 0, 0)
    assert set(said["records"][0]) == {"line", "type", "key", "event_id", "fields"}
    assert next((r["line"], r["type"], r["key"]) for r in said["records"]) == (2, "ApplicationAccepted", "2025-41-0001")


def test_rejected_rows_exit_1_with_place_code_reason_and_remedy(answer: Answer, tmp_path: Path) -> None:
    sample = _changed(
        tmp_path, SAMPLE, "gb18030", ("44000019880315001X", "440000198803150011"), ("合成䶮·二", "合成?·二")
    )
    said = answer("adapter", "check-mapping", MAPPING, "--sample", sample, code=1)
    assert (said["accepted"], said["rejected"]) == (1, 2)
    assert [(r["line"], r["column"], r["code"]) for r in said["rejects"]] == [
        (2, "身份证号码", "ID_CHECK_DIGIT"),
        (3, "姓名", "NAME"),
    ]
    assert all(r["reason"] and r["hint"] for r in said["rejects"])
    assert "合成?" not in str(said["rejects"])


def test_a_wrong_mapping_exits_2_with_every_mistake(answer: Answer, tmp_path: Path) -> None:
    mapping = _changed(tmp_path, MAPPING, "utf-8", ("encoding", "encodng"), ('unit = "yuan"', 'unit = "yan"'))
    said = answer("adapter", "check-mapping", mapping, "--sample", SAMPLE, code=2)
    assert [(p["path"], p["suggestion"]) for p in said["problems"]] == [
        ("encodng", "encoding"),
        ("values.unit", "yuan"),
    ]
    assert said["ok"] is False


def test_a_column_that_the_sample_spells_otherwise_is_a_mistake_of_the_mapping(answer: Answer, tmp_path: Path) -> None:
    mapping = _changed(tmp_path, MAPPING, "utf-8", ('"身份证号码" =', '"身份证号" ='))
    said = answer("adapter", "check-mapping", mapping, "--sample", SAMPLE, code=2)
    assert [(p["path"], p["suggestion"]) for p in said["problems"]] == [
        ("forms.转移申请.columns.身份证号", "身份证号码")
    ]
    assert [r["code"] for r in said["rejects"]] == ["HEADER"]


def test_one_key_with_two_contents_rejects_both_rows(answer: Answer, tmp_path: Path) -> None:
    sample = _changed(tmp_path, SAMPLE, "gb18030", ("2025-41-0003", "2025-41-0001"))
    said = answer("adapter", "check-mapping", MAPPING, "--sample", sample, code=1)
    assert [(r["line"], r["code"]) for r in said["rejects"]] == [(2, "DUPLICATE_KEY"), (4, "DUPLICATE_KEY")]
    assert said["accepted"] == 1


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("身份证号码", "姓名", "HEADER"), ("序号", "序号,新列", "HEADER"), ("备注无", "", "")],
)
def test_another_header_is_refused_whole(answer: Answer, tmp_path: Path, old: str, new: str, code: str) -> None:
    if not code:
        sample = tmp_path / "applications.csv"
        sample.write_bytes(SAMPLE.read_bytes().decode("gb18030").encode("utf-8"))
        code = "ENCODING"
    else:
        sample = _changed(tmp_path, SAMPLE, "gb18030", (old, new))
    said = answer("adapter", "check-mapping", MAPPING, "--sample", sample, code=1)
    assert ([r["code"] for r in said["rejects"]], said["accepted"]) == ([code], 0)


def test_an_empty_file_is_told_as_one(answer: Answer, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    said = answer("adapter", "check-mapping", MAPPING, "--sample", tmp_path / "empty.csv", code=1)
    assert [(r["code"], r["reason"]) for r in said["rejects"]] == [("HEADER", "文件是空的")]


def test_against_a_former_version_lists_records_that_become_other_messages(answer: Answer, tmp_path: Path) -> None:
    dropped = ('"联系电话" = "联系电话"\n', ""), ('ignored = ["序号"]', 'ignored = ["序号", "联系电话"]')
    later = ("valid_from = 2025-01-01", "valid_from = 2025-06-01")
    mapping = _changed(tmp_path, MAPPING, "utf-8", ("version = 1", "version = 2"), later, *dropped)
    words = ("adapter", "check-mapping", mapping, "--sample", SAMPLE, "--against", MAPPING)
    said = answer(*words, code=2)
    assert (said["changed"], [p["path"] for p in said["problems"]]) == (3, ["valid_from"])
    from_then = ("valid_from = 2025-01-01", "valid_from = 2025-03-04")
    _changed(tmp_path, MAPPING, "utf-8", ("version = 1", "version = 2"), from_then, *dropped)
    assert [one["key"] for one in answer(*words)["changed_records"]] == ["2025-41-0001", "2025-41-0002", "2025-41-0003"]


def test_a_file_is_imported_and_its_rejects_come_back_as_a_file_that_is_fed_again(
    answer: Answer, tmp_path: Path
) -> None:
    sample = _changed(tmp_path, SAMPLE, "gb18030", ("44000019880315001X", "440000198803150011"))
    words = ("--mapping", MAPPING, "--data", tmp_path / "d")
    said = answer("adapter", "import", sample, *words, code=1)
    counts = [said[name] for name in ("rows", "accepted", "rejected", "skipped", "sent")]
    assert counts == [3, 2, 1, 0, 2]
    rejects = Path(said["rejects_file"])
    assert rejects.is_relative_to(tmp_path / "d" / "local")
    assert rejects.stat().st_mode & 0o077 == 0
    head, row = rejects.read_text("gb18030").splitlines()
    assert head.endswith("数据性质,退回行号,退回列,退回原因,处理办法") or "退回行号,退回列,退回原因,处理办法" in head
    assert "440000198803150011" in row
    assert ",2,身份证号码,校验码不符" in row

    corrected = _changed(tmp_path, rejects, "gb18030", ("440000198803150011", "44000019880315001X"))
    again = answer("adapter", "import", corrected, *words)
    assert (again["accepted"], again["sent"], again["rejects_file"]) == (1, 1, None)


def test_a_file_that_is_refused_whole_is_a_reject_and_a_missing_one_a_users_mistake(
    answer: Answer, jinbao: Callable[..., Any], tmp_path: Path
) -> None:
    words = ("--mapping", MAPPING, "--data", tmp_path / "d")
    sample = _changed(tmp_path, SAMPLE, "gb18030", ("序号", "序号,新列"))
    said = answer("adapter", "import", sample, *words, code=1)
    assert (said["accepted"], said["sent"], [r["code"] for r in said["rejects"]]) == (0, 0, ["HEADER"])
    assert jinbao("adapter", "import", "no.csv", *words).exit_code == 2
    assert jinbao("adapter", "check-mapping", MAPPING, "--sample", "no.csv").exit_code == 2


def test_a_total_that_disagrees_holds_a_file_that_is_imported(answer: Answer, tmp_path: Path) -> None:
    mapping = _changed(
        tmp_path,
        MAPPING,
        "utf-8",
        (
            '[forms."缴费历史"]',
            '[forms."缴费历史"]\ntotal = { column = "序号", text = "合计", sums = ["缴费基数合计"] }',
        ),
    )
    lines = (SET / "history.csv").read_bytes().decode("gb18030").splitlines()
    blank = "," * lines[0].count(",")
    for total, code, counts in (("1.00", 1, (0, 10, 1, 0)), ("490,119.59", 0, (10, 0, 1, 10))):
        place = lines[0].split(",").index("缴费基数合计")
        cells = ["合计", *blank.split(",")[1:]]
        cells[place] = f'"{total}"'
        sample = tmp_path / "history.csv"
        sample.write_bytes(("\r\n".join([*lines, ",".join(cells)]) + "\r\n").encode("gb18030"))
        said = answer("adapter", "import", sample, "--mapping", mapping, "--data", tmp_path / "d", code=code)
        assert tuple(said[name] for name in ("accepted", "rejected", "skipped", "sent")) == counts
        assert [(r["line"], r["column"], r["code"]) for r in said["rejects"]] == [(12, "缴费基数合计", "TOTALS")] * code


def test_a_version_that_was_used_cannot_change(answer: Answer, tmp_path: Path) -> None:
    words = ("--data", tmp_path / "d")
    answer("adapter", "import", SAMPLE, "--mapping", MAPPING, *words)
    commented = _changed(tmp_path, MAPPING, "utf-8", ("[values]", "[values] # as they are written"))
    answer("adapter", "import", SAMPLE, "--mapping", commented, *words)
    changed = _changed(tmp_path, MAPPING, "utf-8", ("ids = [18]", "ids = [15, 18]"))
    said = answer("adapter", "import", SAMPLE, "--mapping", changed, *words, code=2)
    assert [(p["path"], p["suggestion"]) for p in said["problems"]] == [("version", "2")]
    _changed(tmp_path, changed, "utf-8", ("version = 1", "version = 2"))
    assert answer("adapter", "import", SAMPLE, "--mapping", changed, *words)["accepted"] == 3


def test_a_new_layout_of_the_same_records_changes_no_message(answer: Answer, tmp_path: Path) -> None:
    layout = ('encoding = "gb18030"', 'encoding = "utf-8"\ndelimiter = ";"'), ('"身份证号码" =', '"证件号" =')
    mapping = _changed(tmp_path, MAPPING, "utf-8", ("version = 1", "version = 2"), *layout)
    text = SAMPLE.read_bytes().decode("gb18030").replace(",", ";").replace("身份证号码", "证件号")
    sample = tmp_path / "applications.csv"
    sample.write_text(text, "utf-8", newline="")
    said = answer("adapter", "check-mapping", mapping, "--sample", sample, "--against", MAPPING)
    former = answer("adapter", "check-mapping", MAPPING, "--sample", SAMPLE)
    assert (said["changed"], said["changed_records"]) == (0, [])
    assert [r["event_id"] for r in said["records"]] == [r["event_id"] for r in former["records"]]
