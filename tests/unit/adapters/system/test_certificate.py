"""Certificates as a caller sees them: of a real TLS server, with certificates made here."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.system.certificate import certificate_of
from bot.adapters.system.clock import utc_now
from tests.support.certificates import HOST, answering, authority, tls_server
from tests.support.processes import free_port

LIMIT_S = 30.0


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    """An authority that this machine trusts."""
    made = authority(tmp_path, now=utc_now())
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


def test_a_trusted_certificate_tells_its_end(trusted):
    ends_at = (utc_now() + timedelta(days=30)).replace(microsecond=0)
    with tls_server(*trusted.server_files(ends_at=ends_at)) as port:
        shown = certificate_of(HOST, port, timeout_s=LIMIT_S)
    assert (shown.ends_at, shown.fault) == (ends_at, "")


def test_an_expired_one_is_told_as_such(trusted):
    with tls_server(*trusted.server_files(ends_at=utc_now() - timedelta(days=1))) as port:
        shown = certificate_of(HOST, port, timeout_s=LIMIT_S)
    assert shown.ends_at is None
    assert "expired" in shown.fault


def test_one_for_another_name_is_told_as_such(trusted):
    with tls_server(*trusted.server_files(ends_at=utc_now() + timedelta(days=30), name="10.0.0.1")) as port:
        assert "mismatch" in certificate_of(HOST, port, timeout_s=LIMIT_S).fault


def test_one_that_nobody_trusts_is_told_as_such(tmp_path):
    own = authority(tmp_path, now=datetime(2026, 1, 1, tzinfo=UTC))
    with tls_server(*own.server_files(ends_at=utc_now() + timedelta(days=30))) as port:
        assert certificate_of(HOST, port, timeout_s=LIMIT_S).fault


def test_a_server_without_tls_and_one_that_is_not_there_are_errors_of_the_network():
    plain = answering(lambda connection: connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n"))
    with plain as port, pytest.raises(ssl.SSLError):
        certificate_of(HOST, port, timeout_s=LIMIT_S)
    with pytest.raises(ConnectionRefusedError):
        certificate_of(HOST, free_port(), timeout_s=LIMIT_S)
