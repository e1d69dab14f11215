"""Messages typed in another script than their language's own, put into its own: for searching only.

Visitors type Uzbek in Cyrillic, and Chinese in traditional characters. The embedding model knows such forms badly (Uzbek
in Cyrillic found 62.8 % of what its Latin form found at 79.8 %). Russian, Kazakh, Hindi and Urdu words in Latin letters
that `romanised` does not find are guessed letter by letter, longest combination first; the result is near enough for
n-grams and for the model's word pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import regex

from bot.ids import Locale
from bot.writing.folding import simplified

_CYRILLIC = regex.compile(r"\p{Cyrillic}+")
_KEPT_LATIN = frozenset(
    {"scoda", "sco", "expo", "haier", "cosmoplat", "qilu", "un", "locode", "teu", "visa", "mastercard", "jcb", "alipay"}
    | {"wechat", "pay", "hipay", "mir", "tao", "nia", "wifi", "sim", "b2b", "ii", "iii", "iv"}
)
"""Names and codes that every language of the knowledge writes in Latin letters."""

_RUSSIAN = {
    "shch": "щ", "sch": "щ", "yo": "ё", "jo": "ё", "zh": "ж", "kh": "х", "ts": "ц", "ch": "ч", "sh": "ш", "yu": "ю",
    "ju": "ю", "ya": "я", "ja": "я", "iy": "ий", "yy": "ый", "ye": "е", "a": "а", "b": "б", "v": "в", "g": "г", "d": "д",
    "e": "е", "z": "з", "i": "и", "j": "й", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "r": "р",
    "s": "с", "t": "т", "u": "у", "f": "ф", "h": "х", "c": "ц", "y": "ы", "w": "в", "x": "кс", "q": "к", "'": "ь",
}  # fmt: skip
_KAZAKH = {
    "sh": "ш", "ch": "ч", "zh": "ж", "gh": "ғ", "ng": "ң", "kh": "х", "ya": "я", "yu": "ю", "ia": "ия", "a": "а", "ä": "ә",
    "á": "ә", "b": "б", "c": "ц", "d": "д", "e": "е", "f": "ф", "g": "г", "ğ": "ғ", "ǵ": "ғ", "h": "х", "i": "і", "ı": "ы",
    "j": "ж", "k": "к", "l": "л", "m": "м", "n": "н", "ñ": "ң", "ń": "ң", "o": "о", "ö": "ө", "ó": "ө", "p": "п", "q": "қ",
    "r": "р", "s": "с", "ş": "ш", "t": "т", "u": "у", "ū": "ұ", "ü": "ү", "ú": "ү", "v": "в", "w": "у", "x": "х", "y": "ы",
    "ý": "у", "z": "з", "'": "",
}  # fmt: skip
_UZBEK = {
    "ё": "yo", "ж": "j", "ю": "yu", "я": "ya", "ч": "ch", "ш": "sh", "ў": "oʻ", "ғ": "gʻ", "қ": "q", "ҳ": "h", "х": "x",
    "ц": "s", "ъ": "ʼ", "ь": "", "э": "e", "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "з": "z",
    "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "у": "u", "ф": "f", "щ": "sh", "ы": "i",
}  # fmt: skip
_HINDI_CONSONANTS = {
    "chh": "छ", "kh": "ख", "gh": "घ", "ch": "च", "jh": "झ", "th": "थ", "dh": "ध", "ph": "फ", "bh": "भ", "sh": "श", "gy": "ज्ञ",
    "k": "क", "g": "ग", "j": "ज", "t": "त", "d": "द", "n": "न", "p": "प", "b": "ब", "m": "म", "y": "य", "r": "र", "l": "ल",
    "v": "व", "w": "व", "s": "स", "h": "ह", "f": "फ", "z": "ज", "q": "क", "x": "क्स", "c": "क",
}  # fmt: skip
_HINDI_VOWELS = {
    "aa": ("आ", "ा"), "ai": ("ऐ", "ै"), "au": ("औ", "ौ"), "ee": ("ई", "ी"), "ii": ("ई", "ी"), "oo": ("ऊ", "ू"),
    "uu": ("ऊ", "ू"), "a": ("अ", ""), "i": ("इ", "ि"), "u": ("उ", "ु"), "e": ("ए", "े"), "o": ("ओ", "ो"),
}  # fmt: skip
_HINDI_WORDS = {
    "hai": "है", "hain": "हैं", "kya": "क्या", "kab": "कब", "kahan": "कहाँ", "kahaan": "कहाँ", "kaun": "कौन", "kaunsa": "कौन सा",
    "kaun-si": "कौन सी", "kaunsi": "कौन सी", "kitne": "कितने", "kitni": "कितनी", "kitna": "कितना", "kaise": "कैसे", "mein": "में",
    "me": "में", "se": "से", "ka": "का", "ki": "की", "ke": "के", "ko": "को", "par": "पर", "aur": "और", "tha": "था", "thi": "थी",
    "the": "थे", "hua": "हुआ", "hui": "हुई", "hoga": "होगा", "hogi": "होगी", "ne": "ने", "tak": "तक", "liye": "लिए", "desh": "देश",
    "china": "चीन", "cheen": "चीन", "bharat": "भारत", "train": "ट्रेन", "trains": "ट्रेनें", "railgadi": "मालगाड़ी", "metro": "मेट्रो",
    "line": "लाइन", "airport": "हवाई अड्डे", "port": "पोर्ट", "hub": "हब", "park": "पार्क", "alliance": "गठबंधन", "forum": "फ़ोरम",
    "institute": "संस्थान", "centre": "केंद्र", "center": "केंद्र", "kendra": "केंद्र", "visa": "वीज़ा", "card": "कार्ड", "member": "सदस्य",
    "members": "सदस्य", "sadasya": "सदस्य", "company": "कंपनी", "sal": "साल", "saal": "साल", "log": "लोग", "logon": "लोगों",
    "qingdao": "चिंगदाओ", "beijing": "बीजिंग", "pearl": "पर्ल", "secretariat": "सचिवालय", "routes": "मार्ग", "route": "मार्ग",
    "ticket": "टिकट", "station": "स्टेशन", "russia": "रूस", "almaty": "अल्माटी", "shuru": "शुरू", "khula": "खुला", "khuli": "खुली",
    "international": "अंतरराष्ट्रीय", "training": "प्रशिक्षण", "cluster": "क्लस्टर", "clusters": "क्लस्टर", "area": "क्षेत्र",
    "passport": "पासपोर्ट", "hotel": "होटल", "bus": "बस", "taxi": "टैक्सी", "bank": "बैंक", "internet": "इंटरनेट", "online": "ऑनलाइन",
    "factory": "फ़ैक्टरी", "office": "कार्यालय", "daftar": "दफ़्तर", "shahar": "शहर", "sheher": "शहर", "zila": "ज़िला", "zone": "क्षेत्र",
    "total": "कुल", "kul": "कुल", "square": "वर्ग", "km": "किलोमीटर", "kilometer": "किलोमीटर", "meter": "मीटर", "pehla": "पहला",
    "pehli": "पहली", "pehle": "पहले", "pahla": "पहला", "dusra": "दूसरा", "doosra": "दूसरा", "tareekh": "तारीख़", "tarikh": "तारीख़",
    "din": "दिन", "dino": "दिनों", "mahina": "महीना", "mahine": "महीने", "ghanta": "घंटा", "ghante": "घंटे", "minute": "मिनट",
    "kiraya": "किराया", "kharcha": "ख़र्च", "paisa": "पैसा", "paise": "पैसे", "rupay": "रुपये", "yuan": "युआन", "dollar": "डॉलर",
    "muft": "मुफ़्त", "maal": "माल", "saman": "सामान", "safar": "सफ़र", "vyapar": "व्यापार", "pradarshani": "प्रदर्शनी", "mela": "मेला",
    "bandargah": "बंदरगाह", "sarhad": "सीमा", "khana": "खाना", "halal": "हलाल", "pakistan": "पाकिस्तान", "germany": "जर्मनी",
    "belarus": "बेलारूस", "kazakhstan": "कज़ाख़स्तान", "uzbekistan": "उज़्बेकिस्तान", "shamil": "शामिल", "nahi": "नहीं", "nahin": "नहीं",
    "wala": "वाला", "wali": "वाली", "wale": "वाले", "jana": "जाना", "jata": "जाता", "jati": "जाती", "sakta": "सकता", "sakte": "सकते",
    "milta": "मिलता", "milti": "मिलती", "chahiye": "चाहिए", "kaam": "काम", "bana": "बना", "bani": "बनी", "number": "नंबर", "kam": "कम",
}  # fmt: skip
_URDU_WORDS = {
    "hai": "ہے", "hain": "ہیں", "kya": "کیا", "kab": "کب", "kahan": "کہاں", "kaun": "کون", "kon": "کون", "kaunsa": "کون سا",
    "konsa": "کون سا", "konsi": "کون سی", "kitne": "کتنے", "kitni": "کتنی", "kitna": "کتنا", "kaise": "کیسے", "mein": "میں",
    "main": "میں", "me": "میں", "se": "سے", "ka": "کا", "ki": "کی", "ke": "کے", "ko": "کو", "par": "پر", "per": "پر", "aur": "اور",
    "tha": "تھا", "thi": "تھی", "the": "تھے", "hua": "ہوا", "hui": "ہوئی", "hoga": "ہوگا", "hogi": "ہوگی", "ne": "نے", "tak": "تک",
    "liye": "لیے", "mulk": "ملک", "mumalik": "ممالک", "china": "چین", "cheen": "چین", "chin": "چین", "pakistan": "پاکستان",
    "train": "ٹرین", "trainen": "ٹرینیں", "trains": "ٹرینیں", "metro": "میٹرو", "line": "لائن", "airport": "ایئرپورٹ", "hub": "حب",
    "port": "پورٹ", "park": "پارک", "alliance": "الائنس", "forum": "فورم", "institute": "انسٹی ٹیوٹ", "centre": "سینٹر",
    "center": "سینٹر", "markaz": "مرکز", "visa": "ویزا", "card": "کارڈ", "rukn": "رکن", "arkan": "ارکان", "company": "کمپنی",
    "sal": "سال", "saal": "سال", "log": "لوگ", "logon": "لوگوں", "qingdao": "چنگ ڈاؤ", "beijing": "بیجنگ", "pearl": "پرل",
    "numaish": "نمائش", "expo": "ایکسپو", "secretariat": "سیکرٹریٹ", "tijarat": "تجارت", "ticket": "ٹکٹ", "station": "اسٹیشن",
    "roos": "روس", "almaty": "الماٹی", "shuru": "شروع", "khula": "کھلا", "khuli": "کھلی", "rasta": "راستہ", "raste": "راستے",
    "training": "تربیت", "cluster": "کلسٹر", "clusters": "کلسٹر", "ilaqa": "علاقہ", "raqba": "رقبہ", "qayam": "قیام", "qaim": "قائم",
    "passport": "پاسپورٹ", "hotel": "ہوٹل", "bus": "بس", "taxi": "ٹیکسی", "bank": "بینک", "internet": "انٹرنیٹ", "online": "آن لائن",
    "factory": "فیکٹری", "office": "دفتر", "daftar": "دفتر", "shehar": "شہر", "sheher": "شہر", "zone": "زون", "total": "کل", "kul": "کل",
    "murabba": "مربع", "square": "مربع", "km": "کلومیٹر", "kilometer": "کلومیٹر", "meter": "میٹر", "pehla": "پہلا", "pehli": "پہلی",
    "pehle": "پہلے", "dusra": "دوسرا", "doosra": "دوسرا", "tareekh": "تاریخ", "tarikh": "تاریخ", "din": "دن", "mahina": "مہینہ",
    "mahine": "مہینے", "ghanta": "گھنٹہ", "ghante": "گھنٹے", "minute": "منٹ", "kiraya": "کرایہ", "kharcha": "خرچہ", "paisa": "پیسہ",
    "paise": "پیسے", "yuan": "یوآن", "dollar": "ڈالر", "muft": "مفت", "maal": "مال", "saman": "سامان", "safar": "سفر", "mela": "میلہ",
    "bandargah": "بندرگاہ", "sarhad": "سرحد", "khana": "کھانا", "halal": "حلال", "germany": "جرمنی", "uzbek": "ازبک",
    "uzbekistan": "ازبکستان", "kazakhstan": "قازقستان", "belarus": "بیلاروس", "shamil": "شامل", "shareek": "شریک", "ijlas": "اجلاس",
    "mere": "میرے", "mera": "میرا", "paas": "پاس", "baghair": "بغیر", "bagair": "بغیر", "bina": "بغیر", "nahi": "نہیں", "nahin": "نہیں",
    "wala": "والا", "wali": "والی", "wale": "والے", "jana": "جانا", "jata": "جاتا", "jati": "جاتی", "karta": "کرتا", "karti": "کرتی",
    "sakta": "سکتا", "sakte": "سکتے", "sakti": "سکتی", "hun": "ہوں", "hoon": "ہوں", "milta": "ملتا", "milti": "ملتی", "lagta": "لگتا",
    "chahiye": "چاہیے", "kaam": "کام", "bana": "بنا", "bani": "بنی", "number": "نمبر", "ruk": "رک", "poora": "پورا", "pura": "پورا",
    "july": "جولائی", "june": "جون", "august": "اگست", "ittehad": "اتحاد", "parks": "پارک", "kis": "کس", "ittihad": "اتحاد",
}  # fmt: skip
_URDU_LETTERS = {
    "chh": "چھ", "kh": "کھ", "gh": "غ", "ch": "چ", "jh": "جھ", "th": "تھ", "dh": "دھ", "ph": "پھ", "bh": "بھ", "sh": "ش",
    "zh": "ژ", "aa": "ا", "ee": "ی", "oo": "و", "ai": "ے", "au": "و", "b": "ب", "p": "پ", "t": "ت", "j": "ج", "d": "د",
    "r": "ر", "z": "ز", "s": "س", "f": "ف", "q": "ق", "k": "ک", "g": "گ", "l": "ل", "m": "م", "n": "ن", "w": "و", "v": "و",
    "h": "ہ", "y": "ی", "x": "کس", "c": "ک", "a": "", "i": "", "u": "", "e": "ے", "o": "و", "'": "",
}  # fmt: skip


def own_script(text: str, locale: Locale) -> str:
    """`text` in simplified characters, or of Uzbek in Cyrillic letters the Latin ones; other text as it is."""
    if locale is Locale.ZH:
        return simplified(text)
    if locale is Locale.UZ:
        return _CYRILLIC.sub(lambda match: _spell(match.group().lower(), _UZBEK), text)
    return text


def known_word(word: str, locale: Locale) -> str | None:
    """A usual word in Latin letters as its language writes it: short ones sound like several, loans unlike themselves."""
    return _WORDS.get(locale, {}).get(word.lower())


def spelt(word: str, locale: Locale) -> str:
    """A word in Latin letters put into the language's own letter by letter, where there is a table for that."""
    convert = _CONVERTERS.get(locale)
    return convert(word.lower()) if convert else word


def stays_latin(word: str) -> bool:
    """Whether every language writes the word in Latin letters: some names, and abbreviations."""
    return word.lower() in _KEPT_LATIN or (len(word) > 1 and word.isupper())


def _spell(word: str, table: Mapping[str, str]) -> str:
    spelt, place, longest = [], 0, max(map(len, table))
    while place < len(word):
        size = next((n for n in range(longest, 0, -1) if word[place : place + n] in table), 1)
        letters = word[place : place + size]
        spelt.append(table.get(letters, letters))
        place += len(letters)
    return "".join(spelt)


def _hindi(word: str) -> str:
    """Consonants carry an «a» of their own; another vowel after one is a sign, elsewhere a letter."""
    spelt, place, after_consonant = [], 0, False
    while place < len(word):
        vowel = _longest(word, place, _HINDI_VOWELS)
        consonant = _longest(word, place, _HINDI_CONSONANTS)
        if vowel:
            spelt.append(_HINDI_VOWELS[vowel][1 if after_consonant else 0])
        elif consonant:
            spelt.append(("्" if after_consonant and spelt else "") + _HINDI_CONSONANTS[consonant])
        else:
            spelt.append(word[place])
        place += len(vowel or consonant or word[place])
        after_consonant = bool(consonant) and not vowel
    return "".join(spelt)


def _longest(word: str, place: int, table: Mapping[str, object]) -> str:
    return next((word[place : place + n] for n in (3, 2, 1) if word[place : place + n] in table), "")


def _urdu(word: str) -> str:
    letters = _spell(word, _URDU_LETTERS)
    return ("ا" + letters) if word[0] in "aiu" else letters


_WORDS: Mapping[Locale, Mapping[str, str]] = {Locale.HI: _HINDI_WORDS, Locale.UR: _URDU_WORDS}
_CONVERTERS: Mapping[Locale, Callable[[str], str]] = {
    Locale.RU: lambda word: _spell(word, _RUSSIAN),
    Locale.KK: lambda word: _spell(word, _KAZAKH),
    Locale.HI: _hindi,
    Locale.UR: _urdu,
}
