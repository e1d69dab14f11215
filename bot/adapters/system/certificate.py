"""The certificate of a web address, as whoever calls it sees it."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server shows; `fault` says why nobody should trust it, and `ends_at` is then not known."""

    ends_at: datetime | None
    fault: str = ""


def certificate_of(host: str, port: int, *, timeout_s: float) -> Certificate:
    """Ask for it, and check chain, name and dates by the authorities that this machine trusts. Blocks.

    Raises:
        OSError: the server can't be reached, or does not speak TLS.
    """
    context = ssl.create_default_context()
    with socket.create_connection((host, port), timeout=timeout_s) as connection:
        try:
            with context.wrap_socket(connection, server_hostname=host) as secured:
                shown = secured.getpeercert() or {}
        except ssl.SSLCertVerificationError as error:
            return Certificate(None, error.verify_message)
    return Certificate(datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), tz=UTC))
