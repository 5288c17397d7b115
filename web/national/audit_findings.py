"""`/audit/findings`: what auditors found, with its evidence and what is said of it; the report as PDF and XLSX."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import file_digest
from typing import Annotated, Any

import msgspec

from jinbao.platform.audit.log.stands_on import stands_on
from jinbao.platform.audit.log.verifications import latest
from jinbao.platform.audit.questions.findings import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    Evidence,
    EvidenceFile,
    Severity,
    WrongFinding,
    add_finding,
    findings,
    remark,
)
from jinbao.platform.audit.questions.report import Report, report
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.views.audit_report import finding_as_json, report_file
from jinbao.web.form_data import sent_file
from jinbao.web.forms_pdf.audit_report import report_pdf
from jinbao.web.national.audit import AUDIT_PATH
from jinbao.web.national.nation import Nation
from jinbao.web.page import MOST, Action, Asker, Done, Download, File, NoQuery, Page, Refused, Sent, SentFile

PATH = f"{AUDIT_PATH}/findings"
VERIFICATIONS_TOLD = 20
MOST_BYTES = 32 << 20
"""Of a finding with its file."""
Names = Annotated[str, msgspec.Meta(max_length=4_000)]
"""Several, with spaces or line ends between them."""
Numbers = Annotated[str, msgspec.Meta(pattern=r"^[0-9\s]{0,2000}$")]


class FindingForm(msgspec.Struct, frozen=True):
    """A finding to be recorded."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TITLE)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]
    severity: Severity = "medium"
    transfers: Names = ""
    positions: Numbers = ""
    draws: Numbers = ""
    tests: Names = ""
    file: Sent = None
    file_name: Annotated[str, msgspec.Meta(max_length=LONGEST_TITLE)] = ""
    """For programs: a browser names its file itself."""


class RemarkForm(msgspec.Struct, frozen=True):
    """What is said of a finding."""

    finding: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]
    closes: bool = False


def findings_page(nation: Nation) -> Page:
    """`/audit/findings`; they are about the nation's transfers, and shown to auditors of the nation alone."""

    def value(asker: Asker, query: NoQuery) -> dict[str, Any]:
        with nation.reading() as work:
            checkpoint = stands_on(work.bulk)
            found = None if asker.user.province else [finding_as_json(one) for one in findings(work.bulk)]
        return {"as_of": formatting.iso(nation.clock.now_us()), "checkpoint": checkpoint, "findings": found}

    return Page(PATH, prose("Findings"), "audit_findings.html", value)


def finding_action(nation: Nation) -> Action:
    """Record a finding."""

    def act(asker: Asker, form: FindingForm) -> Done:
        _need_the_nation(asker)
        sent = sent_file(form.file, form.file_name)
        evidence = Evidence(
            form.transfers.split(),
            _numbers(form.positions),
            _numbers(form.draws),
            form.tests.split(),
            [] if sent is None else [_digested(sent)],
        )
        by, now = asker.user.name, nation.clock.now_us()
        try:
            number = add_finding(nation.store, by, form.severity, form.title, form.text, evidence, now)
        except WrongFinding as error:
            raise Refused(*error.words) from None
        return Done(PATH, {"number": number})

    return Action(PATH, act, FindingForm, most_bytes=MOST_BYTES)


def remark_action(nation: Nation) -> Action:
    """Say something of a finding, or close it."""

    def act(asker: Asker, form: RemarkForm) -> Done:
        _need_the_nation(asker)
        now = nation.clock.now_us()
        try:
            remark(nation.store, form.finding, asker.user.name, form.text, now, closes=form.closes)
        except WrongFinding as error:
            raise Refused(*error.words) from None
        return Done(PATH, {"number": form.finding})

    return Action(f"{PATH}/remark", act, RemarkForm)


def report_exports(nation: Nation) -> Sequence[Download]:
    """`/audit/report.pdf` and `.xlsx`; for an auditor of a province without what is about the nation's transfers."""

    def made(asker: Asker) -> Report:
        whole = asker.user.province is None
        with nation.whole_log(), nation.reading() as work:
            return report(work.bulk, latest(nation.data, VERIFICATIONS_TOLD), nation.clock.now_us(), whole=whole)

    def as_pdf(asker: Asker, query: NoQuery) -> File:
        return File("audit-report.pdf", report_pdf(asker.tr, made(asker)))

    def as_sheet(asker: Asker, query: NoQuery) -> File:
        return File("audit-report.xlsx", report_file(asker.tr, made(asker), "xlsx"), shown="attachment")

    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return [
        Download(f"{AUDIT_PATH}/report.pdf", "application/pdf", as_pdf),
        Download(f"{AUDIT_PATH}/report.xlsx", sheet, as_sheet),
    ]


def _need_the_nation(asker: Asker) -> None:
    if asker.user.province is not None:
        zh = "全国业务的审计发现由国家级审计员记录和查看"
        raise Refused(zh, "findings on the nation's transfers are for auditors of the nation", 403)


def _numbers(text: str) -> list[int]:
    found = [int(one) for one in text.split()]
    if any(not 1 <= one <= MOST for one in found):
        raise Refused("编号过大或为零", "a number is too large, or zero")
    return found


def _digested(sent: SentFile) -> EvidenceFile:
    digest = file_digest(sent.content, "sha256").hexdigest()  # type: ignore[arg-type]
    return EvidenceFile(sent.name or "file", sent.content.tell(), digest)
