"""A province of ours driven by files of its own forms: what instructions say is written as they look, and imported.

What the province has no form for is done at its desk.
"""

from __future__ import annotations

from collections.abc import Mapping as Table, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinbao.bus.interface import Bus
from jinbao.conformance.driven_province import OPERATOR, DrivenProvince, now_us
from jinbao.conformance.instructions import Instruction
from jinbao.keys.key_ring import KeyRing
from jinbao.presentation.message_labels import ACTIONS as ACTION_LABELS
from jinbao.regional_adapter.files.decision_records import DECISION, column_of
from jinbao.regional_adapter.files.exports.out_file import SUFFIXES
from jinbao.regional_adapter.files.form_rows import UnusableFileError
from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping
from jinbao.regional_adapter.files.out_values import MisfitError, cell_of
from jinbao.regional_adapter.files.writers import encoded, with_total
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.draft import OfficeError
from jinbao.rules.working_days import SHANGHAI, day_of
from jinbao.storage.sqlite_file import make_private

Row = Table[str, object]
"""By the platform's names of a form's columns, as the platform writes values."""
_SYNTHETIC = {"数据性质": "合成"}


class FormsProvince(DrivenProvince):
    """One province whose system writes the forms of a mapping."""

    def __init__(self, folder: Path, code: str, bus: Bus, ring: KeyRing, mapping: Mapping) -> None:
        super().__init__(folder, code, bus, ring)
        self._mapping = mapping
        self._forms = {form.layout.name: form for form in mapping.forms}
        self._written = 0
        self.files = folder / "files"
        self.files.mkdir(parents=True, exist_ok=True)

    # --- what instructions ask for ---

    def _register(self, said: Instruction) -> None:
        person, months = said.person, sum(year.months for year in said.history)
        assert person is not None
        if not said.history or "缴费历史" not in self._forms:
            super()._register(said)
            return
        whose = {
            "经办省份": self.province,
            "证件类型": "居民身份证",
            "社会保障号码": person.number,
            "姓名": person.name,
        }
        account = {"记账比例(%)": 8, "1998年前个人缴费本息(元)": "0.00", "临时账户": "否", "是否停保": "是"}
        rows = [
            {
                **(whose | account),
                "参保地": self.province,
                "年度": year.year,
                "起始月": year.first_month,
                "缴费月数": year.months,
                "缴费基数合计(元)": _yuan(year.base_total),
                "累计缴费月数": months,
            }
            for year in said.history
        ]
        self._hand_in("缴费历史", rows)

    def _apply(self, said: Instruction) -> None:
        person = said.person
        assert person is not None
        if "转移申请" not in self._forms:
            super()._apply(said)
            return
        row = {
            "转入省份": self.province,
            "申请编号": said.case,
            "证件类型": "居民身份证",
            "社会保障号码": person.number,
            "姓名": person.name,
            "户籍省份": person.hukou_province,
            "转出省份": said.origin,
            "申请日期": said.accepted_on,
            "受理日期": said.accepted_on,
            "本地参保日期": said.accepted_on,
            "调动": "否",
        }
        self._hand_in("转移申请", [row])
        case = self.office.case(str(said.case), now_us())
        if not self._decided(case, "accept-application", {}, case.number) and not case.outgoing:
            self.office.submit(case, "accept-application", {}, OPERATOR, now_us())

    def _receive(self, said: Instruction) -> None:
        letters = self.local.documents(case=said.case, kind="ContactLetterIssued") if said.case else []
        if not letters or "到账回单" not in self._forms:
            super()._receive(said)
            return
        row = {
            "收款省份": self.province,
            "收款日期": said.on,
            "付款编号": said.reference,
            "付款行号": said.line,
            "金额(元)": _yuan(said.amount or 0),
            "附言": letters[-1].key,
        }
        self._hand_in("到账回单", [row])

    def _act(self, said: Instruction, action: str, given: dict[str, Any]) -> None:
        case = self._case(said)
        if not self._decided(case, action, given, f"{case.number[:18]}-{len(case.outgoing)}"):
            super()._act(said, action, given)

    def _decided(self, case: Case, action: str, given: Table[str, Any], number: str) -> bool:
        """Hand a decision in as a row; False where the province's form has no word or no column for it."""
        form, word = self._forms.get("办理决定"), ACTION_LABELS[action][0]
        if form is None:
            return False
        columns = {rule.field: rule for rule in form.columns}
        codes = columns[DECISION].codes
        fields = {column_of(action, name): _yuan(value) if name == "amount" else value for name, value in given.items()}
        if (codes is not None and word not in codes.values()) or not fields.keys() <= columns.keys() - {DECISION}:
            return False
        now = datetime.fromtimestamp(now_us() / 1_000_000, SHANGHAI)
        row = {
            "经办省份": self.province,
            "决定编号": number,
            "业务编号": case.letter.local_document if case.letter else case.number,
            DECISION: word,
            "办理日期": now.date(),
            "办理时间": f"{now:%H:%M:%S}",
            **fields,
        }
        self._hand_in("办理决定", [row])
        return True

    # --- files ---

    def _hand_in(self, name: str, rows: Sequence[Row]) -> None:
        """Write a file as the province's system does, and import it. Raises OfficeError for what is rejected."""
        form = self._forms[name]
        self._written += 1
        file = self.files / f"{self._written:04}{SUFFIXES[self._mapping.format]}"
        make_private(file)
        now = now_us()
        try:
            file.write_bytes(province_file(self._mapping, form, rows))
            report = import_file(file, self.local, today=day_of(now), now=now, mapping=self._mapping)
        except MisfitError as error:
            raise OfficeError("BAD_FIELD", name, error.words) from None
        except UnusableFileError as error:
            raise OfficeError("BAD_FIELD", name, error.reason) from None
        if report.bad:
            bad = report.bad[0]
            raise OfficeError("BAD_FIELD", bad.column or name, (bad.reason_zh, bad.reason_en))


def province_file(mapping: Mapping, form: FormRule, rows: Sequence[Row]) -> bytes:
    """A file of a form as the mapping says that the province writes it, its total row with it."""
    names = [rule.header or rule.column for rule in form.columns]
    cells = []
    for row in rows:
        given = {name: "" if value is None else str(value) for name, value in (dict(row) | _SYNTHETIC).items()}
        cells.append([cell_of(given.get(rule.field, ""), rule, mapping) for rule in form.columns])
    return encoded(mapping, form, *with_total(form, names, cells))


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"
