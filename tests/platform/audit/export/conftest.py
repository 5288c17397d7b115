"""An export is an entry of the log: each file of tests writes it in a copy of its own of what was recorded."""

from __future__ import annotations

import shutil

import pytest

from tests.platform.audit.conftest import Recorded


@pytest.fixture(scope="module")
def recorded(recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("exported") / "copy"
    shutil.copytree(recorded.folder, folder, ignore=shutil.ignore_patterns("bus*"))
    return Recorded(folder)
