"""Chains of batches that agencies have declared lost, as statements of the log: two persons each.

An adapter whose store is lost begins its chain anew. Nobody but the agency knows that nothing was withheld, so its
word is asked for: one declaration for each time, before or after.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import msgspec

from jinbao.rules.provinces import PROVINCES
from jinbao.transparency.check_proof import NotValid

KIND = "agency_chain"
"""Of the statements."""
Act: TypeAlias = Literal["declare", "confirm"]


class ChainStatement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a declaration."""

    act: Act
    agency: str
    """Code of the province."""
    user: str
    """Who says so."""
    reason: str = ""
    """Of a declaration: how the store was lost."""


class Declared(NamedTuple):
    """A chain that its agency has declared lost."""

    reason: str
    declared_by: str
    confirmed_by: str


class ChainRegister:
    """The declarations as statements, taken in order, make them."""

    def __init__(self) -> None:
        self.declared: dict[str, list[Declared]] = {}
        """Agency → its confirmed declarations; the first stands for the first time that its chain begins anew."""
        self.open: dict[str, ChainStatement] = {}
        """Agency → what waits for a second person."""

    def take(self, said: ChainStatement) -> None:
        """Let a statement count. Raises NotValid where it may not be made; it then changes nothing."""
        if said.agency not in PROVINCES or not said.user:
            raise NotValid("机构或经办人不对", "agency or user is not a valid one")
        waits = self.open.get(said.agency)
        if said.act == "declare":
            if waits is not None:
                raise NotValid("已有一项声明待另一人确认", "a declaration waits for a second person already")
            if not said.reason:
                raise NotValid("须写明原因", "a reason is needed")
            self.open[said.agency] = said
            return
        if waits is None:
            raise NotValid("没有待确认的声明", "no declaration waits for a second person")
        if waits.user == said.user:
            raise NotValid("声明与确认须由两人办理", "who declared it may not confirm it: a second person must")
        del self.open[said.agency]
        self.declared.setdefault(said.agency, []).append(Declared(waits.reason, waits.user, said.user))

    def take_text(self, body: str) -> None:
        """The same by a statement's stored body. Raises NotValid."""
        try:
            said = msgspec.json.decode(body, type=ChainStatement)
        except msgspec.DecodeError as error:
            raise NotValid("声明写错", "a declaration is malformed") from error
        self.take(said)
