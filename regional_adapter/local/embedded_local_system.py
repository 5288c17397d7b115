"""A province's own small system in one SQLite file: persons, histories and applications, and the documents about them.

It stands for what each province really has. Plain personal data lies only here, under DIR/local/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from jinbao.regional_adapter.local.document_rows import IN_COLUMNS, incoming_from_row
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_documents import DocumentBook, UnknownCaseError
from jinbao.regional_adapter.local.local_layout import PERSON_NAME, PERSONAL_NAME, PERSONAL_NUMBER
from jinbao.regional_adapter.local.local_records import Account, Application, ContributionRow, LocalRecord, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.rules.notices import TOLD
from jinbao.schemas.messages import Agency

__all__ = ["EmbeddedLocalSystem", "UnknownCaseError"]

ENDING_KINDS = (
    "ApplicationRefused",
    "TransferWithdrawn",
    "TransferClosed",
    "TransferCompleted",
    "TransferReversed",
    "UnassignedFundsAssigned",
)
"""Documents that end a case."""

_AFTER_DIGITS = chr(ord("9") + 1)
_IMPORT_CACHE_KIB = 65_536

R = TypeVar("R", bound=LocalRecord)


class EmbeddedLocalSystem(DocumentBook):
    """One province's persons, contribution histories, applications and documents."""

    def register_person(self, person: Person) -> bool:
        """Keep a person, replacing an earlier record of the same number; False when nothing changed."""
        return self._put("persons", person.number, person)

    def register_account(self, account: Account) -> bool:
        """Keep the account data of a person; False when nothing changed."""
        return self._put("accounts", account.number, account)

    def register_contribution(self, row: ContributionRow) -> bool:
        """Keep a row of a person's history, replacing one of the same year, month and province; False if the same."""
        return self.register_contributions([row]) == 1

    def register_contributions(self, rows: Sequence[ContributionRow]) -> int:
        """The same of several rows at once; how many of them changed something."""
        before = self._db.total_changes
        self._db.executemany(
            "INSERT INTO contributions (number, year, first_month, province, record) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (number, year, first_month, province) DO UPDATE SET record = excluded.record"
            " WHERE record IS NOT excluded.record",
            [(row.number, row.year, row.first_month, row.province, msgspec.json.encode(row)) for row in rows],
        )
        return self._db.total_changes - before

    def register_application(self, application: Application, *, person_changed: bool = False) -> bool:
        """Keep an application; another content under the same number, or of the applicant's own record, is its next
        revision; False if nothing changed.
        """
        with self.batch():
            before = self.application(application.number)
            revision = 1 if before is None else before.revision
            application = msgspec.structs.replace(application, revision=revision)
            if application == before and not person_changed:
                return False
            if before is not None:
                application = msgspec.structs.replace(application, revision=revision + 1)
            self._db.execute(
                "INSERT INTO applications (number, person, record, revision) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (number) DO UPDATE SET person = excluded.person, record = excluded.record,"
                " revision = excluded.revision",
                (
                    application.number,
                    application.person,
                    msgspec.json.encode(application),
                    application.revision,
                ),
            )
            return True

    def change_applicant(self, application: Application, person: Person, *, work: bool) -> None:
        """Let an application be another person's; `work`: it is to be handled again."""
        with self.batch():
            self.register_person(person)
            changed = msgspec.structs.replace(application, person=person.number, revision=application.revision + 1)
            self._db.execute(
                "UPDATE applications SET person = ?, record = ?, revision = ? WHERE number = ?",
                (person.number, msgspec.json.encode(changed), changed.revision, changed.number),
            )
            if not work:
                self.application_handled(changed)

    def expect_many_rows(self) -> None:
        """Hold more of the file in memory, so that an import of a million rows does not read its pages again."""
        self._db.execute(f"PRAGMA cache_size = -{_IMPORT_CACHE_KIB}")

    def keep_only_contributions(self, number: str, rows: Sequence[ContributionRow]) -> None:
        """Drop the rows of a person's history that are not among the given ones, which are the whole of it."""
        kept = {(r.year, r.first_month, r.province) for r in rows}
        there = self._db.execute("SELECT year, first_month, province FROM contributions WHERE number = ?", (number,))
        gone = [key for key in there if key not in kept]
        self._db.executemany(
            "DELETE FROM contributions WHERE number = ? AND year = ? AND first_month = ? AND province = ?",
            [(number, *key) for key in gone],
        )

    def pending_applications(self, limit: int = -1) -> list[Application]:
        """Applications, in order of registration, whose newest revision nobody has handled yet."""
        rows = self._db.execute(
            "SELECT record FROM applications WHERE revision > handled ORDER BY position LIMIT ?", (limit,)
        )
        return [msgspec.json.decode(record, type=Application) for (record,) in rows]

    def application_handled(self, application: Application) -> None:
        """Remember that this revision of the application was handled."""
        self._db.execute(
            "UPDATE applications SET handled = ?1 WHERE number = ?2 AND handled <> ?1",
            (application.revision, application.number),
        )

    def sheets_to_check(self) -> list[tuple[Application, IncomingDocument]]:
        """The newest sheet of each application's transfer that is not completed, with the application.

        A completion that the platform rejected is none.
        """
        columns = ", ".join(f"i.{name.strip()}" for name in IN_COLUMNS.split(","))
        rows = self._db.execute(
            f"SELECT {columns}, a.record, MAX(printf('%020d %020d', i.arrived_at, i.position)) FROM documents_in i"
            " JOIN transfers t ON t.transfer_id = i.transfer_id JOIN applications a ON a.number = t.case_id"
            " WHERE i.kind = 'InformationSheetSent' AND NOT EXISTS (SELECT 1 FROM documents_out o"
            " WHERE o.case_id = a.number AND o.kind = 'TransferCompleted' AND o.state <> ?)"
            " GROUP BY i.transfer_id ORDER BY i.position",
            (DocumentState.REJECTED,),
        )
        return [
            (msgspec.json.decode(record, type=Application), incoming_from_row(row)) for *row, record, _newest in rows
        ]

    def history_is_complete(self, number: str) -> bool:
        """Whether there is a history whose months add up to the account's total, where that is stated."""
        account, rows = self.account(number), self.contributions(number)
        if account is None or not rows:
            return False
        return account.months_total is None or sum(row.months for row in rows) == account.months_total

    def person(self, number: str) -> Person | None:
        """The person registered under that number."""
        return self._get("persons", number, Person)

    def account(self, number: str) -> Account | None:
        """The account data of the person with that number."""
        return self._get("accounts", number, Account)

    def contributions(self, number: str) -> list[ContributionRow]:
        """The person's history, in order of time."""
        rows = self._db.execute(
            "SELECT record FROM contributions WHERE number = ? ORDER BY year, first_month, province", (number,)
        )
        return [msgspec.json.decode(record, type=ContributionRow) for (record,) in rows]

    def application(self, number: str) -> Application | None:
        """The application with that number."""
        row = self._db.execute("SELECT record FROM applications WHERE number = ?", (number,)).fetchone()
        return msgspec.json.decode(row[0], type=Application) if row else None

    def applications(self) -> list[Application]:
        """All applications, in order of registration."""
        rows = self._db.execute("SELECT record FROM applications ORDER BY position")
        return [msgspec.json.decode(record, type=Application) for (record,) in rows]

    def live_cases(self, after: str = "", limit: int = -1) -> list[str]:
        """Cases that no standing document has ended, as documents name them, applications that nobody has taken, and
        what has ended without anybody's being told. In order of number, at most `limit`, those above `after`.
        """
        ending = ", ".join(f"'{kind}'" for kind in ENDING_KINDS)
        told = ", ".join(f"'{kind}'" for kind in sorted(TOLD))
        name = "COALESCE(t.case_id, lower(hex(i.transfer_id)))"
        came = f"SELECT {name} FROM documents_in i LEFT JOIN transfers t ON t.transfer_id = i.transfer_id"
        rows = self._db.execute(
            "SELECT name FROM (WITH known (name) AS"
            " (SELECT number FROM applications UNION SELECT case_id FROM documents_out"
            f" UNION {came} WHERE i.transfer_id <> zeroblob(16)),"
            f" ended AS (SELECT case_id FROM documents_out o WHERE kind IN ({ending}) AND state <> ?1 AND NOT EXISTS"
            " (SELECT 1 FROM documents_out a WHERE a.case_id = o.case_id AND a.kind = 'FactAnnulled' AND a.state <> ?1"
            " AND json_extract(CAST(a.fields AS TEXT), '$.annulled_document.sequence') = o.sequence)"
            f" UNION {came} WHERE i.kind IN ({ending}) AND NOT EXISTS (SELECT 1 FROM documents_in a"
            " WHERE a.transfer_id = i.transfer_id AND a.kind = 'FactAnnulled'"
            " AND replace(json_extract(CAST(a.fields AS TEXT), '$.annulled_event_id'), '-', '') ="
            " lower(hex(i.event_id))))"
            " SELECT * FROM known EXCEPT SELECT * FROM ended"
            f" UNION SELECT case_id FROM documents_out o WHERE kind IN ({told}) AND state = ?2 AND NOT EXISTS"
            " (SELECT 1 FROM documents_out i WHERE i.case_id = o.case_id AND i.kind IN ('PersonInformed',"
            " 'EmployerInformed') AND json_extract(CAST(i.fields AS TEXT), '$.about') = o.kind))"
            " WHERE name > ?3 ORDER BY name LIMIT ?4",
            (DocumentState.REJECTED, DocumentState.ACCEPTED, after, limit),
        )
        return [case for (case,) in rows]

    def changed_cases(self) -> tuple[list[str], int]:
        """Cases that have changed and that `changes_seen` has not dropped, and the number of the last change."""
        rows = self._db.execute("SELECT case_id, change FROM changed_cases ORDER BY change").fetchall()
        return [case for case, _ in rows], rows[-1][1] if rows else 0

    def changes_seen(self, last: int) -> None:
        """Drop the changes up to that number: whoever lists cases has seen them."""
        self._db.execute("DELETE FROM changed_cases WHERE change <= ?", (last,))

    def cases_called(self, name: str) -> list[str]:
        """Cases by a number that a clerk has: the case's own, a transfer id or its beginning, or a letter's number."""
        came = (
            " UNION SELECT COALESCE(t.case_id, lower(hex(i.transfer_id))) FROM documents_in i"
            " LEFT JOIN transfers t ON t.transfer_id = i.transfer_id WHERE i.transfer_id <> zeroblob(16) AND"
        )
        rows = self._db.execute(
            "SELECT number FROM applications WHERE number = ?1"
            " UNION SELECT case_id FROM documents_out WHERE case_id = ?1"
            " UNION SELECT case_id FROM documents_out WHERE key = ?1"
            " AND kind IN ('ContactLetterIssued', 'TransferOffered')"
            " UNION SELECT case_id FROM transfers WHERE transfer_id BETWEEN ?2 AND ?3"
            f"{came} i.kind IN ('ContactLetterIssued', 'TransferOffered') AND i.local_document = ?1"
            f"{came} i.transfer_id BETWEEN ?2 AND ?3",
            (name, *_ids_beginning(name)),
        )
        return sorted(case for (case,) in rows)

    def next_number(self, prefix: str) -> str:
        """The prefix with a running number that no case has yet."""
        row = self._db.execute(
            "SELECT MAX(CAST(substr(number, length(?1) + 1) AS INTEGER)) FROM"
            " (SELECT number FROM applications WHERE number >= ?1 AND number < ?2"
            " UNION ALL SELECT case_id FROM documents_out WHERE case_id >= ?1 AND case_id < ?2)"
            " WHERE substr(number, length(?1) + 1) NOT GLOB '*[^0-9]*' AND length(number) < length(?1) + 10",
            (prefix, f"{prefix}{_AFTER_DIGITS}"),
        ).fetchone()
        return f"{prefix}{(row[0] or 0) + 1:04d}"

    def cases_of_person(self, text: str) -> list[str]:
        """Cases of the persons whose identity number or name is exactly this, in order of number."""
        came = (
            " UNION SELECT COALESCE((SELECT t.case_id FROM transfers t WHERE t.transfer_id = i.transfer_id),"
            " lower(hex(i.transfer_id))) FROM documents_in i WHERE i.transfer_id <> zeroblob(16) AND"
        )
        rows = self._db.execute(
            "SELECT number FROM applications WHERE person = ?1"
            " UNION SELECT number FROM applications WHERE person IN"
            f" (SELECT number FROM persons WHERE {PERSON_NAME} = ?1)"
            " UNION SELECT case_id FROM documents_out WHERE person = ?1"
            f" UNION SELECT case_id FROM documents_out WHERE {PERSONAL_NAME} = ?1"
            f" UNION SELECT case_id FROM documents_out WHERE {PERSONAL_NUMBER} = ?1"
            f"{came} {PERSONAL_NAME} = ?1{came} {PERSONAL_NUMBER} = ?1",
            (text,),
        )
        return sorted(case for (case,) in rows)

    def reasons_left(self, case: str) -> list[str]:
        """Why the automatic desk leaves a case to a clerk, in Chinese and English."""
        rows = self._db.execute("SELECT reason FROM desk_waiting WHERE case_id = ? ORDER BY rowid", (case,))
        return [reason for (reason,) in rows]

    def keep_agency(self, agency: Agency) -> None:
        """Keep the agency's own contact and bank data, as its configuration says them; writes only what has changed."""
        if self.agency() == agency:
            return
        self._db.execute("INSERT OR REPLACE INTO own_agency (id, record) VALUES (1, ?)", (msgspec.json.encode(agency),))

    def agency(self) -> Agency | None:
        """The agency's own contact and bank data; None before its adapter has run."""
        row = self._db.execute("SELECT record FROM own_agency").fetchone()
        return msgspec.json.decode(row[0], type=Agency) if row else None

    def _put(self, table: str, number: str, record: LocalRecord) -> bool:
        changed = self._db.execute(
            f"INSERT INTO {table} (number, record) VALUES (?, ?) ON CONFLICT (number)"
            " DO UPDATE SET record = excluded.record WHERE record IS NOT excluded.record",
            (number, msgspec.json.encode(record)),
        ).rowcount
        return changed == 1

    def _get(self, table: str, number: str, type_: type[R]) -> R | None:
        row = self._db.execute(f"SELECT record FROM {table} WHERE number = ?", (number,)).fetchone()
        return msgspec.json.decode(row[0], type=type_) if row else None


def _ids_beginning(text: str) -> tuple[bytes | None, bytes | None]:
    """The first and the last transfer id that begin so; none where it is too short to be meant, or no beginning."""
    digits = text.replace("-", "").lower()
    if not 8 < len(digits) <= 32 or set(digits) - set("0123456789abcdef"):
        return None, None
    return bytes.fromhex(digits.ljust(32, "0")), bytes.fromhex(digits.ljust(32, "f"))
