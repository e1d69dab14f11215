"""The requests that a connection has brought whole, for servers that do as little as a server can."""

from __future__ import annotations


def cut_request(received: bytes) -> tuple[bytes, bytes, bytes] | None:
    """The first request's head, in small letters, its body, and what comes after it; None while it is not whole."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = received[:head_end].lower()
    _, found, rest = head.partition(b"content-length:")
    begins = head_end + 4
    ends = begins + (int(rest.partition(b"\r\n")[0]) if found else 0)
    return (head, received[begins:ends], received[ends:]) if len(received) >= ends else None
