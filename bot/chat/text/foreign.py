"""One line to those who write in none of the twelve languages, in theirs: which languages the bot speaks.

No catalog holds it: a catalog is a language that the bot speaks whole.
"""

SPEAKS = {
    "de": "Ich spreche Englisch, Chinesisch, Russisch und neun weitere Sprachen, aber kein Deutsch.",
    "fr": "Je parle anglais, chinois, russe et neuf autres langues, mais pas français.",
    "es": "Hablo inglés, chino, ruso y otros nueve idiomas, pero no español.",
    "pt": "Falo inglês, chinês, russo e mais nove línguas, mas não português.",
    "it": "Parlo inglese, cinese, russo e altre nove lingue, ma non italiano.",
    "nl": "Ik spreek Engels, Chinees, Russisch en negen andere talen, maar geen Nederlands.",
    "pl": "Mówię po angielsku, chińsku, rosyjsku i w dziewięciu innych językach, ale nie po polsku.",
    "cs": "Mluvím anglicky, čínsky, rusky a devíti dalšími jazyky, ale ne česky.",
    "tr": "İngilizce, Çince, Rusça ve dokuz dil daha konuşuyorum, ama Türkçe bilmiyorum.",
    "az": "İngilis, çin, rus və daha doqquz dildə danışıram, amma azərbaycanca bilmirəm.",
    "vi": "Tôi nói tiếng Anh, tiếng Trung, tiếng Nga và chín thứ tiếng khác, nhưng không nói tiếng Việt.",
    "id": "Saya berbicara bahasa Inggris, Mandarin, Rusia, dan sembilan bahasa lain, tetapi tidak bahasa Indonesia.",
    "ar": "أتحدث الإنجليزية والصينية والروسية وتسع لغات أخرى، لكنني لا أتحدث العربية.",
    "he": "אני מדבר אנגלית, סינית, רוסית ועוד תשע שפות, אבל לא עברית.",
    "ko": "저는 영어, 중국어, 러시아어와 다른 아홉 개 언어를 하지만 한국어는 하지 못합니다.",
    "ja": "英語、中国語、ロシア語など十二の言語を話しますが、日本語は話せません。",
    "uk": "Я розмовляю англійською, китайською, російською та ще девʼятьма мовами, але не українською.",
    "el": "Μιλώ αγγλικά, κινεζικά, ρωσικά και άλλες εννέα γλώσσες, αλλά όχι ελληνικά.",
    "ka": "ვლაპარაკობ ინგლისურად, ჩინურად, რუსულად და კიდევ ცხრა ენაზე, მაგრამ არა ქართულად.",
    "hy": "Խոսում եմ անգլերեն, չինարեն, ռուսերեն և ևս ինը լեզվով, բայց ոչ հայերեն։",
    "th": "ฉันพูดภาษาอังกฤษ จีน รัสเซีย และอีกเก้าภาษา แต่พูดภาษาไทยไม่ได้",
}
"""By ISO 639-1 code."""
FROM_THE_RIGHT = ("ar", "he")
"""Those that are written from right to left."""
