"""A province that is delivered its own forms: each document once and whole; what does not fit waits its turn."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.files.exports.file_exchange import FileExchange
from jinbao.regional_adapter.files.exports.out_file import out_form, read_out
from jinbao.regional_adapter.files.exports.set_aside_list import SET_ASIDE_FILE
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping, mapping_of
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import DocumentOutcome, IncomingDocument
from jinbao.views.set_aside import set_aside_as_json

PERSON = {"name": "合成䶮·二", "id_type": "resident_id"}
FIELDS = {"letter_version": 1, "letter_number": "2025-44-0001-1", "personal": PERSON}
LETTER = IncomingDocument(UUID(int=7), "ContactLetterIssued", UUID(int=1), UUID(int=2), "44", "L-1", 0, 0, FIELDS)
NAMED = "联系函-00000000-L-1-00000000-0000-0000-0000-000000000007"
ORDER = {"payment_reference": "RF1", "payment_line": 1, "amount": 5, "remitted_on": "2025-01-02"}


def own_forms(format: str = "fixed-width", *, name_bytes: int = 30, version: int = 1) -> Mapping:
    """Letters and payment orders in one of two formats."""
    letter = {"转移业务号": 36, "联系函编号": 20, "姓名": name_bytes, "发送方代码": 2, "事件编号": 36}
    order = {"付款日期": 10, "付款编号": 25, "付款行号": 5, "金额(元)": 15, "收款账号": 30}
    out: dict[str, Any] = {}
    for form, fields, tag in (("联系函", letter, "HH"), ("付款指令", order, "FK")):
        columns, at = {}, 3
        for field, width in fields.items():
            columns[field] = {"field": field, "at": [at, at + width - 1]} if format == "fixed-width" else field
            at += width
        out[form] = {"columns": columns, **({"record": tag, "length": at - 1} if format == "fixed-width" else {})}
    head = {"name": "p", "version": version, "valid_from": date(2025, 1, 1), "format": format, "encoding": "gb18030"}
    return mapping_of({**head, "forms": {}, "out": out})


class Place:
    """A province's local system, what its adapter set aside, and its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.local = EmbeddedLocalSystem(folder / "41.sqlite", "41", durable=False)
        self.store = AdapterStore(folder / "adapter.sqlite", durable=False)

    def exchange(self, mapping: Mapping | None) -> FileExchange:
        """As a newly started adapter has it."""
        return FileExchange(self.local, self.folder, self.store.set_aside, mapping)

    def files(self, where: str = "in") -> list[str]:
        return sorted(file.name for file in (self.folder / where).glob("*"))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.store.close()
    made.local.close()


def test_a_letter_leaves_in_the_provinces_form_and_what_has_none_as_the_platforms_csv(place: Place) -> None:
    mapping = own_forms()
    place.local.deliver([LETTER, replace(LETTER, event_id=UUID(int=8), kind="DeadlineMissed", fields={"clock": "X"})])
    assert place.exchange(mapping).step(0) == 2
    assert place.files() == [f"DeadlineMissed-00000000-L-1-{UUID(int=8)}.csv", f"{NAMED}.txt"]
    form = out_form(mapping, "联系函")
    assert form is not None
    assert read_out(place.folder / "in" / f"{NAMED}.txt", mapping, form) == [
        {
            "转移业务号": str(UUID(int=1)),
            "联系函编号": "2025-44-0001-1",
            "姓名": "合成䶮·二",
            "发送方代码": "44",
            "事件编号": str(UUID(int=7)),
        }
    ]


@pytest.mark.parametrize("then", [own_forms(), own_forms("csv", version=2), None])
def test_delivered_again_after_a_crash_before_the_mark_it_is_there_once(place: Place, then: Mapping | None) -> None:
    """Also where another version, another format or no mapping at all came meanwhile."""
    place.local.deliver([LETTER])
    place.exchange(own_forms()).step(0)
    place.local.set_mark("files in", 0)
    place.exchange(then).step(0)
    assert place.files() == [f"{NAMED}.txt"]


def test_a_document_that_left_as_csv_does_not_leave_again_in_the_provinces_form(place: Place) -> None:
    place.local.deliver([LETTER])
    place.exchange(None).step(0)
    before = place.files()
    place.local.set_mark("files in", 0)
    place.exchange(own_forms()).step(0)
    assert place.files() == before


def test_what_does_not_fit_is_named_and_waits_for_the_next_version_and_the_others_are_delivered(place: Place) -> None:
    other = replace(LETTER, event_id=UUID(int=9), fields={**LETTER.fields, "personal": {"name": "合成甲"}})
    place.local.deliver([LETTER, other])
    exchange = place.exchange(own_forms(name_bytes=8))
    exchange.step(5)
    exchange.step(6)
    assert place.files() == [f"联系函-00000000-L-1-{UUID(int=9)}.txt"]
    (kept,) = place.store.set_aside.all()
    shown = set_aside_as_json(kept)
    assert (shown["code"], shown["type"], shown["cases"]) == (
        "DOES_NOT_FIT",
        "ContactLetterIssued",
        (str(UUID(int=1)),),
    )
    assert shown["details"] == "姓名：需 10 字节，只有 8 字节 / 姓名: needs 10 bytes, and there are 8"
    with (place.folder / SET_ASIDE_FILE).open(encoding="gb18030", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["原因"] == "按本省格式写不下：姓名：需 10 字节，只有 8 字节"

    place.exchange(own_forms(name_bytes=8)).step(7)
    assert len(place.store.set_aside.all()) == 1
    place.exchange(own_forms(name_bytes=12, version=2)).step(8)
    assert place.store.set_aside.all() == []
    assert f"{NAMED}.txt" in place.files()
    assert not (place.folder / SET_ASIDE_FILE).exists()


def test_a_crash_while_a_file_is_written_leaves_none_and_the_next_start_delivers_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> Callable[..., None]:
        raise KeyboardInterrupt

    place.local.deliver([LETTER])
    exchange = place.exchange(own_forms())
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            exchange.step(0)
    assert place.files() == [f"{NAMED}.txt.part"]
    place.exchange(own_forms("csv", version=2)).step(0)
    assert place.files() == [f"{NAMED}.csv"]


@pytest.mark.parametrize("then", [own_forms(), own_forms("csv", version=2), None])
def test_a_payment_order_reaches_the_bank_once_whatever_its_form(place: Place, then: Mapping | None) -> None:
    letter = replace(LETTER, fields={**LETTER.fields, "agency": {"account_number": "000041000041"}})
    place.local.deliver([letter])
    case = UUID(int=1).hex
    ours = [
        place.local.write_document(kind, key, case, fields, "clerk", 1, relationship=UUID(int=2))
        for kind, key, fields in (("FundsRemitted", "RF1", ORDER), ("InformationSheetSent", "S", {}))
    ]
    place.local.note([DocumentOutcome(sequence, DocumentState.ACCEPTED, 2) for sequence in ours])
    exchange = place.exchange(own_forms())
    (order,) = place.local.documents(kind="FundsRemitted")
    exchange._write_order(order, 0)  # and killed before it is marked as released
    place.exchange(then).step(1)
    assert place.files("out") == ["付款指令-00000000-RF1-1.txt"]
    assert (place.folder / "out" / "付款指令-00000000-RF1-1.txt").read_text("gb18030").startswith("FK2025-01-02RF1")


def with_outcomes(version: int = 1, *, key_bytes: int = 20) -> Mapping:
    """A mapping with a form for what became of the province's own documents."""
    at, columns = 3, {}
    for field, width in (("文书", 20), ("本省文书号", key_bytes), ("结果", 20), ("代码", 20), ("结果日期", 10)):
        columns[field], at = {"field": field, "at": [at, at + width - 1]}, at + width
    head = {"name": "p", "version": version, "valid_from": date(2025, 1, 1), "format": "fixed-width"}
    form = {"columns": columns, "record": "JG", "length": at - 1}
    return mapping_of({**head, "encoding": "gb18030", "forms": {}, "out": {"受理结果": form}})


def test_what_became_of_own_documents_leaves_where_the_mapping_has_a_form_for_it(place: Place) -> None:
    case = UUID(int=1).hex
    first, second = (
        place.local.write_document("InformationSheetSent", key, case, {}, "clerk", 1, relationship=UUID(int=2))
        for key in ("S-1", "S-2-longer-than-that")
    )
    place.local.note([DocumentOutcome(first, DocumentState.PARKED, 2), DocumentOutcome(second, DocumentState.SENT, 2)])
    assert place.exchange(None).step(3) == 0
    mapping = with_outcomes(key_bytes=10)
    place.exchange(mapping).step(4)
    place.local.note(
        [
            DocumentOutcome(first, DocumentState.ACCEPTED, 5),
            DocumentOutcome(second, DocumentState.REJECTED, 5, "NOT_YOUR_TURN"),
        ]
    )
    place.exchange(mapping).step(6)
    named = "受理结果-00000000-S-1-1"
    assert place.files() == [f"{named}-accepted.txt", f"{named}-parked.txt"]
    assert [(kept.what.subject, kept.what.code) for kept in place.store.set_aside.all()] == [
        ("outcome 2", "DOES_NOT_FIT")
    ]
    place.local.set_mark("files outcomes", 0)
    wider = with_outcomes(2)
    place.exchange(wider).step(7)
    assert place.store.set_aside.all() == []
    (file,) = (place.folder / "in").glob("*-rejected.txt")
    assert len(place.files()) == 3
    assert read_out(file, wider, wider.out[0]) == [
        {
            "文书": "信息表",
            "本省文书号": "S-2-longer-than-that",
            "结果": "未受理",
            "代码": "NOT_YOUR_TURN",
            "结果日期": "1970-01-01",
        }
    ]
