"""The outbound table: outcomes of the province's own documents, and payment orders where no files are written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.files.mapping.mapping_file import load_mapping
from jinbao.regional_adapter.files.ways_in.sql_tables import COME_BACK, ProvinceTables
from jinbao.regional_adapter.files.ways_in.table_return import TableReturn
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import DocumentOutcome, IncomingDocument

MAPPING = load_mapping(Path(__file__).parents[4] / "examples" / "provinces" / "json-lines" / "mapping.toml")
CASE = UUID(int=3).hex
ORDER = {"payment_reference": "RF1", "payment_line": 1, "amount": 5, "remitted_on": "2025-01-02"}
LETTER = IncomingDocument(UUID(int=5), "ContactLetterIssued", UUID(int=3), UUID(int=2), "43", "L", 0, 0, {"agency": {}})


@pytest.fixture
def local(tmp_path: Path) -> Iterator[EmbeddedLocalSystem]:
    with closing(EmbeddedLocalSystem(tmp_path / "41.sqlite", "41", durable=False)) as made:
        for kind, fields in (("FundsRemitted", ORDER), ("InformationSheetSent", {})):
            made.write_document(kind, f"K-{kind}", CASE, fields, "clerk", 1, relationship=UUID(int=2))
        yield made


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[ProvinceTables]:
    with closing(ProvinceTables(f"sqlite:///{tmp_path / 'province.sqlite'}")) as made:
        made.create()
        yield made


def _rows(tables: ProvinceTables) -> dict[str, Any]:
    with tables.connect() as db:
        return {row.document: json.loads(row.fields)[0] for row in db.execute(COME_BACK.select())}


def _accept(local: EmbeddedLocalSystem) -> None:
    local.note([DocumentOutcome(sequence, DocumentState.ACCEPTED, 2) for sequence in (1, 2)])


def test_what_became_of_own_documents_and_payment_orders_are_there_once(
    local: EmbeddedLocalSystem, tables: ProvinceTables, tmp_path: Path
) -> None:
    with closing(AdapterStore(tmp_path / "adapter.sqlite", durable=False)) as store:
        back = TableReturn(tables, local, store.set_aside, MAPPING, orders=True)
        assert back.step(0) == 0, "nothing is decided"
        _accept(local)
        local.deliver([LETTER])
        assert (back.step(0), back.step(0)) == (4, 0)
        local.set_mark("tables outcomes", 0)
        assert back.step(0) == 2, "as after a crash before the mark"
    rows = _rows(tables)
    order = rows.pop("付款指令-K-FundsRemitted-1")
    assert "RF1" in order.values()
    rows.pop(str(LETTER.event_id))
    assert set(rows) == {
        "受理结果-K-FundsRemitted-1-accepted",
        "受理结果-K-InformationSheetSent-2-accepted",
    }


def test_an_order_without_a_payee_is_set_aside_and_leaves_once_it_can(
    local: EmbeddedLocalSystem, tables: ProvinceTables, tmp_path: Path
) -> None:
    _accept(local)
    with closing(AdapterStore(tmp_path / "adapter.sqlite", durable=False)) as store:
        back = TableReturn(tables, local, store.set_aside, MAPPING, orders=True)
        back.step(0)
        assert [kept.what.subject for kept in store.set_aside.all()] == ["table out 1"]
        local.deliver([LETTER])
        back.try_again()
        back.step(0)
        assert not store.set_aside.all()
    assert "付款指令-K-FundsRemitted-1" in _rows(tables)


def test_an_order_that_leaves_as_a_file_is_not_in_the_table(
    local: EmbeddedLocalSystem, tables: ProvinceTables, tmp_path: Path
) -> None:
    _accept(local)
    local.deliver([LETTER])
    with closing(AdapterStore(tmp_path / "adapter.sqlite", durable=False)) as store:
        TableReturn(tables, local, store.set_aside, MAPPING).step(0)
    assert not any(name.startswith("付款指令") for name in _rows(tables))
    assert [order.key for order in local.to_release("FundsRemitted")] == ["K-FundsRemitted"]
