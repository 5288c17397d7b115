"""Registers contribution histories (缴费历史) person by person, from the rows of an imported form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from msgspec.structs import replace

from jinbao.regional_adapter.files.form_records import contribution_of, own_province, person_of
from jinbao.regional_adapter.files.form_rows import BadCellError, Row
from jinbao.regional_adapter.files.imported_rows import ImportReport
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Account, ContributionRow, Person

_Taken = tuple[int, ContributionRow, Account]
"""Line, year and account of a good row."""


def register_histories(rows: Iterable[Row], report: ImportReport, local: EmbeddedLocalSystem, today: date) -> None:
    """Register the good rows person by person; a history counts as complete when its months add up to the total."""
    persons: dict[str, list[_Taken]] = defaultdict(list)
    named: dict[str, tuple[str, str]] = {}
    spoiled: set[str] = set()
    for row in rows:
        number = None
        try:
            own_province(row, "经办省份", local.province)
            person = person_of(row, today)
            number = person.number
            contribution, account = contribution_of(row, person, today)
            if named.setdefault(number, (person.id_type, person.name)) != (person.id_type, person.name):
                raise BadCellError("姓名", "与同一号码的另一行不一致", "differs from another row of the same number")
            _same_as_before(contribution, account, persons[number])
            known = local.person(number)
            local.register_person(person if known is None else _keeping(known, person))
            persons[number].append((row.line, contribution, account))
        except BadCellError as error:
            report.reject(row.line, error)
            if number is not None:
                spoiled.add(number)
    for number, taken in persons.items():
        if taken:
            _history(number, taken, number in spoiled, report, local)


def _history(
    number: str,
    taken: list[_Taken],
    spoiled: bool,
    report: ImportReport,
    local: EmbeddedLocalSystem,
) -> None:
    account = taken[0][2]
    account_changed = local.register_account(account)
    contributions = [contribution for _, contribution, _ in taken]
    if sum(c.months for c in contributions) == account.months_total:
        local.keep_only_contributions(number, contributions)
    for _, contribution, _ in taken:
        report.count(local.register_contribution(contribution) or account_changed)
    if not spoiled and not local.history_is_complete(number):
        last = taken[-1][0]
        if report.unchanged:
            report.unchanged -= 1
        else:
            report.taken -= 1
        zh, en = "各年缴费月数之和与累计缴费月数不符", "the months of all years do not add up to the total"
        report.reject(last, BadCellError("累计缴费月数", zh, en))


def _same_as_before(contribution: ContributionRow, account: Account, before: list[_Taken]) -> None:
    """The rows of one person must agree on what concerns the whole account, and not repeat a year."""
    if before and account != before[0][2]:
        zh, en = "同一人各行的账户信息不一致", "the rows of one person differ in what concerns the whole account"
        raise BadCellError("累计缴费月数", zh, en)
    key = (contribution.year, contribution.first_month, contribution.province)
    if any((c.year, c.first_month, c.province) == key for _, c, _ in before):
        raise BadCellError("年度", "同一时段重复", "the same period comes twice", "DUPLICATE_KEY")


def _keeping(known: Person, person: Person) -> Person:
    """The known person, with what a contribution history says of them."""
    return replace(
        known, id_type=person.id_type, name=person.name, sex=person.sex, birth=person.birth, synthetic=person.synthetic
    )
