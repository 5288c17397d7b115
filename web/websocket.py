"""The server's WebSocket protocol: uvicorn's, which compresses a message once for all connections that it is sent to.

Each connection compressing for itself took 2 ms of a processor a viewer for the overview of a nation. So a message is
compressed without what was sent before it (`server_no_context_takeover`), and is the same bytes for every viewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.extensions.base import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import CTRL_OPCODES, Frame
from websockets.typing import ExtensionParameter

_WINDOW_BITS = 15


class _CompressedOnce(PerMessageDeflate):
    """The compression of one connection, which takes what another has made of the same message."""

    _newest: ClassVar[dict[int, tuple[Frame, Frame]]] = {}
    """Bits of the window → the newest message, plain and compressed."""

    def encode(self, frame: Frame) -> Frame:
        """A message as it is sent; control frames stay as they are."""
        if frame.opcode in CTRL_OPCODES:
            return frame
        known = self._newest.get(self.local_max_window_bits)
        if known is None or known[0] != frame:
            known = self._newest[self.local_max_window_bits] = (frame, super().encode(frame))
        return known[1]


class _Compression(ServerPerMessageDeflateFactory):
    """What is agreed with a client about compression."""

    def process_request_params(
        self, params: Sequence[ExtensionParameter], accepted_extensions: Sequence[Extension]
    ) -> tuple[list[ExtensionParameter], PerMessageDeflate]:
        """The parameters answered, and the connection's compression."""
        answered, agreed = super().process_request_params(params, accepted_extensions)
        assert agreed.local_no_context_takeover
        shared = _CompressedOnce(
            agreed.remote_no_context_takeover,
            agreed.local_no_context_takeover,
            agreed.remote_max_window_bits,
            agreed.local_max_window_bits,
        )
        return answered, shared


COMPRESSION = _Compression(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=_WINDOW_BITS,
    client_max_window_bits=_WINDOW_BITS,
)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn.available_extensions = [COMPRESSION]
