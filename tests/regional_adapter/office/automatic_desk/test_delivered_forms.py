"""What two provinces are delivered in a whole case leaves in each example set's forms in the platform's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.two_provinces import EXAMPLES, NOW_US, Run, import_both

from jinbao.regional_adapter.files.document_table import delivered_rows, form_for
from jinbao.regional_adapter.files.exports.file_exchange import FileExchange
from jinbao.regional_adapter.files.exports.out_file import SUFFIXES, out_form, read_out
from jinbao.regional_adapter.files.mapping.mapping_file import load_mapping

SETS: list[dict[str, Any]] = json.loads((EXAMPLES / "provinces" / "index.json").read_text("utf-8"))


def test_every_set_delivers_the_case_as_the_platforms_words_say_it(run: Run, tmp_path: Path) -> None:
    import_both(run)
    run.bank()
    for one in SETS:
        mapping = load_mapping(EXAMPLES / "provinces" / one["mapping"])
        for code in ("41", "44"):
            province, folder = run.nation.province(code), tmp_path / one["name"] / code
            for mark in ("files in", "files outcomes"):
                province.local.set_mark(mark, 0)
            FileExchange(province.local, folder, province.store.set_aside, mapping).step(NOW_US)
            assert province.store.set_aside.all() == []
            own = 0
            for document in province.local.incoming():
                form = out_form(mapping, form_for(document.kind))
                if form is None:
                    continue
                (file,) = folder.glob(f"in/{form.layout.name}-*-{document.event_id}{SUFFIXES[mapping.format]}")
                fields = [rule.field for rule in form.columns]
                assert read_out(file, mapping, form) == [_only(row, fields) for row in delivered_rows(document)]
                own += 1
            assert own > 0


def _only(row: Mapping[str, str], fields: list[str]) -> dict[str, str]:
    return {field: row.get(field, "") for field in fields}
