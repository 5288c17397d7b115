"""Tests of who looked: a great many persons in a short time, and persons who were opened for no case."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jinbao.platform.audit.questions.audit_tests.audit_test import Hit
from jinbao.platform.audit.statements.accesses import Listed
from jinbao.presentation import formatting

_MINUTE_US = 60_000_000


def _of_people(accesses: Iterable[Listed]) -> list[Listed]:
    """What people opened; a key ring's rows are those of programs, which open what they carry."""
    return [one for one in accesses if one.access.way != "ring" and one.access.outcome == "given"]


class BulkReads:
    """One user who opens more than so many persons within so many minutes."""

    name = "bulk_reads"
    words = ("大量查看", "a great many persons opened")

    def __init__(self, parameters: Mapping[str, Any], accesses: Iterable[Listed]) -> None:
        self._most, self._minutes = int(parameters["persons"]), int(parameters["minutes"])
        self._accesses = _of_people(accesses)
        self.population = len(self._accesses)

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        by_user: dict[str, list[Listed]] = defaultdict(list)
        for one in self._accesses:
            by_user[one.access.user].append(one)
        found = []
        for user, opened in by_user.items():
            most = self._most_at_once(sorted(opened, key=lambda one: one.access.at))
            if most > self._most:
                zh = f"{user} 在 {self._minutes} 分钟内打开 {most} 次"
                found.append(Hit(user, (), (zh, f"{user} opened {most} within {self._minutes} minutes")))
        return found

    def _most_at_once(self, opened: Sequence[Listed]) -> int:
        most, window = 0, deque[Listed]()
        for one in opened:
            window.append(one)
            while one.access.at - window[0].access.at > self._minutes * _MINUTE_US:
                window.popleft()
            most = max(most, sum(each.access.times for each in window))
        return most


class ReadsWithoutCase:
    """A person who was opened for no case."""

    name = "reads_without_case"
    words = ("无业务查看", "opened for no case")

    def __init__(self, parameters: Mapping[str, Any], accesses: Iterable[Listed]) -> None:
        self._accesses = _of_people(accesses)
        self.population = len(self._accesses)

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        return [
            Hit(
                one.access.user,
                (),
                (
                    f"{one.access.user} 于 {formatting.instant(one.access.at)} 无业务打开个人信息",
                    f"{one.access.user} opened a person for no case at {formatting.instant(one.access.at)}",
                ),
            )
            for one in self._accesses
            if not (one.access.case or one.access.transfer or one.access.relationships)
        ]
