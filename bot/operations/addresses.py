"""Whether an address is this machine, or one that only the own network reaches."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

_PRIVATE_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
"""No public name ends so: RFC 6761, 6762 and 8375, ICANN's .internal, and .lan, which routers use."""


def is_loopback(host: str) -> bool:
    """This machine: what is sent there does not leave it."""
    number = _number(host)
    return number.is_loopback if number else host.lower() == "localhost"


def is_private(host: str) -> bool:
    """This machine or the own network: by its number, by its ending, or by a name of one word (a container's)."""
    number = _number(host)
    if number is not None:
        return number.is_private
    return host.lower().endswith(_PRIVATE_ENDINGS) or ("." not in host and host[:1].isalpha())


def is_unspecified(host: str) -> bool:
    """Every address of this machine (`0.0.0.0`, `::`): who can come in is for its network to say."""
    number = _number(host)
    return number is not None and number.is_unspecified


def _number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        number = ip_address(host)
    except ValueError:
        return None
    return getattr(number, "ipv4_mapped", None) or number
