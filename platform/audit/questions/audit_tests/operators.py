"""Tests of who acts: one person in two roles of a case, one id for two agencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.subjects.completion import TransferCompleted
from jinbao.platform.aggregates.subjects.information_sheet import InformationSheetSent
from jinbao.platform.aggregates.subjects.payment import FundsReceived, FundsRemitted
from jinbao.platform.audit.questions.audit_tests.act import Act
from jinbao.platform.audit.questions.audit_tests.audit_test import Hit, hit

_APART: Mapping[type[Fact], tuple[str, str]] = {
    InformationSheetSent: ("sheet", "money"),
    FundsRemitted: ("money", "sheet"),
    FundsReceived: ("slip", "end"),
    TransferCompleted: ("end", "slip"),
}
"""Fact → its role in the case, and the role that another person should have."""


class TwoRoles:
    """One operator who draws up the sheet and orders the payment, or books the money and completes."""

    name = "two_roles"
    words = ("一人兼两岗", "one operator in two roles")

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._acted: dict[tuple[int, str, str], Act] = {}
        self._hits: dict[int, Hit] = {}
        self.population = 0

    def see(self, act: Act) -> None:
        """Acts of the four roles."""
        roles = _APART.get(type(act.fact))
        if roles is None:
            return
        self.population += 1
        own, other = roles
        self._acted[act.case, own, act.operator] = act
        if (before := self._acted.get((act.case, other, act.operator))) is not None:
            text = f"{act.operator} 兼任两岗", f"{act.operator} acted in both roles"
            self._hits.setdefault(act.case, hit(act, *text, before))

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        return list(self._hits.values())


class TwoAgencies:
    """One operator's id that acts for both provinces of a case."""

    name = "two_agencies"
    words = ("一人代两地", "one operator for two agencies")

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._programs = frozenset(parameters["programs"])
        self._acted: dict[tuple[int, str], Act] = {}
        self._hits: dict[int, Hit] = {}
        self.population = 0

    def see(self, act: Act) -> None:
        """Acts of people."""
        if act.operator in self._programs:
            return
        self.population += 1
        before = self._acted.setdefault((act.case, act.operator), act)
        if before.sender != act.sender:
            text = f"{act.operator} 既代 {before.sender} 又代 {act.sender}"
            self._hits.setdefault(
                act.case, hit(act, text, f"{act.operator} acted for {before.sender} and {act.sender}", before)
            )

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        return list(self._hits.values())
