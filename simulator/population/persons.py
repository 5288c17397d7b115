"""The people of the synthetic nation and what their provinces know of them; every one is plainly invented.

Identity numbers have a valid check character but an area code that no county has (PP99xx), names begin with 合成
("synthetic"), and every record is flagged. All of it is derived from (seed, person) and (seed, transfer).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

import msgspec

from jinbao.regional_adapter.local.local_records import Account, Application, ContributionRow, Person
from jinbao.rules.identity import check_digit
from jinbao.rules.special_cases import LUMP_SUM_THRESHOLD_MONTHS
from jinbao.rules.transfer_parameters import load_transfer_parameters
from jinbao.schemas.messages import Fen
from jinbao.simulator.population.bookkeeping import recorded_balance
from jinbao.simulator.scenario.courses import application_number
from jinbao.simulator.scenario.plan import Plan, transfers_of
from jinbao.simulator.scenario.seeded_random import draw, share_of, transfer_total
from jinbao.simulator.scenario.special_cases import LEAST_MONTHS, SpecialCase

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
_NUMERALS = "〇一二三四五六七八九"
_AREAS, _SEQUENCES, _DAYS = 100, 500, 365
_FULL_AGE_YEARS = 19
_OLDEST_FEMALE_YEARS, _OLDEST_MALE_YEARS = 49, 57
AGE_LIMITS = {"1": 50, "2": 40}
"""Ages (by AAC004) from which a place that is not the hukou's opens only a temporary account (66号 art. 5)."""
_POOLING = 0.12
_YEARLY_RISE = 1.06
"""Contribution bases rise by so much a year."""
_MEAN_CREDIT = 1.25
"""What a fen of account credit has become with interest, roughly, over a history of some years."""
_MONTHS_LIMIT = 25 * 12
_FIRST_ACCOUNT_YEAR = 1998
TEMPORARY_SHARE = 0.01
"""Persons who came to their last origin past the age limit: it keeps a temporary account for them."""
_TEMPORARY_MONTHS_LIMIT = 48
_ACCOUNT_SCALE_SINCE_2006_BP = 800
_ACCOUNT_SCALE_BEFORE_2006_BP = 1100
_LOWEST_BASE_FEN = 10_000
TWO_MISMATCHES_MONTHS = 12
"""So that a sheet without its last month or two differs little from the whole one."""


@dataclass(frozen=True, slots=True)
class History:
    """What the origin keeps of a person: the yearly rows and the account."""

    rows: tuple[ContributionRow, ...]
    account: Account


def certificate_number(plan: Plan) -> str:
    """The origin's own number of the certificate."""
    return f"PZ{plan.origin}{plan.index:07d}"


def synthetic_name(person: int) -> str:
    """A name that says that it is invented: 合成, a surname, and the person's number."""
    digits = "".join(_NUMERALS[int(d)] for d in f"{person:04d}")
    return f"合成{_SURNAMES[person % len(_SURNAMES)]}{digits}"


def _number(person: int, province: str, birth_year: int, male: bool) -> str:
    """A number of its own for each of the first 18 million persons, whatever province, year and sex are drawn."""
    area, sequence = person % _AREAS, person // _AREAS % _SEQUENCES
    day_of_year = (person * 37 + person // (_AREAS * _SEQUENCES)) % _DAYS
    birth = date.fromordinal(date(birth_year, 1, 1).toordinal() + day_of_year)
    issued_in = "65" if province == "66" else province
    first17 = f"{issued_in}99{area:02d}{birth:%Y%m%d}{sequence * 2 + male:03d}"
    return first17 + check_digit(first17)


def _months_back(year: int, month: int, months: int) -> tuple[int, int]:
    years, month0 = divmod(year * 12 + month - 1 - months, 12)
    return years, month0 + 1


@dataclass(frozen=True, slots=True)
class Stretch:
    """An unbroken time of contributions: `months` months, the last of which is `last`."""

    last: tuple[int, int]
    months: int
    base_fen: Fen
    """Monthly base in the last year."""

    def years(self) -> Iterator[tuple[int, int, int]]:
        """Year, first month and number of months, in order of time."""
        first_year, first_month = _months_back(*self.last, self.months - 1)
        for year in range(first_year, self.last[0] + 1):
            begin = first_month if year == first_year else 1
            end = self.last[1] if year == self.last[0] else 12
            yield year, begin, end - begin + 1

    def base_in(self, year: int) -> Fen:
        """Monthly base of that year, whole yuan in fen."""
        past = self.base_fen / _YEARLY_RISE ** (self.last[0] - year)
        return Fen(max(_LOWEST_BASE_FEN, round(past / 100) * 100))


def _stretch(seed: int, plan: Plan, latest: tuple[int, int]) -> Stretch:
    """Contributions at the plan's origin up to the month `latest`, worth about the amount drawn for the transfer."""
    random = draw(seed, plan.index, "history")
    total = transfer_total(random)
    usual_base = 450_000 * random.lognormvariate(0.0, 0.35)
    a_month = usual_base * (0.08 * _MEAN_CREDIT + _POOLING)
    longest = min(_MONTHS_LIMIT, 12 * (latest[0] - _FIRST_ACCOUNT_YEAR))
    if has_temporary_account(seed, plan):
        longest = _TEMPORARY_MONTHS_LIMIT
    least = LEAST_MONTHS.get(plan.special, 1) if plan.special else TWO_MISMATCHES_MONTHS if plan.second_mismatch else 1
    months = max(1, min(longest, max(least, round(total / a_month))))
    trial = Stretch(latest, months, Fen(10_000_000))
    worth = 0.0
    for year, _, count in trial.years():
        scale = (_ACCOUNT_SCALE_BEFORE_2006_BP if year < 2006 else _ACCOUNT_SCALE_SINCE_2006_BP) / 10_000
        grown = 1.045 ** max(0, latest[0] - year)
        worth += trial.base_in(year) * count * (scale * grown + _POOLING)
    return Stretch(latest, months, Fen(round(trial.base_fen * total / worth)))


def has_temporary_account(seed: int, plan: Plan) -> bool:
    """Whether the origin keeps a temporary account for the person (临时缴费账户, 66号 art. 5)."""
    alone = transfers_of(plan.person, plan.person + 2) == range(plan.person, plan.person + 1)
    free = alone and plan.special is None and plan.reason is None
    return free and share_of(seed, "account", plan.index) < TEMPORARY_SHARE


def stretches(seed: int, plans: tuple[Plan, ...], applied_on: date) -> dict[int, Stretch]:
    """The working life of one person, by transfer: later transfers of the person are from earlier places."""
    latest = _months_back(applied_on.year, applied_on.month, 2 + draw(seed, plans[0].person, "gap").randrange(5))
    life = {}
    for plan in plans:
        life[plan.index] = stretch = _stretch(seed, plan, latest)
        latest = _months_back(*latest, stretch.months + draw(seed, plan.index, "gap").randrange(6))
    return life


def make_person(seed: int, plan: Plan, life: dict[int, Stretch], applied_on: date) -> Person:
    """The person of these transfers: grown up when the first contribution was paid, and young enough to go on."""
    random = draw(seed, plan.person, "person")
    male = random.random() < 0.6
    first_year = min(year for stretch in life.values() for year, _, _ in stretch.years())
    oldest = _OLDEST_MALE_YEARS if male else _OLDEST_FEMALE_YEARS
    limit = AGE_LIMITS["1" if male else "2"]
    if has_temporary_account(seed, plan):
        birth_year = first_year - limit - 2
    else:
        latest_birth = first_year - _FULL_AGE_YEARS
        earliest_birth = min(latest_birth, max(applied_on.year - oldest, latest_birth - 16))
        birth_year = random.randint(earliest_birth, latest_birth)
    older = applied_on.year - birth_year >= limit
    hukou = _hukou(plan, older, random)
    number = _number(plan.person, hukou, birth_year, male)
    return Person(
        number=number,
        name=synthetic_name(plan.person),
        sex="1" if male else "2",
        birth=date(int(number[6:10]), int(number[10:12]), int(number[12:14])),
        hukou_province=hukou,
        address=f"合成市虚拟路{plan.person + 1}号",
        telephone=f"000{plan.person:08d}",
        employer_name=f"合成单位{plan.person % 500}号",
        bank_account=f"0000{plan.person:012d}",
        synthetic=True,
    )


def _hukou(plan: Plan, older: bool, random: Random) -> str:
    """Who is past the age limit goes home, unless that is just what the destination refuses."""
    if plan.reason == "AGE_LIMIT_TEMPORARY_ACCOUNT":
        return plan.origin
    return plan.destination if older or random.random() < 0.7 else plan.origin


def make_history(seed: int, plan: Plan, person: Person, stretch: Stretch, applied_on: date) -> History:
    """The origin's rows and account; some hold contributions from before 1998.

    Accounts with a year older than the national interest rates come with the balance of the province's own books.
    """
    random = draw(seed, plan.index, "account")
    rows = _paid_in(
        plan,
        [
            ContributionRow(
                number=person.number,
                year=year,
                first_month=first,
                months=months,
                contribution_base_total=Fen(stretch.base_in(year) * months),
                account_rate_bp=_ACCOUNT_SCALE_BEFORE_2006_BP if year < 2006 else _ACCOUNT_SCALE_SINCE_2006_BP,
                province=plan.origin,
            )
            for year, first, months in stretch.years()
        ],
    )
    worked_before_1998 = person.birth is not None and person.birth.year + _FULL_AGE_YEARS < 1998
    before_1998 = random.randrange(20_000, 400_000) if worked_before_1998 and random.random() < 0.5 else 0
    national = load_transfer_parameters().interest_rate(rows[0].year, applied_on)
    balance = recorded_balance(rows, applied_on) if national is None else None
    account = Account(
        number=person.number,
        account_before_1998=Fen(before_1998),
        account_at_previous_year_end=balance,
        temporary=has_temporary_account(seed, plan),
    )
    return History(rows, account)


def _paid_in(plan: Plan, rows: list[ContributionRow]) -> tuple[ContributionRow, ...]:
    """The rows with the province that they were paid in, where it is not the origin."""
    elsewhere = 0
    if plan.special is SpecialCase.LUMP_SUM_SEVERAL:
        here = len(lump_rows(rows))
        there = [msgspec.structs.replace(row, province=plan.third) for row in lump_rows(rows[here:])]
        return (*rows[:here], *there, *rows[here + len(there) :])
    if plan.special is SpecialCase.ONWARD:
        elsewhere = max(1, len(rows) // 2)
    elif plan.special is SpecialCase.LUMP_SUM_THIRD_PROVINCE:
        elsewhere = len(lump_rows(rows))
    there = [msgspec.structs.replace(row, province=plan.third) for row in rows[:elsewhere]]
    return (*there, *rows[elsewhere:])


def lump_rows(rows: Sequence[ContributionRow]) -> list[ContributionRow]:
    """The first years of a history, as far as a back-payment of three years or more covers them."""
    covered: list[ContributionRow] = []
    for row in rows:
        covered.append(row)
        if sum(r.months for r in covered) >= LUMP_SUM_THRESHOLD_MONTHS:
            break
    return covered


def make_application(plan: Plan, person: Person, applied_on: date, suffix: str = "") -> Application:
    """The application at the destination's counter."""
    return Application(
        number=application_number(plan, suffix),
        person=person.number,
        origin=plan.origin,
        applied_on=applied_on,
        accepted_on=applied_on,
        certificate_number=certificate_number(plan),
        insured_on=date(applied_on.year, 1, 1),
    )
