"""From three refusals to the answer: visitors ask in vain, staff see one gap, write, publish, and who waits is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import pytest

from bot.adapters.system.clock import utc_now
from bot.app.core import Core
from bot.app.drafting import make_drafts
from bot.app.gaps import gap_desk_of, gap_keeper_of
from bot.chat.text import gap_texts
from bot.gaps.model import GapState
from bot.ids import DocumentPath, Locale
from bot.writing.sentences import split_sentences
from tests.support.apps import App, running_app
from tests.support.attacking import FreeLedger
from tests.support.drafting_material import PeopleModel, faithful, originals
from tests.support.little_knowledge import write_document
from tests.support.processes import Place
from tests.support.visitors import Town, Visitor, button, buttons

if TYPE_CHECKING:
    from bot.app.writer import Writer

ASKED = {
    Locale.EN: "Can I bring my dog into the exhibition hall?",
    Locale.ZH: "我可以带狗进展馆吗？",
    Locale.RU: "Можно ли прийти с собакой в выставочный зал?",
}
ANSWER = {
    Locale.EN: "Dogs may not come into the hall; guide dogs may.",
    Locale.ZH: "狗不能进入展馆，导盲犬除外。",
    Locale.RU: "Собак в зал не пускают, кроме собак-поводырей.",
}


async def test_three_refusals_become_one_gap_a_draft_an_answer_and_one_message(place: Place, town: Town):
    async with running_app(place, town) as app:
        keeper = gap_keeper_of(app.core, app.chat.gap_news)
        desk = gap_desk_of(app.core.database, app.core.settings)
        askers = {}
        for locale, question in ASKED.items():
            visitor = await town.visitor("Guest", locale.value)
            refusal = await visitor.ask(question)
            askers[locale] = visitor
            if locale is not Locale.RU:  # who does not wish to be told is not
                shown = await visitor.tap(refusal, gap_texts.button_tell_me(app.t(locale)))
                assert shown["text"] == gap_texts.will_tell(app.t(locale))
        await app.is_idle()
        before = {locale: await visitor.last_id() for locale, visitor in askers.items()}

        await keeper.begin(now=utc_now())
        await keeper.turn(utc_now())
        [gap] = await desk.worst_first()
        assert {one.question for one in gap.questions} == set(ASKED.values())
        assert set(gap.locales) == set(ASKED)
        drafts = await desk.draft(gap.gap_id)
        assert len(drafts) == len(ASKED)
        for locale, question in ASKED.items():
            [draft] = [path for path in drafts if path.parts[1] == locale]
            assert f"? {question}\n" in (place.knowledge / draft).read_text(encoding="utf-8")
            body = f"## {question} {{#dogs}}\n\n{ANSWER[locale]}\n\n? {question}\n"
            write_document(place.knowledge, f"{locale}/venue/dogs.md", question, body)
        await app.core.sync()

        for _ in range(3):
            await keeper.turn(utc_now())
        [gap] = await desk.worst_first()
        assert (gap.state, str(gap.answered_by)) == (GapState.ANSWERED, "venue/dogs.md#dogs")
        for locale, visitor in askers.items():
            told = [one for one in await visitor.answers() if one["message_id"] > before[locale]]
            if locale is Locale.RU:
                assert told == []
                continue
            [news] = told
            assert news["text"] == gap_texts.now_known(app.t(locale), ASKED[locale])
            assert [one["text"] for one in buttons(news)] == [gap_texts.button_ask_again(app.t(locale))]
            answer = await visitor.tap_for_message(news, button(news, "🔄")["text"])
            assert ANSWER[locale] in answer["text"]
        await app.is_idle()
    assert town.refused_calls() == []


POURED = {
    Locale.RU: "Можно ли наливать коньяк на своём стенде?",
    Locale.EN: "We have a cognac brand, can we pour it at our own booth?",
    Locale.ZH: "我们是白兰地品牌，可以在自己展位倒酒吗？",
}
"""What is asked of a section that people translated and wrote questions for, who never saw these."""
GUIDE = originals()[DocumentPath("lastweek/exhibits-customs.md")]
TASTING = "tasting"
SECTION = next(one for one in GUIDE.sections if one.section_id == TASTING)
EN = App.t(Locale.EN)


@dataclass(frozen=True, slots=True)
class PeopleAtWork:
    """As much of a `Writer` as drafting needs."""

    model: PeopleModel
    ledger: FreeLedger


async def asked_in_vain(app: App) -> dict[Locale, Visitor]:
    """Visitors of three languages, each refused, who wish to be told."""
    askers = {}
    for locale, question in POURED.items():
        visitor = await app.town.visitor("Guest", locale.value)
        refusal = await visitor.ask(question)
        await visitor.tap(refusal, gap_texts.button_tell_me(app.t(locale)))
        askers[locale] = visitor
    await app.is_idle()
    return askers


async def drafted_from_the_gap(owner: Visitor) -> list[str]:
    """A member of the staff finds the gap in the chat and begins a draft; returns its files."""
    listed = await owner.ask("/gaps")
    [gap] = [one for one in buttons(listed) if any(question[:12] in one["text"] for question in POURED.values())]
    page = await owner.tap_for_change(listed, gap["text"])
    assert all(question in page["text"] for question in POURED.values())
    page = await owner.tap_for_change(page, gap_texts.button_draft(EN))
    return [word.strip(",") for word in page["text"].split() if word.startswith("drafts/")]


def write_the_answer(place: Place, file: str) -> None:
    """What the editor types: a heading, the text and its source, in the one language that they write."""
    draft = (place.knowledge / file).read_text(encoding="utf-8")
    question = POURED[Locale.RU]
    filled = draft.replace(f"title: '{question}'", f"title: '{GUIDE.title}'")
    filled = filled.replace(f"# {question}", f"# {SECTION.heading}").replace("# # ", "# ")
    filled = filled.replace("  publisher:", "  publisher: The organisers").replace("  title:\n", "  title: Tasting\n")
    filled = filled.replace("  date:", "  date: 2026-06-01").replace("  url:", "  url: https://example.org/tasting")
    (place.knowledge / file).write_text(filled.replace("\n? ", f"\n{SECTION.text}\n\n? ", 1), encoding="utf-8")


def told_in(locale: Locale) -> list[str]:
    """The sentences of the section in this language, that on alcohol among them."""
    text = SECTION.text if locale is GUIDE.locale else faithful(GUIDE, TASTING, locale).text
    return [sentence for sentence in split_sentences(text, locale) if len(sentence) > 20]


def approve(place: Place, *drafts: str) -> None:
    done = place.scoda("knowledge", "approve", *drafts)
    assert done.returncode == 0, done.stderr


async def in_twelve_languages(core: Core, document: str) -> tuple[str, ...]:
    """The model drafts what is missing, as people once wrote it."""
    with_model = replace(core, writer=cast("Writer", PeopleAtWork(PeopleModel(), FreeLedger())))
    return (await make_drafts(with_model, [document], list(Locale))).files


@pytest.mark.nightly
async def test_the_whole_loop_from_refusals_in_three_languages_to_an_answer_in_twelve(place: Place, town: Town):
    owner = await town.visitor("Olga", "en")
    async with running_app(place, town, owners=[owner.id]) as app:
        keeper = gap_keeper_of(app.core, app.chat.gap_news)
        askers = await asked_in_vain(app)
        before = {locale: await visitor.last_id() for locale, visitor in askers.items()}
        await keeper.begin(now=utc_now())
        await keeper.turn(utc_now())

        drafts = await drafted_from_the_gap(owner)
        [russian] = [file for file in drafts if file.startswith("drafts/ru/")]
        write_the_answer(place, russian)
        approve(place, russian)
        await app.core.sync()
        document = russian.removeprefix("drafts/ru/")
        written = await in_twelve_languages(app.core, document)
        assert {file.split("/")[1] for file in written} == {locale.value for locale in Locale}
        for locale in (Locale.EN, Locale.ZH):
            kept = (place.knowledge / f"drafts/{locale}/{document}").read_text(encoding="utf-8")
            assert f"? {POURED[locale]}\n" in kept, "what visitors asked stays beside what the model wrote"
        approve(place, "drafts")
        await app.core.sync()

        for _ in range(3):
            await keeper.turn(utc_now())
        for locale, visitor in askers.items():
            [news] = [one for one in await visitor.answers() if one["message_id"] > before[locale]]
            answer = await visitor.tap_for_message(news, button(news, "🔄")["text"])
            told = " ".join(answer["text"].split())
            assert any(sentence in told for sentence in told_in(locale)), told
        [gap] = await gap_desk_of(app.core.database, app.core.settings).worst_first()
        assert gap.state is GapState.ANSWERED
        await app.is_idle()
    assert town.refused_calls() == []
