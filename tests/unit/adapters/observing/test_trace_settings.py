import pytest

from bot.adapters.observing.trace_settings import traces_are_wanted
from bot.errors import SettingsError

ADDRESS = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, False),
        (ADDRESS, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none"} | ADDRESS, False),
        ({"OTEL_SDK_DISABLED": "true"} | ADDRESS, False),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"} | ADDRESS, True),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"} | ADDRESS,
            True,
        ),
        ({"OTEL_SERVICE_NAME": "expo"}, False),
    ],
)
def test_traces_are_off_until_the_standard_variables_ask_for_them(variables: dict[str, str], wanted: bool):
    assert traces_are_wanted(variables) is wanted


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"OTEL_TRACES_EXPORTER": "console"}, "OTEL_TRACES_EXPORTER is 'console'"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"} | ADDRESS, "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'"),
    ],
)
def test_a_way_that_is_not_there_is_refused_by_name(variables: dict[str, str], told: str):
    with pytest.raises(SettingsError, match=told):
        traces_are_wanted(variables)
