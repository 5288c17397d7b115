"""Findings: entries of the log with evidence that is there, remarks that close them, and no number in them."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

import pytest

from jinbao.platform.audit.log.places import newest_head
from jinbao.platform.audit.questions.audit_tests.catalogue import FOREVER_US, run_tests
from jinbao.platform.audit.questions.findings import (
    LONGEST_TEXT,
    MOST_EVIDENCE,
    Evidence,
    EvidenceFile,
    WrongFinding,
    add_finding,
    findings,
    remark,
)
from jinbao.platform.audit.questions.report import report
from jinbao.platform.audit.questions.sample import draw

NOW_US = 1_800_000_000_000_000


@pytest.fixture
def store(copied):
    with closing(copied.store()) as found:
        yield found


def found_in(store):
    with store.read() as work:
        return findings(work.bulk)


def transfer_in(store) -> str:
    with store.read() as work:
        return str(UUID(bytes=bytes(work.bulk.execute("SELECT MIN(transfer_id) FROM case_board").scalar_one())))


def test_a_finding_is_an_entry_that_stands_on_the_log_before_it(store, copied):
    draw(store, "s", 2, "random", "chen", NOW_US)
    with store.read() as work:
        before = newest_head(work.bulk)
        drawn = report(work.bulk, [], NOW_US).draws[-1].number
    transfer = transfer_in(store)
    file = EvidenceFile("slip.pdf", 3, "ab" * 32)
    evidence = Evidence([transfer[:13]], [1, 2], [drawn], ["round_trips"], [file])
    number = add_finding(store, "chen", "high", " Paid\ttwice ", "one\r\ntwo", evidence, NOW_US)
    [one] = found_in(store)
    assert (one.finding.number, one.is_open, one.finding.body.title) == (number, True, "Paid twice")
    assert one.finding.body.text == "one\ntwo"
    assert one.finding.body.evidence == Evidence([transfer], [1, 2], [drawn], ["round_trips"], [file])
    assert (one.finding.body.size, one.finding.body.root) == (before.size, before.root.hex())
    assert copied.code() is None
    copied.attack(f"UPDATE tree_statements SET body = replace(body, 'twice', 'once') WHERE number = {number}")
    assert copied.code() == "ENTRY_CHANGED"


def test_every_test_that_is_run_may_be_cited(store):
    with store.read() as work:
        names = [one.name for one in run_tests(work.bulk, 0, FOREVER_US)]
    add_finding(store, "chen", "low", "t", "x", Evidence(tests=names), NOW_US)
    [one] = found_in(store)
    assert one.finding.body.evidence.tests == names


def test_a_remark_closes_and_a_later_one_opens_again(store):
    number = add_finding(store, "chen", "low", "t", "x", Evidence(), NOW_US)
    remark(store, number, "wang", "settled", NOW_US, closes=True)
    with store.read() as work:
        assert findings(work.bulk, only_open=True) == []
    remark(store, number, "chen", "not so", NOW_US, closes=False)
    [one] = found_in(store)
    assert [said.body.by for said in one.remarks] == ["wang", "chen"]
    assert one.is_open
    with pytest.raises(WrongFinding):
        remark(store, number + 1, "chen", "of a remark", NOW_US, closes=True)


def test_what_looks_like_a_persons_number_is_not_recorded(store):
    title, text = "11010119900307123X", "110101199003071233 paid twice"
    number = add_finding(store, "chen", "low", title, text, Evidence(), NOW_US)
    remark(store, number, "chen", text, NOW_US, closes=False)
    [one] = found_in(store)
    assert "1101" not in one.finding.body.title + one.finding.body.text + one.remarks[0].body.text


@pytest.mark.parametrize(
    ("title", "text", "evidence"),
    [
        ("", "x", Evidence()),
        ("t", "\x1b[2J", Evidence()),
        ("t", "x" * (LONGEST_TEXT + 1), Evidence()),
        ("t", "x", Evidence(transfers=["nothing"])),
        ("t", "x", Evidence(positions=[10**6])),
        ("t", "x", Evidence(draws=[10**6])),
        ("t", "x", Evidence(positions=[1] * (MOST_EVIDENCE + 1))),
        ("t", "x", Evidence(tests=["a" * 300])),
        ("t", "x", Evidence(files=[EvidenceFile("a\n" * 300, 1, "ab" * 32)])),
    ],
)
def test_what_is_no_finding_is_refused_and_not_logged(store, title, text, evidence):
    with pytest.raises(WrongFinding):
        add_finding(store, "chen", "low", title, text, evidence, NOW_US)
    assert found_in(store) == []


def test_the_longest_finding_is_shorter_than_an_entry_may_be(store, copied):
    full = Evidence(
        [transfer_in(store)] * MOST_EVIDENCE,
        [1] * MOST_EVIDENCE,
        [],
        ["测" * 200] * MOST_EVIDENCE,
        [EvidenceFile('"' * 200, 2**40, "ab" * 32)] * MOST_EVIDENCE,
    )
    with pytest.raises(WrongFinding):
        add_finding(store, "chen", "low", "t", '"' * LONGEST_TEXT, full, NOW_US)
    assert found_in(store) == []
    add_finding(store, "chen", "low", "测" * 200, '"' * LONGEST_TEXT, Evidence(full.transfers, full.positions), NOW_US)
    assert copied.code() is None
