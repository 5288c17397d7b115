"""Signed submissions over Kafka and PostgreSQL: whoever writes to the bus speaks for nobody but himself."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest
from support.told_transfer import Transfer

from jinbao.bus.interface import OutgoingRecord
from jinbao.bus.open_bus import open_bus
from jinbao.dev import engines as local
from jinbao.platform.audit.history.folds import verify_store
from jinbao.platform.audit.statements.keys import say_of_keys
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.platform.store.key_register import KeyStatement
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.exchange.signing import BatchSigner, Chain, new_key
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import record_key
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, Submission
from jinbao.transparency.check_proof import parse_policy

pytestmark = [pytest.mark.engines, pytest.mark.slow]


def record(message: Submission) -> OutgoingRecord:
    data = encode(message)
    return OutgoingRecord(SUBMISSIONS_TOPIC, record_key(message.envelope), data, headers_for(message, data))


def test_what_is_signed_is_taken_and_whoever_speaks_as_the_platform_is_refused(
    tmp_path: Path, private_folder: Path, postgres_url: str
) -> None:
    engines = local.up(private_folder)
    log, key = open_log_key(tmp_path), new_key("41")
    with (
        closing(open_bus(engines.bus_url)) as bus,
        closing(Store(postgres_url, durable=False)) as store,
        closing(NationalPlatform(bus, store, log_key=log)) as platform,
        closing(bus.producer()) as producer,
    ):
        for agency, known in (("41", key.verifier), ("00", log.verifier)):
            for act, user in (("request", "a"), ("approve", "b")):
                step = KeyStatement(act, agency, str(known), user)  # type: ignore[arg-type]
                say_of_keys(store, [step], time.time_ns() // 1_000)
        applications = [record(Transfer(person).apply()) for person in range(1, 20)]
        signed, _ = BatchSigner("41", key, log.verifier.name).sign(applications, Chain())
        forged = record(Transfer(1).miss("application_review", "2025-03-24"))
        producer.send([*signed, forged, *signed[:2], record(Transfer(30).apply())])
        taken, until = 0, time.monotonic() + 60
        while taken < 23 and time.monotonic() < until:
            taken += platform.ingest.step(time.time_ns() // 1_000)
        platform.step(time.time_ns() // 1_000)
        with store.read() as work:
            refused = work.bulk.execute("SELECT sender, code FROM intake WHERE outcome = 4 ORDER BY sender").fetchall()
            (accepted,) = work.bulk.execute("SELECT COUNT(*) FROM events WHERE signature IS NOT NULL").one()
        assert [tuple(row) for row in refused] == [("00", "SIGNATURE_MISSING"), ("41", "SIGNATURE_MISSING")]
        assert accepted == 19
        found = verify_store(store, parse_policy((tmp_path / "audit" / "policy").read_text()))
        assert found.bad == []
        assert found.signatures >= accepted
