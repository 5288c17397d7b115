"""The documents of a province's small local system: what went out, what came in, and how far somebody has read.

One SQLite file, which `embedded_local_system` extends with persons and applications.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from jinbao.regional_adapter.local.bank_book import BankBook
from jinbao.regional_adapter.local.document_rows import (
    IN_COLUMNS,
    OUT_COLUMNS,
    conditions,
    incoming_from_row,
    outgoing_from_row,
    raw,
    transfer_of,
    uuid_of,
)
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_layout import LOCAL_SYSTEM
from jinbao.regional_adapter.local.local_system import DocumentOutcome, IncomingDocument, LocalDocument
from jinbao.rules.schemes import ENTERPRISE_EMPLOYEES
from jinbao.storage.sqlite_file import open_file

LOCK_TIMEOUT_S = 120.0
"""How long to wait while another process, an import of a long file, writes."""


_WHOSE = (
    "SELECT COALESCE((SELECT person FROM documents_out WHERE case_id = ?1 AND person IS NOT NULL LIMIT 1),"
    " (SELECT person FROM applications WHERE number = ?1)), (SELECT transfer_id FROM transfers WHERE case_id = ?1),"
    " EXISTS (SELECT 1 FROM documents_out WHERE case_id = ?1 AND kind = 'IdentityCorrected')"
)
"""Of a case: the person with whom it began here, its transfer's id, and whether this province corrected the number."""


class UnknownCaseError(Exception):
    """A document names a case that is neither an application here nor a transfer that any message has spoken of."""


class DocumentBook:
    """Documents out and in, in one SQLite file.

    Every command is its own transaction, unless it runs inside `batch()`. `durable=False` gives up surviving a power
    cut (never a crash of the program) for speed. The folder, made when missing, is its owner's alone.
    """

    def __init__(self, path: Path | str, province: str, *, durable: bool = True) -> None:
        self.province = province
        self.path = Path(path)
        self._db = open_file(
            self.path,
            LOCAL_SYSTEM,
            synchronous="FULL" if durable else "OFF",
            timeout_s=LOCK_TIMEOUT_S,
            cached_statements=256,
        )
        self._depth = 0
        self.bank = BankBook(self._db, self.batch)
        """Its bank accounts and their statements."""

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Make all commands inside one transaction: all are kept, or none when an exception leaves the block."""
        if self._depth == 0:
            self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
            if self._depth == 1:
                self._db.execute("COMMIT")
        except BaseException:
            if self._depth == 1 and self._db.in_transaction:  # a full disk ends it by itself
                self._db.execute("ROLLBACK")
            raise
        finally:
            self._depth -= 1

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Within a batch: all commands of the block are kept, or none of them when an exception leaves it."""
        self._db.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK TO attempt")
            raise
        finally:
            if self._db.in_transaction:
                self._db.execute("RELEASE attempt")

    def write_document(
        self,
        kind: str,
        key: str,
        case: str,
        fields: Mapping[str, Any],
        operator: str,
        written_at: int,
        attempt: int = 1,
        answers: UUID | None = None,
        relationship: UUID | None = None,
        person: str | None = None,
        follows: int | None = None,
    ) -> int:
        """Write an outgoing document and return its sequence.

        `case` is the application's number, or the transfer id (32 hex digits) of an incoming message; `relationship`
        needs to be given only where no message of that transfer has come in. `person` is given where the record begins
        something of its own (an offer, a certificate, a temporary account, money that nobody knows), whose number is
        `case`; later documents of it need no more than that number. `follows`: the annulment that must be accepted
        before the document goes out; refused, it takes the document with it. The same record again (kind, key, case,
        attempt, fields) writes nothing and returns the first one's sequence; other fields make a new document.
        Raises UnknownCaseError.
        """
        body = msgspec.json.encode(fields, order="sorted")
        digest = hashlib.sha256(body).digest()[:16]
        corrected = None
        if relationship is None:
            begun_for, transfer, is_corrected = self._db.execute(_WHOSE, (case,)).fetchone()
            person = person or begun_for
            relationship, corrected = self._moved_to(case, uuid_of(transfer) or transfer_of(case), is_corrected)
            if relationship is None and person is None:
                relationship = self._relationship(case)
        written = self._db.execute(
            "INSERT INTO documents_out (kind, key, attempt, case_id, operator, written_at, answers, relationship,"
            " person, scheme, fields, digest, corrected, follows) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (
                kind,
                key,
                attempt,
                case,
                operator,
                written_at,
                raw(answers),
                raw(relationship),
                person,
                ENTERPRISE_EMPLOYEES,
                body,
                digest,
                corrected,
                follows,
            ),
        )
        if written.rowcount == 1:
            assert written.lastrowid is not None
            return written.lastrowid
        return self._written_before(case, kind, key, attempt, digest)

    def _written_before(self, case: str, kind: str, key: str, attempt: int, digest: bytes) -> int:
        """Sequence of the document that the same record made."""
        (sequence,) = self._db.execute(
            "SELECT sequence FROM documents_out WHERE case_id = ? AND kind = ? AND key = ? AND attempt = ?"
            " AND digest = ?",
            (case, kind, key, attempt, digest),
        ).fetchone()
        return int(sequence)

    def begun(self, transfers: Mapping[str, UUID]) -> None:
        """Take the ids of transfers that began here, by the number of their case; told again, nothing changes."""
        self._db.executemany(
            "INSERT INTO transfers (case_id, transfer_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(case, transfer.bytes) for case, transfer in transfers.items()],
        )

    def transfer_of(self, case: str) -> UUID | None:
        """Id of the transfer of a case: of one that began here once the adapter has told it, or the number itself."""
        row = self._db.execute("SELECT transfer_id FROM transfers WHERE case_id = ?", (case,)).fetchone()
        return UUID(bytes=row[0]) if row else transfer_of(case)

    def case_of(self, transfer: UUID) -> str:
        """What a clerk here calls the case: the number under which it began here, else its id's first eight digits."""
        row = self._db.execute("SELECT case_id FROM transfers WHERE transfer_id = ?", (transfer.bytes,)).fetchone()
        return str(row[0]) if row else str(transfer)[:8]

    def _moved_to(self, case: str, transfer: UUID | None, is_corrected: bool) -> tuple[UUID | None, str | None]:
        """Where the case goes on after a correction of the identity: its relationship, or the right number.

        The relationship is that of the platform's newest word on it, which may be that it stays where it was; the
        number that of a correction of our own which the platform has not yet carried out and not rejected.
        """
        moved, relationship = -1, None
        if transfer is not None:
            row = self._db.execute(
                "SELECT arrived_at, relationship_id FROM documents_in WHERE transfer_id = ?"
                " AND kind IN ('CaseContinued', 'ContinuationRefused') ORDER BY arrived_at DESC, position DESC LIMIT 1",
                (transfer.bytes,),
            ).fetchone()
            if row is not None:
                moved, relationship = row[0], UUID(bytes=row[1])
        corrections = self.documents(case=case, kind="IdentityCorrected") if is_corrected else []
        own = [d for d in corrections if d.written_at > moved]
        if own:
            answers = self.incoming("SubmissionAnswered", transfer=transfer) if transfer else []
            rejected = {answer.fields.get("document", {}).get("sequence") for answer in answers}
            standing = [d for d in own if d.sequence not in rejected]
            if standing:
                return relationship, str(standing[-1].fields["personal"]["number"])
        return relationship, None

    def _relationship(self, case: str) -> UUID:
        transfer = transfer_of(case)
        if transfer is None:
            raise UnknownCaseError("no such application here, and not a transfer id")
        row = self._db.execute(
            "SELECT relationship_id FROM documents_in WHERE transfer_id = ?"
            " ORDER BY kind = 'SubmissionAnswered', position DESC LIMIT 1",
            (transfer.bytes,),
        ).fetchone()
        if row is None:
            raise UnknownCaseError(f"no message of transfer {transfer} has come in")
        return UUID(bytes=row[0])

    def documents(
        self, *, case: str | None = None, kind: str | None = None, key: str | None = None
    ) -> list[LocalDocument]:
        """Outgoing documents, in order, of one case, kind or record."""
        where, values = conditions(case_id=case, kind=kind, key=key)
        rows = self._db.execute(f"SELECT {OUT_COLUMNS} FROM documents_out{where} ORDER BY sequence", values)
        return [outgoing_from_row(row) for row in rows]

    def count_of(self, case: str) -> int:
        """How many outgoing documents a case has."""
        (count,) = self._db.execute("SELECT count(*) FROM documents_out WHERE case_id = ?", (case,)).fetchone()
        return int(count)

    def incoming(
        self, kind: str | None = None, *, since: int = 0, transfer: UUID | None = None, limit: int = -1
    ) -> list[IncomingDocument]:
        """Incoming documents with a position above `since`, in order of arrival, of one kind or transfer."""
        where, values = conditions(kind=kind, transfer_id=raw(transfer))
        where = f"{where} AND position > ?" if where else " WHERE position > ?"
        rows = self._db.execute(
            f"SELECT {IN_COLUMNS} FROM documents_in{where} ORDER BY position LIMIT ?", (*values, since, limit)
        )
        return [incoming_from_row(row) for row in rows]

    def mark(self, name: str) -> int:
        """A named number that somebody working here remembers (how far a desk has read); 0 when never set."""
        row = self._db.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def set_mark(self, name: str, value: int) -> None:
        """Remember a named number."""
        self._db.execute("INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)", (name, value))

    def unanswered(self, kind: str, answers: Sequence[str]) -> list[IncomingDocument]:
        """Incoming documents of a kind that no outgoing one of the kinds `answers` answers, in order.

        An answer that the platform rejected is none: the records may have been put right since.
        """
        kinds = ", ".join("?" * len(answers))
        rows = self._db.execute(
            f"SELECT {IN_COLUMNS} FROM documents_in i WHERE kind = ? AND NOT EXISTS (SELECT 1 FROM documents_out o"
            f" WHERE o.answers = i.event_id AND o.kind IN ({kinds}) AND o.state <> ?) ORDER BY position",
            (kind, *answers, DocumentState.REJECTED),
        )
        return [incoming_from_row(row) for row in rows]

    def version(self) -> tuple[int, int]:
        """Another value whenever anybody has written to the file."""
        (others,) = self._db.execute("PRAGMA data_version").fetchone()
        return int(others), self._db.total_changes

    def last_sequence(self) -> int:
        """Sequence of the newest outgoing document; 0 where there is none."""
        (sequence,) = self._db.execute("SELECT COALESCE(MAX(sequence), 0) FROM documents_out").fetchone()
        return int(sequence)

    def outgoing(self, after: int, limit: int) -> Sequence[LocalDocument]:
        """Documents with a sequence above `after`, in order, at most `limit`."""
        rows = self._db.execute(
            f"SELECT {OUT_COLUMNS} FROM documents_out WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, limit)
        )
        return [outgoing_from_row(row) for row in rows]

    def freed(self) -> Sequence[LocalDocument]:
        """Documents that follow an annulment which is accepted now, in order, until they are `taken`."""
        rows = self._db.execute(
            f"SELECT {OUT_COLUMNS} FROM documents_out INDEXED BY documents_out_follows WHERE follows IS NOT NULL"
            " AND EXISTS (SELECT 1 FROM documents_out a WHERE a.sequence = documents_out.follows AND a.state = ?)"
            " ORDER BY sequence",
            (DocumentState.ACCEPTED,),
        )
        return [outgoing_from_row(row) for row in rows]

    def taken(self, sequences: Sequence[int]) -> None:
        """The adapter has these documents that were freed."""
        self._db.executemany("UPDATE documents_out SET follows = NULL WHERE sequence = ?", [(s,) for s in sequences])

    def note(self, outcomes: Sequence[DocumentOutcome]) -> None:
        """Keep what became of documents, all or none; a state that is not higher than the present changes nothing.

        What follows an annulment that is refused is refused with it.
        """
        if not outcomes:
            return
        with self.batch():
            (change,) = self._db.execute(
                "SELECT COALESCE(MAX(change), 0) FROM documents_out WHERE change IS NOT NULL"
            ).fetchone()
            rows = [
                (o.state, o.code, o.field, o.at, None if o.state is DocumentState.SENT else change + i, o.sequence)
                for i, o in enumerate(outcomes, 1)
            ]
            self._db.executemany(
                "UPDATE documents_out SET state = ?1, code = ?2, field = ?3, decided_at = ?4, change = ?5"
                " WHERE sequence = ?6 AND state < ?1",
                rows,
            )
            if any(o.state is DocumentState.REJECTED for o in outcomes):
                self.note(self._refused_with_theirs())

    def _refused_with_theirs(self) -> list[DocumentOutcome]:
        """The outcomes of documents that wait for an annulment which is refused."""
        rows = self._db.execute(
            "SELECT d.sequence, a.decided_at, a.code FROM documents_out d INDEXED BY documents_out_follows"
            " JOIN documents_out a ON a.sequence = d.follows WHERE d.follows IS NOT NULL AND d.state = ?"
            " AND a.state = ? ORDER BY d.sequence",
            (DocumentState.WRITTEN, DocumentState.REJECTED),
        )
        return [DocumentOutcome(sequence, DocumentState.REJECTED, at, code) for sequence, at, code in rows]

    def decided(self, after: int, limit: int = -1) -> list[tuple[int, LocalDocument]]:
        """Documents whose outcome came after change number `after`, in that order, each with its own number."""
        rows = self._db.execute(
            f"SELECT change, {OUT_COLUMNS} FROM documents_out WHERE change > ? ORDER BY change LIMIT ?", (after, limit)
        )
        return [(change, outgoing_from_row(row)) for change, *row in rows]

    def to_release(self, *kinds: str) -> list[LocalDocument]:
        """Accepted documents of these kinds from which nothing outside has followed yet, in order.

        One that is being taken back does not count, whether the platform has said its word on that or not.
        """
        marks = ", ".join("?" * len(kinds))
        rows = self._db.execute(
            f"SELECT {OUT_COLUMNS} FROM documents_out WHERE released = 0 AND kind IN ({marks}) AND state = ?"
            " AND NOT EXISTS (SELECT 1 FROM documents_out a WHERE a.case_id = documents_out.case_id"
            " AND a.kind = 'FactAnnulled' AND a.state <> ?"
            " AND json_extract(CAST(a.fields AS TEXT), '$.annulled_document.sequence') = documents_out.sequence)"
            " ORDER BY sequence",
            (*kinds, DocumentState.ACCEPTED, DocumentState.REJECTED),
        )
        return [outgoing_from_row(row) for row in rows]

    def released(self, document: LocalDocument) -> None:
        """What follows outside from a document was done: its order is given, whoever must know was told.

        Of one that was refused: it rests, and nobody waits for another in its place.
        """
        self._db.execute("UPDATE documents_out SET released = 1 WHERE sequence = ?", (document.sequence,))

    def leave_to_clerk(self, waiting: Sequence[tuple[str, str]]) -> None:
        """Keep what the desk leaves to a clerk now, case and reason, for whoever asks why a case does not go on."""
        kept = self._db.execute("SELECT case_id, reason FROM desk_waiting ORDER BY rowid").fetchall()
        if kept != list(waiting):
            with self.batch():
                self._db.execute("DELETE FROM desk_waiting")
                self._db.executemany("INSERT INTO desk_waiting (case_id, reason) VALUES (?, ?)", waiting)

    def deliver(self, documents: Sequence[IncomingDocument]) -> None:
        """Take incoming messages, all or none; one that is already there (same sender and id) changes nothing."""
        rows = [
            (
                d.event_id.bytes,
                d.kind,
                d.transfer_id.bytes,
                d.relationship_id.bytes,
                d.sender,
                d.local_document,
                d.occurred_at,
                d.arrived_at,
                msgspec.json.encode(d.fields),
                raw(d.answers),
            )
            for d in documents
        ]
        with self.batch():
            self._db.executemany(
                "INSERT INTO documents_in (event_id, kind, transfer_id, relationship_id, sender, local_document,"
                " occurred_at, arrived_at, fields, answers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                rows,
            )
