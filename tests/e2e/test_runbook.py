"""`config/RUNBOOK.md`: each of its commands is run as it stands, in the situation that its chapter is about."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio
import yaml
from pydantic import BaseModel

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.connection import open_database
from bot.adapters.database.outbox_store import SqlOutbox
from bot.adapters.observing.metrics import Metrics
from bot.adapters.system.clock import utc_now
from bot.announcements.model import AnnouncementId, Content, DeliveryState, OccurrenceState
from bot.app.seeing import all_words
from bot.app.state import STATE_FILE
from bot.chat.text import texts
from bot.ids import Locale, NewsTopic
from bot.settings import Settings
from tests.support.apps import App
from tests.support.certificates import HOST, answering, authority, tls_server
from tests.support.deployment import CONFIG, tool
from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.model_server import KEY, MODEL, open_model_server
from tests.support.processes import BotProcess, Place, environment, free_port, running_bot
from tests.support.replicas import Fleet, fleet
from tests.support.runbook import RUNBOOK, Chapter, Shell, chapters, operators_shell
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.stored_announcements import approved, subscribe
from tests.support.visitors import Town, open_town, until

NAMED = (
    "Token leaked", "429 storm", "Wrong announcement going out", "List in doubt", "Database corrupt or full",
    "Knowledge wrong", "Model bill", "A visitor's data request", "Certificate", "Failover", "Restore", "Clock wrong",
)  # fmt: skip
"""What may never be missing."""
WITHOUT_COMMANDS = {"Planning capacity"}
FINE, WARNS, ERRS = 0, 1, 2
QUESTION = "How many freight trains ran in 2025?"
WRONG = "1,300"
RUNNING = ("leaked", "storm", "wrong")
"""Announcements that go out all the time, one for each chapter that stops one."""
_GUESTS = 600
"""So many that none of these has ended before the test has: at 5 messages a second, some six minutes."""

OF_REPLICAS = ("Failover", "Starting and stopping a replica", "Upgrading")
GIVEN: dict[str, dict[str, str]] = {
    "Token leaked": {"NEWS": "leaked", "SCODA_TELEGRAM_TOKEN": "7000001:revoked-by-its-owner"},
    "429 storm": {"NEWS": "storm"},
    "Wrong announcement going out": {"NEWS": "wrong"},
    "List in doubt": {"NEWS": "doubt"},
    "Knowledge wrong": {"SECTION": "logistics/trains.md#trains-2025"},
}
"""What the shell's variables are in a chapter."""

TOLD: dict[str, Sequence[tuple[int, str]]] = {
    "Token leaked": [(ERRS, "refuses the bot's token"), (0, "leaked"), (0, "paused")],
    "429 storm": [(0, r'"flood"} [1-9]'), (0, "storm"), (0, "paused")],
    "Wrong announcement going out": [(0, "paused"), (0, "by_organiser"), (0, "planned"), (0, "withdrawn")],
    "Announcements are late": [(0, '"announcements":"ok"'), (0, "storm"), (0, "scoda_lease_held 1")],
    "List in doubt": [(0, "unknown 1"), (0, "unknown: 1"), (0, "owner"), (0, r"request: \w+")],
    "Answers are late": [(0, '"inbox":"ok"'), (0, "scoda_updates_waiting"), (0, 'seconds_sum{step="retrieve"}')],
    "Updates are lost": [(0, "scoda_updates_given_up_total"), (0, '"database":"ok"')],
    "Degraded": [(0, '"publication":"held'), (WARNS, "a change is held back"), (0, "held back")],
    "Database corrupt or full": [
        (0, "Filesystem"),
        (ERRS, r"state\.sqlite3 is damaged"),
        (0, "taken at"),
        (0, r"state\.sqlite3\.before-"),
    ],
    "Knowledge wrong": [(0, "published"), (0, WRONG), (0, "Files restored: 3"), (0, "1 people were told it")],
    "Model bill": [(0, r"budget_spent_tokens [1-9]"), (0, '"model":"ok"'), (0, r"questions: [1-9]")],
    "A visitor's data request": [(0, r"^\w+$"), (0, "owner"), (0, r"forgotten\.key")],
    "Certificate": [(ERRS, "the certificate ends in 2 days"), (0, "notAfter="), (0, '"question"} [1-9]')],
    "Failover": [(0, '"database":"ok"'), (0, r"scoda_lease_held 0\.0"), (0, "Nothing yet")],
    "Starting and stopping a replica": [(0, ""), (0, '"status":"ok"'), (0, "")],
    "Upgrading": [(0, "sha256"), (0, "which is this program's"), (0, '"database":"ok"')],
    "Restore": [
        (0, "taken at"), (0, '"restore":"ok"'), (0, "Nothing yet"),
        (0, "^[0-9a-f]{64} "), (0, "kept aside"), (0, "storm"), (0, "confirmed: yes"),
    ],
    "Clock wrong": [(ERRS, "it went back"), (0, "UTC"), (0, "(?i)date: .* GMT")],
}  # fmt: skip
"""What each command of a chapter ends with, and what of its output the chapter goes on from."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A bot that has known better days, and whoever is on duty before their shell."""

    shell: Shell
    town: Town
    built: Place
    place: Place
    bot: BotProcess
    variables: Mapping[str, str]

    def elsewhere(self, name: str) -> dict[str, str]:
        """The variables for a state of its own, on which no bot runs."""
        data = self.place.home / name
        shutil.copytree(self.built.data, data)
        return {"SCODA_STORE_DATA": str(data), "DATA": str(data), "SCODA_HEALTH_PORT": str(free_port())}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(built_place: Place, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    home = tmp_path_factory.mktemp("runbook")
    place = Place(home, home / "knowledge", home / "data")
    shutil.copytree(built_place.knowledge, place.knowledge)
    shutil.copytree(built_place.data, place.data)
    async with AsyncExitStack() as stack:
        shell = stack.enter_context(operators_shell(home))
        town = await stack.enter_async_context(open_town())
        model = await stack.enter_async_context(open_model_server())
        owner = await town.visitor("Olga", "en")
        await _announce(place, town)
        settings = {
            "organisers_owners": f"[{owner.id}]",
            "delivery_messages_per_s": 5,
            "model_provider": "openai",
            "model_base_url": model.base_url,
            "model_api_key": KEY,
            "model_model": MODEL,
        }
        bot = await stack.enter_async_context(running_bot(place, town.base_url, **settings))
        variables = environment(
            {"store_data": place.data, "knowledge_folder": place.knowledge, "telegram_token": SANDBOX_TOKEN}
            | bot.settings
        )
        person = await _live(place, town, bot)
        archive = home / "archive.tar.gz"
        taken = await shell.run(f"scoda backup --to {archive}", variables)
        assert taken.returncode == 0, taken.stderr
        theirs = {
            "HEALTH": bot.health, "ME": str(owner.id), "DATA": str(place.data), "PERSON": str(person),
            "ARCHIVE": str(archive), "TELEGRAM": town.base_url,
        }  # fmt: skip
        yield Scene(shell, town, built_place, place, bot, variables | theirs)


async def _announce(place: Place, town: Town) -> None:
    """What goes out when the bot begins: three to a crowd, and one whose only copy will be in doubt."""
    crowd = [guest.id for guest in await town.visitors(_GUESTS)]
    [alone] = await town.visitors(1)
    await town.act("faults", method="sendMessage", chat_id=alone.id, kind="reset_after")
    await town.act("faults", method="sendMessage", chat_id=crowd[0], kind="429", retry_after=1)
    due_at = utc_now().replace(microsecond=0) - timedelta(minutes=1)
    content = Content(source=Locale.EN, texts={Locale.EN: "The forum begins at ten."})
    doubt = replace(approved("doubt", content, due_at=due_at), topic=NewsTopic.AREA)
    async with open_database(place.data / STATE_FILE) as database:
        await subscribe(database, crowd)
        await subscribe(database, [alone.id], NewsTopic.AREA)
        for one in (doubt, *(approved(name, content, due_at=due_at) for name in RUNNING)):
            await SqlAnnouncementStore(database).create(one, request_key=one.announcement_id)


async def _live(place: Place, town: Town, bot: BotProcess) -> int:
    """Somebody is told what is right and then what is wrong, another one is forgotten, and a copy is in doubt."""
    ann, bob = await town.visitor("Ann", "en"), await town.visitor("Bob", "en")
    assert TRAINS_IN_2025 in (await ann.ask(QUESTION))["text"]
    await bob.ask(QUESTION)
    question = await bob.ask("/deleteme")
    t = App.t(Locale.EN)
    await bob.tap_for_change(question, texts.button_delete(t))
    published = len(bot.events("knowledge_published"))
    for trains in place.knowledge.glob("*/logistics/trains.md"):
        trains.write_text(trains.read_text("utf-8").replace(TRAINS_IN_2025, WRONG), encoding="utf-8")

    async def is_wrong() -> bool:
        return WRONG in (await ann.ask(QUESTION))["text"]

    await until(lambda: len(bot.events("knowledge_published")) > published, "a new version")
    await until(is_wrong, "the wrong version: it was not that of what is announced")
    await until(lambda: _is_in_doubt(place), "the doubt")
    return ann.id


async def _is_in_doubt(place: Place) -> bool:
    async with open_database(place.data / STATE_FILE, lock=False) as database:
        outbox = SqlOutbox(database)
        found = await outbox.occurrences(of=AnnouncementId("doubt"), limit=1)
        if not found or found[0].state is not OccurrenceState.FINISHED:
            return False
        return (await outbox.standing(found[0].occurrence_id)).counts == {DeliveryState.UNKNOWN: 1}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def replicas(
    postgresql_url: str, built_place: Place, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Fleet]:
    """One that answers and one that leads."""
    home = tmp_path_factory.mktemp("replicas")
    async with open_town() as town, fleet(postgresql_url, built_place.knowledge, home, town) as some:
        for role in ("web", "sender"):
            await some.start(role)
        await some.are_ready()
        yield some


Changes = Mapping[str, str]
Stage = Callable[[Scene], AbstractAsyncContextManager[Changes]]
STAGES: dict[str, Stage] = {}
"""What is to be done before a chapter's commands, and undone after them; gives more of the shell's variables."""


def stage(title: str) -> Callable[[Callable[[Scene], AsyncIterator[Changes]]], None]:
    """The function prepares the chapter of this title."""

    def keep(function: Callable[[Scene], AsyncIterator[Changes]]) -> None:
        STAGES[title] = asynccontextmanager(function)

    return keep


@asynccontextmanager
async def as_it_is(_scene: Scene) -> AsyncIterator[Changes]:
    """For chapters that need nothing more."""
    yield {}


@stage("List in doubt")
async def _(scene: Scene) -> AsyncIterator[Changes]:
    shown = await scene.shell.run("scoda announce show doubt --json", scene.variables)
    yield {"VERSION": str(json.loads(shown.stdout)["version"]), "COPIES": "1"}


@stage("Degraded")
async def _(scene: Scene) -> AsyncIterator[Changes]:
    """A language is away, so that the change is held; it comes back at the end."""
    aside, russian = scene.place.home / "aside", scene.place.knowledge / "ru"

    async def says(words: str) -> bool:
        answer = await scene.bot.get("/readyz")
        return answer is not None and answer.json()["components"]["publication"].startswith(words)

    russian.rename(aside)
    try:
        await until(lambda: says("held"), "the change to be held")
        yield {}
    finally:
        aside.rename(russian)
    await until(lambda: says("ok"), "the change to be gone")


@stage("Knowledge wrong")
async def _(scene: Scene) -> AsyncIterator[Changes]:
    """What is right is the first whole version: a slow machine publishes steps before it."""
    told = await scene.shell.run("scoda knowledge history --json", scene.variables)
    yield {"REVISION": str(json.loads(told.stdout)[-1]["version"])}


@stage("Database corrupt or full")
async def _(scene: Scene) -> AsyncIterator[Changes]:
    changes = scene.elsewhere("damaged")
    state = Path(changes["DATA"]) / STATE_FILE
    content = state.read_bytes()
    state.write_bytes(content[:4096] + bytes(len(content) - 4096))
    yield changes


@stage("Restore")
async def _(scene: Scene) -> AsyncIterator[Changes]:
    yield scene.elsewhere("restored")


@stage("Certificate")
async def _(scene: Scene) -> AsyncIterator[Changes]:
    """One that ends in three days, where Telegram would call."""
    tool("openssl")
    now = utc_now()
    ours = authority(scene.place.home, now=now)
    with tls_server(*ours.server_files(ends_at=now + timedelta(days=3))) as port:
        yield {
            "HOOK": f"{HOST}:{port}",
            "SSL_CERT_FILE": str(ours.file),
            "SCODA_TELEGRAM_MODE": "webhook",
            "SCODA_TELEGRAM_WEBHOOK_URL": f"https://{HOST}:{port}/telegram",
            "SCODA_TELEGRAM_WEBHOOK_SECRET": "the-secret-of-this-webhook",
        }


@stage("Clock wrong")
async def _(scene: Scene) -> AsyncIterator[Changes]:
    """By what was written last it was tomorrow already."""
    file = scene.place.data / "written"
    file.touch()
    tomorrow = (utc_now() + timedelta(days=1)).timestamp()
    os.utime(file, (tomorrow, tomorrow))
    try:
        yield {}
    finally:
        file.unlink()


async def tells(chapter: Chapter, shell: Shell, variables: Mapping[str, str], *, after: int = 0) -> None:
    """Run the chapter's commands, but for the first ones that were run otherwise."""
    for command, (code, words) in list(zip(chapter.commands, TOLD[chapter.title], strict=True))[after:]:
        done = await shell.run(command, variables)
        said = done.stdout + done.stderr
        assert done.returncode == code, f"{command}\n{said}"
        assert re.search(words, said, re.MULTILINE), f"{command} does not say {words!r}:\n{said}"


@pytest.mark.nightly
@pytest.mark.parametrize("title", [title for title in TOLD if title not in OF_REPLICAS])
@pytest.mark.asyncio(loop_scope="module")
async def test_each_command_of_a_chapter_tells_what_the_chapter_goes_on_from(title: str, scene: Scene):
    async with STAGES.get(title, as_it_is)(scene) as changes:
        await tells(chapters()[title], scene.shell, {**scene.variables, **GIVEN.get(title, {}), **changes})


def of_replica(bot: BotProcess) -> Mapping[str, str]:
    """The variables of whoever sits before its machine."""
    folders = {"store_data": bot.place.data, "knowledge_folder": bot.place.knowledge}
    return environment(folders | bot.settings) | {"HEALTH": bot.health, "PID": str(bot.process.pid)}


@pytest.mark.nightly
@pytest.mark.asyncio(loop_scope="module")
async def test_the_commands_of_an_upgrade_are_run_beside_the_replicas(scene: Scene, replicas: Fleet):
    await tells(chapters()["Upgrading"], scene.shell, of_replica(replicas.living[0]))


@pytest.mark.nightly
@pytest.mark.asyncio(loop_scope="module")
async def test_where_nobody_leads_any_more_the_commands_tell_so_and_a_new_sender_leads(scene: Scene, replicas: Fleet):
    web, *senders = replicas.living
    for sender in senders:
        await sender.kill()
    await tells(chapters()["Failover"], scene.shell, of_replica(web))
    await replicas.start("sender")
    await until(replicas.leader, "a new leader")


@pytest.mark.nightly
@pytest.mark.asyncio(loop_scope="module")
async def test_a_replica_starts_and_stops_as_its_chapter_says(scene: Scene, replicas: Fleet):
    chapter = chapters()["Starting and stopping a replica"]
    program, *options = shlex.split(chapter.commands[0])
    assert (program, *options[:-1]) == ("scoda", "run", "--role")
    replica = await replicas.start(options[-1])
    await replicas.are_ready([replica])
    await tells(chapter, scene.shell, of_replica(replica), after=1)
    assert await replica.ended() == 0


@pytest.mark.nightly
@pytest.mark.asyncio(loop_scope="module")
async def test_whatever_readyz_names_is_called_so_by_the_metrics_too(scene: Scene):
    health, page = await scene.bot.get("/readyz"), await scene.bot.get("/metrics")
    assert health is not None
    assert page is not None
    named = set(re.findall(r'^scoda_component_ok\{component="(\w+)"\}', page.text, re.MULTILINE))
    assert set(health.json()["components"]) == named
    chapter = chapters()["Degraded"].text
    assert set(re.findall(r"^\| `(\w+)` \|", chapter, re.MULTILINE)) <= all_words().of("component")


def test_what_may_never_be_missing_has_a_symptom_three_commands_and_what_not_to_do():
    for title in NAMED:
        chapter = chapters()[title]
        assert len(chapter.blocks[0]) == 3, title
        for part in ("**Seen**: ", "**Then", "**Not**: "):
            assert f"\n{part}" in chapter.text, f"{title}: {part}"
    assert {title for title, chapter in chapters().items() if not chapter.blocks} == WITHOUT_COMMANDS


_BESIDE = r"""LoadCredential=webhook_secret:/etc/scoda/webhook_secret
Environment=SCODA_TELEGRAM_WEBHOOK_SECRET_FILE=%%d/webhook_secret
"""
"""What an operator has taken in besides, in a file beside the unit."""
STANDS = {
    "systemd-run": 'while [ "${1%/bin/scoda}" = "$1" ]; do shift; done; shift; exec scoda "$@"',
    "systemctl": f"cat {shlex.quote(str(CONFIG / 'scoda.service'))}; printf '[Service]\n{_BESIDE}'",
    "docker": 'while [ "$1" != sender ]; do shift; done; shift; exec "$@"',
    "kubectl": 'while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done; [ $# -eq 0 ] || { shift; exec "$@"; }',
}
"""What stands for these programs: it runs, here, what they are told to run elsewhere."""


def ways() -> dict[str, str]:
    """What is put into the shell before the commands, by what it calls, whole."""
    blocks = re.findall(
        r"^```bash\n(.*?)^```$", RUNBOOK.read_text("utf-8").partition("\n## ")[0], re.MULTILINE | re.DOTALL
    )
    [tools] = [block for block in blocks if block.startswith("scoda() { bot ")]
    [machine] = [block for block in blocks if "systemd-run" in block]
    brought = [block for block in blocks if re.search(r"^bot\(\) ", block, re.MULTILINE)]
    assert len(blocks) == len(brought) + 2
    marks = {"exec -T sender": "", "run --rm": "", "exec deploy/sender": "", "exec deploy/console": ""}
    for mark in marks:
        [marks[mark]] = [f"{block}{tools}" for block in brought if mark in block]
    return {"systemd-run": machine, **marks}


@contextmanager
def shell_elsewhere(folder: Path) -> Iterator[Shell]:
    """A shell before a machine, containers or a cluster: whatever is run there writes down how it was called."""
    with operators_shell(folder) as shell:
        scripts = {name: f'printf "%s|" {name} "$@" >>{folder}/called\n{rest}' for name, rest in STANDS.items()}
        for tool_there in ("scoda", "df", "ls", "sha256sum"):
            scripts[tool_there] = f'printf "%s|" {tool_there} "$@"'
        scripts["python"] = f'exec {shlex.quote(sys.executable)} "$@"'
        for name, rest in scripts.items():
            script = shell.scripts / name
            script.write_text(f"#!/bin/sh\n{rest}\n", encoding="utf-8")
            script.chmod(0o755)
        yield shell


async def test_a_command_by_systemd_has_the_settings_and_secrets_of_the_bot_that_runs(tmp_path: Path):
    """Those of the unit and of whatever was put beside it: without them the doctor would look at another bot."""
    with shell_elsewhere(tmp_path) as shell:
        await shell.run(f"{ways()['systemd-run']}\nscoda doctor", os.environ)
    called = (tmp_path / "called").read_text("utf-8").split("|")
    assert called[:2] == ["systemctl", "cat"]
    given = [one.removeprefix("-p") for one in called if one.startswith("-p")]
    there = "/run/credentials/scoda-command.service"
    assert {
        "User=scoda", "Group=scoda", "UMask=0077", "WorkingDirectory=/opt/scoda",
        "EnvironmentFile=-/etc/scoda/settings",
        "LoadCredential=telegram_token:/etc/scoda/telegram_token",
        "LoadCredential=webhook_secret:/etc/scoda/webhook_secret",
        f"Environment=SCODA_TELEGRAM_TOKEN_FILE={there}/telegram_token",
        f"Environment=SCODA_TELEGRAM_WEBHOOK_SECRET_FILE={there}/webhook_secret",
    } <= set(given)  # fmt: skip
    assert any(one.startswith("Environment=SCODA_STORE_DATA=/var/lib/scoda ") for one in given)
    assert not [one for one in called if "%" in one or "database_url" in one]


@pytest.mark.parametrize("way", ways())
async def test_what_brings_the_commands_to_a_machine_or_a_container_hands_them_on_as_they_are(way: str, tmp_path: Path):
    with shell_elsewhere(tmp_path) as shell:
        done = await shell.run(f"{ways()[way]}\nscoda announce pause 'a b' --as 1", os.environ)
        assert (done.stdout, done.stderr, done.returncode) == ("scoda|announce|pause|a b|--as|1|", "", 0)
        assert way.replace(" ", "|") in (tmp_path / "called").read_text("utf-8")
        if way != "systemd-run":
            done = await shell.run(f"{ways()[way]}\ndf -h '/a b'; ls -l x; sha256sum y", os.environ)
            assert done.stdout == "df|-h|/a b|ls|-l|x|sha256sum|y|"


def _not_ready(connection: socket.socket) -> None:
    connection.recv(65536)
    body = b'{"status":"not ready","components":{"database":"DatabaseError"}}'
    head = f"HTTP/1.1 503 Service Unavailable\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    connection.sendall(head.encode() + body)


@pytest.mark.parametrize("way", ["", "exec -T sender", "run --rm"])
async def test_what_readyz_says_of_a_bot_that_is_not_ready_is_read(way: str, tmp_path: Path):
    """By the machine's own curl, and by what stands for it in compose: from inside, whether the sender runs or not."""
    [command] = {one for chapter in chapters().values() for one in chapter.commands if "/readyz" in one}
    before = ways()[way] if way else ""
    if way == "run --rm":
        before = f"{ways()['exec -T sender']}\n{before}"
    with shell_elsewhere(tmp_path) as shell, answering(_not_ready) as port:
        done = await shell.run(f"{before}\n{command}", os.environ | {"HEALTH": f"http://{HOST}:{port}"})
    assert '"database":"DatabaseError"' in done.stdout, done
    assert done.returncode == 0
    assert (tmp_path / "called").exists() == bool(way)


async def test_what_stands_for_curl_says_shortly_that_nobody_answers(tmp_path: Path):
    with shell_elsewhere(tmp_path) as shell:
        command = f"{ways()['exec -T sender']}\ncurl -sS http://{HOST}:{free_port()}/readyz"
        done = await shell.run(command, os.environ)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)


async def test_the_console_of_the_cluster_is_there_before_a_command_is_run_in_it(tmp_path: Path):
    with shell_elsewhere(tmp_path) as shell:
        await shell.run(f"{ways()['exec deploy/console']}\nscoda doctor", os.environ)
    calls = re.findall(r"kubectl\|-n\|scoda\|(\w+)", (tmp_path / "called").read_text("utf-8"))
    assert calls == ["scale", "rollout", "exec"]


def test_each_command_is_expected_and_each_that_is_expected_is_there():
    assert {title: len(one.commands) for title, one in chapters().items() if one.blocks} == {
        title: len(wanted) for title, wanted in TOLD.items()
    }


def alerts() -> dict[str, str]:
    """The chapter of each, as its address has it."""
    groups = yaml.safe_load((CONFIG / "prometheus/alerts.yaml").read_text("utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    return {rule["alert"]: rule["annotations"]["runbook_url"].partition("#")[2] for rule in rules}


def test_each_alert_is_named_by_the_chapter_that_it_sends_to_and_no_other_word_looks_like_one():
    slugs = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-"): title for title in chapters()}
    for alert, slug in alerts().items():
        assert f"`{alert}`" in chapters()[slugs[slug]].text, f"{slugs[slug]} does not name {alert}"
    assert set(re.findall(r"\bScoda[A-Z]\w+", RUNBOOK.read_text("utf-8"))) <= alerts().keys()


def test_each_metric_that_is_named_is_there():
    page = Metrics(all_words()).page().decode()
    there = set(re.findall(r"^# TYPE (\w+)", page, re.MULTILINE))
    text = RUNBOOK.read_text("utf-8")
    named = set(re.findall(r"`(scoda_[a-z_]+)`", text))
    assert len(named) > 20
    assert named <= there
    lines = there | {f"{name}_{part}" for name in there for part in ("sum", "count")}
    for pattern in (one for found in re.findall(r"grep -E '(\^scoda[^']*)'", text) for one in _alternatives(found)):
        assert any(re.match(pattern.partition(".*")[0], line) for line in lines), pattern


def _alternatives(pattern: str) -> list[str]:
    """`a(b|c)|d` as ab, ac, d: each must find something, not only one of them."""
    choice = re.search(r"\(([^()]*\|[^()]*)\)", pattern)
    if choice is None:
        return pattern.split("|")
    parts = [pattern[: choice.start()] + one + pattern[choice.end() :] for one in choice[1].split("|")]
    return [one for part in parts for one in _alternatives(part)]


@cache
def settings() -> dict[str, set[str]]:
    """Every setting by its section."""
    return {
        name: set(field.annotation.model_fields)
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


def test_each_setting_that_is_named_is_there():
    text = RUNBOOK.read_text("utf-8")
    named = re.findall(r"`\[(\w+)\](?: (\w+))?`", text)
    assert len(named) > 10
    for section, name in named:
        assert section in settings()
        assert not name or name in settings()[section], f"[{section}] {name}"
    every = {f"SCODA_{section}_{name}".upper() for section, names in settings().items() for name in names}
    variables = re.findall(r"\bSCODA_\w+", text)
    assert variables
    of_compose = set(re.findall(r"\$\{(SCODA_\w+)", (CONFIG / "compose.yaml").read_text("utf-8")))
    assert {variable.removesuffix("_FILE") for variable in variables} <= every | of_compose
