"""How many files a submission passes from CSV to CSV: a reader who follows it has to open so many."""

from __future__ import annotations

from support.files_passed import files_passed
from support.two_provinces import EXAMPLES, Run

MOST = 87


def test_a_submission_passes_few_files_from_csv_to_csv(run: Run) -> None:
    """Henan's applications, taken from a file, become letters that Guangdong finds in its folder."""
    passed = files_passed(lambda: run.take(EXAMPLES / "applications-41.csv", "41"))
    assert list((run.folder / "local" / "44").rglob("*.csv")), "the letters lie there"
    assert len(passed) <= MOST, "\n".join(passed)
