"""Reads camt.053 (ISO 20022 bank-to-customer statement), 001.02 to 001.14, an entry at a time.

001.08 and 001.14 are held against the official schemas while they are read, the others against what this reader needs
of them. Direction is CdtDbtInd alone; only booked entries count; a document type is refused, since the text of an
entity would be lost or put in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from lxml import etree

from jinbao.language.system_errors import system_reason
from jinbao.language.words import Words
from jinbao.regional_adapter.statements.statement import (
    Balance,
    Detail,
    Entry,
    Read,
    Statement,
    StatementCode,
    StatementProblem,
    UnreadableStatementError,
    exact_amount,
)
from jinbao.regional_adapter.statements.xml_fields import Fields, Places, Texts
from jinbao.rules.working_days import SHANGHAI

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(0[2-9]|1[0-4])")
_DECLARED = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9_-]+)["']""")
_OLD_CHINESE = ("gb2312", "gbk", "gb_2312-80", "cp936")
"""Labels under which files of GB18030 come."""
_SCHEMA_ERRORS = range(etree.ErrorTypes.SCHEMAV_NOROOT, 2000)
"""What libxml2 says of a whole XML that is unlike its schema."""
_MOST_BYTES_TO_PLACE = 64 << 20
"""A larger file that is unlike its schema is refused without the line."""
OFFICIAL = Path(__file__).parent / "official"
"""The official schemas, taken out of a wheel by `make assets`."""
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)


class Camt053:
    """A camt.053 file."""

    def __init__(self, file: Path) -> None:
        """Raises UnreadableStatementError where it is none."""
        self._file = file
        self._encoding = _encoding_of(file)
        self._namespace = self._root()
        self.version = self._namespace.rpartition(":")[2]
        """`camt.053.001.08`, for example."""
        schema = OFFICIAL / f"{self.version}.xsd"
        self.schema = schema if schema.is_file() else None
        """The official schema that it is held against."""

    def read(self) -> Read:
        """Entries and statements in order. Raises UnreadableStatementError at the first thing that is wrong."""
        reader, entries = _Reader(self._namespace), f"{{{self._namespace}}}Ntry"
        statement: Statement | None = None
        for element in self._elements("end", entries, f"{{{self._namespace}}}Stmt"):
            if element.tag == entries:
                statement = statement or reader.statement(element.getparent())
                entry = reader.entry(element)
                if entry is not None:
                    statement.add(entry)
                    yield entry
            else:
                yield statement or reader.statement(element)
                statement = None
            _forget(element)

    def _root(self) -> str:
        for element in self._elements("start"):
            name = etree.QName(element)
            if name.localname != "Document" or not _NAMESPACE.fullmatch(name.namespace or ""):
                words = ("不是 camt.053（001.02 至 001.14）对账单", "is no camt.053 statement, 001.02 to 001.14")
                raise UnreadableStatementError("NOT_A_STATEMENT", element.sourceline or 1, words)
            return str(name.namespace)
        raise AssertionError("a document has a root")

    def _elements(self, event: str, *names: str) -> Iterator[Any]:
        """Elements with these names, checked by the schema where it is there; without names all, unchecked.

        lxml takes no cut file for one where a schema and unresolved entities are asked for together, so that entities
        are resolved where the schema checks: `_root` has refused every document type by then.
        """
        schema = _compiled(self.schema) if names and self.schema else None
        try:
            with self._file.open("rb") as stream:
                events = etree.iterparse(
                    stream,
                    events=(event,),
                    tag=names or None,
                    encoding=self._encoding,
                    schema=schema,
                    resolve_entities=schema is not None,
                    load_dtd=False,
                    no_network=True,
                    huge_tree=False,
                    remove_comments=True,
                    remove_pis=True,
                )
                is_first = True
                for _, element in events:
                    if is_first and element.getroottree().docinfo.doctype:
                        words = (
                            "含有文档类型声明（DOCTYPE），不予读取",
                            "has a document type (DOCTYPE), and is not read",
                        )
                        raise UnreadableStatementError("UNSAFE_FILE", 1, words)
                    is_first = False
                    yield element
        except OSError as error:
            raise UnreadableStatementError("UNREADABLE", 1, system_reason(error)) from None
        except etree.XMLSyntaxError as error:
            if schema is not None and error.code in _SCHEMA_ERRORS:
                raise self._unlike_schema() from None
            raise _fault(error) from None

    def _unlike_schema(self) -> UnreadableStatementError:
        """The first place where the file is not as the schema has it; only the whole tree knows its line."""
        line, kind = 1, ""
        if self._file.stat().st_size <= _MOST_BYTES_TO_PLACE:
            parser = etree.XMLParser(encoding=self._encoding, resolve_entities=False, no_network=True)
            fresh = etree.XMLSchema(file=str(self.schema))  # the log of the other one goes on from its last file
            try:
                fresh.validate(etree.parse(str(self._file), parser))
            except etree.XMLSyntaxError as error:  # a cut file may be unlike its schema before it is cut
                return _fault(error)
            line, kind = fresh.error_log[0].line or 1, f" ({fresh.error_log[0].type_name})"
        words = (f"不符合官方格式 {self.version}{kind}", f"is not as the official schema {self.version} has it{kind}")
        return UnreadableStatementError("NOT_THE_SCHEMA", line, words)


@lru_cache
def _compiled(schema: Path) -> etree.XMLSchema:
    """Each official schema once: compiling it takes longer than reading a day's statement."""
    return etree.XMLSchema(file=str(schema))


def _encoding_of(file: Path) -> str | None:
    """The encoding to read in where the file's own label is not believed."""
    try:
        with file.open("rb") as stream:
            declared = _DECLARED.search(stream.read(512))
    except OSError as error:
        raise UnreadableStatementError("UNREADABLE", 1, system_reason(error)) from None
    return "gb18030" if declared and declared[1].decode("ascii").lower() in _OLD_CHINESE else None


class _Reader:
    """Reads the elements of one version."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._balance = Fields(namespace, _BALANCE)
        self._entry = Fields(namespace, _ENTRY, "NtryDtls/TxDtls", _DETAIL)

    def statement(self, element: Any) -> Statement:
        """Everything of a statement that stands before its entries."""
        id_, currency = self._text(element, "Id"), self._text(element, "Acct", "Ccy")
        account = self._text(element, "Acct", "Id", "IBAN") or self._text(element, "Acct", "Id", "Othr", "Id")
        if not id_ or not account:
            _refuse(element, "MISSING", ("缺少对账单编号或账号", "lacks the statement's id or its account"))
        balances: dict[str, Balance] = {}
        for balance in element.iterchildren(f"{{{self._namespace}}}Bal"):
            said = self._balance.of(balance)[0][0]
            code = said["code"]
            if code in ("OPBD", "PRCD", "CLBD"):
                if code in balances:
                    _refuse(balance, "BALANCE", (f"有两个 {code} 余额", f"has two balances {code}"))
                balances[code] = Balance(_amount(balance, said), said["currency"], _day(balance, said))
        opening, closing = balances.get("OPBD", balances.get("PRCD")), balances.get("CLBD")
        if not currency:
            currency = next((b.currency for b in (opening, closing) if b is not None), "")
        if not currency and (first := element.find(self._path("Ntry", "Amt"))) is not None:
            currency = first.get("Ccy", "")
        statement = Statement(id_, account, currency, element.sourceline or 1, opening, closing)
        for name, found in (("OPBD/PRCD", opening), ("CLBD", closing)):
            if found is None:
                words = (f"没有余额 {name}", f"has no balance {name}")
                statement.problems.append(StatementProblem("BALANCE", element.sourceline or 1, words))
        return statement

    def entry(self, element: Any) -> Entry | None:
        """A booked entry; None for one that is pending, of information or announced."""
        (said, sizes), parts = self._entry.of(element)
        if not said["status"]:
            _refuse(element, "MISSING", ("缺少状态（Sts）", "lacks its status (Sts)"))
        if said["status"] != "BOOK":
            return None
        amount, currency = _amount(element, said), said["currency"]
        side = "Dbtr" if amount >= 0 else "Cdtr"
        details = tuple([_detail(element, part, side, amount, currency) for part in parts])
        if len(details) < 2:
            is_batch = not details and _number(sizes) > 1
            details = (_only(details, None if is_batch else amount, said["remark"]),)
        domain = said["domain"], said["family"], said["sub_family"]
        return Entry(
            element.sourceline or 1,
            amount,
            currency,
            _day(element, said),
            tuple(filter(None, (said["reference"], said["bank_reference"]))),
            details,
            "/".join(filter(None, domain)) or said["own_class"],
        )

    def _path(self, *names: str) -> str:
        return "/".join([f"{{{self._namespace}}}{name}" for name in names])

    def _text(self, element: Any, *names: str) -> str:
        return (element.findtext(self._path(*names)) or "").strip()


_REFERENCES = {
    "end_to_end": "Refs/EndToEndId",
    "instruction": "Refs/InstrId",
    "transaction": "Refs/TxId",
    "payment": "Refs/PmtInfId",
    "of_bank": "Refs/AcctSvcrRef",
    "message": "Refs/MsgId",
}
_BALANCE = Places(amount="Amt", direction="CdtDbtInd", day="Dt/Dt", time="Dt/DtTm", code="Tp/CdOrPrtry/Cd")
_ENTRY = Places(
    amount="Amt",
    direction="CdtDbtInd",
    day="BookgDt/Dt",
    time="BookgDt/DtTm",
    status="Sts/Cd|Sts/Prtry|Sts",
    reference="NtryRef",
    bank_reference="AcctSvcrRef",
    remark="AddtlNtryInf",
    domain="BkTxCd/Domn/Cd",
    family="BkTxCd/Domn/Fmly/Cd",
    sub_family="BkTxCd/Domn/Fmly/SubFmlyCd",
    own_class="BkTxCd/Prtry/Cd",
    repeated="NtryDtls/Btch/NbOfTxs",
)
_DETAIL = Places(
    **_REFERENCES,
    amount="Amt|AmtDtls/TxAmt/Amt",
    direction="CdtDbtInd",
    structured="RmtInf/Strd/CdtrRefInf/Ref",
    more="AddtlTxInf",
    Dbtr="RltdPties/Dbtr/Nm|RltdPties/Dbtr/Pty/Nm",
    DbtrAcct="RltdPties/DbtrAcct/Id/IBAN|RltdPties/DbtrAcct/Id/Othr/Id",
    Cdtr="RltdPties/Cdtr/Nm|RltdPties/Cdtr/Pty/Nm",
    CdtrAcct="RltdPties/CdtrAcct/Id/IBAN|RltdPties/CdtrAcct/Id/Othr/Id",
    repeated="RmtInf/Ustrd",
)


def _detail(entry: Any, part: Texts, side: str, of_entry: Decimal, currency: str) -> Detail:
    """One payment; without a direction of its own it goes the way of its entry."""
    said, remarks = part
    amount: Decimal | None = None
    if said["amount"] and said["currency"] in ("", currency):
        amount = _exact(entry, said["amount"], currency)
        if said["direction"] == "DBIT" or (not said["direction"] and of_entry < 0):
            amount = -amount
    remark = "\n".join(filter(None, (*remarks, said["structured"], said["more"])))
    references = [text for name in _REFERENCES if (text := said[name]) and text != "NOTPROVIDED"]
    return Detail(amount, tuple(references), remark, said[side], said[f"{side}Acct"])


def _number(sizes: list[str]) -> int:
    """How many payments a batch is said to hold."""
    return sum(int(size) for size in sizes if size.isascii() and size.isdigit())


def _only(details: tuple[Detail, ...], amount: Decimal | None, remark: str) -> Detail:
    """The one payment of an entry: it has the entry's amount and remark where it says none itself."""
    one = details[0] if details else Detail(None)
    changes: dict[str, Any] = {}
    if one.amount is None:
        changes["amount"] = amount
    if remark and not one.remark:
        changes["remark"] = remark
    return msgspec.structs.replace(one, **changes) if changes else one


def _amount(element: Any, said: dict[str, str]) -> Decimal:
    """The signed amount of an entry or balance."""
    if not said["amount"] or not said["currency"] or said["direction"] not in ("CRDT", "DBIT"):
        _refuse(element, "MISSING", ("缺少金额、币种或借贷方向（CdtDbtInd）", "lacks amount, currency or CdtDbtInd"))
    exact = _exact(element, said["amount"], said["currency"])
    return -exact if said["direction"] == "DBIT" else exact


def _exact(element: Any, text: str, currency: str) -> Decimal:
    try:
        return exact_amount(text, currency)
    except ValueError:
        zh = f"的金额不是金额，或含不足 {currency} 最小单位的零头"
        en = f"has an amount that is none, or has parts of {currency}'s least unit"
        _refuse(element, "AMOUNT", (zh, en))


def _day(element: Any, said: dict[str, str]) -> date | None:
    """The day of a date or of a date and time; a time with another zone's offset is China's day."""
    text = said["day"] or said["time"]
    if not text:
        return None
    try:
        return _day_in_china(text)
    except ValueError:
        _refuse(element, "DATE", ("的日期不是日期", "has a date that is none"))


@lru_cache(maxsize=1024)
def _day_in_china(text: str) -> date:
    if match := _DAY.fullmatch(text):
        return date.fromisoformat(match[1])
    moment = datetime.fromisoformat(text)
    return (moment.astimezone(SHANGHAI) if moment.tzinfo else moment).date()


def _refuse(element: Any, code: StatementCode, words: Words) -> NoReturn:
    name = etree.QName(element).localname
    raise UnreadableStatementError(code, element.sourceline or 1, (f"{name} {words[0]}", f"{name} {words[1]}"))


def _forget(element: Any) -> None:
    """Free what has been read, so that memory does not grow with the file."""
    parent = element.getparent()
    if parent is not None:
        while (before := element.getprevious()) is not None and before.tag == element.tag:
            parent.remove(before)


def _fault(error: Any) -> UnreadableStatementError:
    line = error.lineno or 1
    if error.code in (etree.ErrorTypes.ERR_INVALID_ENCODING, etree.ErrorTypes.ERR_INVALID_CHAR, 6003):
        words = ("有编码或 XML 不允许的字符", "a character that the encoding or XML does not allow")
        return UnreadableStatementError("ENCODING", line, words)
    return UnreadableStatementError("UNREADABLE", line, ("不是完整有效的 XML", "no valid or whole XML"))
