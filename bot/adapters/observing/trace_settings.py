"""Whether OpenTelemetry's own variables ask for traces.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.errors import SettingsError

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_OURS = "http/protobuf"


def traces_are_wanted(variables: Mapping[str, str]) -> bool:
    """Whether traces are sent: an address or `OTEL_TRACES_EXPORTER=otlp` says so, and nothing forbids it.

    Raises:
        SettingsError: they ask for a way that is not there.
    """
    chosen = variables.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if variables.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or chosen == "none":
        return False
    if not chosen and not any(variables.get(name) for name in _ENDPOINTS):
        return False
    if chosen not in ("", "otlp"):
        raise SettingsError(f"OTEL_TRACES_EXPORTER is {chosen!r}: traces go by otlp only; set otlp or none")
    name, protocol = next(((name, variables[name]) for name in _PROTOCOLS if variables.get(name)), ("", _OURS))
    if protocol.strip().lower() != _OURS:
        raise SettingsError(
            f"{name} is {protocol!r}: traces go by {_OURS} only; set that, and the collector's port for it (4318)"
        )
    return True
