"""One province in the simulation: its local system, its adapter, its clerks, and the files they work from."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from jinbao.regional_adapter.exchange.set_aside import SetAside, failed
from jinbao.regional_adapter.files.form_rows import BadRow
from jinbao.regional_adapter.local.local_records import Application, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.regional_adapter.office.office import Office as DocumentOffice
from jinbao.rules.schemes import ENTERPRISE_EMPLOYEES
from jinbao.schemas.derived_ids import transfer_id
from jinbao.simulator.banks import Banks, BookEntry
from jinbao.simulator.clerks.case_file import CaseFile, Part, Task, payment_key, unassigned_to
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.clerks.parts import clerks_of
from jinbao.simulator.clerks.settlement import SettlementClerk
from jinbao.simulator.own_files import OwnFiles
from jinbao.simulator.population.persons import History
from jinbao.simulator.scenario.courses import Course, account_number, filed_under, opens_temporary_account
from jinbao.simulator.scenario.plan import SETTLED_PAIR, Plan
from jinbao.simulator.scenario.special_cases import PAID_IN_THIRD, SpecialCase

CourseOf = Callable[[UUID], Course | None]
PlanOfLine = Callable[[int], Plan | None]
"""The plan whose payments bear that line number."""


class RefusedRowError(Exception):
    """A row of a simulated province's file that its adapter refused."""

    def __init__(self, bad: list[BadRow]) -> None:
        super().__init__("; ".join(f"{one.column}: {one.reason_en}" for one in bad))


_OFFERED_AFTER = (
    (Part.ACCOUNT, None),
    (Part.ORIGIN, SpecialCase.LUMP_SUM_FOLLOWS),
    (Part.DESTINATION, SpecialCase.REVERSED),
)
"""Files from which an offered transfer follows."""


class Office:
    """Works through the day's tasks of its files."""

    def __init__(self, clerk: Clerk, course_of: CourseOf, plan_of_line: PlanOfLine) -> None:
        """`clerk`: what all clerks of the province share."""
        self.province = clerk.province
        self.local = clerk.local
        self._clerk = clerk
        self._clerks = clerks_of(clerk)
        self._settlements = SettlementClerk(clerk)
        self._banks: Banks = clerk.banks
        self._courses = clerk.courses
        self._ring = clerk.ring
        self._course_of = course_of
        self._plan_of_line = plan_of_line
        self._followers: dict[UUID, list[CaseFile]] = {}
        """Files that follow from another: whenever something happens there, they are looked at too."""
        self._files: dict[UUID, CaseFile] = {}
        self._closed: set[UUID] = set()
        """Transfers on which nothing is left to do here: their files are put away, what still comes is only kept."""
        self._by_case: dict[str, CaseFile] = {}
        self._due: list[tuple[date, int, UUID]] = []
        """A heap of days on which a file may have something to do; a file may stand in it more than once."""
        self.set_aside: list[SetAside] = []
        """Files on which a clerk failed: nothing more is done on them."""
        self._decided: dict[UUID, CaseFile] = {}
        """Files on which a clerk has decided something that the next file of the province will say."""
        self._read_documents = 0
        self._read_outcomes = 0
        self._read_postings = 0

    # --- files ---

    def open_file(self, file: CaseFile) -> CaseFile:
        """Begin a file, unless there is one on that transfer."""
        kept = self._files.setdefault(file.transfer, file)
        if kept is file:
            self._by_case[file.case] = file
            for follower in self._following(file):
                self._followers.setdefault(file.transfer, []).append(self.open_file(follower))
        return kept

    def _following(self, file: CaseFile) -> Iterator[CaseFile]:
        """The files that the plan of a file lets follow from it here."""
        plan = file.plan
        offer = self._courses.offer(plan)
        if file.part is Part.DESTINATION and opens_temporary_account(plan):
            number = account_number(plan)
            yield CaseFile(plan, Part.ACCOUNT, filed_under(self.province, number), number, first=file)
        elif offer is not None and offer.origin == self.province and (file.part, plan.special) in _OFFERED_AFTER:
            yield CaseFile(plan, Part.OFFERING, offer.transfer, offer.number, first=file)

    def recall(self) -> None:
        """Put all documents and postings back into the files, after a run was opened again."""
        self._file_new_post(None)
        for document in self.local.documents():
            file = self._by_case.get(document.case)
            if file is not None:
                file.add(document)
        for file in list(self._files.values()):
            self.schedule(file)

    def schedule(self, file: CaseFile) -> None:
        """See to it that the file is looked at on the day of its next task, or put away when there is none left."""
        with self._one(file):
            self._schedule(file, self._clerks[file.part].next_task(file))

    @contextmanager
    def _one(self, file: CaseFile) -> Iterator[None]:
        """Work on one file: where that fails it is set aside, and the others go on."""
        try:
            yield
        except Exception as error:
            self.set_aside.append(failed(error, "desk", file.case, kind=file.part.name, cases=(file.case,)))
            self._files.pop(file.transfer, None)
            self._by_case.pop(file.case, None)

    def _schedule(self, file: CaseFile, task: Task | None) -> None:
        """Enter the file under the day of its next task, once, and look at those that follow from it."""
        day = None if task is None else task.day
        if day is not None and day != file.due:
            heapq.heappush(self._due, (day, file.plan.index, file.transfer))
        file.due, file.task = day, task
        clerk = self._clerks[file.part]
        if task is None and clerk.has_ended(file) and not file.is_waiting and file.transfer in self._files:
            self._closed.add(file.transfer)
            del self._files[file.transfer], self._by_case[file.case]
        for follower in self._followers.get(file.transfer, ()):
            if follower.transfer in self._files:
                self.schedule(follower)

    def _file_on(self, document: IncomingDocument) -> CaseFile | None:
        """The file on a document's transfer; the first document about an unknown one opens it."""
        transfer = document.transfer_id
        file = self._files.get(transfer)
        if file is not None or transfer in self._closed:
            return file
        if document.kind == "UnassignedFundsReceived":
            plan = self._plan_of_line(int(document.fields["payment_line"]))
            return self.open_file(CaseFile(plan, Part.PAYER, transfer, transfer.hex)) if plan else None
        course = self._course_of(transfer)
        part = self._part_in(course)
        if course is None or part is None:
            return None
        first = None
        if part is Part.TAKING and course.kind == "reversal":
            first = self._files.get(self._courses.application(course.plan).transfer)
        opened = self.open_file(CaseFile(course.plan, part, transfer, transfer.hex, first=first))
        if first is not None:
            self._followers[transfer] = [first]
        return opened

    def _part_in(self, course: Course | None) -> Part | None:
        """The part that this province plays in a transfer that others tell it of."""
        if course is None:
            return None
        if course.kind != "application":
            return Part.TAKING if course.destination == self.province else None
        if course.origin == self.province:
            return Part.ORIGIN
        holds = course.plan.special in PAID_IN_THIRD and course.plan.third == self.province
        return Part.DOCUMENT_HOLDER if holds else None

    def _file_of(self, entry: BookEntry) -> CaseFile | None:
        """The file on a posting; a credit that names no known case opens one of its own, beside the plan's case."""
        file = self._files.get(entry.transfer_id)
        course = None if file else self._course_of(entry.transfer_id)
        if course is None or course.kind != "nameless" or entry.amount < 0:
            return file
        case = payment_key(entry.reference, entry.line)
        whose = self._ring.relationship_id(unassigned_to(self.province, entry.reference), ENTERPRISE_EMPLOYEES)
        transfer = transfer_id(whose, self.province, case)
        if transfer in self._closed:
            return None
        main = self._files.get(self._courses.application(course.plan).transfer)
        holding = self.open_file(CaseFile(course.plan, Part.HOLDING, transfer, case))
        if main is not None and course.plan.special is SpecialCase.MONEY_ASSIGNED:
            main.holding = holding
            self._followers[transfer] = [main]
        return holding

    # --- the day ---

    def register_applicant(self, person: Person, application: Application) -> None:
        """The counter takes an application; the clerk accepts it by its plan."""
        if self._clerk.files is not None and self._clerk.files.register_applicant(person, application):
            return
        with self.local.batch():
            self.local.register_person(person)
            self.local.register_application(application)

    def register_insured(self, person: Person, history: History) -> None:
        """What this province has known of the person all along."""
        with self.local.batch():
            self.local.register_person(person)
            files = self._clerk.files
            if files is not None and files.register_history(person, history.rows, history.account):
                return
            self.local.register_account(history.account)
            for row in history.rows:
                self.local.register_contribution(row)

    def read_post(self) -> None:
        """File what has come in, what became of own documents and what the bank has booked since the last time."""
        for file in self._file_new_post(self._clerk.files):
            self.schedule(file)

    def deliver(self, now: int) -> None:
        """Let the adapter write what has come back into the province's own files, where it has any."""
        if self._clerk.files is not None:
            with self.local.batch():
                self._clerk.files.deliver(now)

    def _file_new_post(self, files: OwnFiles | None) -> list[CaseFile]:
        """File the new documents, outcomes and postings; returns the case files that they went into.

        `files`: where they are read, as they came into the province's own files; None: in the local system alone.
        """
        touched: dict[UUID, CaseFile] = {}
        for document in self.local.incoming(since=self._read_documents):
            self._read_documents = document.position
            read = document if files is None else files.read(document)
            file = self._file_on(read)
            if file is not None:
                file.came.setdefault(document.kind, []).append(read)
                touched[file.transfer] = file
        for change, decided in self.local.decided(self._read_outcomes):
            self._read_outcomes = change
            outcome = decided if files is None else files.read_outcome(decided)
            file = self._by_case.get(decided.case)
            if file is not None:
                file.decide(outcome)
                touched[file.transfer] = file
        for entry in self._banks.statement(self.province, since=self._read_postings):
            self._read_postings = entry.entry
            file = self._file_of(entry)
            if file is not None:
                file.bank.append(entry)
                touched[file.transfer] = file
        return list(touched.values())

    def is_due(self, today: date) -> bool:
        """Whether there may be something to do today."""
        return self.province in SETTLED_PAIR or (bool(self._due) and self._due[0][0] <= today)

    def work(self, today: date) -> int:
        """Do everything that is due by today, in the order of day and case; returns how many tasks that were.

        The day's documents are one transaction of the local system.
        """
        with self.local.batch():
            done = self._settle(today) + self._work_due(today)
            while self._decided:
                done += self._decisions(today)
            return done

    def _settle(self, today: date) -> int:
        """Pay and report settlements; what a file says of them is handed in at once, for no case follows from it."""
        done = self._settlements.work(today)
        if done and (bad := self.hand_in(today)):
            raise RefusedRowError(bad)
        return done

    def hand_in(self, today: date) -> list[BadRow]:
        """Import the files of what was registered and decided; the rows that were refused."""
        clerk = self._clerk
        if clerk.files is None or not clerk.files.is_waiting:
            return []
        agency = clerk.agency_on(today)
        with self.local.batch():
            self.local.keep_agency(agency)
            return clerk.files.hand_in(today, DocumentOffice(self.local, agency, clerk.procedures))

    def _decisions(self, today: date) -> int:
        """Hand in what was decided, and go on with these files; returns how many tasks were done besides."""
        decided, self._decided, done = self._decided, {}, 0
        before = self.local.last_sequence()
        bad = self.hand_in(today)
        written = self.local.outgoing(before, 2 * len(decided))
        for document in written:
            self._by_case[document.case].add(document)
        said = {document.case for document in written}
        for file in decided.values():
            with self._one(file):
                if not any(one.case in said for one in _decided_on(file)):
                    raise RefusedRowError(bad)
                file.task = self._clerks[file.part].next_task(file)
            done += self._go_on(file, today)
        return done + self._work_due(today)

    def _work_due(self, today: date) -> int:
        """Work on what is due; a person's next case waits for what was decided on the one before."""
        done, later = 0, list[tuple[date, int, UUID]]()
        while self._due and self._due[0][0] <= today:
            day, _, transfer = heapq.heappop(self._due)
            file = self._files.get(transfer)
            if file is None or file.due != day:  # it has been entered under another day since
                continue
            if transfer in self._decided:  # what comes next is seen once the decision was handed in
                continue
            if any(other.plan.person == file.plan.person for other in self._decided.values()):
                later.append((day, file.plan.index, transfer))
                continue
            file.due = None
            done += self._go_on(file, today)
        for entry in later:
            heapq.heappush(self._due, entry)
        return done

    def _go_on(self, file: CaseFile, today: date) -> int:
        """Work on a file and enter it under its next day, unless that is seen once its decision was handed in."""
        acts = 0
        with self._one(file):
            with self.local.attempt():
                acts, task = self._work_on(file, today)
            if file.transfer not in self._decided:
                self._schedule(file, task)
        return acts

    def _work_on(self, file: CaseFile, today: date) -> tuple[int, Task | None]:
        """Do what is due on one file; how many tasks that were, and the one that comes next."""
        clerk, task, done, files = self._clerks[file.part], file.task, 0, self._clerk.files
        while task is not None and task.day <= today:
            task.act(today)
            done += 1
            assert done < _MOST_TASKS, f"{file.case}: what was done is to be done again"
            if files is not None and any(one.case in files.handed for one in _decided_on(file)):
                self._decided[file.transfer] = file
                return done, None
            task = clerk.next_task(file)
        return done, task

    def close(self) -> None:
        """Close the local system, and the province's own files."""
        if self._clerk.files is not None:
            self._clerk.files.close()
        self.local.close()


_MOST_TASKS = 1_000
"""Of one file on a day; a task that leaves no trace would come for ever."""


def _decided_on(file: CaseFile) -> Sequence[CaseFile]:
    """The files whose cases a task of one may decide on: a reversal says of the first transfer that it is undone."""
    return (file,) if file.first is None else (file, file.first)
