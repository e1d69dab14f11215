"""The commonest small words of each language, as people type them: they betray the language of a short message.

Romanised Russian, Kazakh, Hindi and Urdu and Uzbek in Cyrillic are listed under the language they are. The table of
language n-grams is trained with them: run `python -m tests.bench.train_language` after a change.
"""

from __future__ import annotations

from functools import cache

from bot.ids import Locale
from bot.writing.folding import fold

_WORDS = {
    Locale.EN: (
        "the is are was were of in on at to for and or what when where who whom which how why do does did can could "
        "will would there this that with from by about many much any i you it its a an please tell me my your have "
        "has "
    ),
    Locale.ZH: "",
    Locale.RU: (
        "что где когда кто как какой какая какие какое каких сколько почему зачем это есть ли в на по из для о об "
        "от до "
        "или и не у с за при мне вы можно будет была были был какую каком кем чем там ещё расскажите подскажите "
        "chto gde kogda kto kak kakoy kakaya kakie skolko pochemu eto est mozhno dlya gorod vystavka budet "
        "nahoditsya "
        "nado ili mne podskazhite poezd poezdov byla"
    ),
    Locale.KK: (
        "не қайда қашан кім қалай қандай қанша неше неге бұл және үшін ма ме ба бе па пе бар жоқ туралы болады бола "
        "болды мен пен бен қай қайсы сіз маған айтыңызшы өтеді өтті орналасқан деген бойынша кандай калай кайда "
        "кашан "
        "болады ашылды канша орналаскан "
        "ne qayda qashan kim qalay qanday qansha nege bul jane ushin bar joq turaly bolady boldy qai qandai qaida "
        "ornalasqan qalai otedi degen kormesi"
    ),
    Locale.KY: (
        "эмне кайда качан ким кандай канча нече эмнеге бул жана үчүн бар жок жөнүндө болот болду менен кайсы сиз "
        "мага "
        "айтыңызчы өтөт өттү жайгашкан деген боюнча кантип бекен канчасы кайсыл кылат эмес"
    ),
    Locale.TG: (
        "чӣ чи куҷо кучо кай кӣ кист чист чанд чаро ин ва барои дар аз ба бо ҳаст аст мешавад шуд кадом шумо ман "
        "лутфан "
        "чӣ хел чӣ тавр дорад буд кунед оиди оид шудааст метавонам куҷост кучост чигуна чигуна ки"
    ),
    Locale.UZ: (
        "nima qayerda qachon kim qanday qancha nechta nega bu va uchun bor yoʻq haqida boʻladi boʻldi bilan qaysi "
        "siz "
        "menga ayting edi emas kerak mi qanaqa joylashgan oʻtkaziladi necha soat deb kabi ham "
        "нима қаерда қачон ким қандай қанча нечта нега ва учун бор йўқ ҳақида бўлади бўлди билан қайси менга "
        "айтинг эди "
        "керак жойлашган ўтказилади неча каерда качон хакида булади"
    ),
    Locale.FA: (
        "چه کجا کی چگونه چطور چند چرا این و برای در از به با است هست می‌شود شد کدام شما من لطفا آیا را که کجاست چیست "
        "بود دارد خواهد کنید کرد شده چقدر کیست"
    ),
    Locale.UR: (
        "کیا کہاں کب کون کیسے کتنے کتنی کیوں یہ اور کے کی کا میں سے پر کو ہے ہیں تھا تھی تھے ہوگا ہوگی کس آپ مجھے "
        "لیے کونسا "
        "نے ہوا ہوئی کرنے ہو گا گی "
        "kya kahan kab kaun kaise kitne kitni kyun yeh aur ke ki ka mein se par ko hai hain tha thi ho ga gi hoga "
        "hogi "
        "kis aap mujhe liye konsa kahin batayen numaish bataiye"
    ),
    Locale.HI: (
        "क्या कहाँ कहां कब कौन कैसे कितने कितनी कितना क्यों यह और के की का में से पर को है हैं था थी थे होगा होगी "
        "किस आप "
        "मुझे लिए कौनसा ने हुआ हुई करने हो "
        "kya kahan kahaan kab kaun kaise kitne kitni kyon yah aur ke ki ka mein me se par ko hai hain tha thi hoga "
        "hogi "
        "kis aap mujhe liye kaunsa mela pradarshani bataiye batao sthit kshetra"
    ),
    Locale.BE: (
        "што дзе калі хто як які якая якія якое колькі чаму гэта ёсць ці у на па з для аб ад да або і не пры мне "
        "вы можна "
        "будзе была былі быў якім якой якіх там яшчэ раскажыце падкажыце скажыце"
    ),
    Locale.MN: (
        "юу хаана хэзээ хэн яаж ямар хэдэн хэд яагаад энэ ба болон вэ уу үү бэ нь байна байгаа болох болсон тухай "
        "та надад "
        "аль хаанаас хичнээн гэж байдаг байв оршдог руу хэрхэн зориулж вэ юм"
    ),
}  # fmt: skip


@cache
def function_words(locale: Locale) -> frozenset[str]:
    """The folded small words of a language; empty for Chinese, which is told by its script."""
    return frozenset(fold(word) for word in _WORDS[locale].split())
