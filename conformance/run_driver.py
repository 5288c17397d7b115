"""The driver of a province of ours: reads instructions line by line, and lets its adapter work between them."""

from __future__ import annotations

import select
from contextlib import ExitStack, closing
from pathlib import Path
from typing import BinaryIO

import msgspec

from jinbao.bus.open_bus import open_bus
from jinbao.conformance.driven_province import DrivenProvince
from jinbao.conformance.forms_province import FormsProvince
from jinbao.conformance.instructions import PROTOCOL, Answer, Instruction, lacking
from jinbao.regional_adapter.exchange.belonging import open_own_ring
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping
from jinbao.service.adapter_ring import open_adapter_ring
from jinbao.service.province import Province
from jinbao.service.settings import Settings

_PAUSE_S = 0.05
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Instruction).decode


def serve_instructions(folder: Path, source: BinaryIO, sink: BinaryIO, mapping: Mapping | None = None) -> None:
    """Answer every line until there are no more. Raises BusError and KeyRingError.

    `mapping`: of the files by which the province is driven; else its clerks do everything at the desk.
    """
    with ExitStack() as stack:
        province: DrivenProvince | None = None
        rest = b""
        while True:
            while b"\n" not in rest:
                if select.select([source], [], [], _PAUSE_S)[0]:
                    part = source.read1(65_536)  # type: ignore[attr-defined]
                    if not part:
                        return
                    rest += part
                elif province is not None:
                    province.work()
            line, _, rest = rest.partition(b"\n")
            try:
                said = _decode(line)
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                answer = Answer(ok=False, error=str(error), unsupported=True)
            else:
                if province is None and said.do == "start" and not lacking(said):
                    province = _opened(stack, folder, said, mapping)
                answer = _before_start(said) if province is None else province.tell(said)
            sink.write(_encode(answer) + b"\n")
            sink.flush()


def _before_start(said: Instruction) -> Answer:
    """Before it was started it only says whether it speaks this protocol."""
    if missing := lacking(said):
        return Answer(ok=False, error=f"{said.do} needs {', '.join(missing)}")
    if said.do == "hello" and said.protocol == PROTOCOL:
        return Answer(ok=True)
    return Answer(ok=False, error=f"expected hello of protocol {PROTOCOL}, then start", unsupported=said.do == "hello")


def _opened(stack: ExitStack, folder: Path, said: Instruction, mapping: Mapping | None) -> DrivenProvince:
    """The province of a `start` that lacks nothing; its key ring is that of a folder, or a key service."""
    bus_url, keys, code = str(said.bus), str(said.keys), str(said.province)
    is_service = keys.startswith(("https://", "http://"))
    settings = Settings(key_service_url=keys) if is_service else Settings(data=Path(keys))
    bus = stack.enter_context(closing(open_bus(bus_url, durable=False)))
    ring = open_own_ring(bus, (), lambda expected: open_adapter_ring(settings, Province(folder, code), expected))
    stack.enter_context(closing(ring))
    if mapping is not None:
        return stack.enter_context(closing(FormsProvince(folder, code, bus, ring, mapping)))
    return stack.enter_context(closing(DrivenProvince(folder, code, bus, ring)))
