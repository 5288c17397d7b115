"""Clocks as data: which facts start and stop each clock, who is responsible and how many working days there are.

A procedure is one TOML file of `data/procedures/`; `data/provincial_procedures.toml` says which province uses which.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from jinbao.language.system_errors import system_reason
from jinbao.language.toml_errors import toml_reason
from jinbao.language.words import BilingualError, Words
from jinbao.rules.provinces import PROVINCES

Role = Literal["destination", "origin"]
CountsFrom = Literal["start", "letter_received"]
MoneyWay = Literal["per_person", "none", "by_period"]
"""How money moves: a payment for each person; not at all, information only; or the sums of a period, net, between the
two provinces."""

DEFAULT_PROCEDURE = "national-2009"
_DATA = Path(__file__).parent / "data"
_A_DAY = timedelta(days=1)


class Milestone(StrEnum):
    """A point in a transfer that can start, stop or cancel a clock."""

    application_accepted = "application_accepted"
    letter_issued = "letter_issued"
    letter_received = "letter_received"
    review_passed = "review_passed"
    returned = "returned"
    sheet_and_funds_sent = "sheet_and_funds_sent"
    sheet_and_funds_in = "sheet_and_funds_in"
    mismatch_reported = "mismatch_reported"
    completed = "completed"
    refused = "refused"
    withdrawn = "withdrawn"
    closed = "closed"
    reversed = "reversed"
    frozen = "frozen"
    lump_sum_found = "lump_sum_found"
    lump_sum_noticed = "lump_sum_noticed"
    lump_sum_documented = "lump_sum_documented"


class ProcedureError(BilingualError, ValueError):
    """A procedure file is not usable, or no procedure is in force; the text names file and key."""


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One clock. Stopped: it ended, met or missed. Cancelled: superseded, it counts as neither."""

    name: str
    responsible: Role
    limit_working_days: int
    starts: frozenset[Milestone]
    stops: frozenset[Milestone]
    cancelled_by: frozenset[Milestone]
    counts_from: CountsFrom = "start"
    """The day from which working days count: that of the starting milestone, or that of the letter's receipt."""
    title: Words | None = None
    """In Chinese and English; clocks of one name share it, and it is enough that one file says it."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """One version of a set of clocks, in force from `valid_from` until its next version."""

    id: str
    version: int
    valid_from: date
    title_zh: str
    title_en: str
    source: str
    clocks: tuple[ClockRule, ...]
    money: MoneyWay = "per_person"

    def other_clocks(self, other: Procedure) -> list[str]:
        """Names of the clocks that only one of the two has, or that differ in more than their limit."""
        ours, theirs = (
            {one.name: replace(one, limit_working_days=0, title=None) for one in p.clocks} for p in (self, other)
        )
        return sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name))

    def started_by(self, milestone: Milestone) -> tuple[ClockRule, ...]:
        """The clocks that `milestone` starts."""
        return tuple(clock for clock in self.clocks if milestone in clock.starts)

    def clock(self, name: str) -> ClockRule:
        """The clock called `name`. Raises KeyError."""
        for clock in self.clocks:
            if clock.name == name:
                return clock
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a province, or a pair of provinces, has chosen for a time; `until` None means until further notice."""

    province: str
    procedure: str
    valid_from: date
    until: date | None
    counterpart: str | None = None
    """The other province of a pair, for cases between the two in either direction."""

    def covers(self, province: str, counterpart: str | None, on: date) -> bool:
        """Whether it is meant for that province's cases with the other on the day."""
        if not (self.valid_from <= on and (self.until is None or on <= self.until)):
            return False
        if self.counterpart is None:
            return self.province == province
        return {self.province, self.counterpart} == {province, counterpart}


class Procedures:
    """All released procedures and the provinces' choices among them."""

    def __init__(self, procedures: Iterable[Procedure], assignments: Iterable[Assignment], default: str) -> None:
        self._by_id = {(p.id, p.version): p for p in procedures}
        self._newest_first = sorted(self._by_id.values(), key=lambda p: (p.valid_from, p.version), reverse=True)
        newest_first = sorted(assignments, key=lambda a: a.valid_from, reverse=True)
        self._assignments = sorted(newest_first, key=lambda a: a.counterpart is None)
        """Pairs before single provinces, the newest choice first."""
        self.default = default
        ends = (a.until + _A_DAY for a in self._assignments if a.until is not None and a.until < date.max)
        begins = (p.valid_from for p in self._newest_first)
        self._changes = sorted({*begins, *(a.valid_from for a in self._assignments), *ends})
        """Days from which another procedure may be in force somewhere."""

    def with_assignment(self, assignment: Assignment) -> Procedures:
        """The same procedures and choices, and one more choice, which counts before the others of its province."""
        return Procedures(self, (assignment, *self._assignments), self.default)

    def by_id(self, id: str, version: int) -> Procedure:
        """One released version. Raises ProcedureError when there is none."""
        try:
            return self._by_id[(id, version)]
        except KeyError:
            raise ProcedureError(
                f"没有程序 {id} 第 {version} 版", f"there is no procedure {id} version {version}"
            ) from None

    def in_force(self, province: str, on: date, counterpart: str | None = None) -> Procedure:
        """The procedure of an agency in `province` for a clock that starts on the day `on`.

        The choice of the pair of that day in a case with `counterpart`, else the province's own, else the default.
        Raises ProcedureError before the first version.
        """
        chosen = self.default
        for choice in self._assignments:
            if choice.covers(province, counterpart, on):
                chosen = choice.procedure
                break
        for procedure in self._newest_first:
            if procedure.id == chosen and procedure.valid_from <= on:
                return procedure
        raise ProcedureError(f"{on} 尚无程序 {chosen}", f"procedure {chosen} is not yet in force on {on}")

    def unchanged_since(self, on: date) -> date:
        """The earliest day from which, until the day `on`, each agency's procedure in force is the same."""
        before = bisect_right(self._changes, on)
        return self._changes[before - 1] if before else on

    def money(self, origin: str, destination: str, on: date) -> MoneyWay:
        """How money moves in a case from origin to destination that begins on the day: the one switch for it."""
        return self.in_force(origin, on, destination).money

    @cached_property
    def clock_titles(self) -> Mapping[str, Words]:
        """Words of each clock that has some, by its name."""
        return {clock.name: clock.title for procedure in self for clock in procedure.clocks if clock.title}

    def __iter__(self) -> Iterator[Procedure]:
        """All versions, oldest first."""
        return iter(sorted(self._by_id.values(), key=lambda p: (p.id, p.version)))


@lru_cache(maxsize=8)
def load_procedures(path: Path | None = None, default: str = DEFAULT_PROCEDURE) -> Procedures:
    """Read the folder `procedures/` and the file `provincial_procedures.toml` under `path` (default: the shipped data).

    `default` names the procedure of provinces without a choice of their own. Raises ProcedureError naming file and key.
    """
    data = path or _DATA
    files = sorted((data / "procedures").glob("*.toml"))
    procedures: dict[tuple[str, int], Procedure] = {}
    titles: dict[str, Words] = {}
    for file in files:
        procedure = read_procedure(file)
        key = (procedure.id, procedure.version)
        for clock in procedure.clocks:
            if clock.title and titles.setdefault(clock.name, clock.title) != clock.title:
                raise ProcedureError(
                    f"{file.name}: clock {clock.name}：其他文件已称之为 {titles[clock.name][0]}",
                    f"{file.name}: clock {clock.name}: another file calls it {titles[clock.name][1]}",
                )
        if key in procedures:
            raise ProcedureError(
                f"{file.name}: id, version：{procedure.id} 第 {procedure.version} 版已经有了",
                f"{file.name}: id, version: {procedure.id} version {procedure.version} exists already",
            )
        procedures[key] = procedure
    known = {id for id, _ in procedures}
    if default not in known:
        raise ProcedureError(
            f"没有程序 {default}（可选 {', '.join(sorted(known))}）",
            f"there is no procedure {default}; choose one of {', '.join(sorted(known))}",
        )
    return Procedures(procedures.values(), _assignments(data / "provincial_procedures.toml", known), default)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        zh, en = system_reason(error)
        raise ProcedureError(f"{file.name}：{zh}", f"{file.name}: {en}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        zh, en = toml_reason(error)
        raise ProcedureError(f"{file.name}：不是有效的 TOML：{zh}", f"{file.name}: not valid TOML: {en}") from error


def _get(file: Path, table: Mapping[str, Any], key: str, kind: type, where: str = "") -> Any:
    value = table.get(key)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool) or value == "":
        raise ProcedureError(
            f"{file.name}: {where}{key}：须为 {kind.__name__} 类型的值",
            f"{file.name}: {where}{key}: a value of type {kind.__name__} is needed",
        )
    return value


def _no_other_keys(file: Path, table: Mapping[str, Any], known: set[str], where: str = "") -> None:
    for key in table:
        if key not in known:
            raise ProcedureError(
                f"{file.name}: {where}{key}：没有这一项；有 {', '.join(sorted(known))}",
                f"{file.name}: {where}{key}: unknown key; known are {', '.join(sorted(known))}",
            )


def read_procedure(file: Path) -> Procedure:
    """Read one file of a procedure. Raises ProcedureError naming file and key."""
    table = _read(file)
    texts = ("id", "title_zh", "title_en", "source")
    _no_other_keys(file, table, {*texts, "version", "valid_from", "money", "clock"})
    rows = _get(file, table, "clock", list)
    clocks = tuple(_clock(file, row, f"clock[{index}].") for index, row in enumerate(rows))
    names = [clock.name for clock in clocks]
    if not names or len(set(names)) < len(names):
        raise ProcedureError(
            f"{file.name}: clock：至少一个期限，名称不能重复",
            f"{file.name}: clock: at least one clock is needed, and each has its own name",
        )
    version = _get(file, table, "version", int)
    if version < 1:
        raise ProcedureError(f"{file.name}: version：从 1 起", f"{file.name}: version: counts from 1")
    id_, title_zh, title_en, source = (_get(file, table, key, str) for key in texts)
    money = _get(file, table, "money", str) if "money" in table else "per_person"
    if money not in get_args(MoneyWay):
        raise ProcedureError(
            f"{file.name}: money：应为 {', '.join(get_args(MoneyWay))} 之一",
            f"{file.name}: money: one of {', '.join(get_args(MoneyWay))}",
        )
    valid_from = _get(file, table, "valid_from", date)
    return Procedure(id_, version, valid_from, title_zh, title_en, source, clocks, cast(MoneyWay, money))


_MILESTONES = ("starts", "stops", "cancelled_by")


def _clock(file: Path, row: Any, where: str) -> ClockRule:
    if not isinstance(row, dict):
        raise ProcedureError(
            f"{file.name}: {where[:-1]}：须为表 [[clock]]", f"{file.name}: {where[:-1]}: a table [[clock]] is needed"
        )
    _no_other_keys(
        file,
        row,
        {"name", "title_zh", "title_en", "responsible", "limit_working_days", "counts_from", *_MILESTONES},
        where,
    )
    responsible = _get(file, row, "responsible", str, where)
    if responsible not in ("destination", "origin"):
        raise ProcedureError(
            f"{file.name}: {where}responsible：应为 destination 或 origin",
            f"{file.name}: {where}responsible: destination or origin",
        )
    limit = _get(file, row, "limit_working_days", int, where)
    if not 1 <= limit <= 250:
        raise ProcedureError(
            f"{file.name}: {where}limit_working_days：应为 1 到 250",
            f"{file.name}: {where}limit_working_days: 1 to 250",
        )
    starts, stops, cancelled_by = (_milestones(file, row, key, where) for key in _MILESTONES)
    if not starts or not stops or starts & stops or cancelled_by & (starts | stops):
        raise ProcedureError(
            f"{file.name}: {where}stops：须有起算和截止，且不能同在两处",
            f"{file.name}: {where}stops: starts and stops are needed, and none may stand in two lists",
        )
    counts_from = _get(file, row, "counts_from", str, where) if "counts_from" in row else "start"
    if counts_from not in get_args(CountsFrom):
        raise ProcedureError(
            f"{file.name}: {where}counts_from：应为 {', '.join(get_args(CountsFrom))} 之一",
            f"{file.name}: {where}counts_from: one of {', '.join(get_args(CountsFrom))}",
        )
    name = _get(file, row, "name", str, where)
    title = None
    if "title_zh" in row or "title_en" in row:
        title = _get(file, row, "title_zh", str, where), _get(file, row, "title_en", str, where)
    counted = cast(CountsFrom, counts_from)
    return ClockRule(name, cast(Role, responsible), limit, starts, stops, cancelled_by, counted, title)


def _milestones(file: Path, row: Mapping[str, Any], key: str, where: str) -> frozenset[Milestone]:
    names = _get(file, row, key, list, where)
    try:
        return frozenset(Milestone(name) for name in names)
    except ValueError as error:
        raise ProcedureError(
            f"{file.name}: {where}{key}：{error}；有 {', '.join(Milestone)}",
            f"{file.name}: {where}{key}: {error}; known are {', '.join(Milestone)}",
        ) from error


def _assignments(file: Path, known: set[str]) -> list[Assignment]:
    table = _read(file)
    _no_other_keys(file, table, {"assignment"})
    assignments = []
    for index, row in enumerate(table.get("assignment", [])):
        where = f"assignment[{index}]."
        _no_other_keys(file, row, {"province", "pair", "procedure", "from", "until", "note"}, where)
        provinces = _get(file, row, "pair", list, where) if "pair" in row else [_get(file, row, "province", str, where)]
        if not all(isinstance(p, str) and p in PROVINCES for p in provinces):
            raise ProcedureError(
                f"{file.name}: {where}{'pair' if 'pair' in row else 'province'}：不是省级代码",
                f"{file.name}: {where}{'pair' if 'pair' in row else 'province'}: not a province code",
            )
        if "pair" in row and ("province" in row or len(set(provinces)) != 2 or len(provinces) != 2):
            raise ProcedureError(
                f"{file.name}: {where}pair：须为两个不同的省，且不另写 province",
                f"{file.name}: {where}pair: two different provinces are needed, and no province beside",
            )
        procedure = _get(file, row, "procedure", str, where)
        if procedure not in known:
            raise ProcedureError(
                f"{file.name}: {where}procedure：没有程序 {procedure}",
                f"{file.name}: {where}procedure: there is no procedure {procedure}",
            )
        until = _get(file, row, "until", date, where) if "until" in row else None
        valid_from = _get(file, row, "from", date, where)
        counterpart = provinces[1] if len(provinces) == 2 else None
        assignments.append(Assignment(provinces[0], procedure, valid_from, until, counterpart))
    return assignments
