"""Provinces with keys that a platform's register knows: they sign what they send, as their adapters do."""

from __future__ import annotations

from typing import Any

from support.platform_under_test import Platform

from jinbao.bus.interface import OutgoingRecord
from jinbao.platform.audit.statements.keys import say_of_keys
from jinbao.platform.store.key_register import KeyStatement
from jinbao.regional_adapter.exchange.signing import BatchSigner, Chain, new_key
from jinbao.schemas.messages import PLATFORM
from jinbao.transparency.check_proof import VerifierKey
from jinbao.transparency.signing import SigningKey
from jinbao.transparency.sm2 import AgencyKey


def approved(agency: str, key: VerifierKey, expires_at: int | None = None) -> list[KeyStatement]:
    """A key asked for by one person and approved by another."""
    return [
        KeyStatement("request", agency, str(key), "first", expires_at),
        KeyStatement("approve", agency, str(key), "second"),
    ]


def revoked(agency: str, key: VerifierKey) -> list[KeyStatement]:
    """The same of its revocation."""
    return [
        KeyStatement("request_revocation", agency, str(key), "first", reason="lost"),
        KeyStatement("revoke", agency, str(key), "second"),
    ]


class SignedProvinces:
    """Each province's key and chain."""

    def __init__(self, platform: Platform, log_key: SigningKey, *provinces: str) -> None:
        self.platform = platform
        self.origin = log_key.verifier.name
        self.keys = {code: new_key(code) for code in provinces}
        self.chains = dict.fromkeys(provinces, Chain())
        keys = {code: key.verifier for code, key in self.keys.items()} | {PLATFORM: log_key.verifier}
        self.say(*(step for code, key in keys.items() for step in approved(code, key)))

    def say(self, *steps: KeyStatement) -> None:
        say_of_keys(self.platform.store, steps, self.platform.now)

    def signed(self, province: str, *messages: Any, key: AgencyKey | None = None) -> list[OutgoingRecord]:
        """One batch of messages, as its adapter sends it."""
        signer = BatchSigner(province, key or self.keys[province], self.origin)
        records, chain = signer.sign([self.platform.record(each) for each in messages], self.chains[province])
        self.chains[province] = chain
        return records

    def take(self, province: str, *messages: Any, key: AgencyKey | None = None) -> list[OutgoingRecord]:
        """Sign, send and run."""
        records = self.signed(province, *messages, key=key)
        self.send(*records)
        return records

    def send(self, *records: OutgoingRecord) -> None:
        self.platform.producer.send(list(records))
        self.platform.run()
