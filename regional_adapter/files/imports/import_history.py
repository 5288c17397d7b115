"""Registers contribution histories (缴费历史) person by person, from the rows of an imported form."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import date

from msgspec.structs import replace

from jinbao.regional_adapter.files.form_records import contribution_of, own_province, person_of
from jinbao.regional_adapter.files.form_rows import BadCellError, Row
from jinbao.regional_adapter.files.imports.imported_rows import ImportReport
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Account, ContributionRow, Person

_Taken = tuple[int, ContributionRow, Account]
"""Line, year and account of a good row."""


@dataclass(slots=True)
class _History:
    """The rows of one person so far."""

    person: Person
    taken: list[_Taken] = field(default_factory=list)
    periods: set[tuple[int, int, str]] = field(default_factory=set)
    """Year, first month and province of the good rows."""
    spoiled: bool = False
    """Whether a row of the person was refused."""


def register_histories(
    rows: Iterable[Row],
    report: ImportReport,
    local: EmbeddedLocalSystem,
    today: date,
    scattered: Container[int] = (),
) -> None:
    """Register the good rows person by person; a history counts as complete when its months add up to the total.

    A person's rows follow one another, and are registered as the next person's begin; `scattered` are the digests of
    those whose rows stand in several places (`mapping.survey`), which are kept to the end.
    """
    kept: dict[str, _History] = {}
    current: _History | None = None
    for row in rows:
        try:
            own_province(row, "经办省份", local.province)
            person = person_of(row, today)
        except BadCellError as error:
            report.reject(row.line, error)
            continue
        if current is None or current.person.number != person.number:
            if current is not None and current.person.number not in kept:
                _register(current, report, local)
            current = kept.get(person.number) or _History(person)
            if hash(person.number) in scattered:
                kept[person.number] = current
        try:
            _add(current, row, person, today)
        except BadCellError as error:
            report.reject(row.line, error)
            current.spoiled = True
    if current is not None and current.person.number not in kept:
        _register(current, report, local)
    for history in kept.values():
        _register(history, report, local)


def _add(history: _History, row: Row, person: Person, today: date) -> None:
    """Add a good row, which agrees with the others and repeats none. Raises BadCellError."""
    contribution, account = contribution_of(row, person, today)
    first = history.person
    if (first.id_type, first.name) != (person.id_type, person.name):
        raise BadCellError("姓名", "与同一号码的另一行不一致", "differs from another row of the same number")
    if history.taken and account is not history.taken[0][2] and account != history.taken[0][2]:
        zh, en = "同一人各行的账户信息不一致", "the rows of one person differ in what concerns the whole account"
        raise BadCellError("累计缴费月数", zh, en)
    period = (contribution.year, contribution.first_month, contribution.province)
    if period in history.periods:
        raise BadCellError("年度", "同一时段重复", "the same period comes twice", "DUPLICATE_KEY")
    history.periods.add(period)
    history.person = person
    history.taken.append((row.line, contribution, account))


def _register(history: _History, report: ImportReport, local: EmbeddedLocalSystem) -> None:
    taken, person = history.taken, history.person
    if not taken:
        return
    known = local.person(person.number)
    local.register_person(person if known is None else _keeping(known, person))
    account = taken[0][2]
    account_changed = local.register_account(account)
    contributions = [contribution for _, contribution, _ in taken]
    is_whole = sum(c.months for c in contributions) == account.months_total
    if is_whole:
        local.keep_only_contributions(person.number, contributions)
    changed = local.register_contributions(contributions)
    report.count(len(contributions) if account_changed else changed, len(contributions))
    if not is_whole and not history.spoiled and not local.history_is_complete(person.number):
        last = taken[-1][0]
        if report.unchanged:
            report.unchanged -= 1
        else:
            report.taken -= 1
        zh, en = "各年缴费月数之和与累计缴费月数不符", "the months of all years do not add up to the total"
        report.reject(last, BadCellError("累计缴费月数", zh, en))


def _keeping(known: Person, person: Person) -> Person:
    """The known person, with what a contribution history says of them."""
    return replace(
        known, id_type=person.id_type, name=person.name, sex=person.sex, birth=person.birth, synthetic=person.synthetic
    )
