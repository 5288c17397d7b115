"""`/audit`: the auditor's room. What was verified last and by whom, and the checkpoint that everything stands on."""

from __future__ import annotations

import logging
import threading
from typing import Any

import msgspec

from jinbao.language.system_errors import system_reason
from jinbao.language.words import BilingualError
from jinbao.platform.audit.history.folds import verify_store
from jinbao.platform.audit.log.places import newest_head
from jinbao.platform.audit.log.stands_on import StandsOn, stands_on
from jinbao.platform.audit.log.verifications import Verification, keep, latest, of_result
from jinbao.platform.outbox.log_key import FOLDER, POLICY
from jinbao.platform.projections.positions import followed_to
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.service.logs import tell
from jinbao.transparency.check_proof import NotValid, Policy, parse_policy
from jinbao.web.national.nation import Nation
from jinbao.web.page import Action, Asker, Done, NoQuery, Page, Refused

AUDIT_PATH = "/audit"
VERIFICATIONS_SHOWN = 10


class Running(msgspec.Struct, frozen=True):
    """A verification that is under way."""

    by: str
    done: int
    """Entries read so far."""
    of: int


class Verifier:
    """Verifies the log in the background, one verification at a time."""

    def __init__(self, nation: Nation) -> None:
        self._nation = nation
        self._lock = threading.Lock()
        self._running: Running | None = None
        self.failed: BilingualError | None = None
        """Why the last one could not be carried out."""

    @property
    def running(self) -> Running | None:
        """The verification that is under way."""
        return self._running

    def start(self, by: str, policy: Policy) -> bool:
        """Begin; False where one is under way already."""
        with self._nation.reading() as work:
            size = newest_head(work.bulk).size
        with self._lock:
            if self._running is not None:
                return False
            self._running, self.failed = Running(by, 0, size), None
        threading.Thread(target=self._verify, args=(by, policy), name="verification", daemon=True).start()
        return True

    def _verify(self, by: str, policy: Policy) -> None:
        def told(done: int) -> None:
            running = self._running
            assert running is not None
            self._running = Running(by, done, max(done, running.of))

        try:
            found = verify_store(self._nation.store, policy, self._nation.kept_checkpoints(), told)
            keep(self._nation.data, of_result(found, formatting.iso(self._nation.clock.now_us()), by))
            tell("log_verified", operator=by, size=found.size, ok=not found.bad)
        except BilingualError as error:
            self.failed = error
        except OSError as error:
            zh, en = system_reason(error)
            self.failed = BilingualError(f"核验结果写不下来：{zh}", f"what was found cannot be written: {en}")
        except Exception as error:
            tell("verification_failed", logging.ERROR, exc_info=error)
            zh, en = "核验中程序出错，见日志", "the program failed, see its log"
            self.failed = BilingualError(f"{zh}：{type(error).__name__}", f"{en}: {type(error).__name__}")
        finally:
            self._running = None


class Room(msgspec.Struct, frozen=True):
    """What an auditor sees first."""

    as_of: str
    position: int
    checkpoint: StandsOn
    running: Running | None
    failed: str | None
    """Why the last verification could not be carried out."""
    verifications: list[Verification]
    """Newest first."""


def audit_page(nation: Nation, verifier: Verifier) -> Page:
    """`/audit`."""

    def value(asker: Asker, query: NoQuery) -> Room:
        with nation.reading() as work:
            position, checkpoint = followed_to(work), stands_on(work.bulk)
        failed = verifier.failed
        return Room(
            formatting.iso(nation.clock.now_us()),
            position,
            checkpoint,
            verifier.running,
            None if failed is None else asker.tr.error(failed),
            latest(nation.data, VERIFICATIONS_SHOWN),
        )

    return Page(AUDIT_PATH, prose("Audit"), "audit.html", value, menu=True)


def verify_action(nation: Nation, verifier: Verifier) -> Action:
    """Verify the log against the policy of this nation, as `jinbao audit verify` does."""

    def act(asker: Asker, form: NoQuery) -> Done:
        if not verifier.start(asker.user.name, _policy(nation)):
            raise Refused("核验正在进行，请等它结束", "a verification is under way; wait for its end", 409)
        started: dict[str, Any] = {"running": verifier.running}
        return Done(AUDIT_PATH, started, 202)

    return Action(f"{AUDIT_PATH}/verify", act)


def _policy(nation: Nation) -> Policy:
    path = nation.data / FOLDER / POLICY
    try:
        return parse_policy(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Refused(f"读不到 {path}", f"{path} cannot be read", 409) from None
    except NotValid as error:
        raise Refused(*error.words, status=409) from None
