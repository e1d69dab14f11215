"""Encrypts a stream of bytes with a passphrase, and reads it again: nothing can be changed, moved or cut off unseen.

A key is made from the passphrase by scrypt. The stream goes in frames, each encrypted with AES-256-GCM under its
number and whether it is the last one (the construction STREAM, https://eprint.iacr.org/2015/189). Memory does not grow
with it.
"""

from __future__ import annotations

import hmac
import io
import json
import os
import struct
from dataclasses import asdict, dataclass, replace
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bot.errors import BackupError

MAGIC = b"SCODA-SEALED-1\n"
"""A sealed file begins so."""
_FRAME = 65_536
"""Bytes of a frame before it is encrypted; chosen: the memory it takes, and 20 bytes more of 65,536 in the file."""
_TAG = 16
"""Bytes that AES-GCM adds."""
_KEY = 32
"""Bytes of a key of AES-256."""
_CHECK = 16
"""Bytes that tell a wrong passphrase from a damaged file, made together with the key and as hard to guess from."""
_COST = 2**16
"""scrypt's N: with r = 8 it takes 64 MiB, with p = 2 as OWASP's cheat sheet on storing passwords advises."""
_LARGEST_HEADER = 1_024
"""Bytes; ours has some 150."""
_MOST_MEMORY = 2**28
"""Bytes that a header may have scrypt take, so that a forged one can't take all there is (chosen)."""
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class _Derivation:
    """How the key is made: scrypt's numbers, the salt and the check in hexadecimal."""

    salt: str
    n: int
    check: str = ""
    r: int = 8
    p: int = 2

    def secrets(self, passphrase: str) -> tuple[bytes, bytes]:
        """The key, and what the header's check must be."""
        if not (self.n > 1 and 128 * self.n * self.r <= _MOST_MEMORY and 0 < self.p <= 16):
            raise ValueError("its key would take more memory or time than any of ours")
        made = Scrypt(bytes.fromhex(self.salt), _KEY + _CHECK, n=self.n, r=self.r, p=self.p).derive(passphrase.encode())
        return made[:_KEY], made[_KEY:]


class SealingWriter(io.RawIOBase):
    """Takes bytes and writes frames into `file`, which stays open; `close` writes the last one."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        derivation = _Derivation(os.urandom(16).hex(), _COST)
        key, check = derivation.secrets(passphrase)
        self._header = MAGIC + json.dumps(asdict(replace(derivation, check=check.hex()))).encode() + b"\n"
        self._cipher = AESGCM(key)
        self._file = file
        self._waiting = bytearray()
        self._number = 0
        file.write(self._header)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]  # any buffer will do, as for its base
        """Take it all; whole frames go on, the last bytes always wait: they may be the end."""
        self._waiting += content
        while len(self._waiting) > _FRAME:
            self._put(bytes(self._waiting[:_FRAME]), is_last=False)
            del self._waiting[:_FRAME]
        return len(content)

    def close(self) -> None:
        """Write what waits as the last frame."""
        if not self.closed:
            self._put(bytes(self._waiting), is_last=True)
        super().close()

    def _put(self, content: bytes, *, is_last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, is_last=is_last), content, self._header)
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        self._number += 1


class SealedReader(io.RawIOBase):
    """Gives the bytes that were sealed into `file`, each frame once it is known to be whole.

    Raises:
        BackupError: the passphrase is another one.
        ValueError: the file is damaged or cut; here and whenever it is read.
    """

    def __init__(self, file: io.BufferedReader, passphrase: str) -> None:
        start = file.readline(_LARGEST_HEADER)
        stated = file.readline(_LARGEST_HEADER)
        try:
            derivation = _Derivation(**json.loads(stated))
            key, check = derivation.secrets(passphrase)
            stated_check = bytes.fromhex(derivation.check)
        except TypeError as error:
            raise ValueError("its first lines are not as this program writes them") from error
        if not hmac.compare_digest(check, stated_check):
            raise BackupError("the passphrase is not the one that it was encrypted with")
        self._header = start + stated
        self._cipher = AESGCM(key)
        self._file = file
        self._opened = memoryview(b"")
        self._number = 0
        self._is_over = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a view is what the base hands over
        """Fill the buffer as far as the present frame goes."""
        while not self._opened and not self._is_over:
            self._opened = memoryview(self._next())
        count = min(len(buffer), len(self._opened))
        buffer[:count] = self._opened[:count]
        self._opened = self._opened[count:]
        return count

    def _next(self) -> bytes:
        head = self._file.read(_LENGTH.size)
        length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
        if not _TAG <= length <= _FRAME + _TAG:
            raise ValueError("it is cut off or damaged")
        sealed = self._file.read(length)
        self._is_over = not self._file.peek(1)
        try:
            content = self._cipher.decrypt(_nonce(self._number, is_last=self._is_over), sealed, self._header)
        except InvalidTag as error:
            raise ValueError("it was changed, or is cut off") from error
        self._number += 1
        return content


def _nonce(number: int, *, is_last: bool) -> bytes:
    """Never twice under a key: the salt, and with it the key, is another one for each file."""
    return number.to_bytes(11, "big") + bytes([is_last])
