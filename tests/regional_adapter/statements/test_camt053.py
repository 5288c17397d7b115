"""camt.053: what is booked counts, exactly, in every version; what is unsafe or unlike its schema is refused whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from jinbao.regional_adapter.statements.camt053 import Camt053
from jinbao.regional_adapter.statements.statement import Entry, Statement, UnreadableStatementError

ROOT = Path(__file__).resolve().parents[3]


def document(statements: str, version: str = "08", encoding: str = "UTF-8", head: str = "") -> bytes:
    """A whole file around its statements."""
    return f"""<?xml version="1.0" encoding="{encoding}"?>{head}
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2025-05-01T06:00:00+08:00</CreDtTm></GrpHdr>
{statements}</BkToCstmrStmt></Document>""".encode("gb18030" if encoding.lower() == "gb2312" else encoding)


def statement(
    entries: str = "",
    opening: str = "100.00",
    closing: str = "100.00",
    *,
    opening_code: str = "OPBD",
    account: str = "<Othr><Id>4100001</Id></Othr>",
    id_: str = "S1",
) -> str:
    """A statement around its entries."""
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{amount}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2025-04-01</Dt></Dt></Bal>"
        for code, amount in ((opening_code, opening), ("CLBD", closing))
    )
    return f"<Stmt><Id>{id_}</Id><Acct><Id>{account}</Id><Ccy>CNY</Ccy></Acct>{balances}{entries}</Stmt>"


def entry(
    amount: str = "8.85",
    direction: str = "CRDT",
    status: str = "<Cd>BOOK</Cd>",
    *,
    details: str = "",
    booked: str = "<Dt>2025-04-08</Dt>",
    reversal: str = "",
    currency: str = "CNY",
) -> str:
    """A booked entry."""
    details = f"<NtryDtls>{details}</NtryDtls>" if details else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{reversal}<Sts>{status}</Sts>'
        f"<BookgDt>{booked}</BookgDt><BkTxCd><Prtry><Cd>1</Cd></Prtry></BkTxCd>{details}</Ntry>"
    )


def read(folder: Path, content: bytes) -> list[Entry | Statement]:
    """Everything that a file holds."""
    file = folder / "statement.xml"
    file.write_bytes(content)
    return list(Camt053(file).read())


def refused(folder: Path, content: bytes) -> tuple[str, int]:
    """Code and line with which a file is refused."""
    with pytest.raises(UnreadableStatementError) as caught:
        read(folder, content)
    return caught.value.code, caught.value.line


@pytest.mark.parametrize("version", [f"{number:02}" for number in range(2, 15)])
def test_every_version_is_read(tmp_path: Path, version: str) -> None:
    status = "BOOK" if int(version) < 8 else "<Cd>BOOK</Cd>"
    *entries, one = read(tmp_path, document(statement(entry(status=status), closing="108.85"), version))
    assert isinstance(one, Statement)
    assert (len(entries), one.credits, one.adds_up()) == (1, Decimal("8.85"), True)


@pytest.mark.parametrize("version", ["01", "15"])
def test_another_version_is_no_statement(tmp_path: Path, version: str) -> None:
    assert refused(tmp_path, document(statement(), version))[0] == "NOT_A_STATEMENT"


@pytest.mark.parametrize("version", ["08", "14"])
def test_what_the_official_schema_does_not_know_is_refused_with_its_line(tmp_path: Path, version: str) -> None:
    wrong = statement("\n<Unknown/>\n")
    assert refused(tmp_path, document(wrong, version)) == ("NOT_THE_SCHEMA", 5)


def test_the_official_schemas_are_in_their_place(tmp_path: Path) -> None:
    for version in ("08", "14"):
        file = tmp_path / "statement.xml"
        file.write_bytes(document(statement(), version))
        assert Camt053(file).schema is not None, "make assets"


def test_only_booked_entries_count(tmp_path: Path) -> None:
    entries = entry() + entry("7.00", status="<Cd>PDNG</Cd>") + entry("5.00", status="<Cd>INFO</Cd>")
    *booked, one = read(tmp_path, document(statement(entries, closing="108.85")))
    assert isinstance(one, Statement)
    assert (len(booked), one.entries, one.adds_up()) == (1, 1, True)


def test_direction_is_the_indicator_alone(tmp_path: Path) -> None:
    reversed_credit = entry("20.00", "DBIT", reversal="<RvslInd>true</RvslInd>")
    first, one = read(tmp_path, document(statement(reversed_credit, closing="80.00")))
    assert isinstance(first, Entry)
    assert isinstance(one, Statement)
    assert (first.amount, one.debits, one.adds_up()) == (Decimal("-20.00"), Decimal("20.00"), True)


def test_an_amount_is_exact_or_refused(tmp_path: Path) -> None:
    first, _ = read(tmp_path, document(statement(entry("8.850"))))
    assert isinstance(first, Entry)
    assert first.amount == Decimal("8.85")
    assert refused(tmp_path, document(statement(entry("8.855"))))[0] == "AMOUNT"
    assert refused(tmp_path, document(statement(entry("0.5", currency="JPY"))))[0] == "AMOUNT"


def test_a_comment_within_an_amount_changes_nothing(tmp_path: Path) -> None:
    first, _ = read(tmp_path, document(statement(entry("8.<!-- x -->85"))))
    assert isinstance(first, Entry)
    assert first.amount == Decimal("8.85")


def test_the_balance_before_opens_where_no_opening_is_said(tmp_path: Path) -> None:
    (one,) = read(tmp_path, document(statement(opening_code="PRCD")))
    assert isinstance(one, Statement)
    assert one.adds_up() is True


def test_without_a_balance_nothing_can_be_said(tmp_path: Path) -> None:
    (one,) = read(tmp_path, document(statement(opening_code="ITBD")))
    assert isinstance(one, Statement)
    assert (one.opening, one.adds_up(), [problem.code for problem in one.problems]) == (None, None, ["BALANCE"])


def test_an_entry_in_another_currency_is_named_and_nothing_added_up(tmp_path: Path) -> None:
    *_, one = read(tmp_path, document(statement(entry(currency="USD"))))
    assert isinstance(one, Statement)
    assert (one.adds_up(), one.credits, one.entries) == (None, 0, 1)


def test_an_account_by_iban_or_by_number(tmp_path: Path) -> None:
    both = statement(id_="A") + statement(id_="B", account="<IBAN>GB33BUKB20201555555555</IBAN>")
    statements = read(tmp_path, document(both))
    assert [one.account for one in statements if isinstance(one, Statement)] == ["4100001", "GB33BUKB20201555555555"]


def test_each_payment_of_a_batch_has_its_own_amount_and_remark(tmp_path: Path) -> None:
    def detail(amount: str, remark: str) -> str:
        said = f'<Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>' if amount else ""
        return f"<TxDtls>{said}<RmtInf><Ustrd>{remark}</Ustrd></RmtInf></TxDtls>"

    details = detail("3.00", "甲") + detail("5.85", "乙") + detail("", "丙")
    first, _ = read(tmp_path, document(statement(entry(details=details))))
    assert isinstance(first, Entry)
    found = [(one.amount, one.remark) for one in first.details]
    assert found == [(Decimal("3.00"), "甲"), (Decimal("5.85"), "乙"), (None, "丙")]


def test_amounts_of_a_batch_in_the_old_place(tmp_path: Path) -> None:
    old = '<TxDtls><AmtDtls><TxAmt><Amt Ccy="CNY">4.00</Amt></TxAmt></AmtDtls></TxDtls>'
    content = statement(entry(status="BOOK", direction="DBIT", details=old + old))
    first, _ = read(tmp_path, document(content, "02"))
    assert isinstance(first, Entry)
    assert [one.amount for one in first.details] == [Decimal("-4.00")] * 2


def test_a_time_is_the_day_in_china(tmp_path: Path) -> None:
    first, _ = read(tmp_path, document(statement(entry(booked="<DtTm>2025-04-08T23:30:00Z</DtTm>"))))
    assert isinstance(first, Entry)
    assert first.booked_on == date(2025, 4, 9)


@pytest.mark.parametrize("label", ["GB18030", "gb2312"])
def test_chinese_encodings_are_read_as_gb18030(tmp_path: Path, label: str) -> None:
    details = "<TxDtls><RmtInf><Ustrd>䶮·𠮷</Ustrd></RmtInf></TxDtls>"
    first, _ = read(tmp_path, document(statement(entry(details=details)), encoding=label))
    assert isinstance(first, Entry)
    assert first.details[0].remark == "䶮·𠮷"


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    head = '<!DOCTYPE Document [<!ENTITY x "1">]>'
    assert refused(tmp_path, document(statement(entry("&x;8.85")), head=head))[0] == "UNSAFE_FILE"


def test_a_cut_file_gives_no_statement(tmp_path: Path) -> None:
    whole = (ROOT / "examples/banks/camt053/202504.xml").read_bytes().rstrip()
    for length in range(0, len(whole), 97):
        assert refused(tmp_path, whole[:length])[0] in ("UNREADABLE", "ENCODING", "NOT_THE_SCHEMA"), length


def test_what_this_reader_needs_is_asked_for_in_every_version(tmp_path: Path) -> None:
    without_direction = entry(status="BOOK").replace("<CdtDbtInd>CRDT</CdtDbtInd>", "")
    assert refused(tmp_path, document(statement(without_direction), "02"))[0] == "MISSING"
