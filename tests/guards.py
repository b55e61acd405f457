"""What every test is watched for: server errors in the log, and connections that leave this machine."""

from __future__ import annotations

import ipaddress
import logging
import socket
from typing import Any

LOOPBACK_NAMES = {"localhost", "", None}


class OffLoopback(AssertionError):
    """A test tried to reach another machine."""


def is_local(address: Any) -> bool:
    """Whether a socket address stays on this machine."""
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = address[0]
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


class NetworkGuard:
    """Replaces `socket.connect` while tests run. An attempt is refused, and remembered in case the code swallows it."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self._connect = socket.socket.connect
        self._connect_ex = socket.socket.connect_ex

    def install(self) -> None:
        """Start refusing."""
        guard = self

        def connect(sock: socket.socket, address: Any) -> None:
            guard.check(address)
            guard._connect(sock, address)

        def connect_ex(sock: socket.socket, address: Any) -> int:
            guard.check(address)
            return guard._connect_ex(sock, address)

        socket.socket.connect = connect  # type: ignore[method-assign]
        socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]

    def check(self, address: Any) -> None:
        """Raise OffLoopback for an address elsewhere."""
        if not is_local(address):
            self.attempts.append(str(address))
            raise OffLoopback(f"A test opened a connection to {address}.")


NETWORK = NetworkGuard()


class ErrorCatcher(logging.Handler):
    """Collects what `django.request` logs as an error: a page that broke."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line and the last words of its trace."""
        trace = f" ({record.exc_info[0].__name__}: {record.exc_info[1]})" if record.exc_info and record.exc_info[0] else ""
        self.lines.append(record.getMessage() + trace)
