"""Tests of what changed while cases were open: an agency's or person's key, the calendar or procedure of clocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.aggregates.subjects.deadline import ClockRedated
from jinbao.platform.audit.questions.audit_tests.audit_test import Hit
from jinbao.platform.audit.statements.accesses import listed
from jinbao.platform.audit.statements.statements import said
from jinbao.platform.projections.logged import TRANSFER_BITS
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.event_log import decode, stored_topics
from jinbao.platform.store.key_register import KIND as OF_KEYS, KeyStatement
from jinbao.schemas.messages import PLATFORM
from jinbao.transparency.sm2 import parse_agency_key

_OPEN = "opened_at <= ? AND (waiting_for <> '' OR changed_at > ?)"
"""Cases that were open at an instant, as far as the case board knows: a case that ended long before does not change."""


class KeyChanges:
    """A further or revoked key of an agency that has open cases; the destroyed key of a person who has one."""

    name = "key_changed"
    words = ("在办期间更换密钥", "a key changed over open cases")

    def __init__(self, parameters: Mapping[str, Any], bulk: Bulk, since_us: int, until_us: int) -> None:
        self._bulk, self._since_us, self._until_us = bulk, since_us, until_us
        self.population = 0

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        return [*self._of_agencies(), *self._of_persons()]

    def _of_agencies(self) -> Iterator[Hit]:
        had: set[str] = set()
        for statement in list(said(self._bulk, OF_KEYS, KeyStatement)):
            step, at = statement.body, statement.recorded_at
            is_change = step.act == "revoke" or (step.act == "approve" and step.agency in had)
            if step.act == "approve":
                had.add(step.agency)
            if not self._since_us <= at < self._until_us:
                continue
            self.population += 1
            number = self._open_of_agency(step.agency, at) if is_change else 0
            if number:
                about = f"{step.agency} {parse_agency_key(step.key).key_id.hex()}"
                revoked = step.act == "revoke"
                zh = f"{step.user} {'撤销' if revoked else '批准'} {step.agency} 的密钥，其时在办 {number:,} 件"
                done = "revoked a key" if revoked else "approved a further key"
                yield Hit(about, (), (zh, f"{step.user} {done} of {step.agency}, open cases: {number:,}"))

    def _open_of_agency(self, agency: str, at_us: int) -> int:
        sql = f"SELECT COUNT(*) FROM case_board WHERE {_OPEN}"
        if agency == PLATFORM:
            return int(self._bulk.execute(sql, at_us, at_us).scalar_one())
        sql += " AND (origin = ? OR destination = ?)"
        return int(self._bulk.execute(sql, at_us, at_us, agency, agency).scalar_one())

    def _of_persons(self) -> Iterator[Hit]:
        opened = listed(self._bulk, since_us=self._since_us, until_us=self._until_us)
        for access in [one.access for one in opened if one.access.way == "ring" and one.access.action == "delete"]:
            self.population += 1
            for relationship in access.relationships:
                number = self._open_of_person(UUID(relationship), access.at)
                if number:
                    zh = f"{access.user} 销毁此人的钥匙，其时在办 {number:,} 件（{access.reason}）"
                    en = f"{access.user} destroyed this person's key, open cases: {number:,} ({access.reason})"
                    yield Hit(relationship, (), (zh, en))

    def _open_of_person(self, relationship: UUID, at_us: int) -> int:
        sql = (
            f"SELECT COUNT(*) FROM case_board b JOIN streams s ON s.stream = b.case_id >> {TRANSFER_BITS} "
            f"WHERE s.kind = ? AND s.key = ? AND {_OPEN}"
        )
        values = (RELATIONSHIPS.number, relationship.bytes, at_us, at_us)
        return int(self._bulk.execute(sql, *values).scalar_one())


class _Rule(NamedTuple):
    """Under which a province's clocks of a case started."""

    case: int
    responsible: str
    procedure: str
    version: int
    since_us: int


class RuleChanges:
    """Another release of the calendar that moved due days; another procedure than earlier in the same case."""

    name = "rule_changed"
    words = ("在办期间更换规则", "a rule changed over open cases")

    def __init__(self, parameters: Mapping[str, Any], bulk: Bulk, since_us: int, until_us: int) -> None:
        self._bulk, self._since_us, self._until_us = bulk, since_us, until_us
        self.population = 0

    def hits(self) -> Sequence[Hit]:
        """What was found: each calendar and procedure once, with how many cases it met."""
        return [*self._of_calendars(), *self._of_procedures()]

    def _of_calendars(self) -> Iterator[Hit]:
        topics = stored_topics(ClockRedated)
        sql = (
            "SELECT e.position, e.stream, e.topic, e.state FROM events e JOIN streams s ON s.stream = e.stream "
            f"WHERE s.kind = ? AND e.topic IN ({', '.join('?' * len(topics))}) "
            "AND e.received_at >= ? AND e.received_at < ? ORDER BY e.position"
        )
        moved: dict[str, list[int]] = defaultdict(list)
        cases: dict[str, set[tuple[int, int]]] = defaultdict(set)
        values = (RELATIONSHIPS.number, *topics, self._since_us, self._until_us)
        for position, stream, topic, state in self._bulk.stream(sql, *values):
            fact = decode(RELATIONSHIPS, topic, bytes(state))
            assert isinstance(fact, ClockRedated)
            moved[fact.restarted.calendar].append(position)
            cases[fact.restarted.calendar].add((stream, fact.transfer))
        for calendar, positions in moved.items():
            number = len(cases[calendar])
            zh = f"日历 {calendar} 改动 {len(positions):,} 个在计时限的到期日，涉及在办 {number:,} 件"
            en = f"calendar {calendar} moved due days: {len(positions):,}, open cases: {number:,}"
            yield Hit(calendar, tuple(sorted({positions[0], positions[-1]})), (zh, en))

    def _of_procedures(self) -> Iterator[Hit]:
        sql = (
            "SELECT case_id, responsible, procedure, procedure_version, MIN(started_at) FROM clocks "
            "GROUP BY case_id, responsible, procedure, procedure_version ORDER BY case_id, responsible, MIN(started_at)"
        )
        changed: dict[tuple[str, str], set[int]] = defaultdict(set)
        rules = (_Rule(*row) for row in self._bulk.stream(sql))
        for before, after in pairwise(self._counted(rules)):
            same = (before.case, before.responsible) == (after.case, after.responsible)
            if same and self._since_us <= after.since_us < self._until_us:
                names = f"{before.procedure} {before.version}", f"{after.procedure} {after.version}"
                changed[names].add(after.case)
        for (was, now), cases in changed.items():
            zh, en = (
                f"{len(cases):,} 件在办业务由 {was} 改按 {now}",
                f"open cases that went from {was} to {now}: {len(cases):,}",
            )
            yield Hit(now, (), (zh, en))

    def _counted(self, rules: Iterator[_Rule]) -> Iterator[_Rule]:
        for rule in rules:
            self.population += self._since_us <= rule.since_us < self._until_us
            yield rule
