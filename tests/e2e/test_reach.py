"""What the real collection says to questions of which it holds only the half."""

import json
from pathlib import Path

import pytest

from bot.ids import Locale
from tests.golden import KNOWLEDGE
from tests.support.processes import Place

HOW_MANY = {
    Locale.EN: "how many companies had a stand at the expo of 2025",
    Locale.ZH: "2025年有几家公司参展",
    Locale.RU: "сколько фирм выставлялось в 2025 году",
    Locale.KK: "2025 жылы көрмеге неше компания қатысты",
    Locale.KY: "2025-жылы көргөзмөгө канча компания катышты",
    Locale.TG: "соли 2025 чанд ширкат дар намоишгоҳ буд",
    Locale.UZ: "2025-yilda koʻrgazmada nechta kompaniya qatnashdi",
    Locale.FA: "در نمایشگاه ۲۰۲۵ چند شرکت غرفه داشتند",
    Locale.UR: "2025 کی ایکسپو میں کتنی کمپنیاں تھیں",
    Locale.HI: "2025 के एक्सपो में कितनी कंपनियाँ थीं",
    Locale.BE: "колькі фірмаў было на выставе 2025",
    Locale.MN: "2025 оны экспод хэдэн компани оролцсон бэ",
}
WHICH = {
    Locale.EN: "which companies exhibit?",
    Locale.ZH: "有哪些公司参展",
    Locale.RU: "какие компании выставляются?",
    Locale.KK: "көрмеге қай компаниялар қатысты",
    Locale.KY: "экспого кайсы фирмалар катышты",
    Locale.TG: "кадом ширкатҳо дар намоишгоҳ буданд",
    Locale.UZ: "koʻrgazmada kimlar qatnashgan, kompaniyalar nomi",
    Locale.FA: "کدام شرکت‌ها در نمایشگاه بودند",
    Locale.UR: "ایکسپو میں کون سی کمپنیاں تھیں",
    Locale.HI: "एक्सपो में कौन सी कंपनियाँ थीं",
    Locale.BE: "якія фірмы былі на выставе",
    Locale.MN: "экспод ямар компаниуд оролцсон бэ",
}


@pytest.fixture(scope="module")
def answers(golden_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """By id: each of the questions above, asked of the collection that comes with the program."""
    asked = [
        {"id": f"{kind}-{locale}", "question": question, "lang": locale}
        for kind, questions in (("how-many", HOW_MANY), ("which", WHICH))
        for locale, question in questions.items()
    ]
    place = Place(tmp_path_factory.mktemp("reach"), KNOWLEDGE, golden_data)
    said = place.scoda("ask", "--jsonl", given="\n".join(json.dumps(line) for line in asked))
    assert said.returncode == 0, said.stderr
    return {answer["id"]: answer for answer in map(json.loads, said.stdout.splitlines())}


@pytest.mark.nightly
@pytest.mark.parametrize("locale", list(Locale))
def test_how_many_companies_exhibited_is_told(answers: dict[str, dict[str, object]], locale: Locale):
    answer = answers[f"how-many-{locale}"]
    assert answer["outcome"] == "answered"
    assert "360" in str(answer["answer"]) or "۳۶۰" in str(answer["answer"])


@pytest.mark.nightly
@pytest.mark.parametrize("locale", list(Locale))
def test_which_companies_exhibit_is_not_answered_with_how_many_did(
    answers: dict[str, dict[str, object]], locale: Locale
):
    answer = answers[f"which-{locale}"]
    assert (answer["outcome"], answer["sources"]) == ("unknown", [])
    assert by_name(locale) in str(answer["answer"])


def by_name(locale: Locale) -> str:
    """The text of the section on the exhibitors' names."""
    file = KNOWLEDGE / locale / "open" / "expo.md"
    return file.read_text(encoding="utf-8").partition("{#exhibitors-by-name}\n\n")[2].partition("\n")[0]
