"""Any two of three shares give the master key back; one alone, of another time or miscopied, opens nothing."""

from __future__ import annotations

from contextlib import closing
from itertools import combinations
from pathlib import Path
from uuid import UUID

import pytest

from jinbao.keys.escrow import PRIME, Share, escrow, read_share, recover
from jinbao.keys.key_ring import KeyRingRefused
from jinbao.keys.open_key_ring import MASTER, open_key_ring
from jinbao.keys.rotation import rotate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(open_key_ring(tmp_path, environ={})) as ring:
        ring.key_for(UUID(int=1))
    return tmp_path


def key_of(folder: Path) -> bytes:
    with closing(open_key_ring(folder, environ={})) as ring:
        return ring.key_for(UUID(int=1)).key


def test_any_two_holders_give_the_master_key_back(folder: Path) -> None:
    shares = [read_share(str(share), "share") for share in escrow(folder, {})]
    before, master = key_of(folder), (folder / MASTER).read_bytes()
    for some in combinations(shares, 2):
        (folder / MASTER).unlink()
        file = recover(folder, some)
        assert (file.read_bytes(), file.stat().st_mode & 0o777) == (master, 0o600)
        assert key_of(folder) == before


def test_one_share_fits_every_master_key(folder: Path) -> None:
    first, second, _ = escrow(folder, {})
    for value in (0, 1, 2**520):  # whatever the master key were, some second share would give it
        slope = (first.value - value) * pow(first.holder, -1, PRIME) % PRIME
        assert (value + slope * first.holder) % PRIME == first.value
    assert escrow(folder, {})[0].value != first.value
    (folder / MASTER).unlink()
    for shares in ([first], [first, first], [first, second._replace(group="0" * 16)]):
        with pytest.raises(KeyRingRefused, match="two different shares"):
            recover(folder, shares)
    assert not (folder / MASTER).exists()


def test_shares_of_an_older_master_key_do_not_open_the_ring(folder: Path) -> None:
    shares = escrow(folder, {})
    with pytest.raises(KeyRingRefused, match="move it aside"):
        recover(folder, shares)
    rotate(folder, {})
    (folder / MASTER).unlink()
    with pytest.raises(KeyRingRefused, match="number 1 and do not open"):
        recover(folder, shares)
    with pytest.raises(KeyRingRefused, match="number 1 and do not open"):
        recover(folder, [shares[0], shares[1]._replace(value=7)])


@pytest.mark.parametrize("line", [1, 2, 3, 4, 5])
def test_a_slip_of_the_pen_is_told(folder: Path, line: int) -> None:
    share: Share = escrow(folder, {})[0]
    lines = str(share).splitlines()
    last = lines[line][-1]
    lines[line] = lines[line][:-1] + ("2" if last != "2" else "3")
    with pytest.raises(KeyRingRefused):
        read_share("\n".join(lines) + "\n", "share")
