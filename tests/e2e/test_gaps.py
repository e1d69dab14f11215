"""From three refusals to the answer: visitors ask in vain, staff see one gap, write, publish, and who waits is told."""

from __future__ import annotations

from bot.adapters.system.clock import utc_now
from bot.app.gaps import gap_desk_of, gap_keeper_of
from bot.chat.text import gap_texts
from bot.gaps.model import GapState
from bot.ids import Locale
from tests.support.apps import running_app
from tests.support.little_knowledge import write_document
from tests.support.processes import Place
from tests.support.visitors import Town, button, buttons

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
