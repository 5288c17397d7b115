"""The work list of a clerk: what waits at the office, in the order in which it is to be done."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, get_args

from jinbao.regional_adapter.office.case import ABOUT_CLOCKS, Case
from jinbao.regional_adapter.office.office import Office
from jinbao.regional_adapter.office.situation import group_of
from jinbao.regional_adapter.office.waiting import Waiting
from jinbao.rules.procedures import load_procedures
from jinbao.rules.working_days import day_of, load_working_days
from jinbao.views.office import waiting_as_json
from jinbao.web.province.desk_store import DeskStore
from jinbao.web.province.waiting_cases import NO_DUE, Part, Row

Pile = Literal["rejected", "answered", "severe", "overdue", "soon", "open"]
"""rejected: a document of ours was refused; answered: the other side has spoken last; severe and overdue: late, the
first by many working days."""
PILES: tuple[Pile, ...] = get_args(Pile)
_ROWS = 1
"""One more whenever a row of the list follows otherwise from the documents of its case."""
_TELLS_NOTHING_NEW = frozenset({*ABOUT_CLOCKS, "SubmissionAnswered", "SubmissionOutcomes"})
"""Messages of the platform that answer nothing which was asked."""
_PLAIN = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]{0,99}").fullmatch
_OWN_PAGES = frozenset({"new", "loads", "keys", "files", "search", "next", "documents"})
_ENCODED = "n~"


@dataclass(frozen=True, slots=True)
class Item:
    """One case on the list."""

    number: str
    ref: str
    pile: Pile
    holder: str | None
    told: Mapping[str, Any]
    """As `jinbao desk list --json` has it, with its place on this list."""


class WorkList:
    """The list of one province at an instant, read from the desk's table, which is brought up to date first."""

    def __init__(self, office: Office, store: DeskStore, now: int, severe_working_days: int) -> None:
        self._office, self._store, self._now = office, store, now
        self._today = day_of(now)
        self._parts = _parts(self._today, severe_working_days)
        self._refresh()

    def counts(self) -> dict[str, int]:
        """How many cases wait, by pile."""
        return {pile: self._store.waiting.count(part) for pile, part in self._parts.items()}

    def counts_of(self, clerk: str | None) -> dict[str, int]:
        """How many of them a clerk has, by pile; for None: nobody."""
        return {pile: self._store.waiting.count_of_clerk(clerk, part) for pile, part in self._parts.items()}

    def may_do(self, clerk: str, limit: int) -> list[Item]:
        """What a clerk may do, in order, so many of each pile: first the clerk's own, then what nobody has."""
        found: list[Item] = []
        for pile, part in self._parts.items():
            own = [self._item(pile, *one) for one in self._store.waiting.of_clerk(clerk, part, limit)]
            left = limit - len(own)
            found += own + [self._item(pile, *one) for one in self._store.waiting.of_clerk(None, part, left)]
        return found

    def held_by_others(self, clerk: str, limit: int) -> list[Item]:
        """What other clerks have, in order."""
        return self._up_to(
            limit,
            (
                self._item(pile, *one)
                for pile, part in self._parts.items()
                for one in self._store.waiting.of_others(clerk, part, limit)
            ),
        )

    def everything(self, limit: int) -> list[Item]:
        """What waits, whoever has it, in order."""
        return self._up_to(
            limit,
            (
                self._item(pile, *one)
                for pile, part in self._parts.items()
                for one in self._store.waiting.in_order(part, limit)
            ),
        )

    def take_next(self, clerk: str, but: str = "") -> Item | None:
        """The first case, other than `but`, that the clerk may do; it is the clerk's from then on."""
        with self._store.alone():
            for pile, part in self._parts.items():
                for whose in (clerk, None):
                    for row, holder in self._store.waiting.of_clerk(whose, part, 2):
                        if row.case != but:
                            self._store.take(row.case, clerk, self._now)
                            return self._item(pile, row, holder)
        return None

    def _item(self, pile: Pile, row: Row, holder: str | None) -> Item:
        told = dict(row.told)
        answered = told.pop("answered_at")
        due = date.fromisoformat(told["due"]) if told["due"] else None
        group = group_of(told["state"], told["turn"] or "", due, self._office.province, self._today)
        age = (self._today - day_of(answered)).days if answered else None
        place = {"pile": pile, "age_days": age, "holder": holder}
        return Item(row.case, told["ref"], pile, holder, {**told, "group": group, **place})

    @staticmethod
    def _up_to(limit: int, items: Iterator[Item]) -> list[Item]:
        return [item for item, _ in zip(items, range(limit), strict=False)]

    def _refresh(self) -> None:
        """Make the rows of the cases that have changed anew; of all, where other rules hold now."""
        made_by = f"{_ROWS} {load_working_days().version} {[(p.id, p.version) for p in load_procedures()]}"
        if self._store.waiting.made_by() == made_by and not self._office.changed()[0]:
            return
        with self._store.alone():
            numbers, last = self._office.changed()
            if self._store.waiting.made_by() != made_by:
                self._store.waiting.clear(made_by)
                numbers = self._office.live()
            for number in numbers:
                waiting = self._office.waits(number, self._now)
                if waiting is None:
                    self._store.waiting.drop(number)
                else:
                    self._store.waiting.put(_row(waiting))
        self._office.seen(last)


def _row(waiting: Waiting) -> Row:
    case, due = waiting.case, waiting.situation.due
    answered = _answered_at(case)
    rank = 0 if any(why.code == "rejected" for why in waiting.why) else 1 if answered else 2
    is_due = due is not None and waiting.situation.group != "ended"
    told = {**waiting_as_json(waiting), "ref": ref_of(case), "answered_at": answered}
    return Row(case.number, rank, str(due) if is_due else NO_DUE, told)


def _parts(today: date, severe_working_days: int) -> dict[Pile, Part]:
    """The piles on a day, in their order, as parts of the list."""
    days, one = load_working_days(), timedelta(days=1)
    severe = today - one
    while days.due(severe, severe_working_days).date >= today:
        severe -= one
    soon = days.due_soon_until(today)
    whole, by_due = ("", NO_DUE), 2
    return {
        "rejected": Part(0, *whole),
        "answered": Part(1, *whole),
        "severe": Part(by_due, "", str(severe)),
        "overdue": Part(by_due, str(severe + one), str(today - one)),
        "soon": Part(by_due, str(today), str(soon)),
        "open": Part(by_due, str(soon + one), NO_DUE),
    }


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
