"""A province's look at the register of keys, with the keys that lie in its folder."""

from __future__ import annotations

from contextlib import ExitStack, closing, suppress

from jinbao.bus.interface import Bus
from jinbao.regional_adapter.exchange.key_watch import KeyWatch
from jinbao.service.errors import Unavailable
from jinbao.service.health import Watch
from jinbao.service.province import Province
from jinbao.transparency.check_proof import NotValid
from jinbao.transparency.sm2 import read_agency_key


def key_watch(stack: ExitStack, place: Province, bus: Bus) -> KeyWatch | None:
    """Closed with the stack; None where no policy lies in the folder. Raises BusError and UserError."""
    log = place.log_key()
    if log is None:
        return None
    return stack.enter_context(closing(KeyWatch(bus, place.code, log, lambda: own_keys(place))))


def own_keys(place: Province) -> set[str]:
    """Public keys of the province's key file and of those beside it that begin with its name, as `….old`."""
    file, found = place.signing_key_file, set[str]()
    for path in file.parent.glob(f"{file.name}*"):
        with suppress(NotValid, OSError, UnicodeDecodeError):
            found.add(str(read_agency_key(path).verifier))
    return found


def tell_foreign_keys(watch: Watch, province: str, keys: list[str]) -> None:
    """Tell the adapter's operator of keys that its agency has not made, and that all is well once there is none."""
    if keys:
        watch.trouble(_foreign_keys_told(province, keys))
    else:
        watch.succeeded()


def _foreign_keys_told(province: str, keys: list[str]) -> Unavailable:
    named = ", ".join(keys)
    return Unavailable(
        f"平台的登记簿以 {province} 的名义登记了本机构未申请的公钥：{named}；请立即与平台核对并撤销",
        f"the platform's register has keys in the name of {province} that the agency did not ask for: {named}; "
        "ask the platform at once and have them revoked",
    )
