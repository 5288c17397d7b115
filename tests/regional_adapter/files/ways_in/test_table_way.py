"""The inbound table: rows are read by the province's mapping, each has its outcome, and gives the message of a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.files.exports.file_exchange import FileExchange
from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.files.mapping.mapped_file import MappedFile
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping, load_mapping
from jinbao.regional_adapter.files.ways_in import table_way
from jinbao.regional_adapter.files.ways_in.sql_tables import COME_BACK, HANDED_IN, ProvinceTables, Settled
from jinbao.regional_adapter.files.ways_in.table_return import TableReturn
from jinbao.regional_adapter.files.ways_in.table_way import POLL_S, TableWay
from jinbao.regional_adapter.files.ways_in.take_file import Taking
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.regional_adapter.office.automatic_desk import Desk
from jinbao.rules.working_days import end_of_day
from jinbao.schemas.messages import Agency

if TYPE_CHECKING:
    from conftest import Nation, Province

SET = Path(__file__).parents[4] / "examples" / "provinces" / "csv-gb18030"
SETS: list[dict[str, Any]] = json.loads((SET.parent / "index.json").read_text("utf-8"))
MAPPING = load_mapping(SET / "mapping.toml")
TODAY = date(2026, 1, 1)
NOW_US = end_of_day(TODAY) - 1

Row = tuple[str, str, str]


def rows_of(file: str, form: str, key: str) -> list[Row]:
    """The rows of an example file as a province puts them into the table."""
    with (SET / file).open(encoding="gb18030", newline="") as stream:
        return [(form, row[key], json.dumps(row, ensure_ascii=False)) for row in csv.DictReader(stream)]


APPLICATIONS = rows_of("applications.csv", "转移申请", "业务流水号")
HISTORY = rows_of("history.csv", "缴费历史", "身份证号码")


class Way:
    """The table with everything behind it."""

    def __init__(self, folder: Path, local: EmbeddedLocalSystem, mapping: Mapping) -> None:
        self.tables = ProvinceTables(f"sqlite:///{folder / f'of-{local.province}.sqlite'}")
        self.tables.create()
        self.local = local
        self.now_s = 0.0
        self.told: list[Settled] = []
        taking = Taking(local, mapping, folder / "rejects", "test")
        self.way = TableWay(self.tables, taking, self.told.extend, lambda: self.now_s)

    def take(self, rows: Sequence[Row] = ()) -> list[Settled]:
        """Hand rows in, and take until none is open; what became of each, by id."""
        self.tables.hand_in(rows)
        self.told.clear()
        self.now_s += POLL_S
        while self.way.step(NOW_US):
            pass
        assert self.way.is_settled()
        return sorted(self.told, key=lambda one: one.row.id)

    def column(self, name: str) -> list[object]:
        with self.tables.connect() as db:
            return list(db.execute(HANDED_IN.select().with_only_columns(HANDED_IN.c[name]).order_by("id")).scalars())

    def change(self, id_: int, fields: str) -> None:
        """Correct a row as the province does."""
        change = HANDED_IN.update().where(HANDED_IN.c.id == id_).values(fields=fields, outcome=None)
        with self.tables.connect() as db:
            db.execute(change)
            db.commit()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Way]]:
    made: list[Way] = []

    def way(province: str, mapping: Mapping = MAPPING) -> Way:
        local = EmbeddedLocalSystem(tmp_path / f"{province}.sqlite", province, durable=False)
        made.append(Way(tmp_path, local, mapping))
        return made[-1]

    yield way
    for one in made:
        one.tables.close()
        one.local.close()


def test_rows_are_read_by_the_mapping_and_each_has_its_outcome(make: Callable[..., Way]) -> None:
    way = make("41")
    bad = APPLICATIONS[1][2].replace("440000199107220023", "440000199107220024")
    blank = json.dumps(dict.fromkeys(json.loads(bad), ""))
    form, key, _ = APPLICATIONS[1]
    rows = [APPLICATIONS[0], (form, key, bad), (form, "", blank), (form, "x", "no object"), ("没有的表", "", "{}")]
    settled = way.take([*rows, (form, "y", json.dumps({"长": "长" * 70_000}))])
    assert [(one.outcome, one.code) for one in settled] == [
        ("accepted", None),
        ("rejected", "ID_CHECK_DIGIT"),
        ("skipped", None),
        ("rejected", "HEADER"),
        ("rejected", "CODE"),
        ("rejected", "UNSAFE_FILE"),
    ]
    assert way.column("outcome") == [one.outcome for one in settled]
    assert way.column("field")[1] == "身份证号码"
    assert all(way.column(name)[1] for name in ("reason", "remedy", "settled_at"))
    assert way.take() == []
    way.change(2, APPLICATIONS[1][2])
    assert [one.outcome for one in way.take()] == ["accepted"]
    assert [a.number for a in way.local.applications()] == ["2025-41-0001", "2025-41-0002"]


@pytest.mark.parametrize("one", SETS, ids=[one["name"] for one in SETS])
def test_every_mapping_reads_the_table_as_it_reads_its_files(
    make: Callable[..., Way], tmp_path: Path, one: dict[str, Any]
) -> None:
    mapping = load_mapping(SET.parent / one["mapping"])
    for province, file in (("41", one["files"][0]), ("44", one["files"][1])):
        mapped = MappedFile(SET.parent / file, mapping)
        form, columns = mapped.form.layout.name, mapped.source.columns
        rows = [
            (form, "k", json.dumps(dict(zip(columns, cells, strict=True)), ensure_ascii=False))
            for _, cells, found in mapped.records()
            if found is not None
        ]
        way = make(province, mapping)
        assert {one.outcome for one in way.take(rows)} == {"accepted"}
        with closing(EmbeddedLocalSystem(tmp_path / f"file-{province}.sqlite", province, durable=False)) as by_file:
            import_file(SET.parent / file, by_file, today=TODAY, mapping=mapping)
            assert way.local.applications() == by_file.applications()
            for number in {key for _, key, _ in HISTORY}:
                assert way.local.person(number) == by_file.person(number)
                assert way.local.contributions(number) == by_file.contributions(number)


def test_a_persons_rows_are_taken_together_whatever_the_batch(
    make: Callable[..., Way], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_way, "BATCH", 4)
    way = make("44")
    settled = way.take(HISTORY[::-1])
    assert [one.outcome for one in settled] == ["accepted"] * len(HISTORY)
    assert [sum(r.months for r in way.local.contributions(n)) for n in dict.fromkeys(k for _, k, _ in HISTORY)] == [
        33,
        31,
        39,
    ]


def test_one_key_with_two_contents_is_rejected_in_whatever_batches_its_rows_come(
    make: Callable[..., Way], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_way, "BATCH", 1)
    way = make("41")
    form, _, fields = APPLICATIONS[0]
    other = fields.replace("2025-03-03", "2025-03-04")
    assert other != fields
    settled = way.take([(form, "a", fields), (form, "b", APPLICATIONS[1][2]), (form, "c", other)])
    assert [one.code for one in settled] == ["DUPLICATE_KEY", None, "DUPLICATE_KEY"]
    assert [a.number for a in way.local.applications()] == ["2025-41-0002"]
    way.change(3, other)
    assert [one.outcome for one in way.take()] == ["accepted"], "the clerk has said which one is right"


def test_a_defect_over_one_row_is_its_own(make: Callable[..., Way], monkeypatch: pytest.MonkeyPatch) -> None:
    way = make("41")
    real = EmbeddedLocalSystem.register_application

    def register(self: EmbeddedLocalSystem, application: object, **named: bool) -> bool:
        if application.number == "2025-41-0002":  # type: ignore[attr-defined]
            raise ValueError("a defect")
        return real(self, application, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(EmbeddedLocalSystem, "register_application", register)
    settled = way.take(APPLICATIONS)
    assert [(one.outcome, one.code) for one in settled] == [
        ("accepted", None),
        ("rejected", "UNSAFE_FILE"),
        ("accepted", None),
    ]
    assert "ValueError" not in str(settled[1].reason)


def test_a_program_killed_before_the_outcomes_are_written_takes_the_rows_again_and_nothing_is_doubled(
    make: Callable[..., Way], monkeypatch: pytest.MonkeyPatch
) -> None:
    way = make("41")

    class Killed(BaseException):
        pass

    def killed(*given: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(ProvinceTables, "settle", killed)
        with pytest.raises(Killed):
            way.take(APPLICATIONS)
    before = way.local.last_sequence()
    assert [one.outcome for one in way.take()] == ["accepted"] * 3
    assert (way.local.last_sequence(), len(way.local.applications())) == (before, 3)


def test_the_same_records_by_file_and_by_table_are_one_message_with_one_event_id(
    make: Callable[..., Way], nation: Nation, tmp_path: Path, agency: Agency
) -> None:
    province = nation.province("41")

    def sent() -> list[object]:
        Desk(province.local, agency).step(NOW_US)
        province.run()
        return [message.envelope.event_id for message in nation.submissions()]  # type: ignore[attr-defined]

    assert import_file(SET / "applications.csv", province.local, today=TODAY, mapping=MAPPING).taken == 3
    first = sent()
    assert len(set(first)) == 6, "application and contact letter of each"
    both = Way(tmp_path, province.local, MAPPING)
    assert [one.outcome for one in both.take(APPLICATIONS)] == ["accepted"] * 3
    assert sent() == first
    both.tables.close()

    for part in (province.adapter, province.store, province.local):
        part.close()
    other = tmp_path / "by table"
    province.local = EmbeddedLocalSystem(other / "41.sqlite", "41", durable=False)
    province.store = AdapterStore(other / "store.sqlite", durable=False)
    province.adapter = nation.adapter_for(province.local, province.store)
    by_table = Way(other, province.local, MAPPING)
    by_table.take(APPLICATIONS)
    assert sorted(map(str, sent())) == sorted(map(str, [*first, *first]))
    by_table.tables.close()


def test_a_document_that_came_is_put_into_the_outbound_table_once(
    nation: Nation, apply: Callable[[Province], str], tmp_path: Path
) -> None:
    apply(nation.province("41"))
    nation.province("41").run()
    guangdong = nation.province("44")
    for record, message in zip(nation.records(), nation.submissions(), strict=True):
        nation.forward(message, record.value, "44")
    guangdong.run()
    with closing(ProvinceTables(f"sqlite:///{tmp_path / 'province.sqlite'}")) as tables:
        tables.create()
        mapping = replace(MAPPING, out=tuple(form for form in MAPPING.out if form.layout.name != "通知"))
        back = TableReturn(tables, guangdong.local, guangdong.store.set_aside, mapping)
        assert (back.step(NOW_US), back.step(NOW_US)) == (2, 0)
        guangdong.local.set_mark("tables out", 0)
        assert back.step(NOW_US) == 2, "as after a crash before the mark"
        with tables.connect() as db:
            rows = db.execute(COME_BACK.select().order_by(COME_BACK.c.id)).all()
    assert [row.form for row in rows] == ["受理申请", "联系函"]
    assert json.loads(rows[0].fields)[0]["文书"] == "受理申请", (
        "in the platform's words, for the mapping has no notices"
    )
    (letter,) = json.loads(rows[1].fields)
    assert list(letter) == [rule.header for form in MAPPING.out[:1] for rule in form.columns], "in the province's own"
    assert letter["报文号"] == rows[1].document


def test_a_document_without_a_code_waits_for_the_next_version_and_the_files_leave_it_alone(
    nation: Nation, apply: Callable[[Province], str], tmp_path: Path
) -> None:
    guangdong = nation.province("44")
    letter = IncomingDocument(
        UUID(int=7),
        "ContactLetterIssued",
        UUID(int=1),
        UUID(int=2),
        "41",
        "L",
        0,
        0,
        {"personal": {"id_type": "other"}},
    )
    guangdong.local.deliver([letter])
    aside = guangdong.store.set_aside
    with closing(ProvinceTables(f"sqlite:///{tmp_path / 'province.sqlite'}")) as tables:
        tables.create()
        coded = load_mapping(SET.parent / "csv-utf8" / "mapping.toml")
        rule = next(rule for rule in coded.out[0].columns if rule.field == "证件类型")
        narrow = replace(rule, codes={"01": "居民身份证"})
        columns = tuple(narrow if one is rule else one for one in coded.out[0].columns)
        unfit = replace(coded, out=(replace(coded.out[0], columns=columns),))
        TableReturn(tables, guangdong.local, aside, unfit).step(NOW_US)
        FileExchange(guangdong.local, tmp_path / "44", aside, unfit).step(NOW_US)
        assert [(kept.what.subject, kept.what.code) for kept in aside.all()] == [
            ("table 1", "DOES_NOT_FIT"),
            ("in 1", "DOES_NOT_FIT"),
        ]
        back = TableReturn(tables, guangdong.local, aside, coded)
        assert back.step(NOW_US) == 0
        with tables.connect() as db:
            (row,) = db.execute(COME_BACK.select()).all()
    assert json.loads(row.fields)[0]["AAC058"] == "99"
    assert [kept.what.subject for kept in aside.all()] == ["in 1"]
