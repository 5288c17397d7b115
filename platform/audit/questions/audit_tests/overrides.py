"""Test of overrides: what was recorded is taken back, or what stood aside is let through by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinbao.language.words import Words
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.subjects.annulment import FactAnnulled
from jinbao.platform.aggregates.subjects.identity_correction import IdentityCorrected
from jinbao.platform.aggregates.subjects.unassigned_funds import UnassignedFundsAssigned
from jinbao.platform.audit.questions.audit_tests.act import Act
from jinbao.platform.audit.questions.audit_tests.audit_test import Hit, hit

_OVERRIDES: Mapping[type[Fact], Words] = {
    FactAnnulled: ("撤销了已记录的事实", "a recorded fact was annulled"),
    UnassignedFundsAssigned: ("把暂收款记入业务", "money in suspense was assigned to a case"),
    IdentityCorrected: ("更正了身份号码", "an identity number was corrected"),
}


class Overrides:
    """Annulments, releases from suspense, corrected numbers."""

    name = "overrides"
    words = ("人工改动", "overrides")

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._hits: list[Hit] = []
        self.population = 0

    def see(self, act: Act) -> None:
        """Every act is an override or not."""
        self.population += 1
        words = _OVERRIDES.get(type(act.fact))
        if words is not None:
            zh, en = words
            self._hits.append(hit(act, f"{act.operator} {zh}", f"{act.operator}: {en}"))

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        return self._hits
