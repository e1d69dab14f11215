"""What kind of thing a message is or asks for, told by small words of twelve languages (`bot.languages`).

Lists and messages are folded before they are compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import cache

from bot.languages import Entries, words_of
from bot.vocabulary import Locale
from bot.writing.folding import has_han, words


class AskedKind(StrEnum):
    """What kind of thing would answer a question."""

    WHEN = "when"
    COUNT = "count"
    PRICE = "price"
    PHONE = "phone"
    EMAIL = "email"
    WEBSITE = "website"
    WHO = "who"
    WHERE = "where"
    DURATION = "duration"

    @property
    def is_provable(self) -> bool:
        """Whether the form of a text shows that it holds such a thing: a number has one, a name or a place has none."""
        return self not in (AskedKind.WHO, AskedKind.WHERE, AskedKind.DURATION)


_KINDS = (
    AskedKind.EMAIL,
    AskedKind.PHONE,
    AskedKind.WEBSITE,
    AskedKind.PRICE,
    AskedKind.COUNT,
    AskedKind.WHEN,
    AskedKind.WHO,
    AskedKind.WHERE,
    AskedKind.DURATION,
)
"""In the order in which they are looked for: the first whose word is found is the one."""

GREETINGS = (
    "hi|hello|hey|hi there|hello there|good morning|good afternoon|good evening|good day|greetings|"
    "你好|您好|嗨|哈喽|早上好|下午好|晚上好|大家好|"
    "привет|здравствуйте|здравствуй|добрый день|доброе утро|добрый вечер|приветствую|privet|zdravstvuyte|salam|"
    "сәлем|сәлеметсіз бе|салем|ассалаумағалейкум|қайырлы таң|қайырлы күн|қайырлы кеш|"
    "салам|саламатсызбы|ассалому алейкум|кутмандуу күн|кутман таң|"
    "салом|ассалому алайкум|субҳ ба хайр|рӯз ба хайр|шом ба хайр|"
    "assalomu alaykum|xayrli kun|xayrli tong|xayrli kech|"
    "سلام|درود|صبح بخیر|روز بخیر|عصر بخیر|شب بخیر|سلام علیکم|وقت بخیر|"
    "السلام علیکم|آداب|اسلام علیکم|assalam o alaikum|aoa|"
    "नमस्ते|नमस्कार|सुप्रभात|namaste|namaskar|प्रणाम|"
    "прывітанне|вітаю|добры дзень|добрай раніцы|добры вечар|"
    "сайн байна уу|сайн уу|өглөөний мэнд|өдрийн мэнд|оройн мэнд|мэнд"
)
THANKS = (
    "thanks|thank you|thank you very much|thanks a lot|many thanks|thx|great thanks|ok thanks|"
    "谢谢|多谢|谢谢你|谢谢您|感谢|非常感谢|"
    "спасибо|большое спасибо|спасибо большое|благодарю|спс|spasibo|"
    "рахмет|рақмет|көп рахмет|үлкен рахмет|рахмат|чоң рахмат|ыраазымын|"
    "ташаккур|раҳмат|ташаккури зиёд|rahmat|katta rahmat|raxmat|"
    "ممنون|متشکرم|سپاس|سپاسگزارم|مرسی|خیلی ممنون|"
    "شکریہ|بہت شکریہ|مہربانی|shukriya|bahut shukriya|"
    "धन्यवाद|शुक्रिया|बहुत धन्यवाद|dhanyavad|"
    "дзякуй|вялікі дзякуй|дзякуй вялікі|"
    "баярлалаа|маш их баярлалаа|гялайлаа"
)
ABOUT_ITS_USE = (
    "unsubscribe|subscribe to announcements|subscribe to news|stop announcements|stop the announcements|"
    "change language|change the language|change my language|switch language|switch the language|delete my data|"
    "erase my data|my personal data|"
    "取消订阅|退订|订阅通知|订阅消息|切换语言|换语言|更改语言|删除我的数据|我的个人数据|"
    "отписаться|подписаться на рассылку|подписаться на объявления|подписаться на новости|сменить язык|поменять язык|"
    "переключить язык|удалить мои данные|мои персональные данные|мои личные данные|"
    "жазылудан бас тарт|хабарландыруларға жазыл|хабарландыруға жазыл|хабарландыруларды қалай ал|"
    "хабарландыруларды тоқтат|тілді ауыстыр|тілді өзгерт|деректерімді жой|деректерімді өшір|"
    "жазылуудан баш тарт|кулактандырууга жазыл|кулактандырууларга жазыл|кулактандырууларды кантип ал|"
    "кулактандырууларды токтот|тилди алмаштыр|тилди өзгөрт|маалыматтарымды өчүр|"
    "ба эълонҳо обуна|обунаро бекор|эълонҳоро чӣ тавр гирам|забонро иваз|забонро тағйир|маълумоти маро нест|"
    "eʼlonlarga obuna|obunani bekor|eʼlonlarni qanday ol|tilni oʻzgartir|tilni almashtir|maʼlumotlarimni oʻchir|"
    "لغو اشتراک|اشتراک اعلان|تغییر زبان|زبان را عوض|زبان را تغییر|داده‌هایم را پاک|اطلاعاتم را پاک|حذف داده‌های من|"
    "ان سبسکرائب|اعلانات سبسکرائب|اعلانات بند|زبان تبدیل کر|زبان بدل|میرا ڈیٹا حذف|"
    "अनसब्सक्राइब|घोषणाएँ बंद|घोषणाएँ कैसे पाऊँ|भाषा बदल|मेरा डेटा मिटा|मेरा डेटा हटा|"
    "адпісацца|падпісацца на аб'явы|падпісацца на рассылку|змяніць мову|памяняць мову|выдаліць мае даныя|"
    "захиалгаа цуцл|зарлал авахаа болих|зарлал яаж авах|хэлээ солих|хэл солих|өгөгдлөө устга|миний өгөгдлийг устга"
)
"""Phrases that stand in questions on the use of the bot itself: its announcements, its language, what it stores."""
CONTENT = (
    "ok|okay|ok thanks|okay thanks|good|great|fine|cool|nice|perfect|got it|understood|i see|cool thanks|great thanks|"
    "cool thanks a lot|all right|alright|"
    "好|好的|好吧|行|明白|明白了|知道了|了解|了解了|懂了|太好了|很好|不错|收到|嗯|"
    "ок|окей|хорошо|отлично|понятно|понял|поняла|ясно|супер|класс|хорошо спасибо|ладно|"
    "жақсы|жарайды|түсінікті|түсіндім|керемет|жақсы рахмет|мақұл|"
    "жакшы|макул|түшүнүктүү|түшүндүм|сонун|жакшы рахмат|болуптур|"
    "хуб|хуб шуд|фаҳмидам|фаҳмо|майлаш|олӣ|хуб раҳмат|"
    "yaxshi|xoʻp|tushunarli|tushundim|zoʻr|mayli|yaxshi rahmat|boʻpti|"
    "باشه|خوب|خب|فهمیدم|متوجه شدم|عالی|خیلی خوب|باشه ممنون|اوکی|"
    "ٹھیک ہے|اچھا|سمجھ گیا|سمجھ گئی|بہت خوب|زبردست|ٹھیک|اوکے|"
    "ठीक है|अच्छा|समझ गया|समझ गई|बहुत अच्छा|बढ़िया|ठीक|ओके|"
    "добра|зразумела|ясна|выдатна|цудоўна|ладна|"
    "за|за за|ойлголоо|сайн байна|гоё|тэгье"
)
DISCONTENT = (
    "wrong|wrong answer|that is wrong|that's wrong|this is wrong|not helpful|incorrect|not what i asked|"
    "that is not what i asked|bad answer|useless|"
    "不对|错了|答错了|不是这个|没用|答非所问|"
    "не то|неправильно|это неправильно|неверно|не помогло|не о том|я не об этом|неправильный ответ|плохой ответ|"
    "дұрыс емес|қате|бұл дұрыс емес|көмектеспеді|"
    "туура эмес|ката|бул туура эмес|жардам берген жок|"
    "нодуруст|хато|ин нодуруст аст|ин хато аст|"
    "notoʻgʻri|xato|bu notoʻgʻri|yordam bermadi|"
    "اشتباه است|غلط است|درست نیست|اشتباهه|به درد نخورد|"
    "غلط|غلط جواب|یہ غلط ہے|یہ درست نہیں|"
    "गलत|गलत जवाब|यह गलत है|यह सही नहीं है|"
    "не тое|няправільна|гэта няправільна|няверна|"
    "буруу|буруу хариулт|энэ буруу байна|тус болсонгүй"
)
FAREWELLS = (
    "bye|goodbye|good bye|see you|bye bye|good night|再见|拜拜|回头见|晚安|"
    "до свидания|пока|всего доброго|до встречи|спокойной ночи|сау болыңыз|сау бол|кош болуңуз|жакшы калыңыз|"
    "хайр|то дидор|xayr|koʻrishguncha|خداحافظ|خدانگهدار|خدا حافظ|اللہ حافظ|अलविदा|फिर मिलेंगे|"
    "да пабачэння|бывай|да сустрэчы|баяртай"
)
ABOUT_BOT = (
    "what can you do|who are you|what are you|what is this bot|what do you do|how can you help|how can you help me|"
    "help me|what can i ask|what can i ask you|are you a bot|are you human|are you a robot|are you real|help|"
    "what is this bot about|what is this bot for|what does this bot do|what can this bot do|how do you work|"
    "are you a person|are you a human|are you an ai|are you ai|what languages do you speak|what language do you speak|"
    "do you speak english|operator|can i speak to a human|can i talk to a human|can i talk to a person|"
    "can i talk to someone|i want to talk to a human|i want to speak to a human|talk to a human|speak to an operator|"
    "live agent|real person|"
    "你能做什么|你会什么|你是谁|您是谁|你可以做什么|你能帮我什么|您能做什么|我能问什么|你是机器人吗|帮助|"
    "这个机器人是做什么的|这个机器人能做什么|这是什么机器人|你会说什么语言|你会哪些语言|你是真人吗|你是人工智能吗|"
    "人工|人工客服|转人工|转人工客服|找人工客服|真人客服|可以和真人聊吗|"
    "что ты умеешь|что вы умеете|кто ты|кто вы|чем ты можешь помочь|чем вы можете помочь|что ты можешь|"
    "что можно спросить|ты бот|вы бот|помощь|помоги|помогите|chto ty umeesh|"
    "что это за бот|для чего этот бот|зачем этот бот|о чём этот бот|что умеет этот бот|что умеет бот|ты человек|"
    "вы человек|ты робот|вы робот|на каких языках ты говоришь|на каких языках вы говорите|оператор|позовите оператора|"
    "позови оператора|позовите человека|позови человека|соедините с оператором|хочу поговорить с человеком|"
    "можно поговорить с человеком|живой человек|нужен оператор|"
    "сен не істей аласың|сіз не істей аласыз|не істей аласыз|сіз кімсіз|сен кімсің|көмек|қалай көмектесе аласыз|"
    "бұл қандай бот|бұл не бот|бұл бот не істейді|бұл бот не үшін керек|сіз адамсыз ба|сен ботсың ба|сіз ботсыз ба|"
    "қандай тілдерде сөйлейсіз|оператормен сөйлескім келеді|адаммен сөйлесуге бола ма|адаммен сөйлескім келеді|"
    "эмне кыла аласыз|эмне кыла аласың|сиз кимсиз|сен кимсиң|жардам|кантип жардам бере аласыз|"
    "бул кандай бот|бул бот эмне кылат|бул бот эмне үчүн керек|сиз адамсызбы|сен ботсуңбу|сиз ботсузбу|"
    "кайсы тилдерде сүйлөйсүз|оператор менен сүйлөшкүм келет|адам менен сүйлөшсөм болобу|"
    "шумо чӣ кор карда метавонед|чӣ кор карда метавонед|шумо кистед|ту кистӣ|кӯмак|"
    "ин чӣ бот аст|ин бот чӣ кор мекунад|ин бот барои чист|шумо одамед|шумо ботед|ту ботӣ|бо кадом забонҳо гап мезанед|"
    "бо оператор гап задан мехоҳам|бо одам гап задан мумкин аст|"
    "nima qila olasiz|nima qila olasan|siz kimsiz|sen kimsan|yordam|qanday yordam bera olasiz|сиз кимсиз|"
    "bu qanday bot|bu bot nima qiladi|bu bot nima uchun kerak|siz odammisiz|siz botmisiz|sen botmisan|"
    "qaysi tillarda gapirasiz|operator bilan gaplashmoqchiman|odam bilan gaplashsam boʻladimi|"
    "چه کار می‌توانی بکنی|چه کاری می‌توانید انجام دهید|شما کی هستید|تو کی هستی|کمک|چه کمکی می‌توانید بکنید|چه کار می‌کنی|"
    "این چه رباتی است|این ربات چیست|این ربات چیه|این ربات چه کار می‌کند|این ربات چیکار می‌کنه|این ربات برای چیست|"
    "شما انسان هستید|شما ربات هستید|تو رباتی|به چه زبان‌هایی صحبت می‌کنید|اپراتور|می‌خواهم با اپراتور صحبت کنم|"
    "می‌توانم با یک انسان صحبت کنم|"
    "آپ کیا کر سکتے ہیں|تم کیا کر سکتے ہو|آپ کون ہیں|مدد|تم کون ہو|aap kya kar sakte hain|aap kaun hain|"
    "یہ کون سا بوٹ ہے|یہ بوٹ کیا ہے|یہ بوٹ کیا کرتا ہے|یہ بوٹ کس لیے ہے|کیا آپ انسان ہیں|کیا آپ بوٹ ہیں|"
    "آپ کون سی زبانیں بولتے ہیں|آپریٹر|مجھے آپریٹر سے بات کرنی ہے|کیا میں کسی انسان سے بات کر سکتا ہوں|"
    "आप क्या कर सकते हैं|तुम क्या कर सकते हो|आप कौन हैं|मदद|तुम कौन हो|आप मेरी क्या मदद कर सकते हैं|"
    "यह कौन सा बॉट है|यह बॉट क्या है|यह बॉट क्या करता है|यह बॉट किसलिए है|क्या आप इंसान हैं|क्या आप बॉट हैं|"
    "आप कौन सी भाषाएँ बोलते हैं|ऑपरेटर|मुझे ऑपरेटर से बात करनी है|क्या मैं किसी इंसान से बात कर सकता हूँ|"
    "што ты ўмееш|што вы ўмееце|хто ты|хто вы|чым вы можаце дапамагчы|дапамога|дапамажыце|"
    "што гэта за бот|для чаго гэты бот|што ўмее гэты бот|ты чалавек|вы чалавек|на якіх мовах вы размаўляеце|аператар|"
    "хачу пагаварыць з чалавекам|можна пагаварыць з чалавекам|паклічце аператара|"
    "та юу хийж чадах вэ|чи юу хийж чадах вэ|та хэн бэ|чи хэн бэ|тусламж|юу асууж болох вэ|"
    "энэ ямар бот вэ|энэ бот юу хийдэг вэ|энэ бот юунд зориулагдсан бэ|та хүн үү|та бот уу|чи бот уу|"
    "ямар хэлээр ярьдаг вэ|оператортой ярьж болох уу|хүнтэй ярьж болох уу"
)

_TAKES_ENDINGS_FROM = 5


def asked_kind(question: str, locale: Locale) -> AskedKind | None:
    """The kind of thing that is asked for, where a word says so plainly; None for all other questions."""
    return next((kind for kind in _KINDS if holds_any(question, _asked(kind, locale))), None)


def provable_kind(question: str, locale: Locale) -> AskedKind | None:
    """The kind of thing that is asked for, where a text shows by its form whether it holds that."""
    kind = asked_kind(question, locale)
    return kind if kind is not None and kind.is_provable else None


def refers_back(question: str, locale: Locale) -> bool:
    """Whether the question leans on what was said before by a pronoun or a leading «and»."""
    return holds_any(question, _back_references(locale))


def is_phrase(message: str, listed: str) -> bool:
    """Whether the whole message is one of the phrases (`|` between them), whatever the punctuation."""
    return " ".join(words(message)) in phrases(listed)


def holds_any(message: str, listed: frozenset[str]) -> bool:
    """Whether a folded phrase stands in the message.

    Short phrases count as whole words, longer ones at the start of a word (endings may follow), Chinese anywhere.
    """
    padded = f" {' '.join(words(message))} "
    return any(_pattern(phrase) in padded for phrase in listed)


def _pattern(phrase: str) -> str:
    if has_han(phrase):
        return phrase
    return f" {phrase}" if len(phrase) >= _TAKES_ENDINGS_FROM else f" {phrase} "


@cache
def phrases(listed: str) -> frozenset[str]:
    """The folded phrases of a list with `|` between them."""
    return _folded(listed.split("|"))


@cache
def _asked(kind: AskedKind, locale: Locale) -> frozenset[str]:
    entries: Entries = getattr(words_of(locale).asked, kind)
    return _folded(entries)


@cache
def _back_references(locale: Locale) -> frozenset[str]:
    return _folded(words_of(locale).back_references)


def _folded(entries: Iterable[str]) -> frozenset[str]:
    return frozenset(" ".join(words(entry)) for entry in entries)
