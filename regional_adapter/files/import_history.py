"""Registers contribution histories (缴费历史) person by person, from the rows of an imported form."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from msgspec.structs import replace

from jinbao.regional_adapter.files.csv_form import BadCellError, Row
from jinbao.regional_adapter.files.imported_rows import ImportReport, own_province, person_of
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Account, ContributionRow, Person
from jinbao.rules.money import NO_FEN


def register_histories(rows: list[Row], report: ImportReport, local: EmbeddedLocalSystem, today: date) -> None:
    """Register the good rows person by person; a history counts as complete when its months add up to the total."""
    persons: dict[str, list[tuple[Row, ContributionRow, Account]]] = defaultdict(list)
    named: dict[str, tuple[str, str]] = {}
    spoiled: set[str] = set()
    for row in rows:
        number = None
        try:
            own_province(row, "经办省份", local)
            person = person_of(row, today)
            number = person.number
            contribution, account = _contribution(row, person, today)
            if named.setdefault(number, (person.id_type, person.name)) != (person.id_type, person.name):
                raise BadCellError("姓名", "与同一号码的另一行不一致", "differs from another row of the same number")
            _same_as_before(contribution, account, persons[number])
            known = local.person(number)
            local.register_person(person if known is None else _keeping(known, person))
            persons[number].append((row, contribution, account))
        except BadCellError as error:
            report.reject(row, error)
            if number is not None:
                spoiled.add(number)
    for number, taken in persons.items():
        if taken:
            _history(number, taken, number in spoiled, report, local)


def _history(
    number: str,
    taken: list[tuple[Row, ContributionRow, Account]],
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


def _contribution(row: Row, person: Person, today: date) -> tuple[ContributionRow, Account]:
    year = row.integer("年度", 1950 if person.birth is None else max(1950, person.birth.year), today.year)
    first_month = row.integer("起始月", 1, 12)
    months = row.integer("缴费月数", 0, 13 - first_month)
    if (year, first_month + max(months, 1) - 1) > (today.year, today.month):
        raise BadCellError("缴费月数", "含有尚未到来的月份", "holds months that have not come")
    credited_year, credited_month = _crediting(row, (year, first_month + max(months, 1) - 1), today)
    contribution = ContributionRow(
        number=person.number,
        year=year,
        first_month=first_month,
        months=months,
        contribution_base_total=row.amount_fen("缴费基数合计(元)"),
        account_rate_bp=row.rate_bp("记账比例(%)"),
        recorded_account=row.optional_amount_fen("实际记账额(元)"),
        province=row.province("参保地"),
        credited_year=credited_year,
        credited_month=credited_month,
        interest_rate_bp=row.rate_bp("年度利率(%)") if row.optional_text("年度利率(%)") else None,
    )
    account = Account(
        number=person.number,
        account_before_1998=row.optional_amount_fen("1998年前个人缴费本息(元)") or NO_FEN,
        account_at_previous_year_end=row.optional_amount_fen("上年末个人账户储存额(元)"),
        temporary=row.yes("临时账户"),
        hukou_since=row.optional_day("户籍迁入日期", today),
        contributions_stopped=row.yes("是否停保"),
        months_total=row.integer("累计缴费月数", 0, 1200),
    )
    return contribution, account


def _crediting(row: Row, last_paid: tuple[int, int], today: date) -> tuple[int | None, int | None]:
    """记账年度 and 记账月 of arrears paid later: both or neither, from the last month paid for to the present one."""
    if not row.optional_text("记账年度"):
        if row.optional_text("记账月"):
            raise BadCellError("记账年度", "填了记账月，须填记账年度", "must be given with 记账月")
        return None, None
    credited = (row.integer("记账年度", 1950, today.year), row.integer("记账月", 1, 12))
    if not last_paid <= credited <= (today.year, today.month):
        zh, en = "不在所缴月份与本月之间", "does not lie between the months paid for and this month"
        raise BadCellError("记账月", zh, en)
    return credited


def _same_as_before(
    contribution: ContributionRow, account: Account, before: list[tuple[Row, ContributionRow, Account]]
) -> None:
    """The rows of one person must agree on what concerns the whole account, and not repeat a year."""
    if before and account != before[0][2]:
        zh, en = "同一人各行的账户信息不一致", "the rows of one person differ in what concerns the whole account"
        raise BadCellError("累计缴费月数", zh, en)
    key = (contribution.year, contribution.first_month, contribution.province)
    if any((c.year, c.first_month, c.province) == key for _, c, _ in before):
        raise BadCellError("年度", "同一时段重复", "the same period comes twice")


def _keeping(known: Person, person: Person) -> Person:
    """The known person, with what a contribution history says of them."""
    return replace(
        known, id_type=person.id_type, name=person.name, sex=person.sex, birth=person.birth, synthetic=person.synthetic
    )
