"""The chain of batches is handed over: rounds, an adapter that works by itself, and rounds again are one chain."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from support.told_transfer import Transfer

from jinbao.platform.audit.history.folds import verify_store
from jinbao.platform.audit.log.verify import Verified
from jinbao.platform.outbox.log_key import policy_in
from jinbao.regional_adapter.exchange.adapter_store import outgoing
from jinbao.regional_adapter.exchange.signing import Chain
from jinbao.service.province import Province
from jinbao.simulator.nation import Nation
from jinbao.simulator.virtual_clock import round_instant
from jinbao.simulator.virtual_time import stamped


def verified(nation: Nation) -> Verified:
    policy = policy_in(nation.folder)
    assert policy is not None
    return verify_store(nation.store, policy)


def chain_of(folder: Path, province: str) -> Chain:
    with closing(Province(folder, province).store()) as store:
        return store.chain()


def sends_by_itself(nation_folder: Path, nation: Nation, province: str) -> None:
    """What its adapter does while nobody plays the nation: it signs in its own chain and sends."""
    place = Province(nation_folder, province, durable=False)
    signer = place.signer()
    assert signer is not None
    with closing(place.store()) as store, closing(nation.bus.producer()) as producer:
        store.put([outgoing(Transfer(person, application=f"Z-{person}").apply(), None) for person in (901, 902)])
        store.sign(signer, 10)
        position, records, _ = store.waiting(10)
        producer.send([stamped(record, round_instant(nation.today, 0)) for record in records])
        store.sent(position)


def test_an_adapter_that_works_by_itself_between_two_runs_goes_on_with_one_chain(tmp_path: Path) -> None:
    folder = tmp_path / "nation"
    with Nation.begin(folder, seed=7, transfers=12, days=16) as nation:
        while nation.run.day < 8 or nation.rounds.chain("41").number == 0:
            nation.run_day()
        played = nation.rounds.chain("41")
    assert chain_of(folder, "41") == played, "handed over"
    with Nation.resume(folder) as nation:
        before = nation.rounds.chain("41")
    with Nation.resume(folder) as nation:
        sends_by_itself(folder, nation, "41")
    assert chain_of(folder, "41").number == before.number + 1
    with Nation.resume(folder) as nation:
        assert nation.rounds.chain("41") == chain_of(folder, "41"), "and taken up again"
        while not nation.finished:
            nation.run_day()
        found = verified(nation)
        with nation.store.read() as work:
            sql = "SELECT COUNT(*) FROM events WHERE sender = '41' AND signature IS NOT NULL"
            assert work.bulk.execute(sql).scalar_one() > 2
    assert found.bad == []
    assert (found.population.as_json()["gaps"], found.population.begun_anew) == ([], [])


def test_an_adapter_that_forgets_the_chain_between_two_runs_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "nation"
    with Nation.begin(folder, seed=7, transfers=12, days=16) as nation:
        while nation.run.day < 8 or nation.rounds.chain("41").number == 0:
            nation.run_day()
    for file in (folder / "adapters").glob("41.sqlite*"):
        file.unlink()
    with Nation.resume(folder) as nation:
        nation.rounds.set_chain("41", Chain())
        sends_by_itself(folder, nation, "41")
        while not nation.finished:
            nation.run_day()
        found = verified(nation)
    assert [(one.code, one.text[1].split(",")[0][:48]) for one in found.bad] == [
        ("BATCH_GAP", "the chain of 41's batches begins anew with batch")
    ]
