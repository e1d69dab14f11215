"""Whether an address is this machine, or one that only the own network reaches."""

from __future__ import annotations

from ipaddress import ip_address

_PRIVATE_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


def is_loopback(host: str) -> bool:
    """This machine: what is sent there does not leave it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_private(host: str) -> bool:
    """This machine or the own network: by its number, by its ending, or by a name of one word (a container's)."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.lower().endswith(_PRIVATE_ENDINGS)
