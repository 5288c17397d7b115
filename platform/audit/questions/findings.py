"""An auditor's findings with their evidence, and what is remarked on them: statements of the log, never changed.

Evidence is named, not copied: transfers, events, draws, tests, and files by their SHA-256. A finding stands on the
log's head of its time, so that whoever proves one of its events later knows what it was found in. No number is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias, get_args

import msgspec
from msgspec.structs import replace

from jinbao.language.words import BilingualError, Words
from jinbao.platform.audit.log.places import newest_head
from jinbao.platform.audit.questions import sample
from jinbao.platform.audit.questions.audit_tests.catalogue import NAMES as TESTS
from jinbao.platform.audit.statements.statements import Said, append, said
from jinbao.platform.projections.case_board import transfers_like
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.rules.unprintable import has_unprintable, printable
from jinbao.schemas.accesses import without_numbers

Severity: TypeAlias = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
SEVERITY_WORDS: dict[Severity, Words] = {"high": ("高", "high"), "medium": ("中", "medium"), "low": ("低", "low")}
KIND, REMARK = "finding", "finding_remark"
LONGEST_TITLE, LONGEST_TEXT = 200, 4_000
MOST_EVIDENCE = 100
"""Of each sort."""
MOST_BYTES = 48_000
"""Of a finding: with what JSON escapes it stays below what an entry may have."""
_encode = msgspec.json.Encoder().encode


class WrongFinding(BilingualError):
    """A finding or a remark that cannot be recorded."""


class EvidenceFile(msgspec.Struct, frozen=True):
    """A file that the auditor keeps."""

    name: str
    size: int
    """Bytes."""
    sha256: str
    """Hexadecimal."""


class Evidence(msgspec.Struct, frozen=True):
    """What a finding rests on."""

    transfers: Sequence[str] = ()
    """Ids; when they are handed in, the first digits or an application's number do."""
    positions: Sequence[int] = ()
    """Of events in the log."""
    draws: Sequence[int] = ()
    """Numbers of the statements that logged them."""
    tests: Sequence[str] = ()
    """Names of `jinbao audit tests`."""
    files: Sequence[EvidenceFile] = ()


class Finding(msgspec.Struct, frozen=True):
    """A finding as it is logged."""

    by: str
    severity: Severity
    title: str
    text: str
    evidence: Evidence
    size: int
    """Entries of the log before it."""
    root: str
    """Of its tree then, hexadecimal."""


class Remark(msgspec.Struct, frozen=True):
    """What was said of a finding later."""

    finding: int
    """Number of the finding's statement."""
    by: str
    text: str
    closes: bool


class Listed(NamedTuple):
    """A finding with what was said of it, in order."""

    finding: Said[Finding]
    remarks: list[Said[Remark]]

    @property
    def is_open(self) -> bool:
        """Whether no remark has closed it; a later remark that does not close it opens it again."""
        return not (self.remarks and self.remarks[-1].body.closes)


def add_finding(
    store: Store, by: str, severity: Severity, title: str, text: str, evidence: Evidence, now_us: int
) -> int:
    """Log a finding; returns its number. Raises WrongFinding, StoreError."""
    title, text = _line(title), _text(text)
    with store.read() as work:
        checked = _checked(work, evidence)
    with store.write() as work:
        head = newest_head(work.bulk)
        finding = Finding(by, severity, title, text, checked, head.size, head.root.hex())
        if len(_encode(_encode(finding).decode())) > MOST_BYTES:
            raise WrongFinding("发现过长，请分成几项", "the finding is too long: record several")
        append(work, KIND, finding, now_us)
        return _last_number(work.bulk, KIND)


def remark(store: Store, finding: int, by: str, text: str, now_us: int, *, closes: bool) -> None:
    """Log what is said of a finding. Raises WrongFinding, StoreError."""
    told = Remark(finding, by, _text(text), closes)
    with store.write() as work:
        if not _exists(work.bulk, finding, KIND):
            raise WrongFinding(f"没有第 {finding} 号发现", f"there is no finding {finding}")
        append(work, REMARK, told, now_us)


def findings(bulk: Bulk, *, only_open: bool = False) -> list[Listed]:
    """All, newest first. Raises msgspec.DecodeError for a statement that was altered, which `verify` tells."""
    remarks: dict[int, list[Said[Remark]]] = {}
    for one in said(bulk, REMARK, Remark):
        remarks.setdefault(one.body.finding, []).append(one)
    found = [Listed(one, remarks.get(one.number, [])) for one in said(bulk, KIND, Finding)]
    return [one for one in reversed(found) if one.is_open or not only_open]


def _line(text: str) -> str:
    line = without_numbers(" ".join(text.split()))
    if not 1 <= len(line) <= LONGEST_TITLE or has_unprintable(line):
        zh = f"标题应为 1 至 {LONGEST_TITLE} 个可见字符"
        raise WrongFinding(zh, f"a title has 1 to {LONGEST_TITLE} visible characters")
    return line


def _text(text: str) -> str:
    lines = without_numbers(text.replace("\r\n", "\n").strip())
    if not 1 <= len(lines) <= LONGEST_TEXT or printable(lines, lines=True) != lines:
        zh = f"正文应为 1 至 {LONGEST_TEXT} 个可见字符"
        raise WrongFinding(zh, f"a text has 1 to {LONGEST_TEXT} visible characters")
    return lines


def _checked(work: UnitOfWork, evidence: Evidence) -> Evidence:
    """The evidence with whole ids, once it is sure that all of it is there."""
    for name in evidence.__struct_fields__:
        if len(getattr(evidence, name)) > MOST_EVIDENCE:
            zh = f"每类证据最多 {MOST_EVIDENCE} 项"
            raise WrongFinding(zh, f"there may be {MOST_EVIDENCE} of each sort of evidence at most")
    for position in evidence.positions:
        if work.bulk.execute("SELECT 1 FROM events WHERE position = ?", position).scalar() is None:
            raise WrongFinding(f"没有第 {position} 号事件", f"there is no event {position}")
    for draw in evidence.draws:
        if not _exists(work.bulk, draw, sample.KIND):
            raise WrongFinding(f"没有第 {draw} 号抽取", f"there is no draw {draw}")
    for test in evidence.tests:
        if test not in TESTS:
            raise WrongFinding(f"没有这项测试：{printable(test)}", f"there is no such test: {printable(test)}")
    return replace(
        evidence,
        transfers=[_transfer(work, text) for text in evidence.transfers],
        files=[replace(file, name=_line(file.name)) for file in evidence.files],
    )


def _transfer(work: UnitOfWork, text: str) -> str:
    found = transfers_like(work, text.strip())
    if len(found) != 1:
        shown = without_numbers(text)
        zh = f"不是一笔业务（或不止一笔以此开头）：{shown}"
        raise WrongFinding(zh, f"no transfer, or several, are called so: {shown}")
    return str(found[0])


def _exists(bulk: Bulk, number: int, kind: str) -> bool:
    sql = "SELECT 1 FROM tree_statements WHERE number = ? AND kind = ?"
    return bulk.execute(sql, number, kind).scalar() is not None


def _last_number(bulk: Bulk, kind: str) -> int:
    found = bulk.execute("SELECT MAX(number) FROM tree_statements WHERE kind = ?", kind).scalar()
    assert isinstance(found, int), "one was just appended"
    return found
