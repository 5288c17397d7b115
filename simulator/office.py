"""One province in the simulation: its local system, its adapter, its two desks, and the files they work from."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import date
from uuid import UUID

from jinbao.regional_adapter.adapter import RegionalAdapter
from jinbao.regional_adapter.local_records import Application, Person
from jinbao.simulator.banks import Banks
from jinbao.simulator.case_file import CaseFile, Part
from jinbao.simulator.destination_desk import DestinationDesk
from jinbao.simulator.origin_desk import OriginDesk
from jinbao.simulator.plan import Plan
from jinbao.simulator.population import History

PlanOf = Callable[[UUID], Plan | None]


class Office:
    """Works through the day's tasks of its files; the day's documents are one transaction of the local system."""

    def __init__(
        self, destination: DestinationDesk, origin: OriginDesk, banks: Banks, adapter: RegionalAdapter, plan_of: PlanOf
    ) -> None:
        self.province = destination.province
        self.local = destination.local
        self.adapter = adapter
        self._desks: dict[Part, DestinationDesk | OriginDesk] = {
            Part.DESTINATION: destination,
            Part.SECOND: destination,
            Part.ORIGIN: origin,
            Part.STRANGER: origin,
        }
        self._banks = banks
        self._plan_of = plan_of
        self._files: dict[UUID, CaseFile] = {}
        self._closed: set[UUID] = set()
        """Transfers on which nothing is left to do here: their files are put away, what still comes is only kept."""
        self._by_case: dict[str, CaseFile] = {}
        self._due: list[tuple[date, int, UUID]] = []
        """A heap of days on which a file may have something to do; a file may stand in it more than once."""
        self._read_documents = 0
        self._read_postings = 0

    # --- files ---

    def open_file(self, file: CaseFile) -> CaseFile:
        """Begin a file, unless there is one on that transfer."""
        kept = self._files.setdefault(file.transfer, file)
        if kept is file:
            self._by_case[file.case] = file
        return kept

    def recall(self) -> None:
        """Put all documents and postings back into the files, after a run was opened again."""
        for document in self.local.documents():
            file = self._by_case.get(document.case) or self._file_on(UUID(hex=document.case))
            if file is not None:
                file.written.setdefault(document.kind, []).append(document)
        self._file_new_post()
        for file in list(self._files.values()):
            self.schedule(file)

    def schedule(self, file: CaseFile) -> None:
        """See to it that the file is looked at on the day of its next task, or put away when there is none left."""
        desk = self._desks[file.part]
        task = desk.next_task(file)
        if task is not None:
            heapq.heappush(self._due, (task.day, file.plan.index, file.transfer))
        elif desk.has_ended(file):
            self._closed.add(file.transfer)
            del self._files[file.transfer], self._by_case[file.case]

    def _file_on(self, transfer: UUID) -> CaseFile | None:
        """The file on a transfer; the first message about an unknown one opens it at the origin."""
        file = self._files.get(transfer)
        if file is not None or transfer in self._closed:
            return file
        plan = self._plan_of(transfer)
        if plan is None or plan.origin != self.province:
            return None
        return self.open_file(CaseFile(plan, Part.ORIGIN, transfer, transfer.hex))

    # --- the day ---

    def register_applicant(self, person: Person, application: Application) -> None:
        """The counter takes an application; the desk accepts it by its plan."""
        self.local.register_person(person)
        self.local.register_application(application)

    def register_insured(self, person: Person, history: History) -> None:
        """What this province has known of the person all along."""
        self.local.register_person(person)
        self.local.register_account(history.account)
        for row in history.rows:
            self.local.register_contribution(row)

    def read_post(self) -> None:
        """File what has come in and what the bank has booked since the last time."""
        for file in self._file_new_post():
            self.schedule(file)

    def _file_new_post(self) -> list[CaseFile]:
        """File the new documents and postings; returns the files that they went into."""
        touched: dict[UUID, CaseFile] = {}
        for document in self.local.incoming(since=self._read_documents):
            self._read_documents = document.position
            file = self._file_on(document.transfer_id)
            if file is not None:
                file.came.setdefault(document.kind, []).append(document)
                touched[file.transfer] = file
        for entry in self._banks.statement(self.province, since=self._read_postings):
            self._read_postings = entry.entry
            file = self._files.get(entry.transfer_id)
            if file is not None:
                file.bank.append(entry)
                touched[file.transfer] = file
        return list(touched.values())

    def work(self, today: date) -> int:
        """Do everything that is due by today, in the order of day and case; returns how many tasks that were."""
        done = 0
        while self._due and self._due[0][0] <= today:
            _, _, transfer = heapq.heappop(self._due)
            file = self._files.get(transfer)
            if file is None:
                continue
            desk = self._desks[file.part]
            while (task := desk.next_task(file)) is not None and task.day <= today:
                task.act(today)
                done += 1
            self.schedule(file)
        return done

    def close(self) -> None:
        """Leave the bus and close the local system."""
        self.adapter.close()
        self.local.close()
