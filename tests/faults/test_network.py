"""After the install nothing leaves this machine: every connection that the program tries passes a guard.

The guard stands between the program and the C library, so it also sees what compiled parts (Chroma's, the embedding
engine's) try.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.processes import Place, running_bot
from tests.support.visitors import Town, until

QUESTION = "How many freight trains ran in 2025?"

_GUARD = r"""
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void note(const char *what, const char *where) {
    FILE *file = fopen(getenv("GUARD_LOG"), "a");
    if (file) { fprintf(file, "%s %s\n", what, where); fclose(file); }
}

static int leaves(const struct sockaddr *address, char *where, size_t size) {
    where[0] = 0;
    if (!address) return 0;
    if (address->sa_family == AF_INET) {
        const struct in_addr *ip = &((const struct sockaddr_in *)address)->sin_addr;
        inet_ntop(AF_INET, ip, where, size);
        return (ntohl(ip->s_addr) >> 24) != 127;
    }
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *ip = &((const struct sockaddr_in6 *)address)->sin6_addr;
        inet_ntop(AF_INET6, ip, where, size);
        return memcmp(ip, &in6addr_loopback, sizeof *ip) != 0;
    }
    return 0;
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
    static int (*next)(int, const struct sockaddr *, socklen_t);
    char where[64];
    if (!next) next = dlsym(RTLD_NEXT, "connect");
    if (leaves(address, where, sizeof where)) { note("connect", where); errno = ENETUNREACH; return -1; }
    return next(fd, address, length);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *address, socklen_t length) {
    static ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    char where[64];
    if (!next) next = dlsym(RTLD_NEXT, "sendto");
    if (leaves(address, where, sizeof where)) { note("sendto", where); errno = ENETUNREACH; return -1; }
    return next(fd, data, size, flags, address, length);
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    static int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    unsigned char ip[16];
    if (!next) next = dlsym(RTLD_NEXT, "getaddrinfo");
    if (name && strcmp(name, "localhost") && inet_pton(AF_INET, name, ip) != 1 && inet_pton(AF_INET6, name, ip) != 1) {
        note("lookup", name);
        return EAI_FAIL;
    }
    return next(name, service, hints, found);
}
"""


@pytest.fixture(scope="session")
def guard_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guard, compiled by the compiler that the installation needs anyway."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler on this machine to build the network guard with")
    folder = tmp_path_factory.mktemp("guard")
    source, library = folder / "guard.c", folder / "guard.so"
    source.write_text(_GUARD, encoding="utf-8")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture
def attempts(guard_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts every process that the test starts behind the guard; the file lists what they tried."""
    log = tmp_path / "attempts"
    log.touch()
    monkeypatch.setenv("LD_PRELOAD", str(guard_library))
    monkeypatch.setenv("GUARD_LOG", str(log))
    return log


@pytest.mark.parametrize(
    ("attempt", "noted"),
    [
        ("socket.create_connection(('192.0.2.1', 80), 1)", "connect 192.0.2.1"),
        ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'?', ('192.0.2.1', 53))", "sendto 192.0.2.1"),
        ("socket.getaddrinfo('example.org', 80)", "lookup example.org"),
    ],
)
def test_the_guard_sees_and_stops_whatever_would_leave_the_machine(attempts: Path, attempt: str, noted: str):
    ended = subprocess.run(
        [sys.executable, "-c", f"import socket; {attempt}"], capture_output=True, text=True, check=False
    )
    assert "OSError" in ended.stderr or "gaierror" in ended.stderr
    assert _lines(attempts) == [noted]


def test_the_guard_lets_pass_what_stays_on_the_machine(attempts: Path):
    code = (
        "import socket; server = socket.create_server(('127.0.0.1', 0)); "
        "socket.create_connection(('localhost', server.getsockname()[1]))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert _lines(attempts) == []


@pytest.mark.nightly
def test_asking_and_building_the_index_reach_out_to_nobody(place: Place, attempts: Path):
    assert "LD_PRELOAD" in os.environ
    shutil.rmtree(place.data)
    assert place.scoda("knowledge", "sync").returncode == 0
    asked = place.scoda("ask", QUESTION)
    assert TRAINS_IN_2025 in asked.stdout
    assert _lines(attempts) == []


async def test_a_whole_conversation_reaches_out_to_nobody(place: Place, town: Town, attempts: Path):
    async with running_bot(place, town.base_url) as bot:
        john = await town.visitor("John", "en")
        await john.start()
        answer = await john.ask(QUESTION)
        assert TRAINS_IN_2025 in answer["text"]
        assert "https://example.org" in (await john.tap_for_message(answer, "Source"))["text"]
        await town.act(f"personas/{john.id}/inline", query=QUESTION, wait_s=60)
        await john.ask("/mydata")
        trains = place.knowledge / "en/logistics/trains.md"
        trains.write_text(trains.read_text(encoding="utf-8").replace("cotton", "silk"), encoding="utf-8")
        await until(lambda: bot.events("knowledge_published"), "the change to be published")
        assert await bot.stop() == 0
    assert _lines(attempts) == []


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").splitlines()
