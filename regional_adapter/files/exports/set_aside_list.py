"""The file that lists for a clerk what the adapter set aside (搁置.csv); nothing of its content."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinbao.language.words import words_of
from jinbao.regional_adapter.exchange.set_aside import REASONS, Kept, SetAsideBook
from jinbao.regional_adapter.files.document_table import local_time
from jinbao.regional_adapter.files.exports.csv_files import write_csv

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
        what, why = kept.what, REASONS[kept.what.code][0]
        return {
            "编号": str(kept.id),
            "搁置时间": local_time(kept.noted_at),
            "文书": self._titles.get(what.kind or "", what.kind or ""),
            "业务": " ".join(what.cases),
            "代码": what.code,
            "原因": f"{why}：{words_of(what.reason)[0]}" if what.code == "DOES_NOT_FIT" else why,
            "事件编号": what.incident or "",
        }
