"""The files in `config/` that operators run the bot with, read by the tools that will read them there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from typer.main import get_command

from bot.cli.main import cli
from bot.settings import Settings
from bot.settings.loading import load_settings
from tests.support import deployment
from tests.support.deployment import (
    CONFIG,
    ROOT,
    WEBHOOK_URL,
    cluster,
    compose,
    ignored,
    instructions,
    seconds,
    told,
    tool,
)

pytestmark = pytest.mark.nightly

DRAIN_S = max(Settings().limits.shutdown_s, 8.0)
"""So long a bot may take to finish what it began."""
BOT = ("web", "sender")
LONGEST_PAUSE_S = 120
"""Between two attempts to start: chosen by reasoning, so long nobody waits for a night's first answer."""
CONSOLE = "console"
"""For commands while the sender is stopped: it runs nothing that could be asked how it is."""
DAY_H = 24
"""Hours: so often a backup is made, which the alert of one that is too old supposes."""
IMAGES_DATA = Path(dict(re.findall(r"(SCODA_\w+)=(\S+)", dict(instructions())["ENV"]))["SCODA_STORE_DATA"])
WORST_EXPOSURE = "15"
"""Tenths, of 100, as `systemd-analyze security` counts: the unit has 12, for it needs the network. Chosen: no more than now."""


def settings_of(variables: Mapping[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What the bot makes of them; one that it does not know is refused."""
    for name, value in deployment.with_secrets(variables, folder).items():
        if name.startswith("SCODA_"):
            monkeypatch.setenv(name, value)
    return load_settings(folder / "none.toml")


def a_backup_a_day_is_made_elsewhere(settings: Settings, mounts: list[str]) -> None:
    """Encrypted, and in a volume that is not that of the state."""
    assert settings.backup.every_hours == DAY_H
    assert settings.backup.passphrase.get_secret_value()
    [backups] = [mount for mount in mounts if Path(settings.backup.folder).is_relative_to(mount)]
    [data] = [mount for mount in mounts if IMAGES_DATA.is_relative_to(mount)]
    assert backups != data


# ── the image ──


def test_the_containerfile_pleases_its_linter():
    said = told(tool("hadolint"), "--failure-threshold", "style", CONFIG / "Containerfile")
    assert (said.stdout, said.returncode) == ("", 0)


def test_the_linter_of_the_containerfile_sees_what_is_wrong(tmp_path: Path):
    wrong = tmp_path / "Containerfile"
    wrong.write_text("FROM python:latest\nRUN pip install requests\n", encoding="utf-8")
    said = told(tool("hadolint"), "--failure-threshold", "style", wrong)
    assert said.returncode != 0
    assert "DL3013" in said.stdout


SECRET_OR_STATE = (
    ".env", ".git/config", "config/secrets/telegram_token", "config/bot.toml", "data/state.sqlite3", "state.sqlite3",
    "build/sbom.cdx.json", ".venv/bin/python", "tests/README.md", "config/compose.yaml", "backup.sqlite3",
)  # fmt: skip
NOT_OURS = ("bot/adapters/e5/_kernel.cpython-313-x86_64-linux-gnu.so", "bot/__pycache__/ids.cpython-313.pyc")
NEEDED = (
    "bot/__main__.py", "bot/adapters/e5/kernel.c", "bot/sandbox/page/app.js", "locales/ru/LC_MESSAGES/bot.po",
    "knowledge/en/expo/editions.md", "config/building.py", "config/requirements.in", "config/requirements.lock",
    "config/requirements-tools.lock", "config/announcements.toml", "pyproject.toml", "README.md", "LICENSE",
)  # fmt: skip


def test_S02_no_secret_no_state_and_no_history_comes_near_an_image():
    assert [path for path in (*SECRET_OR_STATE, *NOT_OURS) if not ignored(path)] == []


def test_what_an_image_is_made_of_does():
    assert [path for path in NEEDED if ignored(path) or not (ROOT / path).is_file()] == []


def test_everything_that_an_image_copies_from_the_checkout_is_there():
    copied = [
        source
        for name, rest in instructions()
        if name == "COPY" and "--from=" not in rest
        for source in rest.split()[:-1]
        if source != "."
    ]
    assert "config/requirements.lock" in copied
    assert [source for source in copied if not (ROOT / source).is_file() or ignored(source)] == []


def test_S06_an_image_installs_what_the_locks_pin_by_hash_and_nothing_else():
    steps = [step for name, rest in instructions() if name == "RUN" for step in rest.split("&&")]
    installs = [step for step in steps if re.search(r"\bpip\b.*\binstall\b", step)]
    from_locks = [step for step in installs if "--require-hashes" in step and re.search(r"-r config/\S+\.lock", step)]
    [itself] = [step for step in installs if step not in from_locks]
    assert len(from_locks) == 2
    assert all("--no-deps" in step for step in installs)
    assert itself.split()[-2:] == ["--no-build-isolation", "."]


def test_an_image_runs_as_nobody_in_particular_and_tells_how_it_is():
    last = max(at for at, (name, _) in enumerate(instructions()) if name == "FROM")
    final = instructions()[last:]
    said = dict(final)
    user, group = said["USER"].split(":")
    assert int(user) > 1000 < int(group)
    assert "/livez" in said["HEALTHCHECK"]
    assert said["STOPSIGNAL"] == "SIGTERM"
    assert [rest for name, rest in final if name == "RUN" and "apt-get" in rest] == []
    assert any("sbom.cdx.json" in rest for name, rest in final if name == "COPY")


def test_S02_no_layer_of_an_image_is_given_a_secret():
    given = [rest for name, rest in instructions() if name in {"ENV", "ARG"}]
    assert [one for one in given if re.search("token|secret|key|password|database_url", one, re.IGNORECASE)] == []


# ── compose ──


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    return compose()


def test_docker_compose_takes_the_file(composed: dict[str, Any]):
    assert set(composed["services"]) == {*BOT, "postgres", "chroma", "proxy", "prometheus", "grafana"}
    assert composed["services"]["web"]["deploy"]["replicas"] == 3
    assert composed["services"]["sender"]["deploy"].get("replicas", 1) == 1


def test_docker_compose_refuses_a_service_without_its_address():
    said = told(tool("docker-compose"), "-f", CONFIG / "compose.yaml", "config", "-q", SCODA_TELEGRAM_WEBHOOK_URL="")
    assert said.returncode != 0
    assert "bot.example.org/telegram" in said.stderr


def test_every_service_of_compose_is_bound(composed: dict[str, Any]):
    for name, service in composed["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
        assert int(service["user"].split(":")[0]) > 0, name
        assert {"cpus", "memory", "pids"} <= set(service["deploy"]["resources"]["limits"]), name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "unless-stopped", name
        assert not [mount for mount in service.get("volumes", ()) if "docker.sock" in mount["source"]], name


def test_S04_chroma_and_postgresql_of_compose_are_reached_by_the_bot_alone(composed: dict[str, Any]):
    services, networks = composed["services"], composed["networks"]
    for name in ("chroma", "postgres"):
        assert "ports" not in services[name]
        for network in services[name]["networks"]:
            assert networks[network].get("internal") is True
            assert {one for one, service in services.items() if network in service["networks"]} == {*BOT, name}


def test_S08_what_compose_lets_others_reach_is_the_webhook(composed: dict[str, Any]):
    published = {
        (name, port.get("host_ip", ""), port["published"])
        for name, service in composed["services"].items()
        for port in service.get("ports", ())
    }
    assert published == {("proxy", "", "443"), ("grafana", "127.0.0.1", "3000")}
    outward = {name for name, network in composed["networks"].items() if not network.get("internal")}
    assert set(composed["services"]["proxy"]["networks"]) & outward == {"public"}
    assert [name for name, one in composed["services"].items() if "public" in one["networks"]] == ["proxy"]


def test_compose_gives_a_bot_the_time_to_finish(composed: dict[str, Any]):
    spans = {name: seconds(service["stop_grace_period"]) for name, service in composed["services"].items()}
    assert {name for name, span in spans.items() if span <= DRAIN_S} == set()


@pytest.mark.parametrize("name", BOT)
def test_the_bot_takes_every_setting_that_compose_gives_it(
    composed: dict[str, Any], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    service = composed["services"][name]
    settings = settings_of(service["environment"], tmp_path, monkeypatch)
    assert settings.telegram.webhook_url == WEBHOOK_URL
    assert settings.telegram.token.get_secret_value() == "7000001:secret"
    assert settings.store.chroma_url == "http://chroma:8000"
    assert service["command"] == ["run", "--role", name]
    handed = {f"/run/secrets/{one['source']}" for one in service["secrets"]}
    assert {path for variable, path in service["environment"].items() if variable.endswith("_FILE")} == handed
    if name == "sender":
        a_backup_a_day_is_made_elsewhere(settings, [mount["target"] for mount in service["volumes"]])
    else:
        assert not settings.backup.every_hours


@pytest.mark.parametrize("role", BOT)
def test_the_program_knows_the_role_that_it_is_given(role: str):
    context = get_command(cli).make_context("scoda", ["run", "--role", role], resilient_parsing=True)
    command = get_command(cli).get_command(context, "run")
    assert command.make_context("run", ["--role", role]).params["role"] == role


def test_S02_compose_holds_no_secret_but_names_files(composed: dict[str, Any]):
    for service in composed["services"].values():
        kept = [one for one in service.get("environment") or {} if re.search("TOKEN|SECRET|PASSWORD|KEY|_URL_", one)]
        assert [one for one in kept if not one.endswith("_FILE")] == []
    files = {Path(secret["file"]) for secret in composed["secrets"].values()}
    assert {file.parent for file in files} == {CONFIG / "secrets"}
    assert "config/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_every_file_that_compose_mounts_is_there(composed: dict[str, Any]):
    mounted = {
        Path(mount["source"])
        for service in composed["services"].values()
        for mount in service.get("volumes", ())
        if mount["type"] == "bind"
    }
    assert CONFIG / "proxy" / "nginx.conf" in mounted
    assert [str(file) for file in mounted if not file.exists()] == []


def test_the_knowledge_is_written_by_the_sender_alone(composed: dict[str, Any]):
    mounts = {name: composed["services"][name]["volumes"] for name in BOT}
    read_only = {
        name: [mount.get("read_only", False) for mount in mounts[name] if mount["type"] == "bind"] for name in BOT
    }
    assert read_only == {"web": [True], "sender": [False]}


def test_prometheus_takes_its_file():
    said = told(tool("promtool"), "check", "config", "--syntax-only", CONFIG / "prometheus" / "compose.yaml")
    assert said.returncode == 0, said.stderr


# ── systemd ──


def _unit_of_this_machine(folder: Path) -> Path:
    """The unit, for a program that is there."""
    file = folder / "scoda.service"
    text = (CONFIG / "scoda.service").read_text(encoding="utf-8")
    assert text.count("=/opt/scoda/.venv/bin/scoda run") == text.count("WorkingDirectory=/opt/scoda\n") == 1
    text = text.replace("=/opt/scoda/.venv/bin/scoda run", "=/bin/true").replace("=/opt/scoda\n", f"={folder}\n")
    file.write_text(text, encoding="utf-8")
    return file


def test_systemd_takes_the_unit_without_a_word(tmp_path: Path):
    said = told(tool("systemd-analyze"), "verify", "--man=no", _unit_of_this_machine(tmp_path))
    assert (said.returncode, said.stderr) == (0, "")


def test_systemd_would_say_what_it_does_not_know(tmp_path: Path):
    file = _unit_of_this_machine(tmp_path)
    file.write_text(file.read_text(encoding="utf-8").replace("KillMode=mixed", "KilMode=mixed"), encoding="utf-8")
    assert "KilMode" in told(tool("systemd-analyze"), "verify", "--man=no", file).stderr


def test_the_unit_exposes_little(tmp_path: Path):
    file = _unit_of_this_machine(tmp_path)
    command = (tool("systemd-analyze"), "security", "--offline=yes", "--no-pager")
    assert told(*command, f"--threshold={WORST_EXPOSURE}", file).returncode == 0
    assert told(*command, "--threshold=1", file).returncode != 0


def test_the_bot_takes_every_setting_that_the_unit_gives_or_offers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lines = deployment.unit()
    variables = dict(one.split("=", 1) for name, value in lines if name == "Environment" for one in value.split())
    [(file, written)] = re.findall(
        r"^cat > (\S+) <<'END'\n(.*?)^END$", (CONFIG / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert ("EnvironmentFile", f"-{file}") in lines
    variables |= dict(line.split("=", 1) for line in written.splitlines())
    settings = settings_of(variables, tmp_path, monkeypatch)
    assert settings.telegram.webhook_url == WEBHOOK_URL
    assert (settings.backup.every_hours, bool(settings.backup.passphrase.get_secret_value())) == (DAY_H, True)
    assert ("ReadWritePaths", f"-{settings.backup.folder}") in lines
    credentials = {value.split(":")[0] for name, value in lines if name == "LoadCredential"}
    files = {path for variable, path in variables.items() if variable.endswith("_FILE")}
    assert files == {f"%d/{one}" for one in credentials}


def test_the_unit_keeps_secrets_in_files_and_gives_the_bot_time_to_finish():
    lines = dict(deployment.unit())
    assert lines["KillSignal"] == "SIGTERM"
    assert seconds(lines["TimeoutStopSec"]) > DRAIN_S
    assert lines["ProtectSystem"] == "strict"
    assert lines["StateDirectoryMode"] == "0700"


def test_the_unit_never_gives_up_and_soon_begins_where_what_it_needs_was_late():
    lines = dict(deployment.unit())
    assert (lines["Restart"], lines["StartLimitIntervalSec"]) == ("on-failure", "0")
    assert "StartLimitBurst" not in lines
    assert int(lines["RestartSteps"]) > 0
    assert seconds(lines["RestartSec"]) < seconds(lines["RestartMaxDelaySec"]) <= LONGEST_PAUSE_S


# ── a cluster ──


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    return cluster()


def of_kind(objects: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in objects if one["kind"] == kind}


def pods(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What stands in each workload's template, by the workload's name."""
    workloads = of_kind(objects, "Deployment") | of_kind(objects, "StatefulSet")
    return {name: one["spec"]["template"] for name, one in workloads.items()}


def test_every_object_of_the_cluster_fits_the_schema(objects: list[dict[str, Any]]):
    for one in objects:
        kubernetes_validate.validate(one, desired_version=kubernetes_validate.latest_version(), strict=True)
    assert len(objects) > 10


def test_the_schema_would_refuse_what_is_misspelt(objects: list[dict[str, Any]]):
    web = of_kind(objects, "Deployment")["web"]
    wrong = web | {"spec": web["spec"] | {"replica": 3}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, desired_version=kubernetes_validate.latest_version(), strict=True)


def test_the_cluster_runs_three_replicas_and_a_sender(objects: list[dict[str, Any]]):
    deployments = of_kind(objects, "Deployment")
    assert {name: one["spec"]["replicas"] for name, one in deployments.items()} == {"web": 3, "sender": 1, CONSOLE: 0}
    for name, pod in pods(objects).items():
        [container] = pod["spec"]["containers"]
        if name in BOT:
            assert container["args"] == ["run", "--role", name]
    [budget] = [one for name, one in of_kind(objects, "PodDisruptionBudget").items() if name == "web"]
    assert budget["spec"]["minAvailable"] == 2
    assert of_kind(objects, "Deployment")["web"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_every_pod_keeps_the_standard_for_restricted_pods(objects: list[dict[str, Any]]):
    [namespace] = of_kind(objects, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, pod in pods(objects).items():
        spec = pod["spec"]
        [container] = spec["containers"]
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert spec["automountServiceAccountToken"] is False, name
        assert {"requests", "limits"} <= set(container["resources"]), name
        assert name == CONSOLE or {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name
        assert not [volume for volume in spec["volumes"] if "hostPath" in volume], name


def test_the_probes_ask_what_the_bot_serves(objects: list[dict[str, Any]]):
    for name in BOT:
        [container] = pods(objects)[name]["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
            asked = container[probe]["httpGet"]
            assert (asked["path"], ports[asked["port"]]) == (path, Settings().health.port)


def test_the_cluster_gives_a_bot_the_time_to_finish(objects: list[dict[str, Any]]):
    for name, pod in pods(objects).items():
        [container] = pod["spec"]["containers"]
        waits_s = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert pod["spec"]["terminationGracePeriodSeconds"] > DRAIN_S + waits_s, name


def test_the_bot_takes_every_setting_that_the_cluster_gives_it(
    objects: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    [settings] = of_kind(objects, "ConfigMap").values()
    taken = settings_of(settings["data"], tmp_path, monkeypatch)
    assert taken.telegram.webhook_port == Settings().telegram.webhook_port
    [path] = of_kind(objects, "Ingress")["webhook"]["spec"]["rules"][0]["http"]["paths"]
    assert (path["pathType"], f"https://bot.example.org{path['path']}") == ("Exact", taken.telegram.webhook_url)
    folders = {Path(path).parent for name, path in settings["data"].items() if name.endswith("_FILE")}
    for name in BOT:
        pod = pods(objects)[name]["spec"]
        [secrets] = [volume for volume in pod["volumes"] if "secret" in volume]
        assert secrets["secret"]["defaultMode"] == 0o440
        [container] = pod["containers"]
        assert {
            Path(mount["mountPath"]) for mount in container["volumeMounts"] if mount["name"] == "secrets"
        } == folders


def test_the_sender_in_the_cluster_makes_a_backup_a_day(
    objects: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    [given] = of_kind(objects, "ConfigMap").values()
    spec = pods(objects)["sender"]["spec"]
    [container] = spec["containers"]
    own = {one["name"]: one["value"] for one in container["env"]}
    settings = settings_of(given["data"] | own, tmp_path, monkeypatch)
    a_backup_a_day_is_made_elsewhere(settings, [one["mountPath"] for one in container["volumeMounts"]])
    claims = [one["persistentVolumeClaim"]["claimName"] for one in spec["volumes"] if "persistentVolumeClaim" in one]
    assert set(claims) == of_kind(objects, "PersistentVolumeClaim").keys()


def test_the_console_of_the_cluster_has_what_the_sender_has_and_runs_no_bot(objects: list[dict[str, Any]]):
    of_sender, of_console = (pods(objects)[name]["spec"] for name in ("sender", CONSOLE))
    [sender], [console] = of_sender["containers"], of_console["containers"]
    for part in ("image", "env", "envFrom", "volumeMounts"):
        assert console[part] == sender[part], part
    assert of_console["volumes"] == of_sender["volumes"]
    assert of_console["securityContext"] == of_sender["securityContext"]
    assert "scoda" not in str(console["command"])


def test_S02_the_cluster_is_given_names_of_secrets_and_no_secret(objects: list[dict[str, Any]]):
    assert of_kind(objects, "Secret") == {}
    [settings] = of_kind(objects, "ConfigMap").values()
    kept = [name for name in settings["data"] if re.search("TOKEN|SECRET|PASSWORD|KEY|DATABASE_URL", name)]
    assert [name for name in kept if not name.endswith("_FILE")] == []


def _chosen(policy: dict[str, Any], pod: dict[str, Any]) -> bool:
    wanted = policy["spec"]["podSelector"].get("matchLabels", {})
    return wanted.items() <= pod["metadata"]["labels"].items()


def test_nobody_in_the_cluster_speaks_to_anybody_unless_it_is_said(objects: list[dict[str, Any]]):
    nobody = of_kind(objects, "NetworkPolicy")["nobody"]["spec"]
    assert nobody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_S04_chroma_in_the_cluster_is_reached_by_the_bot_alone(objects: list[dict[str, Any]]):
    pod = pods(objects)["chroma"]
    policies = [one["spec"] for one in of_kind(objects, "NetworkPolicy").values() if _chosen(one, pod)]
    sources = [source for policy in policies for rule in policy.get("ingress", ()) for source in rule["from"]]
    assert sources == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "scoda"}}}]
    assert [rule for policy in policies for rule in policy.get("egress", ())] == []
    assert {one["spec"].get("type", "ClusterIP") for one in of_kind(objects, "Service").values()} == {"ClusterIP"}
    backends = re.findall(r"'service': \{'name': '(\w+)'", str(of_kind(objects, "Ingress")))
    assert backends == ["web"]


def test_S08_the_health_port_in_the_cluster_is_reached_by_prometheus_alone(objects: list[dict[str, Any]]):
    for name in BOT:
        policies = [
            one["spec"] for one in of_kind(objects, "NetworkPolicy").values() if _chosen(one, pods(objects)[name])
        ]
        doors = [
            (source["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], port["port"])
            for policy in policies
            for rule in policy.get("ingress", ())
            for source in rule["from"]
            for port in rule["ports"]
        ]
        assert set(doors) == ({("ingress", 8081)} if name == "web" else set()) | {("monitoring", 8082)}


def test_S07_the_bot_in_the_cluster_does_not_reach_what_the_cloud_tells_a_machine(objects: list[dict[str, Any]]):
    spec = of_kind(objects, "NetworkPolicy")["outside"]["spec"]
    blocks = [one["ipBlock"] for rule in spec["egress"] for one in rule["to"] if "ipBlock" in one]
    told_there = ip_network("169.254.169.254/32")
    for block in blocks:
        inside = told_there.subnet_of(ip_network(block["cidr"]))
        assert not inside or any(told_there.subnet_of(ip_network(one)) for one in block["except"])


def test_every_file_of_the_cluster_belongs_to_it():
    folder = CONFIG / "kubernetes"
    named = re.findall(r"^  - (\S+\.yaml)$", (folder / "kustomization.yaml").read_text("utf-8"), re.MULTILINE)
    assert sorted([*named, "kustomization.yaml"]) == sorted(one.name for one in folder.iterdir())
