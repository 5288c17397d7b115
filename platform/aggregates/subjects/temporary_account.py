"""Temporary accounts (临时缴费账户) of a relationship: opened, paid into, sealed."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.decision import RECORDED, WAIT, Draft, Rejection
from jinbao.platform.aggregates.fact import RelationshipFact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.recorded_contributions import has_moved, sheet_is_out
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.rule import RelationshipRule, Rule, base_of_relationship
from jinbao.platform.aggregates.sheet_contradictions import months_contradict
from jinbao.rules.money import Fen
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m


class TemporaryAccountOpened(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """A temporary account was opened; the relationship stays with its origin."""

    TOPIC: ClassVar[str] = "temporary-account-opened"
    province: str
    account_number: str
    opened_on: date

    def assign_to(self, relationship: Relationship) -> None:
        """The account is open."""
        relationship.temporary_accounts[self.province, self.account_number] = "open"


class ContributionsRecorded(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """Months and money were recorded in a temporary account."""

    TOPIC: ClassVar[str] = "contributions-recorded"
    account_number: str
    months: int
    individual: Fen
    employer: Fen
    first_month: int = 0
    """YYYYMM; 0 in the first releases, which did not keep the months."""
    last_month: int = 0
    province: str = ""
    """Who holds the account; empty in the first releases."""

    def assign_to(self, relationship: Relationship) -> None:
        """A record of the same months replaces the former."""
        if self.first_month:
            account, parts = (self.province, self.account_number), (self.individual, self.employer)
            recorded = relationship.contributions.get(account, {})
            relationship.contributions[account] = {**recorded, (self.first_month, self.last_month): parts}


class TemporaryAccountSealed(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """The account rests until the benefit place collects it."""

    TOPIC: ClassVar[str] = "temporary-account-sealed"
    province: str
    account_number: str
    sealed_on: date

    def assign_to(self, relationship: Relationship) -> None:
        """The account is sealed."""
        relationship.temporary_accounts[self.province, self.account_number] = "sealed"


def _open_temporary_account(r: Relationship, message: m.TemporaryAccountOpened, at: int, law: Law) -> Draft:
    if message.envelope.sender not in PROVINCES:
        return Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    if (message.envelope.sender, message.account_number) in r.temporary_accounts:
        return RECORDED
    return TemporaryAccountOpened(
        **base_of_relationship(message),
        province=message.envelope.sender,
        account_number=message.account_number,
        opened_on=message.opened_on,
    )


def _held_by(r: Relationship, message: m.ContributionsRecorded | m.TemporaryAccountSealed) -> Draft | str:
    """State of the sender's own temporary account."""
    holder, number = message.envelope.sender, message.account_number
    state = r.temporary_accounts.get((holder, number))
    if state is None:
        return WAIT
    if has_moved(r, holder, number):
        return Rejection("TEMPORARY_ACCOUNT_MOVED", "account_number")
    return state


def _record_contributions(r: Relationship, message: m.ContributionsRecorded, at: int, law: Law) -> Draft:
    state = _held_by(r, message)
    if not isinstance(state, str):
        return state
    if state == "sealed":
        return Rejection("TEMPORARY_ACCOUNT_SEALED", "account_number")
    wrong = months_contradict(message.first_month, message.last_month, message.months, day_of(at))
    if wrong is not None:
        return Rejection(*wrong)
    if sheet_is_out(r, message.envelope.sender, message.account_number):
        return WAIT
    return ContributionsRecorded(
        **base_of_relationship(message),
        account_number=message.account_number,
        months=message.months,
        individual=message.individual,
        employer=message.employer,
        first_month=message.first_month,
        last_month=message.last_month,
        province=message.envelope.sender,
    )


def _seal_temporary_account(r: Relationship, message: m.TemporaryAccountSealed, at: int, law: Law) -> Draft:
    state = _held_by(r, message)
    if not isinstance(state, str):
        return state
    if state == "sealed":
        return RECORDED
    return TemporaryAccountSealed(
        **base_of_relationship(message),
        province=message.envelope.sender,
        account_number=message.account_number,
        sealed_on=message.sealed_on,
    )


RULES: tuple[Rule, ...] = (
    RelationshipRule(message=m.TemporaryAccountOpened, decide=_open_temporary_account, fact=TemporaryAccountOpened),
    RelationshipRule(message=m.ContributionsRecorded, decide=_record_contributions, fact=ContributionsRecorded),
    RelationshipRule(message=m.TemporaryAccountSealed, decide=_seal_temporary_account, fact=TemporaryAccountSealed),
)
