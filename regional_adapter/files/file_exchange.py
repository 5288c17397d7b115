"""Writes what came back into files of the province's own format: CSV in GB18030, Chinese headers, amounts in yuan.

One file a document, named by its event id or payment reference, put in place by renaming: written again it is the same
file with the same bytes. Payment orders for the province's bank leave the same way, once the platform has accepted both
the order and a sheet that it rests on.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from jinbao.presentation import message_labels
from jinbao.presentation.labels import DOCUMENT_TITLES
from jinbao.presentation.message_labels import FIELDS
from jinbao.regional_adapter.exchange.set_aside import REASONS, Kept, SetAsideBook, failed
from jinbao.regional_adapter.files.form_rows import ENCODING
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.money import format_yuan
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import SHANGHAI
from jinbao.schemas.messages import PLATFORM

BATCH = 500
"""Maximum number of files in one step."""

_RECORDS = ("agency", "personal")
"""Fields that are records, in the order of their columns."""
_COLUMNS = [name for name in FIELDS if "." not in name and name not in (*_RECORDS, "rows", "document")]
_PAYEE_KNOWN_FROM = ("ContactLetterIssued", "AgencyChanged")
"""Messages of the other side that say where it takes money."""
_NOT_IN_NAMES = re.compile(r"[^\w.-]")
_AMOUNTS = frozenset(name.rpartition(".")[2] for name, (zh, _) in FIELDS.items() if zh.endswith("(元)"))


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


def incoming_table(document: IncomingDocument) -> list[dict[str, str]]:
    """The rows of the file of an incoming document: one, or for a sheet one a year."""
    known = PROVINCES.get(document.sender)
    sender = "全国平台" if document.sender == PLATFORM else known.short if known else document.sender
    head = {
        "文书": DOCUMENT_TITLES.get(document.kind, document.kind),
        "转移业务号": str(document.transfer_id),
        "发送方": sender,
        "对方文书号": document.local_document,
        "发生时间": local_time(document.occurred_at),
        "到达时间": local_time(document.arrived_at),
    }
    fields = document.fields
    head |= _named(document.kind, _COLUMNS, fields)
    for record in _RECORDS:
        head |= _named(document.kind, _columns_of(record), fields.get(record, {}), f"{record}.")
    if isinstance(fields.get("document"), Mapping):
        head["本省文书号"] = str(fields["document"]["key"])
    elif "document" in fields:
        head[message_labels.field("document")[0]] = _cell("document", fields["document"])
    rows = fields.get("rows")
    if not rows:
        return [head]
    return [head | _named(document.kind, _columns_of("rows"), row, "rows.") for row in rows]


def _columns_of(record: str) -> list[str]:
    return [name.removeprefix(f"{record}.") for name in FIELDS if name.startswith(f"{record}.")]


def _named(kind: str, columns: Sequence[str], fields: Mapping[str, Any], record: str = "") -> dict[str, str]:
    """The fields that are there, in the order of the columns, under their Chinese words."""
    named = ((name, fields[name]) for name in columns if fields.get(name) is not None)
    return {message_labels.field(f"{record}{name}", kind)[0]: _cell(name, value) for name, value in named}


def _cell(name: str, value: Any) -> str:
    if name in _AMOUNTS or name == "account_rate_bp":
        return format_yuan(int(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    return message_labels.value(name, str(value))


def write_csv(file: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows under the headers of the first, whole or not at all."""
    _write(file, _encoded(rows))


def write_another_csv(file: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write rows beside what is there: a file of that name with other content stays, and this one gets a number.

    The same content again writes nothing. Returns the file that holds it.
    """
    data, stem, number = _encoded(rows), file.stem, 1
    while file.exists() and file.read_bytes() != data:
        number += 1
        file = file.with_name(f"{stem}-{number}{file.suffix}")
    if not file.exists():
        _write(file, data)
    return file


def _encoded(rows: Iterable[Mapping[str, str]]) -> bytes:
    rows = list(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(ENCODING)


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".part")
    with draft.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def local_time(instant_us: int) -> str:
    """An instant as a clerk reads it, in Beijing."""
    return datetime.fromtimestamp(instant_us // 1_000_000, UTC).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


SET_ASIDE_FILE = "搁置.csv"
MOST_LISTED = 1_000
"""The oldest; the command lists all."""


class SetAsideList:
    """The file under `folder`; it is there as long as anything is set aside."""

    def __init__(self, book: SetAsideBook, folder: Path, titles: Mapping[str, str]) -> None:
        """`titles`: Chinese ones of the types of messages."""
        self._titles = titles
        self._book = book
        self._file = folder / SET_ASIDE_FILE
        self._state: tuple[int, ...] | None = None

    def write(self) -> None:
        """Write it anew where something has changed."""
        state = self._book.state()
        if state == self._state:
            return
        kept = self._book.all(limit=MOST_LISTED)
        if kept:
            write_csv(self._file, [self._row(one) for one in kept])
        else:
            self._file.unlink(missing_ok=True)
        self._state = state

    def _row(self, kept: Kept) -> dict[str, str]:
        what = kept.what
        return {
            "编号": str(kept.id),
            "搁置时间": local_time(kept.noted_at),
            "文书": self._titles.get(what.kind or "", what.kind or ""),
            "业务": " ".join(what.cases),
            "代码": what.code,
            "原因": REASONS[what.code][0],
            "事件编号": what.incident or "",
        }
