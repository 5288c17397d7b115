"""Writes what came back into files of the province's own format: CSV in GB18030, Chinese headers, amounts in yuan.

One file a document, named by its event id or payment reference, put in place by renaming: written again it is the same
file with the same bytes. Payment orders for the province's bank leave the same way, once the platform has accepted both
the order and a sheet that it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from jinbao.presentation.labels import DOCUMENT_TITLES
from jinbao.regional_adapter.exchange.set_aside import SetAsideBook, failed
from jinbao.regional_adapter.files.csv_files import write_another_csv
from jinbao.regional_adapter.files.document_table import incoming_table
from jinbao.regional_adapter.files.set_aside_list import SetAsideList
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.money import format_yuan

BATCH = 500
"""Maximum number of files in one step."""

_PAYEE_KNOWN_FROM = ("ContactLetterIssued", "AgencyChanged")
"""Messages of the other side that say where it takes money."""
_NOT_IN_NAMES = re.compile(r"[^\w.-]")


class FileExchange:
    """Writes one province's incoming documents under `folder`/in and its payment orders under `folder`/out."""

    def __init__(self, local: EmbeddedLocalSystem, folder: Path, set_aside: SetAsideBook) -> None:
        """`set_aside` keeps what cannot be written as a file."""
        self._local = local
        self._folder = folder
        self._set_aside = set_aside
        self._list = SetAsideList(set_aside, folder, DOCUMENT_TITLES)
        self._again = True

    def step(self, now: int) -> int:
        """Write what has not been written yet; the number of files. A crash before the mark writes the same again."""
        if self._again:
            self._write_again(now)
        incoming = self._local.incoming(since=self._local.mark("files in"), limit=BATCH)
        for document in incoming:
            self._write_incoming(document, now)
        if incoming:
            self._local.set_mark("files in", incoming[-1].position)
        payments = self._local.to_release("FundsRemitted", "SettlementPaid")
        orders = [order for order in payments if self._sheet_stands(order)][:BATCH]
        for order in orders:
            self._write_order(order, now)
            self._local.released(order)
        self._list.write()
        return len(incoming) + len(orders)

    def _sheet_stands(self, order: LocalDocument) -> bool:
        """Whether the platform has accepted a sheet of the case: without one the bank gets no order.

        A settlement has none: the platform accepts its payment only where it has stated the sum.
        """
        if order.kind == "SettlementPaid":
            return True
        return any(sheet.stands for sheet in self._local.documents(case=order.case, kind="InformationSheetSent"))

    def try_again(self) -> None:
        """Write in the next step what could not be written."""
        self._again = True

    def _write_again(self, now: int) -> None:
        self._again = False
        for kept in self._set_aside.all("file"):
            direction, _, number = kept.what.subject.partition(" ")
            if direction == "in":
                found = self._local.incoming(since=int(number) - 1, limit=1)
                is_written = all(self._write_incoming(document, now) for document in found)
            else:
                is_written = all(self._write_order(d, now) for d in self._local.outgoing(int(number) - 1, 1))
            if is_written:
                self._set_aside.settle([kept.id])

    def _write_incoming(self, document: IncomingDocument, now: int) -> bool:
        case = _in_a_name(self._local.case_of(document.transfer_id))
        number = _in_a_name(document.local_document)
        named = number if number.startswith(case) else f"{case}-{number}"
        file = self._folder / "in" / f"{document.kind}-{named}-{document.event_id}.csv"
        subject, transfer = f"in {document.position}", str(document.transfer_id)
        return self._write(file, lambda: incoming_table(document), subject, document.kind, transfer, now)

    def _write_order(self, order: LocalDocument, now: int) -> bool:
        transfer = self._local.transfer_of(order.case)
        case = self._local.case_of(transfer) if transfer else order.case
        file = self._folder / "out" / f"付款指令-{_in_a_name(case)}-{_in_a_name(order.key)}.csv"
        subject = f"out {order.sequence}"
        return self._write(file, lambda: self._payment_order(order), subject, order.kind, order.case, now)

    def _write(
        self, file: Path, rows: Callable[[], list[dict[str, str]]], subject: str, kind: str, case: str, now: int
    ) -> bool:
        """Write a document's file, or set the document aside; whether it was written."""
        try:
            write_another_csv(file, rows())
        except Exception as error:
            self._set_aside.keep([failed(error, "file", subject, kind=kind, cases=(case,))], now)
            return False
        return True

    def _payment_order(self, order: LocalDocument) -> list[dict[str, str]]:
        """付款指令 for the bank: the payee as the newest contact letter, or notice of a change, names it.

        For a transfer that this province offered, and for a settlement, no letter came: the payee is the other agency's
        registered account, and the remark the case's number.
        """
        fields, payee, where, number = order.fields, dict[str, str](), "", order.case
        offered = self._local.documents(case=order.case, kind="TransferOffered")
        if order.kind == "SettlementPaid":
            where = str(fields["counterpart"])
        elif offered:
            where = str(offered[-1].fields["destination"])
        else:
            transfer = UUID(hex=order.case)
            letter = self._local.incoming("ContactLetterIssued", transfer=transfer)[-1]
            where, number = letter.sender, letter.local_document
            newest = [d for kind in _PAYEE_KNOWN_FROM for d in self._local.incoming(kind, transfer=transfer)]
            payee = max(newest, key=lambda d: (d.arrived_at, d.position)).fields["agency"]
        return [
            {
                "付款省份": self._local.province,
                "付款日期": str(fields.get("remitted_on") or fields["paid_on"]),
                "付款编号": str(fields["payment_reference"]),
                "付款行号": str(fields["payment_line"]),
                "金额(元)": format_yuan(int(fields["amount"])),
                "收款省份": where,
                "收款户名": payee.get("account_title", ""),
                "收款账号": payee.get("account_number", ""),
                "收款开户行": payee.get("bank_name", ""),
                "附言": number,
            }
        ]


def _in_a_name(number: str) -> str:
    """A document's number as part of a file's name; names of two may agree, and their files then get a number."""
    return _NOT_IN_NAMES.sub("_", number)[:80]
