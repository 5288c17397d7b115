"""How many files a submission passes from CSV to CSV: a reader who follows it has to open so many.

Counted in a nation at work, whose files are open. Only what carries the submission is stepped: the read models follow
the log by themselves, and neither ingest nor relay, adapter, desk or file exchange waits for them.
"""

from __future__ import annotations

from typing import Any

from support.files_passed import files_passed
from support.two_provinces import EXAMPLES, NOW_US, TODAY, Run

from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.files.mapping.mapping_file import standard_mapping

MOST = 86


def test_a_submission_passes_few_files_from_csv_to_csv(run: Run) -> None:
    """Henan's applications, taken from a file, become letters that Guangdong finds in its folder."""
    run.settle()
    standard_mapping()  # read once, whatever passes afterwards
    henan = run.nation.province("41").local
    carriers: list[Any] = [run.platform.ingest, run.platform.relay, *run.files.values(), *run.desks.values()]
    carriers += [run.nation.province(code).adapter for code in run.parties]

    def carry() -> None:
        assert import_file(EXAMPLES / "applications-41.csv", henan, today=TODAY).bad == []
        while sum([part.step(NOW_US) for part in carriers]):
            pass

    passed = files_passed(carry)
    assert list((run.folder / "local" / "44").rglob("*.csv")), "the letters lie there"
    assert len(passed) <= MOST, "\n".join(passed)
