"""The auditor's report and findings as JSON, tables and files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from jinbao.language.words import Translator, Words
from jinbao.platform.audit.log.verifications import Verification
from jinbao.platform.audit.questions.audit_tests.catalogue import as_json as tests_as_json
from jinbao.platform.audit.questions.findings import SEVERITY_WORDS, Evidence, Listed
from jinbao.platform.audit.questions.report import Report
from jinbao.platform.audit.questions.sample import Drawn
from jinbao.platform.audit.statements.statements import Said
from jinbao.presentation import formatting
from jinbao.views.csv_export import tables_as_csv
from jinbao.views.table import Table
from jinbao.views.xlsx_export import as_xlsx

_VERIFICATION: tuple[Words, ...] = (
    ("时间", "at"),
    ("核验人", "by"),
    ("条目", "entries"),
    ("未见证", "unwitnessed"),
    ("结果", "result"),
)
_DRAW: tuple[Words, ...] = (
    ("号", "number"),
    ("时间", "at"),
    ("抽取人", "by"),
    ("种子", "seed"),
    ("方法", "method"),
    ("笔数", "transfers"),
    ("总体", "population"),
)
_TEST: tuple[Words, ...] = (
    ("测试", "test"),
    ("名称", "title"),
    ("参数", "parameters"),
    ("总体", "population"),
    ("命中", "hits"),
)
_EVIDENCE: dict[str, Words] = {
    "transfers": ("业务", "transfers"),
    "positions": ("事件", "events"),
    "draws": ("抽取", "draws"),
    "tests": ("测试", "tests"),
    "files": ("文件", "files"),
}


def finding_as_json(one: Listed) -> dict[str, Any]:
    """A finding as `--json`, pages and the report tell it."""
    found = one.finding
    return {
        "number": found.number,
        "at": formatting.iso(found.recorded_at),
        "open": one.is_open,
        **msgspec.to_builtins(found.body),
        "remarks": [
            {
                "at": formatting.iso(said.recorded_at),
                "by": said.body.by,
                "text": said.body.text,
                "closes": said.body.closes,
            }
            for said in one.remarks
        ],
    }


def report_as_json(tr: Translator, made: Report) -> dict[str, Any]:
    """The report for programs."""
    return {
        "at": formatting.iso(made.at_us),
        "checkpoint": made.checkpoint,
        "verifications": made.verifications,
        "draws": [draw_as_json(one) for one in made.draws],
        "tests": tests_as_json(made.tests, tr),
        "findings": [finding_as_json(one) for one in made.findings],
    }


def draw_as_json(one: Said[Drawn]) -> dict[str, Any]:
    """A draw as it was logged."""
    return {"number": one.number, "at": formatting.iso(one.recorded_at), **msgspec.to_builtins(one.body)}


def report_head(tr: Translator, made: Report) -> list[tuple[str, str]]:
    """What the report is, for the top of a file."""
    on = made.checkpoint
    return [
        (tr("审计报告", "Audit report"), formatting.instant(made.at_us)),
        (tr("日志", "log"), on.origin or "–"),
        (tr("条目", "entries"), f"{on.size:,}"),
        (tr("其中已签名", "of these signed"), f"{on.signed:,}"),
        (tr("树根", "root"), on.root),
        *([] if made.whole else [(tr("范围", "scope"), tr("不含测试与审计发现", "without tests and findings"))]),
    ]


def report_tables(tr: Translator, made: Report) -> list[Table]:
    """Verifications, draws, tests with the number of their hits, and a table of fields for each finding."""
    verified = [
        (one.at, one.by, f"{one.size:,}", f"{one.unwitnessed:,}", _result(tr, one)) for one in made.verifications
    ]
    drawn = [
        (
            str(one.number),
            formatting.instant(one.recorded_at),
            one.body.by,
            one.body.seed,
            one.body.method,
            str(one.body.n),
            f"{one.body.population:,}",
        )
        for one in made.draws
    ]
    tested = [
        (
            one.name,
            tr.of(one.words),
            ", ".join(f"{name} {value}" for name, value in one.parameters.items()),
            f"{one.population:,}",
            f"{len(one.hits):,}",
        )
        for one in made.tests
    ]
    return [
        Table([tr.of(name) for name in _VERIFICATION], verified, tr("核验", "Verifications")),
        Table([tr.of(name) for name in _DRAW], drawn, tr("抽样", "Samples")),
        Table([tr.of(name) for name in _TEST], tested, tr("测试", "Tests")),
        *(_finding(tr, one) for one in made.findings),
    ]


def _result(tr: Translator, one: Verification) -> str:
    bad = one.first_bad
    return tr("成立", "holds") if bad is None else f"{bad.code} @ {bad.index}: {tr(bad.zh, bad.en)}"


def state_words(one: Listed) -> Words:
    """Whether a finding is open."""
    return ("未结", "open") if one.is_open else ("已结", "closed")


def _finding(tr: Translator, one: Listed) -> Table:
    body = one.finding.body
    rows = [
        (tr("状态", "state"), tr.of(state_words(one))),
        (tr("程度", "severity"), tr.of(SEVERITY_WORDS[body.severity])),
        (tr("记录", "recorded"), f"{formatting.instant(one.finding.recorded_at)}  {body.by}"),
        (tr("内容", "text"), body.text),
        *((tr.of(words), told) for name, words in _EVIDENCE.items() if (told := _evidence(body.evidence, name))),
        (tr("依据日志", "stands on"), f"{body.size:,}  {body.root}"),
        *(
            (
                tr("结论", "closing remark") if said.body.closes else tr("批注", "remark"),
                f"{formatting.instant(said.recorded_at)}  {said.body.by}\n{said.body.text}",
            )
            for said in one.remarks
        ),
    ]
    number = one.finding.number
    return Table([tr(f"发现 {number}", f"Finding {number}"), body.title], rows)


def _evidence(evidence: Evidence, name: str) -> str:
    if name == "files":
        return "\n".join(f"{file.name}  {file.size:,}  SHA-256 {file.sha256}" for file in evidence.files)
    return "\n".join(str(one) for one in getattr(evidence, name))


def report_file(tr: Translator, made: Report, form: str) -> bytes:
    """The report as `json`, `csv` or `xlsx`; the same report is the same bytes."""
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(report_as_json(tr, made)), indent=2) + b"\n"
    head: Sequence[Sequence[str]] = report_head(tr, made)
    tables = report_tables(tr, made)
    return as_xlsx(head, tables) if form == "xlsx" else tables_as_csv(head, tables)
