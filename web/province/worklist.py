"""The work list of a clerk: what waits at the office, in the order in which it is to be done."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.office import Office, Waiting
from jinbao.rules.working_days import day_of, load_working_days
from jinbao.views.office import waiting_as_json

Pile = Literal["rejected", "answered", "severe", "overdue", "soon", "open"]
"""rejected: a document of ours was refused; answered: the other side has spoken last; severe and overdue: late, the
first by many working days."""
PILES: tuple[Pile, ...] = get_args(Pile)
_TELLS_NOTHING_NEW = frozenset(
    {"DeadlineApproaching", "DeadlineMissed", "ClockRedated", "SubmissionAnswered", "SubmissionOutcomes"}
)
"""Messages of the platform that answer nothing which was asked."""
_PLAIN = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]{0,99}").fullmatch
_OWN_PAGES = frozenset({"new", "loads", "keys", "files", "search", "next", "documents"})
_ENCODED = "n~"


@dataclass(frozen=True, slots=True)
class Item:
    """One case on the list."""

    waiting: Waiting
    pile: Pile
    age_days: int | None
    """Since the answer came; None where there is none."""
    holder: str | None

    def as_json(self) -> dict[str, Any]:
        """As `jinbao desk list --json` has it, with its place on this list."""
        case = self.waiting.case
        return {
            **waiting_as_json(self.waiting),
            "ref": ref_of(case),
            "pile": self.pile,
            "age_days": self.age_days,
            "holder": self.holder,
        }


def items(office: Office, holders: Mapping[str, str], now: int, severe_working_days: int) -> list[Item]:
    """What waits, the pile that is to be done first on top; in a pile by due day."""
    found = []
    for waiting in office.waiting(now):
        answered = _answered_at(waiting.case)
        age = (waiting.case.today - day_of(answered)).days if answered else None
        pile = _pile(waiting, severe_working_days, is_answered=answered is not None)
        found.append(Item(waiting, pile, age, holders.get(waiting.case.number)))
    return sorted(found, key=lambda item: PILES.index(item.pile))


def in_order_for(clerk: str, found: Sequence[Item]) -> list[Item]:
    """What a clerk may do next, in order: the clerk's own first in each pile, without what others have."""
    free = [item for item in found if item.holder in (None, clerk)]
    return sorted(free, key=lambda item: (PILES.index(item.pile), item.holder is None))


def _pile(waiting: Waiting, severe_working_days: int, *, is_answered: bool) -> Pile:
    if any(why.code == "rejected" for why in waiting.why):
        return "rejected"
    if is_answered:
        return "answered"
    due = waiting.situation.due
    if due is not None and waiting.situation.group == "overdue":
        return "severe" if _is_severe(due, waiting.case.today, severe_working_days) else "overdue"
    return "soon" if waiting.situation.group == "soon" else "open"


def _is_severe(due: date, today: date, working_days: int) -> bool:
    return load_working_days().due(due, working_days).date < today


def _answered_at(case: Case) -> int | None:
    """When the other side's answer to us came, while we have said nothing since."""
    came = [d.arrived_at for d in case.incoming if d.kind not in _TELLS_NOTHING_NEW and d.sender != "00"]
    said = [d.written_at for d in case.outgoing]
    return came[-1] if came and said and came[-1] >= max(said) else None


def ref_of(case: Case) -> str:
    """What stands for a case in an address: its transfer id, else its number, encoded where it would not be one."""
    if case.transfer is not None:
        return case.transfer.hex
    if _PLAIN(case.number) and case.number not in _OWN_PAGES:
        return case.number
    return _ENCODED + case.number.encode().hex()


def number_of(ref: str) -> str:
    """What an office finds the case by."""
    if not ref.startswith(_ENCODED):
        return ref
    try:
        return bytes.fromhex(ref.removeprefix(_ENCODED)).decode()
    except ValueError:
        return ref
