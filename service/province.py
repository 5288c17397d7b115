"""One province, wired in one place: its own system, its adapter's store, and the adapter between both and the bus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinbao.bus.interface import Bus
from jinbao.keys.key_ring import KeyRing
from jinbao.language.system_errors import system_reason
from jinbao.regional_adapter.exchange.adapter import Observer, RegionalAdapter, nobody
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.exchange.mapping import Answered, not_asked
from jinbao.regional_adapter.exchange.signing import BatchSigner
from jinbao.regional_adapter.exchange.witness import Witness
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.service.errors import UserError
from jinbao.service.province_files import ADAPTERS, opening
from jinbao.transparency.check_proof import NotValid, VerifierKey, parse_policy
from jinbao.transparency.sm2 import read_agency_key

WITNESSES = "witnesses"
"""Folder, among those of the adapters, of what each remembers as a witness."""


@dataclass(frozen=True, slots=True)
class Province:
    """Where a province's parts lie in a data folder, and how each is opened; the caller closes what it opens."""

    folder: Path
    code: str
    durable: bool = True
    """False where all of it can be made again: nothing waits for the disk."""

    @property
    def local_file(self) -> Path:
        """Its own system's file."""
        return self.folder / "local" / f"{self.code}.sqlite"

    @property
    def views_file(self) -> Path:
        """Who was shown personal fields there, and why."""
        return self.folder / "local" / "views" / f"{self.code}.sqlite"

    @property
    def desk_file(self) -> Path:
        """What its clerks' desk remembers, personal data in clear among it."""
        return self.folder / "local" / "desks" / f"{self.code}.sqlite"

    @property
    def national_token_file(self) -> Path:
        """The token of its application at the national one, made there: of this user alone."""
        return self.folder / "local" / f"{self.code}.national-token"

    @property
    def key_token_file(self) -> Path:
        """The token of its adapter at the key service, made there: of this user alone."""
        return self.folder / "local" / f"{self.code}.key-token"

    @property
    def key_certificate_file(self) -> Path:
        """Instead of the token: its adapter's certificate and its key, PEM, one after the other; of this user alone."""
        return self.folder / "local" / f"{self.code}.key-certificate.pem"

    @property
    def signing_key_file(self) -> Path:
        """The key by which its adapter signs what it sends: of this user alone."""
        return self.folder / "local" / f"{self.code}.signing-key"

    @property
    def documents(self) -> Path:
        """Folder of the files that its adapter writes for people."""
        return self.folder / "local" / self.code

    @property
    def hand_in(self) -> Path:
        """Folder into which its files are laid to be taken in."""
        return self.documents / "hand-in"

    @property
    def journal_file(self) -> Path:
        """Which of its files were taken in, and what became of them."""
        return self.folder / "local" / "files" / f"{self.code}.sqlite"

    @property
    def store_file(self) -> Path:
        """What its adapter remembers."""
        return self.folder / ADAPTERS / f"{self.code}.sqlite"

    @property
    def witness_file(self) -> Path:
        """What its adapter remembers as a witness of the log, and the key with which it cosigns."""
        return self.folder / ADAPTERS / WITNESSES / f"{self.code}.sqlite"

    def local_system(self) -> EmbeddedLocalSystem:
        """Its own system. Raises UserError where the file cannot be used."""
        with opening(self.local_file):
            return EmbeddedLocalSystem(self.local_file, self.code, durable=self.durable)

    def store(self) -> AdapterStore:
        """What its adapter remembers. Raises UserError where the file cannot be used."""
        with opening(self.store_file):
            return AdapterStore(self.store_file, durable=self.durable)

    def witness(self) -> Witness:
        """Its adapter as a witness of the log. Raises UserError where the file cannot be used."""
        with opening(self.witness_file):
            return Witness(self.witness_file, f"jinbao.witness/{self.code}", durable=self.durable)

    def signer(self) -> BatchSigner | None:
        """Signs what its adapter sends, for the log of the folder's policy; None where it has no key.

        Raises UserError where key or policy cannot be read.
        """
        if not self.signing_key_file.exists():
            return None
        log = self.log_key()
        if log is None:
            raise UserError(
                f"{self.signing_key_file}：没有 audit/policy，不知为哪个日志签名；请放入平台的策略文件",
                f"{self.signing_key_file}: no audit/policy names the log; lay the platform's policy there",
            )
        try:
            return BatchSigner(self.code, read_agency_key(self.signing_key_file), log.name)
        except OSError as error:
            zh, en = system_reason(error)
            raise UserError(f"{error.filename}：{zh}", f"{error.filename}: {en}") from error
        except NotValid as error:
            raise UserError(*error.words) from error

    def log_key(self) -> VerifierKey | None:
        """The key of the log that the folder's policy trusts; None where it has none, or several.

        Raises UserError.
        """
        path = self.folder / "audit" / "policy"
        try:
            policy = parse_policy(path.read_text("utf-8", "surrogateescape"))
        except FileNotFoundError:
            return None
        except OSError as error:
            zh, en = system_reason(error)
            raise UserError(f"{path}：{zh}", f"{path}: {en}") from error
        except NotValid as error:
            zh, en = error.words
            raise UserError(f"{path}：{zh}", f"{path}: {en}") from error
        return policy.logs[0] if len(policy.logs) == 1 else None

    def adapter(
        self,
        local: EmbeddedLocalSystem,
        store: AdapterStore,
        bus: Bus,
        ring: KeyRing,
        observe: Observer = nobody,
        signer: BatchSigner | None = None,
        answered: Answered = not_asked,
    ) -> RegionalAdapter:
        """The adapter between both and the bus. Raises BusError."""
        return RegionalAdapter(
            self.code,
            local=local,
            bus=bus,
            key_ring=ring,
            store=store,
            observe=observe,
            signer=signer,
            log=self.log_key(),
            answered=answered,
        )
