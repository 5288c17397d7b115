"""Released files never change, and every version of a message lives with every other."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec
import pytest

from jinbao.schemas import codec, messages
from jinbao.schemas.codec import Codec, Undecodable, content_hash
from jinbao.schemas.compatibility import HASH_FILE, NotReleasable, check, release_new_files
from jinbao.schemas.messages import (
    ApplicationAccepted,
    FundsRemitted,
    InformationSheetSent,
    Sealed,
    Submission,
    YearRow,
)
from jinbao.schemas.registry import SchemaError, load_registry

Change = Callable[[dict[str, Any]], None]
FIRST_SHEET = Path(__file__).with_name("information_sheet.v1.hex")
"""The sheet of conftest.py as version 1 of its schema encoded it."""


def new_version(folder: Path, old: str, new: str, change: Change) -> None:
    """Write the file `new` as a changed copy of `old`."""
    schema = json.loads((folder / old).read_text(encoding="utf-8"))
    change(schema)
    (folder / new).write_text(json.dumps(schema), encoding="utf-8")


def with_field(**field: Any) -> Change:
    return lambda schema: schema["fields"].append(field)


def without_field(name: str) -> Change:
    def change(schema: dict[str, Any]) -> None:
        schema["fields"] = [field for field in schema["fields"] if field["name"] != name]

    return change


def with_type(name: str, kind: Any) -> Change:
    def change(schema: dict[str, Any]) -> None:
        next(field for field in schema["fields"] if field["name"] == name)["type"] = kind

    return change


def reasons(folder: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in check(folder):
        found.setdefault(finding.file, []).append(finding.reason)
    return found


def test_the_shipped_schemas_are_released_and_unchanged() -> None:
    assert check() == []


def test_a_changed_file_is_found_even_where_only_a_comment_changed(folder: Path) -> None:
    file = folder / "FundsRemitted.v1.avsc"
    file.write_text(file.read_text(encoding="utf-8").replace("ordered", "asked"), encoding="utf-8")
    assert list(reasons(folder)) == ["FundsRemitted.v1.avsc"]
    assert "was changed" in reasons(folder)["FundsRemitted.v1.avsc"][0]


def test_a_changed_shared_type_is_found(folder: Path) -> None:
    new_version(folder, "types/Agency.v1.avsc", "types/Agency.v1.avsc", without_field("postcode"))
    found = reasons(folder)
    assert "was changed" in found["types/Agency.v1.avsc"][0]
    assert "fingerprint" in found["InformationSheetSent.v1.avsc"][0]


def test_a_removed_file_is_found(folder: Path) -> None:
    (folder / "FundsRemitted.v1.avsc").unlink()
    assert reasons(folder) == {"FundsRemitted.v1.avsc": ["a released file was removed: restore it"]}


def test_an_unlisted_file_is_found(folder: Path) -> None:
    new_version(folder, "FundsRemitted.v1.avsc", "FundsRemitted.v2.avsc", with_field(name="n", type="int", default=0))
    (reason,) = reasons(folder)["FundsRemitted.v2.avsc"]
    assert "jinbao schemas release" in reason


def test_a_list_that_contradicts_the_files_is_found(folder: Path) -> None:
    entries = json.loads((folder / HASH_FILE).read_text())
    entries[0]["fingerprint"] = "0" * 16
    (folder / HASH_FILE).write_text(json.dumps(entries))
    assert "restore the list" in reasons(folder)[entries[0]["file"]][0]


@pytest.mark.parametrize("text", ["{", "5", '{"file": 1}', "[{}]"])
def test_a_broken_list_is_found(folder: Path, text: str) -> None:
    (folder / HASH_FILE).write_text(text)
    assert list(reasons(folder)) == [HASH_FILE]
    with pytest.raises(SchemaError):
        release_new_files(folder)


BREAKING: list[tuple[Change, str]] = [
    (with_field(name="channel", type="string"), "cannot read what version 1 wrote: channel: the writer does not write"),
    (without_field("amount"), "readers of version 1 cannot read it: amount: the writer does not write it"),
    (
        with_type("payment_line", "long"),
        "readers of version 1 cannot read it: payment_line: long cannot be read as int",
    ),
    (with_type("amount", "string"), "cannot read what version 1 wrote: amount: long cannot be read as string"),
    (with_type("amount", ["null", "long"]), "readers of version 1 cannot read it: amount: null cannot be read"),
    (with_type("remitted_on", "int"), "remitted_on: int (date) would be read as int"),
    (
        with_type("purpose", {"type": "enum", "name": "RemittancePurpose", "symbols": ["transfer", "top_up", "gift"]}),
        "readers of version 1 cannot read it: purpose: the reader has no symbol gift",
    ),
    (with_field(name="n", type="int", default=2**40), "FundsRemitted.n: the default is no value of the field's type"),
    (lambda schema: schema.update(doc="Other words."), "same fingerprint as FundsRemitted.v1.avsc"),
    (lambda schema: schema["fields"][1].update(aliases=["x"], default=""), "same fingerprint"),
]


@pytest.mark.parametrize(("change", "reason"), BREAKING)
def test_a_version_that_others_cannot_live_with_is_refused(folder: Path, change: Change, reason: str) -> None:
    before = (folder / HASH_FILE).read_bytes()
    new_version(folder, "FundsRemitted.v1.avsc", "FundsRemitted.v2.avsc", change)
    assert any(reason in text for text in reasons(folder)["FundsRemitted.v2.avsc"])
    with pytest.raises(NotReleasable, match=r"FundsRemitted\.v2\.avsc"):
        release_new_files(folder)
    assert (folder / HASH_FILE).read_bytes() == before


def test_versions_are_held_against_all_others_not_only_the_last(folder: Path) -> None:
    def text(schema: dict[str, Any]) -> None:
        with_field(name="note", type=["null", "string"], default=None)(schema)

    def number(schema: dict[str, Any]) -> None:
        with_field(name="note", type=["null", "int"], default=None)(schema)

    new_version(folder, "FundsRemitted.v1.avsc", "FundsRemitted.v2.avsc", text)
    new_version(folder, "FundsRemitted.v1.avsc", "FundsRemitted.v4.avsc", number)
    new_version(folder, "FundsRemitted.v1.avsc", "FundsRemitted.v3.avsc", with_field(name="x", type="int", default=0))
    found = reasons(folder)
    assert "FundsRemitted.v1.avsc" not in found
    assert len(found["FundsRemitted.v3.avsc"]) == len(found["FundsRemitted.v2.avsc"]) == 1
    assert any("version 2" in reason and "note" in reason for reason in found["FundsRemitted.v4.avsc"])


def test_versions_count_without_a_gap(folder: Path) -> None:
    new_version(folder, "FundsRemitted.v1.avsc", "FundsRemitted.v3.avsc", with_field(name="n", type="int", default=0))
    assert "version 2 is missing: versions count from 1 without a gap" in reasons(folder)["FundsRemitted.v3.avsc"]


def test_a_changed_file_stops_every_release(folder: Path) -> None:
    new_version(folder, "FundsRemitted.v1.avsc", "FundsRemitted.v2.avsc", with_field(name="n", type="int", default=0))
    new_version(folder, "FundsReceived.v1.avsc", "FundsReceived.v1.avsc", without_field("amount"))
    with pytest.raises(NotReleasable, match=r"FundsReceived\.v1\.avsc"):
        release_new_files(folder)


def test_a_release_lists_new_files_and_only_them(folder: Path) -> None:
    new_version(folder, "FundsRemitted.v1.avsc", "FundsRemitted.v2.avsc", with_field(name="n", type="int", default=0))
    assert release_new_files(folder) == ["FundsRemitted.v2.avsc"]
    assert check(folder) == []
    assert release_new_files(folder) == []


def test_a_first_release_lists_everything(folder: Path) -> None:
    before = (folder / HASH_FILE).read_bytes()
    (folder / HASH_FILE).unlink()
    assert len(check(folder)) == len(release_new_files(folder))
    assert (folder / HASH_FILE).read_bytes() == before


class CheckedRow(YearRow, frozen=True, kw_only=True):
    checked_on: date | None = None


class LaterSheet(InformationSheetSent, frozen=True, kw_only=True):
    """The information sheet as a later release could have it: a note, and a day in each row."""

    NAME: ClassVar[str] = "InformationSheetSent"
    rows: list[CheckedRow]  # type: ignore[assignment]
    note: messages.Text | None = None


def newest(folder: Path, name: str) -> tuple[str, str]:
    """The file of the newest version, and that of the one after it."""
    number = len(list(folder.glob(f"{name}.v*.avsc")))
    return f"{name}.v{number}.avsc", f"{name}.v{number + 1}.avsc"


@pytest.fixture
def later_version(folder: Path) -> Codec:
    """A codec that knows a further version of the sheet and of its rows."""
    day = {"type": "int", "logicalType": "date"}
    (row, later_row), (whole, later_whole) = newest(folder, "types/YearRow"), newest(folder, "InformationSheetSent")
    new_version(folder, row, later_row, with_field(name="checked_on", type=["null", day], default=None))

    def sheet(schema: dict[str, Any]) -> None:
        with_field(name="note", type=["null", "string"], default=None)(schema)
        schema["requires"] = [file.replace(row, later_row) for file in schema["requires"]]

    new_version(folder, whole, later_whole, sheet)
    assert release_new_files(folder) == [later_whole, later_row]
    return Codec(load_registry(folder), [LaterSheet, FundsRemitted])


def as_later(sheet: InformationSheetSent, **more: Any) -> LaterSheet:
    fields = {name: getattr(sheet, name) for name in sheet.__struct_fields__}
    rows = [CheckedRow(**msgspec.structs.asdict(row)) for row in sheet.rows]
    return LaterSheet(**{**fields, "rows": rows, **more})


def test_a_sheet_of_the_first_release_still_decodes(sheet: InformationSheetSent) -> None:
    """Bytes as version 1 wrote them: nothing was withheld then, as far as anybody said."""
    old = bytes.fromhex(FIRST_SHEET.read_text())
    assert codec.decode(old) == sheet
    assert (sheet.withheld_months, sheet.withheld_amount) == (None, None)
    assert content_hash(codec.decode(old)) == content_hash(sheet)


def test_a_sheet_says_what_stays_behind_since_its_second_version(sheet: InformationSheetSent) -> None:
    partial = msgspec.structs.replace(sheet, withheld_months=40, withheld_amount=1_234_500)
    assert codec.decode(codec.encode(partial)) == partial
    assert codec.encode(partial)[:10] != bytes.fromhex(FIRST_SHEET.read_text())[:10], "another fingerprint"


def test_what_an_old_version_wrote_decodes_into_the_newest_shape(
    later_version: Codec, sheet: InformationSheetSent, remitted: FundsRemitted
) -> None:
    assert later_version.decode(codec.encode(sheet)) == as_later(sheet)
    assert later_version.decode(codec.encode(remitted)) == remitted


def test_the_newest_version_is_written_and_read_with_its_new_fields(
    later_version: Codec, sheet: InformationSheetSent
) -> None:
    rows = [CheckedRow(**msgspec.structs.asdict(row), checked_on=date(2025, 2, 3)) for row in sheet.rows]
    message = as_later(sheet, note="checked", rows=rows)
    assert later_version.decode(later_version.encode(message)) == message


def test_a_program_without_the_new_schema_says_so(later_version: Codec, sheet: InformationSheetSent) -> None:
    with pytest.raises(Undecodable) as refused:
        codec.decode(later_version.encode(as_later(sheet)))
    assert refused.value.code == "UNKNOWN_SCHEMA"


def test_the_content_hash_does_not_know_the_schema_version(later_version: Codec, sheet: InformationSheetSent) -> None:
    newer = later_version.decode(later_version.encode(as_later(sheet)))
    assert content_hash(newer) == content_hash(sheet)
    assert content_hash(as_later(sheet, note="new")) != content_hash(sheet)


def test_a_day_within_a_row_is_held_to_the_same_range(later_version: Codec, sheet: InformationSheetSent) -> None:
    rows = [CheckedRow(**msgspec.structs.asdict(row), checked_on=date(1, 1, 1)) for row in sheet.rows]
    with pytest.raises(codec.InvalidMessage) as refused:
        later_version.encode(as_later(sheet, rows=rows))
    assert refused.value.field == "rows.*.checked_on"


class AcceptedV2(Submission, frozen=True, kw_only=True):
    """The application as a later release could have it, without the certificate's number."""

    NAME: ClassVar[str] = "ApplicationAccepted"
    scheme: Literal["110"]
    origin: messages.Province
    destination: messages.Province
    accepted_on: date
    personal: Sealed
    hukou_province: messages.Province | None = None


def test_a_field_that_a_later_version_dropped_is_skipped(folder: Path, accepted: ApplicationAccepted) -> None:
    assert accepted.certificate_number
    name = "ApplicationAccepted"
    new_version(folder, f"{name}.v1.avsc", f"{name}.v2.avsc", without_field("certificate_number"))
    release_new_files(folder)
    decoded = Codec(load_registry(folder), [AcceptedV2]).decode(codec.encode(accepted))
    assert isinstance(decoded, AcceptedV2)
    assert decoded.personal == accepted.personal


def test_a_type_without_a_schema_is_named(folder: Path) -> None:
    (folder / "FundsRemitted.v1.avsc").unlink()
    with pytest.raises(LookupError, match="FundsRemitted"):
        Codec(load_registry(folder), [FundsRemitted])
