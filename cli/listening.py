"""What commands that listen on a port share: TLS files that go together, protection, and where they listen."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from jinbao.cli.output import print_line
from jinbao.service.errors import UserError
from jinbao.web.server import LOOPBACK


def need_pair(certificate: Path | None, key: Path | None) -> None:
    """Raise UserError where one of the two TLS files is named without the other."""
    if (certificate is None) != (key is None):
        raise UserError("--tls-certificate 与 --tls-key 须同时给出", "--tls-certificate and --tls-key go together")


def need_tls(host: str, certificate: Path | None, key: Path | None) -> None:
    """Raise UserError where others could listen in."""
    need_pair(certificate, key)
    if host not in LOOPBACK and certificate is None:
        raise UserError(
            f"--host {host}：对外服务须用 --tls-certificate 和 --tls-key",
            f"--host {host}: others could listen in; give --tls-certificate and --tls-key",
        )


def tell_address(scheme: str, host: str, listener: socket.socket) -> None:
    """Print where the program listens: the port may have been a free one."""
    shown = f"[{host}]" if ":" in host else host
    print_line(f"listening on {scheme}://{shown}:{listener.getsockname()[1]}")
    sys.stdout.flush()
