"""Which turns of the law a simulated nation reached, and how often: counted from what the platform recorded.

Nothing here knows of plans: a path is counted by its facts, a refused message by its answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects.agency_change import AgencyChanged
from jinbao.platform.aggregates.subjects.annulment import FactAnnulled
from jinbao.platform.aggregates.subjects.application import ApplicationAccepted, ApplicationRefused
from jinbao.platform.aggregates.subjects.arrears import ArrearsDeclined, ArrearsSettled
from jinbao.platform.aggregates.subjects.certificate import CertificateIssued
from jinbao.platform.aggregates.subjects.completion import TransferCompleted
from jinbao.platform.aggregates.subjects.contact_letter import ContactLetterIssued
from jinbao.platform.aggregates.subjects.deadline import ClockRedated, DeadlineApproaching, DeadlineMissed
from jinbao.platform.aggregates.subjects.identity_correction import CaseContinued, IdentityCorrected
from jinbao.platform.aggregates.subjects.information_sheet import InformationSheetSent
from jinbao.platform.aggregates.subjects.lump_sum import (
    LumpSumDocumentRequested,
    LumpSumDocumentSupplied,
    LumpSumFound,
    LumpSumNoticeSent,
)
from jinbao.platform.aggregates.subjects.mismatch import MismatchReported
from jinbao.platform.aggregates.subjects.notification import EmployerInformed, PersonInformed
from jinbao.platform.aggregates.subjects.origin_review import TransferReturned
from jinbao.platform.aggregates.subjects.overlap import OverlapCleared
from jinbao.platform.aggregates.subjects.payment import FundsReceived, FundsRemitted, FundsReturned, PaymentBounced
from jinbao.platform.aggregates.subjects.receipt import (
    ContactLetterDeemedReceived,
    InformationSheetDeemedReceived,
    InformationSheetReceived,
)
from jinbao.platform.aggregates.subjects.suspension import TransferFrozen
from jinbao.platform.aggregates.subjects.temporary_account import (
    ContributionsRecorded,
    TemporaryAccountOpened,
    TemporaryAccountSealed,
)
from jinbao.platform.aggregates.subjects.transfer_offer import TransferOffered
from jinbao.platform.aggregates.subjects.unassigned_funds import UnassignedFundsAssigned, UnassignedFundsReceived
from jinbao.platform.outcome import Outcome
from jinbao.platform.queries import ALL
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.lump_sum_documents import COMMITMENT
from jinbao.schemas import messages as m
from jinbao.schemas.codec import decode

REQUESTS = ("correct_sheet", "top_up", "take_back_excess")
_REFUSED_MESSAGES = {
    "ID_REUSED": "same_id_other_content",
    "ALREADY_RECORDED": "said_again_under_another_id",
    "ROLE_NOT_ALLOWED": "said_by_the_wrong_side",
    "NOT_CASE_PARTY": "said_by_a_stranger",
    "LIVE_TRANSFER_ELSEWHERE": "second_destination_refused",
    "LIVE_TRANSFER_EXISTS": "second_application_refused",
    "PAYMENT_REFERENCE_INVALID": "payment_reference_mistyped",
    "PREDECESSOR_MISSING": "waited_in_vain",
}
PATHS = (
    "completed",
    "refused",
    "withdrawn_before_letter",
    "withdrawn_by_agreement",
    "returned_and_sent_again",
    "returned_and_closed",
    "sheet_before_money",
    "money_before_sheet",
    "money_before_notice",
    "letter_deemed_received",
    "sheet_deemed_received",
    "deadline_warned",
    "deadline_missed",
    *(f"mismatch_{one}" for one in REQUESTS),
    *(f"mismatch_{one}_then_{two}" for one in REQUESTS for two in REQUESTS),
    "lump_sum_with_commitment",
    "lump_sum_with_instrument",
    "lump_sum_document_from_third_province",
    "lump_sum_notice",
    "several_lump_sums",
    "partial_transfer",
    "supplement",
    "certificate_issued",
    "certificate_reissued",
    "certificate_start",
    "temporary_account_opened",
    "temporary_account_contributions",
    "temporary_account_sealed",
    "temporary_account_collected",
    "onward_rows",
    "several_origins",
    "several_origins_in_another_order",
    "several_origins_one_returned_another_partial",
    "reversed",
    "payment_bounced_and_paid_again",
    "unknown_money_assigned",
    "unknown_money_returned",
    "money_after_completion_returned",
    "arrears_settled",
    "arrears_declined",
    "frozen_by_death",
    "frozen_by_nationality_lost",
    "frozen_by_pension_started",
    "frozen_then_completed",
    "frozen_then_returned_and_closed",
    "frozen_then_closed",
    "identity_upgraded_15_to_18",
    "identity_wrong_digit",
    "identity_permit_to_citizen",
    "refusal_annulled",
    "return_annulled",
    "agency_merged",
    "agency_renamed",
    "overlap_cleared",
    "calendar_amended",
    "procedure_changed_under_way",
    "information_only",
    "settled_by_period",
    "person_informed",
    "employer_informed",
    "parked_then_accepted",
    "duplicate",
    *_REFUSED_MESSAGES.values(),
)
"""Every path that is counted, so that one which nobody took shows as 0."""
EARLIER_PATHS = ("temporary_account_moved",)
"""Paths that the law closed (人社部规〔2016〕5号, 2016-11-28): counted only in a nation that lives before."""


@dataclass(slots=True)
class _Course:
    """What was recorded of one transfer."""

    kind: str = "application"
    origin: str = ""
    destination: str = ""
    facts: list[Fact] = field(default_factory=list)
    kinds: set[type[Fact]] = field(default_factory=set)
    """Of its facts."""
    state: State | None = None

    def take(self, fact: Fact) -> None:
        self.facts.append(fact)
        self.kinds.add(type(fact))
        if fact.then.state is not None:
            self.state = fact.then.state

    def all(self, kind: type[Fact]) -> list[Fact]:
        return [fact for fact in self.facts if type(fact) is kind] if kind in self.kinds else []

    def place(self, kind: type[Fact]) -> int:
        """Position of the first fact of that kind; past the end where there is none."""
        if kind not in self.kinds:
            return len(self.facts)
        return next(i for i, fact in enumerate(self.facts) if type(fact) is kind)

    def has(self, *kinds: type[Fact]) -> bool:
        return self.kinds.issuperset(kinds)


def paths_of_relationships(events: Iterable[tuple[bytes, int, Fact]]) -> Iterator[str]:
    """The paths that transfers took, each as often as it was taken; events in the order of `all_streams`."""
    for _, stream in groupby(events, key=itemgetter(0)):
        yield from _of_relationship([fact for _, _, fact in stream])


def all_paths(work: UnitOfWork, found: Counter[str], onward: Set[bytes]) -> dict[str, int]:
    """How often each of PATHS was taken. `onward`: transfers whose sheet has years that were paid elsewhere."""
    reversals = work.bulk.execute("SELECT transfer_id FROM case_board WHERE kind = 'reversal'")
    told = found + Counter(onward_rows=len(onward - {bytes(row[0]) for row in reversals}))
    return {name: told[name] for name in (*PATHS, *(n for n in EARLIER_PATHS if told[n]))}


_BEGINNINGS = (ApplicationAccepted, TransferOffered, UnassignedFundsReceived, CaseContinued)


def _of_relationship(stream: list[Fact]) -> Iterator[str]:
    courses: dict[int, _Course] = {}
    certificates: set[str] = set()
    for fact in stream:
        if fact.transfer == 0:
            match fact:
                case CertificateIssued():
                    certificates.add(fact.certificate_number)
                    yield "certificate_reissued" if fact.certificate_version > 1 else "certificate_issued"
                case TemporaryAccountOpened():
                    yield "temporary_account_opened"
                case ContributionsRecorded():
                    yield "temporary_account_contributions"
                case TemporaryAccountSealed():
                    yield "temporary_account_sealed"
            continue
        course = courses.get(fact.transfer)
        if course is None:
            course = courses[fact.transfer] = _Course()
        course.take(fact)
        if type(fact) not in _BEGINNINGS:
            continue
        match fact:
            case ApplicationAccepted():
                course.origin, course.destination = fact.origin, fact.destination
                if fact.information_only:
                    yield "information_only"
                if fact.by_period:
                    yield "settled_by_period"
                if fact.certificate_number in certificates:
                    yield "certificate_start"
            case TransferOffered() | UnassignedFundsReceived() | CaseContinued():
                begun = fact.begin()
                course.kind, course.origin, course.destination = begun.kind, begun.origin, begun.destination
    for course in courses.values():
        yield from _of_transfer(course)
    if len(courses) > 1:
        yield from _of_several([c for c in courses.values() if c.kind == "application" and c.state is not State.MOVED])


def _of_transfer(course: _Course) -> Iterator[str]:
    yield from _how_it_went(course)
    yield from _money(course)
    yield from _findings(course)
    yield from _by_name(course)
    procedures: dict[str, set[str]] = {}
    for fact in course.facts:
        for clock in fact.then.started:
            procedures.setdefault(clock.responsible, set()).add(clock.procedure)
    if any(len(names) > 1 for names in procedures.values()):
        yield "procedure_changed_under_way"


_SINGLE: dict[type[Fact], str] = {
    ContactLetterDeemedReceived: "letter_deemed_received",
    InformationSheetDeemedReceived: "sheet_deemed_received",
    DeadlineApproaching: "deadline_warned",
    DeadlineMissed: "deadline_missed",
    LumpSumDocumentRequested: "lump_sum_document_from_third_province",
    LumpSumNoticeSent: "lump_sum_notice",
    ArrearsSettled: "arrears_settled",
    ArrearsDeclined: "arrears_declined",
    OverlapCleared: "overlap_cleared",
    ClockRedated: "calendar_amended",
    PersonInformed: "person_informed",
    EmployerInformed: "employer_informed",
    UnassignedFundsAssigned: "unknown_money_assigned",
}
"""Facts that are a path by themselves, once for each transfer."""


def _how_it_went(course: _Course) -> Iterator[str]:
    for kind in course.kinds & _SINGLE.keys():
        yield _SINGLE[kind]
    state, frozen = course.state, course.has(TransferFrozen)
    if course.kind == "application":
        if state is State.COMPLETED:
            yield "completed"
        if state is State.REFUSED:
            yield "refused"
        if state is State.WITHDRAWN:
            yield "withdrawn_by_agreement" if course.has(ContactLetterIssued) else "withdrawn_before_letter"
        if course.has(TransferReturned) and len(course.all(ContactLetterIssued)) > 1:
            yield "returned_and_sent_again"
        if course.has(TransferReturned) and state is State.CLOSED:
            yield "returned_and_closed"
    if frozen and state is State.COMPLETED:
        yield "frozen_then_completed"
    if frozen and state is State.CLOSED:
        yield "frozen_then_returned_and_closed" if course.has(FundsReturned) else "frozen_then_closed"
    if state is State.REVERSED:
        yield "reversed"
    if course.kind == "supplement" and state is State.COMPLETED:
        yield "supplement"
    if course.kind == "temporary_collection" and state is State.COMPLETED:
        yield "temporary_account_collected"
    if course.kind == "temporary_move" and state is State.COMPLETED:
        yield "temporary_account_moved"


def _money(course: _Course) -> Iterator[str]:
    sheet, paid = course.place(InformationSheetReceived), course.place(FundsReceived)
    if course.has(InformationSheetSent, FundsReceived):
        yield "sheet_before_money" if sheet < paid else "money_before_sheet"
        if paid < course.place(FundsRemitted) and course.kind == "application":
            yield "money_before_notice"
    requests = [fact.request for fact in course.facts if isinstance(fact, MismatchReported)]
    if requests and course.state is State.COMPLETED:
        yield "mismatch_" + "_then_".join(requests)
    bounced = course.place(PaymentBounced)
    if any(type(fact) is FundsRemitted for fact in course.facts[bounced + 1 :]):
        yield "payment_bounced_and_paid_again"
    completed = course.place(TransferCompleted)
    if any(type(fact) is FundsReturned for fact in course.facts[completed + 1 :]):
        yield "money_after_completion_returned"
    if course.kind == "unassigned" and course.has(FundsReturned):
        yield "unknown_money_returned"


_FOUND = (LumpSumDocumentSupplied, InformationSheetSent)


def _findings(course: _Course) -> Iterator[str]:
    if len(course.all(LumpSumFound)) > 1 and course.state is State.COMPLETED:
        yield "several_lump_sums"
    for fact in course.facts if not course.kinds.isdisjoint(_FOUND) else ():
        match fact:
            case LumpSumDocumentSupplied():
                yield "lump_sum_with_commitment" if fact.document == COMMITMENT else "lump_sum_with_instrument"
            case InformationSheetSent() if fact.withheld_months and course.state is State.COMPLETED:
                yield "partial_transfer"


_NAMED = (TransferFrozen, IdentityCorrected, AgencyChanged, FactAnnulled)


def _by_name(course: _Course) -> Iterator[str]:
    """Paths that bear the name of what the fact says."""
    if course.kinds.isdisjoint(_NAMED):
        return
    annullable = {ApplicationRefused: "refusal_annulled", TransferReturned: "return_annulled"}
    for before, fact in zip((None, *course.facts), course.facts, strict=False):
        match fact:
            case TransferFrozen():
                yield f"frozen_by_{fact.cause}"
            case IdentityCorrected():
                yield f"identity_{fact.reason}"
            case AgencyChanged():
                yield f"agency_{fact.reason}"
            case FactAnnulled() if before is not None and type(before) in annullable:
                yield annullable[type(before)]


def _of_several(courses: list[_Course]) -> Iterator[str]:
    """Several origins that one destination collects from."""
    if len({course.origin for course in courses}) < 2:
        return
    ended = [c.all(TransferCompleted)[-1].occurred_at for c in courses if c.has(TransferCompleted)]
    if len(ended) > 1:
        yield "several_origins"
        if ended != sorted(ended):
            yield "several_origins_in_another_order"
    returned = any(course.has(TransferReturned) for course in courses)
    partial = any("partial_transfer" in _findings(c) or c.has(ArrearsDeclined) for c in courses)
    if returned and partial:
        yield "several_origins_one_returned_another_partial"


def paths_of_messages(work: UnitOfWork, event: int, row: int) -> Iterator[str]:
    """The paths that messages took, up to an event and a row of the intake, each as often as it was taken."""
    waited = "SELECT COUNT(*) FROM events WHERE first IS NOT NULL AND position <= ?"
    yield from _times("parked_then_accepted", work.bulk.execute(waited, event).scalar_one())
    sql = "SELECT outcome, code, COUNT(*) FROM intake WHERE position <= ? GROUP BY 1, 2"
    for outcome, code, count in work.bulk.execute(sql, row):
        if outcome == Outcome.REJECTED and code in _REFUSED_MESSAGES:
            yield from _times(_REFUSED_MESSAGES[code], count)
        elif outcome == Outcome.DUPLICATE:
            yield from _times("duplicate", count)


def _times(name: str, count: int) -> Iterable[str]:
    return (name for _ in range(count))


def sheets_with_earlier_provinces(work: UnitOfWork, event: int = ALL, row: int = ALL) -> set[bytes]:
    """Transfers on whose sheet an origin hands on years that were paid elsewhere, up to an event and a row."""
    sql = (
        "SELECT bytes FROM events WHERE topic = 'information-sheet-sent' AND position <= ? UNION ALL "
        f"SELECT bytes FROM intake WHERE type = 'InformationSheetSent' AND outcome = {Outcome.PARKED:d} "
        "AND position <= ?"
    )
    found = set()
    for (data,) in work.bulk.stream(sql, event, row):
        sheet = decode(bytes(data))
        assert isinstance(sheet, m.InformationSheetSent)
        if any(one.province != sheet.envelope.sender for one in sheet.rows):
            found.add(sheet.envelope.transfer_id)
    return found
